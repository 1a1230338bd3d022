use super::*;
use crate::{
    campaign::pair::Pair,
    judge::event_class::SegmentClass,
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
    assert_eq!(place(false, "lost 17 packets"), place(false, "lost 4 packets"));
    assert_ne!(place(true, "panicked at a.rs:1:2:\nx 1"), place(true, "panicked at a.rs:2:2:\nx 1"));
    assert_eq!(place(true, "panicked at a.rs:1:2:\nx 1"), place(true, "panicked at a.rs:1:2:\nx 2"));
}

#[test]
fn what_no_rule_looks_at_makes_no_other_key() {
    let class = |flags: Flags, seq, ack, text| {
        EventClass::Segment(SegmentClass { flags: ControlBits::of(flags), seq, ack, text, broken: None })
    };
    let established = ConnState::Is(State::Established);
    let (inside, edge) = (SeqPosition::Inside, SeqPosition::LeftEdge);
    let met_as = |state, flags, text| met(state, class(flags, inside, AckPosition::SndNxt, text)).to_string();
    let reset = met_as(established, Flags::RST | Flags::ACK, false);
    assert_eq!(met_as(established, Flags::RST | Flags::ACK | Flags::FIN | Flags::URG | Flags::SYN, true), reset);
    assert_ne!(met_as(established, Flags::RST, false), reset);
    let syn = met_as(established, Flags::SYN, false);
    assert_eq!(met_as(established, Flags::SYN | Flags::FIN | Flags::URG, true), syn);
    assert_ne!(met_as(established, Flags::FIN, false), syn);
    assert_ne!(met_as(established, Flags::ACK, true), met_as(established, Flags::ACK, false));
    // Without a connection the numbers lie nowhere, with one they lie somewhere.
    let at = |state, seq, ack| met(state, class(Flags::ACK, seq, ack, true));
    for state in [ConnState::None { listening: true }, ConnState::Is(State::Listen), ConnState::Is(State::Closed)] {
        assert_eq!(at(state, inside, AckPosition::SndNxt), at(state, edge, AckPosition::Old));
        assert_ne!(at(state, inside, AckPosition::SndNxt), at(state, inside, AckPosition::None));
    }
    assert_ne!(at(established, inside, AckPosition::SndNxt), at(established, edge, AckPosition::SndNxt));
}
