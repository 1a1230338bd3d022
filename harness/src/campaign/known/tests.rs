use std::time::Duration;

use super::*;
use crate::{
    case::{
        flags::Flags,
        format::{At, Step},
    },
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
    // The first step listens, and nothing looks at it; the first of its own has two checks.
    assert_eq!(steps, prelude + 3);
    let less = without(&whole, &[0, prelude]);
    assert_eq!((less.prelude, less.case.steps.len()), (prelude - 1, steps - 4));
    assert_eq!(less.case.steps[0].value, whole.case.steps[1].value);
    assert_eq!(less.case.steps[prelude - 2].value, whole.case.steps[prelude - 1].value);
}

#[test]
fn without_an_act_nobody_waits_for_its_answer() {
    let whole =
        case("title: t\nclauses: [U-6]\ngiven: CLOSE-WAIT\nsteps:\n  - call: close\n  - expect: { flags: FIN+ACK }\n");
    let is_fin =
        |at: &At<Step>| matches!(&at.value.action, Action::Inject(inject) if inject.flags.contains(Flags::FIN));
    let fin = whole.case.steps.iter().position(is_fin).unwrap();
    let waits = |case: &ConcreteCase| longest_wait(&case.case, Duration::from_secs(1));
    assert_eq!(waits(&whole), Duration::from_millis(500));
    let less = without(&whole, &[fin]);
    assert_eq!(waits(&less), Duration::ZERO);
    // The FIN, the demand of its ACK and the state behind both.
    assert_eq!((less.prelude, less.case.steps.len()), (whole.prelude - 3, whole.case.steps.len() - 3));
}
