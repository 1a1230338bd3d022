mod traced;

use super::{Tally, level, reason, step_name, word};
use crate::{
    clause::Level,
    sample::{self, RST_IN_WINDOW, WRONG},
    trace::event::Verdict,
};

fn every_verdict() -> [Verdict; 8] {
    let why = || "why".to_owned();
    [
        Verdict::Pass,
        Verdict::Fail,
        Verdict::Deviates,
        Verdict::Known(why()),
        Verdict::Fixed(why()),
        Verdict::Skip(why()),
        Verdict::Inconclusive(why()),
        Verdict::Error(why()),
    ]
}

#[test]
fn each_verdict_is_counted_once_under_its_own_name() {
    let mut tally = Tally::default();
    for (done, verdict) in every_verdict().iter().enumerate() {
        tally.count(verdict);
        assert_eq!(tally.cases(), done + 1);
    }
    let Tally { pass, fail, deviates, known, fixed, skip, inconclusive, error } = tally;
    assert_eq!([pass, fail, deviates, known, fixed, skip, inconclusive, error], [1; 8]);
}

#[test]
fn verdicts_have_different_words_and_tell_their_reasons() {
    let words: std::collections::HashSet<_> = every_verdict().iter().map(word).collect();
    assert_eq!(words.len(), 8);
    assert_eq!(every_verdict().iter().filter_map(reason).count(), 5);
}

#[test]
fn the_level_is_that_of_the_findings_else_of_the_case() {
    let mut run = sample::run(RST_IN_WINDOW);
    assert_eq!(level(&run), Level::Must);
    run = sample::run(&RST_IN_WINDOW.replace("U-6", "SHLD-4"));
    assert_eq!(level(&run), Level::Should);
    run = sample::run(&RST_IN_WINDOW.replace("[U-6]", "[RFC5961#3.2]\nlevel: MAY"));
    assert_eq!(level(&run), Level::May);
    run = sample::run(WRONG);
    run.findings[0].level = Level::May;
    assert_eq!(level(&run), Level::May);
}

#[test]
fn steps_of_the_prelude_are_told_apart() {
    let case = sample::case(RST_IN_WINDOW);
    assert_eq!(step_name(&case, 0), "prelude step 1");
    assert_eq!(step_name(&case, case.prelude), "step 1");
}
