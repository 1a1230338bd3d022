use super::*;
use crate::{
    campaign::pair::Pair,
    run::Mode,
    sample::{RST_IN_WINDOW, case},
    target::spec::TargetOptions,
};

fn execute(right: &str, yaml: &str) -> (Compared, Vec<Found>) {
    let spec = |name: &str| name.parse().unwrap();
    let mut pair = Pair::open(&spec("reference"), &spec(right), TargetOptions::default()).unwrap();
    let executed = pair.run(&case(yaml), Mode::Record).unwrap();
    let mut all = Vec::new();
    (found(&executed, &mut all), all)
}

#[test]
fn a_target_agrees_with_itself() {
    let (compared, all) = execute("reference", RST_IN_WINDOW);
    assert!(all.is_empty() && compared == Compared::Equal, "{all:?}");
}

#[test]
fn a_divergence_has_the_rule_the_state_and_the_event_in_its_key() {
    let (compared, all) = execute("reference:rfc793", RST_IN_WINDOW);
    assert_eq!(compared, Compared::Parted { poisoned: 1 });
    let [found] = &all[..] else { panic!("{all:?}") };
    assert_eq!(
        found.key.to_string(),
        "RST inside the window in ESTABLISHED (check-rst-challenge-ack): differs in emitted, state"
    );
    assert_eq!(found.key.kind(), Kind::Divergence);
}

#[test]
fn errors_are_the_same_if_only_numbers_differ_and_panics_if_their_place_is() {
    let place = |how, message: &str| super::place(&Broke { how, message: message.to_owned() });
    assert_eq!(place(How::Failed, "lost 17 packets"), place(How::Failed, "lost 4 packets"));
    let panic = |message: &str| place(How::Panicked, message);
    assert_ne!(panic("panicked at a.rs:1:2:\nx 1"), panic("panicked at a.rs:2:2:\nx 1"));
    assert_eq!(panic("panicked at a.rs:1:2:\nx 1"), panic("panicked at a.rs:1:2:\nx 2"));
    let crash = |message: &str| place(How::Crashed, message);
    assert_eq!(crash("crash: index 7 of 5 (a.rs:1)"), crash("crash: index 9 of 5 (a.rs:1)"));
    assert_ne!(crash("crash: index 7 of 5 (a.rs:1)"), crash("crash: index 7 of 5 (a.rs:2)"));
    assert_ne!(crash("crash: \"x\" failed at line 1 in a.c"), crash("crash: \"x\" failed at line 2 in a.c"));
}

/// The profile `rfc793` acknowledges at once; the second text then bears the next number.
const PLACED: &str = "\
title: the second text stands where the first one was acknowledged to
clauses: [SHLD-18]
given: ESTABLISHED
allow: [ack]
steps:
  - inject: { flags: ACK, data: \"ab\" }
  - inject: { flags: FIN+ACK, data: \"c\" }
  - call: poll
  - state: ESTABLISHED
";

#[test]
fn what_bears_another_number_for_an_ack_that_may_wait_is_not_compared() {
    let (compared, all) = execute("reference:rfc793", PLACED);
    assert!(compared == Compared::Not && all.is_empty(), "{all:?}");
    // The same numbers on both.
    let numbered = PLACED.replace("data: \"c\"", "data: \"c\", seq: 3");
    assert_eq!(execute("reference:rfc793", &numbered).0, Compared::Equal);
    // The segment itself: at the left edge of two windows that begin elsewhere.
    let at_once = PLACED.replace("  - call: poll\n", "");
    assert_eq!(execute("reference:rfc793", &at_once).0, Compared::Not);
    // Where both windows begin at the same number a difference is one.
    let parts = at_once.replace("data: \"ab\"", "data: \"\"").replace("FIN+ACK, data: \"c\"", "RST, seq: RCV.NXT+1");
    assert!(matches!(execute("reference:rfc793", &parts).0, Compared::Parted { .. }));
}

/// A wait in units of the target's own MSL, with a segment outstanding that is sent again meanwhile.
#[cfg(feature = "smoltcp")]
const UNEVEN: &str = "\
title: two MSLs are another time on either target
clauses: [RFC9293#3.4.2]
given: SYN-RECEIVED
steps:
  - wait: 2MSL
  - expect: nothing
    continue: true
";

#[cfg(feature = "smoltcp")]
#[test]
fn what_shows_after_waits_of_another_length_is_not_compared() {
    let (compared, all) = execute("smoltcp", UNEVEN);
    assert!(compared == Compared::Not && all.is_empty(), "{all:?}");
    assert_eq!(execute("smoltcp", &UNEVEN.replace("2MSL", "10s")).0, Compared::Equal);
}

/// TIME-WAIT is over on one target and not on the other, while another connection is in hand.
#[cfg(feature = "smoltcp")]
const UNSEEN: &str = "\
title: nobody sees the end of TIME-WAIT
clauses: [RFC9293#3.4.2]
given: TIME-WAIT
steps:
  - inject: { on: c, flags: none }
  - wait: 20s
  - expect: nothing
    continue: true
  - inject: { flags: FIN+ACK, seq: RCV.NXT-1 }
  - state: TIME-WAIT
";

#[cfg(feature = "smoltcp")]
#[test]
fn what_changed_while_another_connection_was_in_hand_is_not_compared() {
    let (compared, all) = execute("smoltcp", UNSEEN);
    let divergences = all.iter().filter(|found| found.key.kind() == Kind::Divergence).count();
    assert!(compared == Compared::Not && divergences == 0, "{all:?}");
    let seen = UNSEEN.replace("on: c, ", "");
    assert!(matches!(execute("smoltcp", &seen).0, Compared::Parted { .. }));
}
