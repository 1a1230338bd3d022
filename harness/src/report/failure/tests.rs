use super::{Rerun, findings};
use crate::{
    report::paint::Paint,
    sample::{self, WRONG},
};

fn told(yaml: &str) -> String {
    let rerun = Rerun { command: vec!["rfc793".to_owned(), "run".to_owned()] };
    let mut out = Vec::new();
    findings(&mut out, &sample::run(yaml), Paint::NEVER, &rerun).expect("a vector takes everything");
    String::from_utf8(out).expect("text")
}

#[test]
fn a_failure_shows_the_line_the_segment_the_clause_and_the_command() {
    insta::assert_snapshot!(told(WRONG));
}

#[test]
fn silence_names_the_rule_that_dropped_the_segment() {
    let text = told(
        "title: x\nclauses: [MUST-2]\ngiven: ESTABLISHED\nsteps:\n  - inject: { flags: ACK, data: hi, checksum: bad }\n  - expect: { flags: ACK, ack: 3 }\n",
    );
    assert!(text.contains("observed   nothing"), "{text}");
    let rules: Vec<_> = text.lines().filter(|line| line.trim_start().starts_with("rule")).collect();
    assert_eq!(rules.len(), 1, "those of the prelude explain nothing: {text}");
}

#[test]
fn a_note_is_shown() {
    let noted = WRONG.replace("seq: 5 }\n", "seq: 5 }\n    note: never so\n");
    assert!(told(&noted).contains("note       never so"));
}

#[test]
fn the_command_survives_a_shell() {
    let mut case = (*sample::case(WRONG)).clone();
    case.file = "my cases/a.yaml".into();
    case.id = "a#it's".to_owned();
    let rerun = Rerun { command: vec!["rfc793".to_owned(), "run".to_owned()] };
    assert_eq!(rerun.line(&case), r"rfc793 run 'my cases/a.yaml' --filter 'a#it'\''s'");
}
