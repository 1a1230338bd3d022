use std::time::Duration;

use super::{Text, counted};
use crate::{
    report::{Report, Summary, Tally, failure::Rerun, paint::Paint},
    sample::{self, RST_IN_WINDOW, WRONG},
    trace::event::{CaseRun, Verdict},
};

fn text(explain: bool, verbose: bool) -> Text {
    Text { paint: Paint::NEVER, explain, verbose, rerun: Rerun::default() }
}

fn told(mut report: Text, run: &CaseRun) -> String {
    let mut out = Vec::new();
    report.case(&mut out, run).expect("a vector takes everything");
    String::from_utf8(out).expect("text")
}

#[test]
fn what_passes_is_only_counted_unless_asked_for() {
    let run = sample::run(RST_IN_WINDOW);
    assert_eq!(told(text(false, false), &run), "");
    assert_eq!(told(text(false, true), &run), "pass         tcp/sample\n");
}

#[test]
fn explain_draws_every_case_with_its_rules() {
    insta::assert_snapshot!(told(text(true, false), &sample::run(RST_IN_WINDOW)));
}

#[test]
fn a_verdict_with_a_reason_takes_one_line() {
    let mut run = sample::run(WRONG);
    for (verdict, line) in [
        (Verdict::Known("old".into()), "known        tcp/sample: old\n"),
        (Verdict::Fixed("gone".into()), "fixed        tcp/sample: gone\n"),
        (Verdict::Skip("no ECN".into()), "skip         tcp/sample: no ECN\n"),
        (Verdict::Error("broke".into()), "error        tcp/sample: broke\n"),
    ] {
        run.verdict = verdict;
        assert_eq!(told(text(false, false), &run), line);
    }
    run.verdict = Verdict::Inconclusive("no prelude".into());
    let inconclusive = told(text(false, false), &run);
    assert!(inconclusive.starts_with("inconclusive tcp/sample: no prelude\n"));
    assert!(inconclusive.contains("observed"), "the finding behind it is shown: {inconclusive}");
}

#[test]
fn the_summary_names_what_there_is() {
    let summary = Summary {
        target: "kernel".to_owned(),
        version: Some("6.18.0".to_owned()),
        tally: Tally { pass: 2, fail: 1, skip: 3, ..Tally::default() },
        not_run: 4,
        wall: Duration::from_millis(1234),
        seed: 7,
    };
    let mut out = Vec::new();
    text(false, false).summary(&mut out, &summary).expect("a vector takes everything");
    let line = String::from_utf8(out).expect("text");
    assert_eq!(line, "kernel 6.18.0: 6 cases, 2 pass, 1 fail, 3 skip, 4 not run in 1.23 s (seed 7)\n");
}

#[test]
fn one_is_singular() {
    assert_eq!(counted(1, "case"), "1 case");
    assert_eq!(counted(0, "case"), "0 cases");
}
