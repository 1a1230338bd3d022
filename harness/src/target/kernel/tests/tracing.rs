//! Drop reasons and changes of state as the real kernel tells them. Where it does not, there is nothing to test.

use super::*;
use crate::target::{Explanation, Traced, kernel::tracing_missing};

/// What was told since the last call.
fn told(script: &mut Script<'_>) -> Vec<Traced> {
    let mut why = Vec::new();
    script.target.explain(&mut why);
    let traced = why.into_iter().filter_map(|why| match why {
        Explanation::Traced(traced) => Some(traced),
        Explanation::Dropped(_) | Explanation::StateChanged { .. } => None,
    });
    traced.collect()
}

fn change(from: State, to: State) -> Traced {
    Traced::Transition { on: 0, from, to }
}

/// Runs a case with tracing on, unless this kernel or these rights allow none.
#[track_caller]
fn traced_case(script: impl FnOnce(&mut Script<'_>) + Send) {
    with_target(KernelConfig::Conformance, |target| {
        target.set_tracing(true);
        if let Some(why) = tracing_missing() {
            println!("SKIPPED: {why}");
            return;
        }
        script(&mut Script::begin(target, &Config::default()));
    });
}

#[test]
fn a_segment_outside_the_window_is_dropped_for_a_reason() {
    traced_case(|script| {
        script.established();
        assert_eq!(told(script), [change(State::SynReceived, State::Established)]);
        script.inject(PSH_ACK, 1u32.wrapping_sub(100), 1, b"old");
        let told = told(script);
        assert!(matches!(told[..], [Traced::Dropped { reason, .. }] if reason.starts_with("TCP_")), "{told:?}");
    });
}

#[test]
fn states_passed_within_one_segment_are_all_told() {
    traced_case(|script| {
        script.listen();
        script.inject(Flags::SYN, 0, 0, b"");
        script.one(SYN_ACK);
        assert!(told(script).is_empty());
        script.inject(FIN_ACK, 1, 1, b"");
        let changes: Vec<_> =
            told(script).into_iter().filter(|told| matches!(told, Traced::Transition { .. })).collect();
        let passed = State::Established;
        assert_eq!(changes, [change(State::SynReceived, passed), change(passed, State::CloseWait)]);
    });
}

#[test]
fn workers_hear_of_their_own_cases_only() {
    traced_case(|script| {
        script.established();
        told(script);
        // The same addresses in another network, at the same time on another thread.
        with_target(KernelConfig::Conformance, |other| {
            let mut other = Script::begin(other, &Config::default());
            other.established();
            other.inject(PSH_ACK, 1u32.wrapping_sub(100), 1, b"old");
        });
        assert_eq!(told(script), []);
    });
}

#[test]
fn nothing_is_told_unless_wanted() {
    traced_case(|script| {
        script.target.set_tracing(false);
        script.established();
        script.inject(PSH_ACK, 1u32.wrapping_sub(100), 1, b"old");
        assert_eq!(told(script), []);
    });
}

#[test]
fn the_next_case_hears_nothing_of_the_last_one() {
    traced_case(|script| {
        script.established();
        let mut next = Script::begin(script.target, &Config::default());
        assert_eq!(told(&mut next), []);
    });
}
