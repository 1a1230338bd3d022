use super::*;
use crate::judge::event_class::Broken;

const ESTABLISHED: ConnState = ConnState::Is(State::Established);
const CLOSING: ConnState = ConnState::Is(State::Closing);
const LISTEN: ConnState = ConnState::None { listening: true };

fn class(flags: Flags, seq: SeqPosition, ack: AckPosition, text: bool) -> EventClass {
    let ack = if flags.contains(Flags::ACK) { ack } else { AckPosition::None };
    EventClass::Segment(SegmentClass { flags: ControlBits::of(flags), seq, ack, text, broken: None })
}

/// A key's words for this segment, so decided.
fn told(state: ConnState, flags: Flags, seq: SeqPosition, ack: AckPosition, text: bool, rule: Option<&str>) -> String {
    let (state, event) = relevant(state, class(flags, seq, ack, text), rule);
    format!("{event} in {state}")
}

const INSIDE: SeqPosition = SeqPosition::Inside;
const EDGE: SeqPosition = SeqPosition::LeftEdge;
const LEFT: SeqPosition = SeqPosition::OutsideLeft;
const OLD: AckPosition = AckPosition::Old;
const NXT: AckPosition = AckPosition::SndNxt;
const ACK: Flags = Flags::ACK;

#[test]
fn what_ip_refuses_is_the_same_in_every_state() {
    let rule = Some("ip-group-destination");
    let one = told(ESTABLISHED, ACK, INSIDE, NXT, true, rule);
    assert_eq!(one, told(CLOSING, Flags::FIN, LEFT, OLD, false, rule));
    assert_ne!(one, told(ESTABLISHED, ACK, INSIDE, NXT, true, Some("check-sequence")));
}

#[test]
fn what_is_looked_at_later_makes_no_other_key() {
    let sequence = |seq, ack, flags| told(ESTABLISHED, flags, seq, ack, true, Some("check-sequence"));
    assert_eq!(sequence(LEFT, OLD, ACK), sequence(LEFT, NXT, ACK | Flags::FIN | Flags::URG));
    assert_ne!(sequence(LEFT, OLD, ACK), sequence(EDGE, OLD, ACK));
    let acks = |seq, ack| told(ESTABLISHED, ACK, seq, ack, true, Some("check-ack-range"));
    assert_eq!(acks(INSIDE, OLD), acks(EDGE, OLD));
    assert_ne!(acks(INSIDE, OLD), acks(INSIDE, NXT));
    let rst = |flags, ack| told(ESTABLISHED, flags, INSIDE, ack, false, Some("check-rst-challenge-ack"));
    assert_eq!(rst(Flags::RST, NXT), rst(Flags::RST | ACK, OLD));
    assert_ne!(
        told(ESTABLISHED, Flags::RST, INSIDE, NXT, false, Some("check-rst")),
        told(ESTABLISHED, Flags::RST, EDGE, NXT, false, Some("check-rst"))
    );
    assert_ne!(
        told(ESTABLISHED, ACK, EDGE, NXT, true, Some("check-fin-close-wait")),
        told(CLOSING, ACK, EDGE, NXT, true, Some("check-fin-close-wait"))
    );
}

#[test]
fn without_a_rule_everything_counts_but_what_a_rst_or_a_syn_carries_besides() {
    let all = |flags, seq, ack, text| told(ESTABLISHED, flags, seq, ack, text, None);
    assert_ne!(all(ACK, INSIDE, NXT, true), all(ACK, EDGE, NXT, true));
    assert_ne!(all(ACK, INSIDE, NXT, true), all(ACK, INSIDE, OLD, true));
    assert_ne!(all(ACK, INSIDE, NXT, true), all(ACK, INSIDE, NXT, false));
    assert_ne!(all(ACK, INSIDE, NXT, true), all(ACK | Flags::FIN, INSIDE, NXT, true));
    assert_eq!(
        all(Flags::RST | ACK | Flags::SYN | Flags::FIN, EDGE, NXT, true),
        all(Flags::RST | ACK, EDGE, NXT, false)
    );
    assert_eq!(all(Flags::SYN | Flags::URG, EDGE, NXT, true), all(Flags::SYN, EDGE, NXT, false));
}

#[test]
fn without_a_connection_numbers_lie_nowhere() {
    for rule in [None, Some("listen-ack")] {
        assert_eq!(told(LISTEN, ACK, INSIDE, NXT, false, rule), told(LISTEN, ACK, LEFT, OLD, false, rule));
        assert_ne!(told(LISTEN, ACK, INSIDE, NXT, false, rule), told(LISTEN, Flags::FIN, INSIDE, NXT, false, rule));
    }
}

#[test]
fn a_broken_segment_is_told_by_what_is_broken() {
    let broken = |flags: Flags, broken| {
        let EventClass::Segment(whole) = class(flags, EDGE, NXT, true) else { unreachable!("it is one") };
        let event = EventClass::Segment(SegmentClass { broken: Some(broken), ..whole });
        relevant(ESTABLISHED, event, Some("check-rst")).1
    };
    assert_eq!(broken(Flags::RST, Broken::Options), broken(ACK | Flags::FIN, Broken::Options));
    assert_ne!(broken(Flags::RST, Broken::Options), broken(Flags::RST, Broken::Checksum));
}

#[test]
fn a_violation_has_the_flags_and_the_state() {
    let key = |state, flags, seq, ack, text| of_violation(state, class(flags, seq, ack, text));
    assert_eq!(key(ESTABLISHED, ACK, INSIDE, NXT, true), key(ESTABLISHED, ACK | Flags::URG, LEFT, OLD, false));
    assert_ne!(key(ESTABLISHED, ACK, INSIDE, NXT, true), key(CLOSING, ACK, INSIDE, NXT, true));
    assert_ne!(key(ESTABLISHED, ACK, INSIDE, NXT, true), key(ESTABLISHED, ACK | Flags::FIN, INSIDE, NXT, true));
}
