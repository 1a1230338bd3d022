//! External targets from outside: the protocol loses nothing, and the example driver is a driver.

use std::process::{Command, Output};

const CASES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../cases");
const PROGRAM: &str = env!("CARGO_BIN_EXE_rfc793");

fn run(target: &str, further: &[&str]) -> (Output, String) {
    let output = Command::new(PROGRAM).args(["run", "--no-ledger", "--target", target, CASES]).args(further).output();
    let output = output.expect("the program runs");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    (output, text)
}

/// `690 cases, 690 pass`
fn counts(text: &str) -> &str {
    let summary = text.lines().last().unwrap_or_default();
    let from = summary.find(" cases").unwrap_or_default();
    summary[from..].split(" in ").next().unwrap_or_default()
}

#[test]
fn the_suite_through_the_protocol_gives_the_verdicts_of_the_suite_in_process() {
    let (direct, direct_text) = run("reference", &[]);
    let (driven, driven_text) = run(&format!("external:{PROGRAM} drive reference"), &[]);
    assert_eq!(direct.status.code(), Some(0), "{direct_text}");
    assert_eq!(driven.status.code(), Some(0), "{driven_text}");
    assert!(counts(&direct_text).contains(" pass"), "{direct_text}");
    assert_eq!(counts(&driven_text), counts(&direct_text));
}

#[test]
fn the_example_is_judged_and_never_at_fault_itself() {
    let driver = format!("external:python3 {CASES}/../examples/external/driver.py");
    let (output, text) = run(&driver, &["--format", "jsonl"]);
    assert_eq!(output.status.code(), Some(1), "a small TCP breaks some clauses: {text}");
    let verdicts = |wanted: &str| text.matches(&format!("\"verdict\":\"{wanted}\"")).count();
    assert_eq!((verdicts("error"), verdicts("inconclusive")), (0, 0), "{text}");
    assert!(verdicts("pass") > 3 * verdicts("fail") && verdicts("fail") > 0, "{text}");
}

#[test]
fn a_driver_that_is_not_there_is_the_environment_s_fault() {
    let (output, text) = run("external:no-such-driver", &[]);
    assert_eq!(output.status.code(), Some(3), "{text}");
    assert!(String::from_utf8_lossy(&output.stderr).contains("no-such-driver"), "{output:?}");
}
