//! What of an event is part of a key: only what decided.
//!
//! [`relevant`] is asked by [`super::discovery`] for each key it makes. A rule of the left target says how far that
//! target came in the checks of RFC 9293 §3.10.7, so whatever is looked at only later makes no other discovery: a packet
//! refused by IP is the same in every state, a RST the same whatever it acknowledges. Without it, one wrong check would
//! come back once for each combination of flags and positions that nobody looks at. Left out: the answers.

use crate::{
    case::{flags::Flags, state::State},
    judge::event_class::{AckPosition, CallClass, ControlBits, EventClass, SegmentClass, SeqPosition},
    target::ConnState,
};

/// No connection: the state in keys that no connection has part in.
const NO_CONNECTION: ConnState = ConnState::None { listening: false };

/// The parts of a segment that a rule may have looked at.
#[derive(Clone, Copy)]
struct Looks {
    state: bool,
    /// These control bits.
    flags: Flags,
    seq: Seq,
    ack: bool,
    text: bool,
}

/// How much of SEG.SEQ counts.
#[derive(Clone, Copy)]
enum Seq {
    /// Nothing.
    Unseen,
    /// Whether it is in the window: the check is passed.
    Passed,
    /// Its place.
    Place,
}

const ALL: Flags = Flags(Flags::SYN.0 | Flags::ACK.0 | Flags::FIN.0 | Flags::RST.0 | Flags::URG.0);
const EVERYTHING: Looks = Looks { state: true, flags: ALL, seq: Seq::Place, ack: true, text: true };
const PACKET: Looks = Looks { state: false, flags: Flags(0), seq: Seq::Unseen, ack: false, text: false };

/// By the beginning of the rule's name; the first that fits.
const RULES: [(&str, Looks); 14] = [
    ("ip-", PACKET),
    ("fragment-", PACKET),
    ("reassembly-", PACKET),
    ("tcp-", PACKET),
    ("icmp-", Looks { state: true, ..PACKET }),
    ("closed-", Looks { flags: Flags(Flags::RST.0 | Flags::ACK.0 | Flags::SYN.0 | Flags::FIN.0), text: true, ..STATE }),
    ("listen-", Looks { flags: Flags(Flags::RST.0 | Flags::ACK.0 | Flags::SYN.0), ..STATE }),
    ("syn-sent-", Looks { flags: Flags(Flags::RST.0 | Flags::ACK.0 | Flags::SYN.0), ack: true, ..STATE }),
    ("check-sequence", Looks { flags: Flags::RST, seq: Seq::Place, text: true, ..STATE }),
    ("check-rst", Looks { flags: Flags::RST, seq: Seq::Place, ..STATE }),
    ("check-syn", Looks { flags: Flags(Flags::SYN.0 | Flags::ACK.0), seq: Seq::Passed, ..STATE }),
    (
        "check-ack",
        Looks { flags: Flags(Flags::ACK.0 | Flags::FIN.0), seq: Seq::Passed, ack: true, text: true, ..STATE },
    ),
    ("text-", Looks { flags: Flags(Flags::ACK.0 | Flags::FIN.0), seq: Seq::Place, text: true, ..STATE }),
    ("check-fin", Looks { flags: Flags(Flags::ACK.0 | Flags::FIN.0), seq: Seq::Passed, text: true, ..STATE }),
];
const STATE: Looks = Looks { state: true, ..PACKET };

/// The state and the event as they stand in a key. `rule` is that of the left target, if it tells its rules.
pub(super) fn relevant(state: ConnState, event: EventClass, rule: Option<&str>) -> (ConnState, EventClass) {
    let EventClass::Segment(segment) = event else {
        // What no target has is missing in every state; this and a packet's fate before TCP are no matter of states.
        let stateless = rule.is_some_and(|rule| !looks(rule).state);
        return (if stateless { NO_CONNECTION } else { state }, in_pieces(event));
    };
    let looks = match rule {
        Some(_) if segment.broken.is_some() => STATE,
        Some(rule) => looks(rule),
        None => EVERYTHING,
    };
    let state = if looks.state { state } else { NO_CONNECTION };
    (state, EventClass::Segment(seen(segment, looks, is_connection(state))))
}

/// The state and the event in the key of a broken invariant: the numbers stand in the invariant itself.
pub(super) fn of_violation(state: ConnState, event: EventClass) -> (ConnState, EventClass) {
    let flags = Flags(Flags::SYN.0 | Flags::ACK.0 | Flags::FIN.0 | Flags::RST.0);
    let event = match event {
        EventClass::Segment(segment) => EventClass::Segment(seen(segment, Looks { flags, ..STATE }, false)),
        EventClass::Start
        | EventClass::Fragment(_)
        | EventClass::Icmp { .. }
        | EventClass::NotTcp
        | EventClass::Call(_)
        | EventClass::Wait => in_pieces(event),
    };
    (state, event)
}

/// A fragment is a fragment, whatever it makes whole.
const fn in_pieces(event: EventClass) -> EventClass {
    match event {
        EventClass::Fragment(_) => EventClass::Fragment(None),
        EventClass::Start
        | EventClass::Segment(_)
        | EventClass::Icmp { .. }
        | EventClass::NotTcp
        | EventClass::Call(_)
        | EventClass::Wait => event,
    }
}

/// The state in the key of a call that a target does not have: it is missing in every state.
pub(super) fn of_missing_call(call: CallClass) -> (ConnState, EventClass) {
    (NO_CONNECTION, EventClass::Call(call))
}

fn looks(rule: &str) -> Looks {
    RULES.iter().find(|(begins, _)| rule.starts_with(begins)).map_or(EVERYTHING, |(_, looks)| *looks)
}

fn seen(segment: SegmentClass, looks: Looks, is_connection: bool) -> SegmentClass {
    let mut flags = segment.flags.flags();
    // Nothing that a RST or a SYN carries besides comes before it.
    let ends_the_checks = [Flags::RST, Flags::SYN].into_iter().find(|flag| flags.contains(*flag));
    if let Some(flag) = ends_the_checks {
        flags = Flags(flags.0 & (flag.0 | Flags::ACK.0));
    }
    let flags = Flags(flags.0 & looks.flags.0);
    let acks = flags.contains(Flags::ACK);
    let in_window = [SeqPosition::LeftEdge, SeqPosition::Inside, SeqPosition::RightEdge].contains(&segment.seq);
    let seq = match looks.seq {
        // Where there is no connection, numbers lie nowhere.
        Seq::Place | Seq::Passed if !is_connection => SeqPosition::Unknown,
        Seq::Unseen => SeqPosition::Unknown,
        Seq::Passed if in_window => SeqPosition::Inside,
        Seq::Place | Seq::Passed => segment.seq,
    };
    let ack = match segment.ack {
        _ if !acks || !looks.ack => AckPosition::None,
        _ if !is_connection => AckPosition::Unknown,
        position => position,
    };
    let text = segment.text && looks.text && ends_the_checks.is_none();
    SegmentClass { flags: ControlBits::of(flags), seq, ack, text, broken: segment.broken }
}

const fn is_connection(state: ConnState) -> bool {
    match state {
        ConnState::None { .. } | ConnState::Is(State::Closed | State::Listen) => false,
        ConnState::Is(
            State::SynSent
            | State::SynReceived
            | State::Established
            | State::FinWait1
            | State::FinWait2
            | State::CloseWait
            | State::Closing
            | State::LastAck
            | State::TimeWait,
        ) => true,
    }
}

#[cfg(test)]
mod tests;
