use super::*;
use crate::{
    sample::{RST_IN_WINDOW, case},
    target::spec::TargetOptions,
};

mod covers;

fn pair(right: &str) -> Pair {
    Pair::open(&"reference".parse().unwrap(), &right.parse().unwrap(), TargetOptions::default()).unwrap()
}

#[test]
fn what_a_case_of_the_suite_shows_is_known_under_its_id() {
    let known = learn(&mut pair("reference:rfc793"), &[case(RST_IN_WINDOW)]).unwrap();
    let words: Vec<_> = known.iter().map(|(key, id)| (key.to_string(), id.as_str())).collect();
    let key = "RST inside the window in ESTABLISHED (check-rst-challenge-ack): differs in emitted, state";
    assert_eq!(words, [(key.to_owned(), "tcp/sample")]);
    assert!(learn(&mut pair("reference"), &[case(RST_IN_WINDOW)]).unwrap().is_empty());
}

#[test]
fn cases_of_ledgers_and_regressions_are_asked() {
    let mut regression = (*case(RST_IN_WINDOW)).clone();
    regression.id = "regressions/kernel/rst".to_owned();
    let mut other = regression.clone();
    other.id = "tcp/other".to_owned();
    let cases = [case(RST_IN_WINDOW), Arc::new(regression), Arc::new(other)];
    let text = "- { case: tcp/sample, step: 2, clause: U-6, observed: nothing, reason: because }\n";
    let (ledger, errors) = Ledger::parse(std::path::Path::new("l.yaml"), text);
    assert!(errors.is_empty());
    let ids: Vec<_> = candidates(&cases, &[&ledger]).iter().map(|case| case.id.clone()).collect();
    assert_eq!(ids, ["tcp/sample", "regressions/kernel/rst"]);
}

#[test]
fn a_case_without_steps_keeps_the_others_and_counts_its_prelude() {
    let whole = case(RST_IN_WINDOW);
    let (prelude, steps) = (whole.prelude, whole.case.steps.len());
    assert!(prelude > 1 && steps > prelude + 1, "{prelude} of {steps}");
    let less = without(&whole, &[0, prelude]);
    assert_eq!((less.prelude, less.case.steps.len()), (prelude - 1, steps - 2));
    assert_eq!(less.case.steps[0].value, whole.case.steps[1].value);
    assert_eq!(less.case.steps[prelude - 1].value, whole.case.steps[prelude + 1].value);
}
