use std::collections::BTreeMap;

use super::*;

fn function(entered: bool, reached: &[u32], missed: &[u32]) -> FunctionCoverage {
    FunctionCoverage { entered, reached: reached.iter().copied().collect(), missed: missed.iter().copied().collect() }
}

fn coverage() -> Coverage {
    let file = |functions: Vec<(&str, FunctionCoverage)>| FileCoverage {
        functions: functions.into_iter().map(|(name, function)| (name.to_owned(), function)).collect(),
    };
    let tcp = file(vec![
        ("tcp_poll", function(false, &[10, 14, 30], &[12, 13, 20])),
        ("tcp_mmap", function(false, &[], &[40])),
        ("tcp_push", function(true, &[50], &[])),
    ]);
    let ulp = file(vec![("tcp_ulp", function(false, &[], &[1, 2]))]);
    Coverage { files: BTreeMap::from([("net/ipv4/tcp.c".to_owned(), tcp), ("net/ipv4/tcp_ulp.c".to_owned(), ulp)]) }
}

fn written(write: impl Fn(&mut dyn Write, &Measured<'_>) -> io::Result<()>) -> String {
    let coverage = coverage();
    let measured =
        Measured { target: "linux:6.12+kcov", version: "6.12.117", cases: 1311, not_run: 4, coverage: &coverage };
    let mut out = Vec::new();
    write(&mut out, &measured).expect("written");
    String::from_utf8(out).expect("UTF-8")
}

#[test]
fn for_people() {
    insta::assert_snapshot!(written(|out, measured| text(out, measured, true, Paint::NEVER)));
}

#[test]
fn as_a_document() {
    insta::assert_snapshot!(written(markdown));
}

#[test]
fn for_programs() {
    let value: serde_json::Value = serde_json::from_str(&written(json)).expect("JSON");
    assert_eq!(value["cases"], 1311);
    let poll = &value["files"]["net/ipv4/tcp.c"]["functions"]["tcp_poll"];
    assert_eq!(*poll, serde_json::json!({ "entered": false, "reached": [10, 14, 30], "missed": [12, 13, 20] }));
}

#[test]
fn many_names_are_several_lines() {
    let names: Vec<String> = (0..20).map(|number| format!("function_{number:02}")).collect();
    let mut out = Vec::new();
    wrapped(&mut out, &names.iter().map(String::as_str).collect::<Vec<_>>()).expect("written");
    let text = String::from_utf8(out).expect("UTF-8");
    assert!(text.lines().all(|line| line.len() <= 102 && line.starts_with("  function_")), "{text}");
    assert_eq!(text.split_whitespace().count(), 20);
}
