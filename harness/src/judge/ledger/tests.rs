use std::path::Path;

use super::{Ledger, LedgerError, line_span};
use crate::{
    clause::Level,
    sample::{self, RST_IN_WINDOW, WRONG},
    trace::event::{CaseRun, Finding, FindingKind, Verdict},
};

/// What the run of [`WRONG`] gives at its third step.
const OBSERVED: &str = "SYN+ACK seq=0 ack=1";

fn parse(text: &str) -> (Ledger, Vec<LedgerError>) {
    Ledger::parse(Path::new("ledger/reference.yaml"), text)
}

#[track_caller]
fn ledger(text: &str) -> Ledger {
    let (ledger, errors) = parse(text);
    assert!(errors.is_empty(), "{errors:?}");
    ledger
}

#[track_caller]
fn only_error(text: &str) -> LedgerError {
    let (_, mut errors) = parse(text);
    assert_eq!(errors.len(), 1, "{errors:?}");
    errors.remove(0)
}

fn entry(case: &str, step: usize, observed: &str) -> String {
    format!("- {{ case: {case}, step: {step}, clause: MUST-13, observed: \"{observed}\", reason: because }}\n")
}

#[track_caller]
fn verdict(yaml: &str, entries: &str) -> Verdict {
    let mut run = sample::run(yaml);
    ledger(entries).apply(&mut run);
    run.verdict
}

#[test]
fn an_empty_ledger_knows_nothing() {
    assert!(ledger("").entries().is_empty());
    assert!(ledger("# nothing yet\n").entries().is_empty());
    assert_eq!(verdict(WRONG, ""), Verdict::Fail);
}

#[test]
fn a_known_failure_is_known() {
    assert_eq!(verdict(WRONG, &entry("tcp/sample", 3, OBSERVED)), Verdict::Known("because".to_owned()));
}

#[test]
fn another_step_another_case_and_another_observation_are_not_known() {
    assert_eq!(verdict(WRONG, &entry("tcp/other", 3, OBSERVED)), Verdict::Fail);
    assert_eq!(verdict(WRONG, &entry("tcp/sample", 2, OBSERVED)), Verdict::Fail);
    assert_eq!(verdict(WRONG, &entry("tcp/sample", 3, "nothing")), Verdict::Fail);
}

/// The run of [`RST_IN_WINDOW`] on a target that breaks down at its RST.
fn crashed(words: &str) -> CaseRun {
    let mut run = sample::run(RST_IN_WINDOW);
    let step = run.case.prelude;
    run.trace.steps.truncate(step);
    run.findings = vec![Finding {
        step,
        kind: FindingKind::Crash,
        level: Level::Must,
        clauses: Vec::new(),
        expected: "no crash".to_owned(),
        observed: format!("crash: {words}"),
        differences: Vec::new(),
        segment: None,
    }];
    run.verdict = Verdict::Fail;
    run
}

#[test]
fn a_known_crash_is_known_and_another_one_is_not() {
    let entries = entry("tcp/sample", 1, "crash: x (tcp.rs:73)");
    let verdict = |words: &str| {
        let mut run = crashed(words);
        ledger(&entries).apply(&mut run);
        run.verdict
    };
    assert_eq!(verdict("x (tcp.rs:73)"), Verdict::Known("because".to_owned()));
    assert_eq!(verdict("x (tcp.rs:74)"), Verdict::Fail);
    let mut survived = sample::run(RST_IN_WINDOW);
    ledger(&entries).apply(&mut survived);
    assert!(matches!(survived.verdict, Verdict::Fixed(_)), "{:?}", survived.verdict);
}

#[test]
fn versions_limit_an_entry() {
    let entries = |versions: &str| {
        format!(
            "- case: tcp/sample\n  step: 3\n  clause: MUST-13\n  observed: {OBSERVED}\n  reason: because\n  versions: \"{versions}\"\n"
        )
    };
    assert!(matches!(verdict(WRONG, &entries(">=0.0")), Verdict::Known(_)));
    assert_eq!(verdict(WRONG, &entries(">=99")), Verdict::Fail);
    // Out of its range an entry promises nothing, so it is not fixed either.
    assert_eq!(verdict(RST_IN_WINDOW, &entries(">=99")), Verdict::Pass);
}

#[test]
fn an_entry_of_a_case_that_passes_is_fixed() {
    let Verdict::Fixed(reason) = verdict(RST_IN_WINDOW, &entry("tcp/sample", 2, "RST seq=1")) else {
        panic!("not fixed");
    };
    assert!(reason.contains("ledger/reference.yaml:1"), "{reason}");
    assert!(reason.contains("RST seq=1"), "{reason}");
}

#[test]
fn a_step_that_was_not_reached_is_not_fixed() {
    // The case ends at step 3, so nothing is known of step 4.
    let both = entry("tcp/sample", 3, OBSERVED) + &entry("tcp/sample", 4, "state CLOSED");
    assert!(matches!(verdict(WRONG, &both), Verdict::Known(_)));
}

#[test]
fn what_did_not_run_is_left_alone() {
    for untouched in [Verdict::Skip("x".into()), Verdict::Inconclusive("x".into()), Verdict::Error("x".into())] {
        let mut run = sample::run(RST_IN_WINDOW);
        run.verdict = untouched.clone();
        ledger(&entry("tcp/sample", 2, "RST seq=1")).apply(&mut run);
        assert_eq!(run.verdict, untouched);
    }
}

/// A run whose prelude did not reach its state, as a target without simultaneous open shows it.
fn never_began() -> CaseRun {
    let mut run = sample::run(RST_IN_WINDOW);
    assert!(run.case.prelude > 0);
    run.trace.steps.truncate(1);
    run.findings = sample::run(WRONG).findings;
    run.findings[0].step = 0;
    run.verdict = Verdict::Inconclusive("the prelude".to_owned());
    run
}

#[test]
fn a_prelude_that_fails_as_written_is_known_and_any_other_is_not() {
    let given = |observed: &str| entry("tcp/sample", 1, observed).replace("step: 1", "step: given");
    let mut known = never_began();
    ledger(&given(OBSERVED)).apply(&mut known);
    assert_eq!(known.verdict, Verdict::Known("because".to_owned()));
    for other in [given("nothing"), entry("tcp/sample", 1, OBSERVED)] {
        let mut unknown = never_began();
        ledger(&other).apply(&mut unknown);
        assert_eq!(unknown.verdict, never_began().verdict, "{other}");
    }
    let Verdict::Fixed(reason) = verdict(RST_IN_WINDOW, &given("nothing")) else { panic!("not fixed") };
    assert!(reason.contains("`given` no longer"), "{reason}");
}

#[test]
fn one_entry_may_stand_for_several_cases() {
    let several = ledger("- case: [a, b]\n  step: 1\n  clause: MUST-13\n  observed: x\n  reason: y\n");
    let cases: Vec<_> = several.entries().iter().map(|entry| entry.case.as_str()).collect();
    assert_eq!(cases, ["a", "b"]);
}

#[test]
fn a_case_that_does_not_exist_is_an_error_at_its_line() {
    let two = ledger(&(entry("tcp/sample", 3, "x") + &entry("tcp/gone", 1, "x")));
    let errors = two.check_cases(|id| id == "tcp/sample");
    assert_eq!(errors.len(), 1);
    assert_eq!(errors[0].line, 2);
    assert!(errors[0].message.contains("tcp/gone"));
}

#[test]
fn bad_entries_are_errors_and_the_good_ones_stay() {
    let good = entry("a", 1, "x");
    let twice = format!("{good}{good}");
    let bad = [
        (twice.as_str(), 2, "line 1"),
        (&*(good.clone() + &entry("b", 0, "x")), 2, "from 1"),
        (&*(good.clone() + &entry("b", 1, " ")), 2, "observed"),
        (&*(good.clone() + &entry("b", 1, "x").replace("step: 1", "step: first")), 2, "or `given`"),
        (
            &*(good.clone() + "- { case: [], step: 1, clause: MUST-13, observed: x, reason: y }\n"),
            2,
            "at least one case",
        ),
        (&*(good.clone() + "- { case: b, step: 1, clause: MUST-999, observed: x, reason: y }\n"), 2, "MUST-999"),
        (
            &*(good.clone() + "- { case: b, step: 1, clause: MUST-13, observed: x, reason: y, versions: new }\n"),
            2,
            "new",
        ),
    ];
    for (text, line, part) in bad {
        let (ledger, errors) = parse(text);
        assert_eq!(ledger.entries().len(), 1, "{text}");
        assert_eq!(errors.len(), 1, "{text}: {errors:?}");
        assert_eq!(errors[0].line, line, "{text}");
        assert!(errors[0].message.contains(part), "{}", errors[0].message);
    }
}

#[test]
fn what_is_no_ledger_is_one_error_with_its_line() {
    let unknown_field = only_error("- { case: a, step: 1, clause: MUST-13, observed: x, reason: y, when: now }\n");
    assert_eq!(unknown_field.line, 1);
    assert!(unknown_field.message.contains("when"), "{}", unknown_field.message);
    assert!(only_error("- { case: a, step: 1, clause: MUST-13, observed: x }\n").message.contains("reason"));
    assert!(only_error("case: a\n").line > 0);
    assert!(only_error("- [unclosed\n").line > 0);
    // Aliases have no use here, and a bomb is made of them.
    only_error("- &a { case: a, step: 1, clause: MUST-13, observed: x, reason: y }\n- *a\n");
    only_error(&("[".repeat(5000) + &"]".repeat(5000)));
}

#[test]
fn a_file_that_is_not_there_is_an_error() {
    let (ledger, errors) = Ledger::read(Path::new("/nowhere/ledger.yaml"));
    assert!(ledger.entries().is_empty());
    assert_eq!(errors.len(), 1);
    assert!(errors[0].to_string().contains("/nowhere/ledger.yaml"));
}

#[test]
fn a_line_is_found_without_its_indentation() {
    let source = "one\n  two  \n\nfour";
    let line = |number| line_span(source, number).map(|span| &source[span]);
    assert_eq!(line(0), None);
    assert_eq!(line(1), Some("one"));
    assert_eq!(line(2), Some("two"));
    assert_eq!(line(3), Some(""));
    assert_eq!(line(4), Some("four"));
    assert_eq!(line(5), None);
}
