use super::{DiffSummary, divergence, summary};
use crate::{
    judge::{
        diff::{Comparison, Divergence, Standing, Strictness, compare},
        ledger::Ledger,
    },
    report::paint::Paint,
    run::Mode,
    sample::{RST_IN_WINDOW, run_on},
};

fn found() -> Divergence {
    let left = run_on("reference", RST_IN_WINDOW, Mode::Record);
    let right = run_on("reference:rfc793", RST_IN_WINDOW, Mode::Record);
    match compare(&left, &right, Strictness::Key, [&Ledger::default(), &Ledger::default()]) {
        Comparison::Divergent(found) => *found,
        other => panic!("not divergent: {other:?}"),
    }
}

fn told(found: &Divergence) -> String {
    let mut out = Vec::new();
    divergence(&mut out, found, Paint::NEVER).expect("a vector takes everything");
    String::from_utf8(out).expect("text")
}

#[test]
fn a_divergence_shows_both_sides_with_their_rules() {
    insta::assert_snapshot!(told(&found()));
}

#[test]
fn a_known_divergence_takes_two_lines() {
    let known = Divergence { standing: Standing::Known("old rules".to_owned()), ..found() };
    let text = told(&known);
    assert!(text.starts_with("known        tcp/sample"), "{text}");
    assert!(text.ends_with("reason     old rules\n"), "{text}");
    assert_eq!(text.lines().count(), 2);
}

#[test]
fn the_summary_counts_what_is_explained_apart() {
    let mut sum = DiffSummary { left: "a".to_owned(), right: "b".to_owned(), equal: 1, ..DiffSummary::default() };
    sum.count(&found());
    sum.count(&Divergence { standing: Standing::Allowed, poisoned_from: None, ..found() });
    let mut out = Vec::new();
    summary(&mut out, &sum, Paint::NEVER).expect("a vector takes everything");
    let line = String::from_utf8(out).expect("text");
    assert_eq!(
        line,
        "a and b: 3 cases compared, 1 equal, 1 divergent, 1 allowed, 1 poisoned after a divergence in 0.00 s (seed 0)\n"
    );
}
