use super::*;
use crate::{
    sample::{RST_IN_WINDOW, case},
    target::{
        faulty::{Faulty, on_injection},
        reference::Reference,
    },
};
use stack_under_test::Profile;

/// The reference and, with it, the reference until a RST comes.
fn pair(how: How) -> Pair {
    let whole = || Reference::new(Profile::rfc9293(), 0);
    let at_a_reset = move |packet: &[u8]| match how {
        _ if packet[33] & 4 == 0 => Ok(()),
        How::Panicked => panic!("a RST frightens me"),
        How::Crashed => Err(TargetError::Crashed("a RST (tcp.rs:1)".to_owned())),
        How::Failed => Err(TargetError::Broken("lost 17 packets".to_owned())),
    };
    let fragile = move || Ok(Box::new(Faulty::new(whole(), on_injection(at_a_reset))) as _);
    Pair::of(Arc::new(move || Ok(Box::new(whole()))), Arc::new(fragile)).unwrap()
}

#[test]
fn a_target_that_panics_is_told_of_and_opened_again() {
    let mut pair = pair(How::Panicked);
    let harmless = case("title: t\nclauses: [MUST-3]\nsteps:\n  - call: listen\n  - state: LISTEN\n");
    for _ in 0..2 {
        let executed = pair.run(&case(RST_IN_WINDOW), Mode::Record).unwrap();
        let broke = executed.broke[1].clone().unwrap();
        assert!(broke.how == How::Panicked && broke.message.contains("frightens"), "{broke:?}");
        assert_eq!(executed.broke[0], None);
        assert_eq!(executed.runs[0].verdict, Verdict::Pass);
        let next = pair.run(&harmless, Mode::Record).unwrap();
        assert_eq!((next.runs[1].verdict.clone(), &next.broke[1]), (Verdict::Pass, &None));
    }
}

#[test]
fn a_target_that_breaks_is_told_of_and_opened_again() {
    for (how, message) in [(How::Failed, "lost 17 packets"), (How::Crashed, "crash: a RST (tcp.rs:1)")] {
        let mut pair = pair(how);
        let executed = pair.run(&case(RST_IN_WINDOW), Mode::Record).unwrap();
        assert_eq!(executed.broke[1], Some(Broke { how, message: message.to_owned() }));
        assert!(pair.seats[1].target.is_none());
    }
}

#[test]
fn only_the_target_whose_states_are_dear_runs_again_to_tell_them() {
    let mut pair =
        Pair::open(&"reference".parse().unwrap(), &"reference".parse().unwrap(), TargetOptions::default()).unwrap();
    pair.seats[1].state_is_dear = true;
    let mut executed = pair.run(&case(RST_IN_WINDOW), Mode::Compare).unwrap();
    let steps = executed.runs[0].trace.steps.len();
    for run in &mut executed.runs {
        run.trace.steps.clear();
    }
    let told = pair.with_states(executed).unwrap().runs.map(|run| run.trace.steps.len());
    assert_eq!(told, [0, steps]);
}

#[cfg(feature = "smoltcp")]
#[test]
fn what_parts_is_the_same_however_seldom_the_state_was_asked_for() {
    use crate::judge::diff::{Comparison, Strictness, compare};
    let case = case(
        "title: t\nclauses: [U-6]\ngiven: ESTABLISHED\nsteps:\n  \
         - call: { set: { tos: 4 } }\n    continue: true\n  - expect: nothing\n    continue: true\n  - wait: 1s\n",
    );
    let spec = |name: &str| name.parse().unwrap();
    let mut pair = Pair::open(&spec("reference"), &spec("smoltcp"), TargetOptions::default()).unwrap();
    let states = [Mode::Compare, Mode::Record].map(|mode| {
        let Executed { runs: [left, right], .. } = pair.run(&case, mode).unwrap();
        match compare(&left, &right, Strictness::Key, [&crate::judge::ledger::Ledger::default(); 2]) {
            Comparison::Divergent(divergence) => (divergence.fields, divergence.left.state, divergence.right.state),
            other => panic!("{other:?}"),
        }
    });
    assert_eq!(states[0], states[1]);
    assert!(states[0].1.is_some() && states[0].2.is_some(), "{states:?}");
}
