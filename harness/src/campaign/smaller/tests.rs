use std::sync::atomic::AtomicBool;

use super::*;
use crate::{
    case::{load::load_str, print::to_yaml},
    run::run_case,
    sample::{RST_IN_WINDOW, case, random_steps},
    target::spec::{TargetOptions, TargetSpec},
    trace::event::Verdict,
};

fn spec(name: &str) -> TargetSpec {
    name.parse().expect("a target")
}

fn pair() -> Pair {
    Pair::open(&spec("reference"), &spec("reference:rfc793"), TargetOptions::default()).expect("in process")
}

fn judged(target: &str, yaml: &str) -> Verdict {
    let case = load_str(yaml, "small.yaml").unwrap_or_else(|error| panic!("{error}\n{yaml}")).remove(0);
    let mut target = spec(target).open(TargetOptions::default()).expect("in process");
    run_case(target.as_mut(), &Arc::new(case), Mode::Judge).verdict
}

#[test]
fn a_hundred_steps_become_a_few_that_pass_on_the_left_and_fail_on_the_right() {
    let mut pair = pair();
    let mut shrunk = 0;
    for seed in 0..10 {
        let case = Arc::new(ConcreteCase::from_case("found", random_steps(100, seed)).expect("a case"));
        let Some(first) = shown(&mut pair, &case, None).expect("it runs") else { continue };
        let small = smaller(&mut pair, &case, None, 5000, &AtomicBool::new(false)).expect("it runs").expect("it shows");
        assert_eq!(small.shown.found.key, first.found.key);
        assert!(small.case.steps.len() <= 10, "{:#?}", small.case);
        let yaml = to_yaml(&small.case).expect("it has a text");
        assert_eq!(judged("reference", &yaml), Verdict::Pass, "{yaml}");
        assert_eq!(judged("reference:rfc793", &yaml), Verdict::Fail, "{yaml}");
        shrunk += 1;
    }
    assert!(shrunk > 3, "{shrunk} of 10 differ");
}

#[test]
fn what_both_do_alike_shows_nothing() {
    let yaml =
        "title: x\nclauses: [MUST-3]\ngiven: ESTABLISHED\nsteps:\n  - inject: { flags: RST }\n  - state: CLOSED\n";
    let case = case(yaml);
    assert!(shown(&mut pair(), &case, None).expect("it runs").is_none());
    assert!(smaller(&mut pair(), &case, None, 100, &AtomicBool::new(false)).expect("it runs").is_none());
}

#[test]
fn a_raised_flag_ends_it_with_what_there_is() {
    let small = smaller(&mut pair(), &case(RST_IN_WINDOW), None, 5000, &AtomicBool::new(true));
    let small = small.expect("it runs").expect("it shows");
    assert!(small.runs < 5, "{}", small.runs);
}

#[test]
fn a_key_in_words_chooses_among_several() {
    let mut pair = pair();
    let case = case(RST_IN_WINDOW);
    let first = shown(&mut pair, &case, None).expect("it runs").expect("it shows").found.key;
    for key in [Some(first.to_string()), Some("of another case".to_owned()), None] {
        let again = shown(&mut pair, &case, key.as_deref()).expect("it runs").expect("it shows");
        assert_eq!(again.found.key, first);
    }
}
