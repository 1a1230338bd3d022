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

/// The number before a word of the last line: `1311 cases, 1150 pass, 161 skip`.
fn count(text: &str, word: &str) -> usize {
    let summary = text.lines().last().unwrap_or_default().split(" in ").next().unwrap_or_default();
    let words: Vec<&str> = summary.split([' ', ',']).filter(|word| !word.is_empty()).collect();
    let number = words.windows(2).find(|pair| pair[1] == word).map(|pair| pair[0].parse());
    number.map_or(0, |number| number.expect("a number"))
}

#[test]
fn the_suite_through_the_protocol_gives_the_verdicts_of_the_suite_in_process() {
    let (direct, direct_text) = run("reference", &[]);
    let (driven, driven_text) = run(&format!("external:{PROGRAM} drive reference"), &[]);
    assert_eq!(direct.status.code(), Some(0), "{direct_text}");
    assert_eq!(driven.status.code(), Some(0), "{driven_text}");
    let of = |text: &str| ["cases", "pass", "skip"].map(|word| count(text, word));
    let ([cases, pass, skip], [driven_cases, driven_pass, driven_skip]) = (of(&direct_text), of(&driven_text));
    assert!(pass > 0 && pass == cases && skip == 0, "{direct_text}");
    // A driver is given IP packets and asked for TCP: what is beside that is skipped, and said to be.
    let reasons = ["only its TCP is driven here", "IP packets are all it is given here"];
    let beside_tcp = driven_text.lines().filter(|line| reasons.iter().any(|reason| line.ends_with(reason))).count();
    assert_eq!((driven_cases, driven_pass + driven_skip), (cases, pass), "{driven_text}");
    assert_eq!(driven_skip, beside_tcp, "{driven_text}");
    assert!(driven_skip * 4 < cases, "{driven_text}");
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
