use std::{path::Path, time::Duration};

use serde_json::Value;

use super::{JsonLines, diff_summary, divergence, kind};
use crate::{
    judge::{
        diff::{Comparison, Divergence, Strictness, compare},
        ledger::Ledger,
    },
    report::{Report, Summary, Tally, diff::DiffSummary},
    run::Mode,
    sample::{self, RST_IN_WINDOW, WRONG, run_on},
    trace::event::FindingKind,
};

/// Writes one line and reads it back.
#[track_caller]
fn line(write: impl FnOnce(&mut Vec<u8>)) -> Value {
    let mut out = Vec::new();
    write(&mut out);
    let text = String::from_utf8(out).expect("text");
    assert_eq!(text.matches('\n').count(), 1, "{text}");
    serde_json::from_str(&text).expect("JSON")
}

fn keys(value: &Value) -> Vec<&str> {
    value.as_object().expect("an object").keys().map(String::as_str).collect()
}

fn found(ledger: &str) -> Divergence {
    let (ledger, _) = Ledger::parse(Path::new("x"), ledger);
    let left = run_on("reference", RST_IN_WINDOW, Mode::Record);
    let right = run_on("reference:rfc793", RST_IN_WINDOW, Mode::Record);
    match compare(&left, &right, Strictness::Key, [&Ledger::default(), &ledger]) {
        Comparison::Divergent(found) => *found,
        other => panic!("not divergent: {other:?}"),
    }
}

#[test]
fn a_case_has_the_promised_fields_in_front() {
    let run = sample::run(WRONG);
    let value = line(|out| JsonLines.case(out, &run).expect("written"));
    let promised = ["type", "id", "target", "verdict", "level", "clauses", "findings", "wall_us"];
    assert_eq!(keys(&value)[..8], promised);
    assert_eq!(value["type"], "case");
    assert_eq!(value["verdict"], "fail");
    assert_eq!(value["clauses"], serde_json::json!(["MUST-13"]));
    let finding = &value["findings"][0];
    assert_eq!(finding["step"], 3);
    assert_eq!(finding["line"], 6);
    assert_eq!(finding["kind"], "mismatch");
    assert_eq!(finding["observed"], "SYN+ACK seq=0 ack=1");
    assert_eq!(finding["differences"][1], serde_json::json!({ "field": "seq", "expected": "5", "got": "0" }));
}

#[test]
fn the_summary_has_the_promised_fields_in_front() {
    let summary = Summary {
        target: "reference".to_owned(),
        version: None,
        tally: Tally { pass: 1, fail: 2, deviates: 3, known: 4, fixed: 5, skip: 6, inconclusive: 7, error: 8 },
        not_run: 0,
        wall: Duration::from_millis(9),
        seed: 10,
    };
    let value = line(|out| JsonLines.summary(out, &summary).expect("written"));
    let expected = serde_json::json!({
        "type": "summary", "target": "reference", "cases": 36, "pass": 1, "fail": 2, "deviates": 3, "known": 4,
        "skip": 6, "inconclusive": 7, "error": 8, "wall_ms": 9, "fixed": 5, "not_run": 0, "seed": 10,
    });
    assert_eq!(value, expected);
    assert_eq!(keys(&value)[..11], keys(&expected)[..11]);
}

#[test]
fn a_divergence_has_the_promised_fields_in_front() {
    let value = line(|out| divergence(out, &found("")).expect("written"));
    assert_eq!(keys(&value)[..6], ["type", "id", "step", "clauses", "left", "right"]);
    assert_eq!(value["step"], 2);
    assert_eq!(keys(&value["left"])[..4], ["target", "emitted", "state", "rule"]);
    assert_eq!(value["left"]["emitted"][0], "ACK seq=1 ack=1 win=65535");
    assert_eq!(value["right"]["emitted"], serde_json::json!([]));
    assert_eq!(value["left"]["rule"], "check-rst-challenge-ack");
    assert_eq!(value["right"]["rule"], "check-rst", "the rule of this step, not of the prelude");
    assert_eq!(value["standing"], "unexplained");
    assert_eq!(value["poisoned_from"], 3);
}

#[test]
fn a_known_divergence_tells_why() {
    let known = found("- { case: tcp/sample, step: 2, clause: U-6, observed: nothing, reason: old rules }\n");
    let value = line(|out| divergence(out, &known).expect("written"));
    assert_eq!(value["standing"], "known");
    assert_eq!(value["reason"], "old rules");
}

#[test]
fn the_sum_of_a_comparison_adds_up() {
    let mut summary = DiffSummary { equal: 3, skipped: 2, ..DiffSummary::default() };
    summary.count(&found(""));
    let value = line(|out| diff_summary(out, &summary).expect("written"));
    assert_eq!(keys(&value)[..8], ["type", "left", "right", "compared", "equal", "divergent", "poisoned", "skipped"]);
    assert_eq!((&value["compared"], &value["divergent"], &value["unexplained"]), (&4.into(), &1.into(), &1.into()));
}

#[test]
fn kinds_have_different_words() {
    let kinds = [
        FindingKind::Mismatch,
        FindingKind::Missing,
        FindingKind::Unexpected,
        FindingKind::Early,
        FindingKind::Late,
        FindingKind::State,
        FindingKind::Outcome,
        FindingKind::Comparison,
        FindingKind::Malformed,
        FindingKind::Invariant,
    ];
    let words: std::collections::HashSet<_> = kinds.map(kind).into_iter().collect();
    assert_eq!(words.len(), kinds.len());
}
