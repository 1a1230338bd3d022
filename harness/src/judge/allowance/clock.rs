//! What clocks leave open: when one gives up, how often one probes, how long TIME-WAIT and the longest timeout are.
//!
//! Predicates of the table in [`super`]; a wait has led to what they look at, or went before it.

use super::{EventClass, Parted, Side, is_over};
use crate::{
    case::{flags::Flags, state::State},
    target::ConnState,
    trace::event::CaseSegment,
};

/// The least bound of a retransmission timeout, in seconds (RFC 6298 §2.5), and the time by which one that doubles from
/// one second has reached it.
const LEAST_BOUND: u64 = 60;
const REACHED: u64 = 63;

/// What a side emitted on one connection, text and FIN that follow each other in one piece, and whether a RST ends it.
fn on_one(side: &Side, on: Option<u8>) -> (Vec<CaseSegment>, bool) {
    let mut own: Vec<CaseSegment> = Vec::new();
    for segment in side.emitted.iter().filter(|segment| segment.on == on) {
        match own.last_mut().filter(|last| goes_on(last, segment)) {
            Some(last) => {
                last.data.to_mut().extend_from_slice(&segment.data);
                last.flags = last.flags | segment.flags;
            }
            None => own.push(segment.clone()),
        }
    }
    let ends = own.last().is_some_and(|last| last.flags.contains(Flags::RST));
    if ends {
        own.pop();
    }
    (own, ends)
}

/// Whether a segment with text or FIN goes on where one with text ends.
fn goes_on(last: &CaseSegment, segment: &CaseSegment) -> bool {
    const PLAIN: u16 = Flags::ACK.0 | Flags::PSH.0;
    let length = u32::try_from(last.data.len()).unwrap_or(u32::MAX);
    let plain = last.flags.0 & !PLAIN == 0 && segment.flags.0 & !(PLAIN | Flags::FIN.0) == 0;
    plain
        && length > 0
        && segment.seq_len() > 0
        && segment.seq == last.seq.wrapping_add(length)
        && segment.ack == last.ack
}

/// The connections on which either side emitted something.
fn connections(parted: &Parted<'_>) -> Vec<Option<u8>> {
    let mut all: Vec<_> = parted.sides().iter().flat_map(|side| &side.emitted).map(|segment| segment.on).collect();
    all.sort_unstable();
    all.dedup();
    all
}

/// Whether the longer of two runs of segments begins like the other and then, from its segment `from` on, only repeats.
fn only_repeats(fewer: &[CaseSegment], more: &[CaseSegment], from: usize) -> bool {
    let key = |segment: &CaseSegment| (segment.flags, segment.seq, segment.ack, segment.data.clone());
    let begins_alike = fewer.iter().zip(more).all(|(fewer, more)| is_the_same(fewer, more));
    let repeats = |index: usize| key(&more[index]) == key(&more[index - 1]);
    begins_alike && (from > 0 || fewer.len() == more.len()) && (from..more.len()).all(repeats)
}

/// Whether two send the same; what is sent again may take along text that was held back.
fn is_the_same(one: &CaseSegment, other: &CaseSegment) -> bool {
    let key = |segment: &CaseSegment| (segment.flags.0 & !Flags::PSH.0, segment.seq, segment.ack);
    let (short, long) = if one.data.len() <= other.data.len() { (one, other) } else { (other, one) };
    key(one) == key(other) && short.data.is_empty() == long.data.is_empty() && long.data.starts_with(&short.data)
}

/// Whether its rules say that it gave up, on the connection in hand or on another.
fn gave_up(side: &Side) -> bool {
    side.rules.iter().any(|rule| ["r2-reached", "r2-syn-reached"].contains(&rule.name))
}

/// One side goes on with the same segment, or ends with a RST, where the other has given up; or both gave up.
pub(super) fn giving_up(parted: &Parted<'_>) -> bool {
    let [left, right] = parted.sides();
    let mut over = (is_over(left) && is_over(right)) || [left, right].iter().any(|side| is_over(side) && gave_up(side));
    let alike = connections(parted).into_iter().all(|on| {
        let [(of_left, _), (of_right, _)] = [left, right].map(|side| on_one(side, on));
        let (side, fewer, more) =
            if of_left.len() <= of_right.len() { (left, of_left, of_right) } else { (right, of_right, of_left) };
        if fewer.len() == more.len() {
            return only_repeats(&fewer, &more, more.len());
        }
        over |= is_over(side) || gave_up(side);
        // Where it gave up without another try, its rule says so.
        let from = if gave_up(side) { fewer.len().max(1) } else { fewer.len() };
        (is_over(side) || gave_up(side)) && only_repeats(&fewer, &more, from)
    });
    matches!(parted.event, EventClass::Wait)
        && parted.only(&["emitted", "flags", "on", "data", "state"])
        && alike
        && over
}

/// Both only retransmit, one of them more often once its timeout may have reached its bound.
pub(super) fn rto_bound(parted: &Parted<'_>) -> bool {
    let [left, right] = parted.sides();
    let bounded = parted.elapsed.as_secs().saturating_sub(REACHED) / LEAST_BOUND;
    let by_the_clock = |side: &Side| side.rules.iter().any(|rule| rule.name == "retransmission-timeout");
    let alike = connections(parted).into_iter().all(|on| {
        let [(of_left, _), (of_right, _)] = [left, right].map(|side| on_one(side, on));
        let (fewer, more) = if of_left.len() <= of_right.len() { (of_left, of_right) } else { (of_right, of_left) };
        let extra = (more.len() - fewer.len()) as u64;
        extra <= bounded && only_repeats(&fewer, &more, fewer.len().max(1))
    });
    let only_again = |side: &&Side| side.resent == side.emitted.len();
    let is_wait = matches!(parted.event, EventClass::Wait) && [left, right].into_iter().any(by_the_clock);
    let same_state = parted.only(&["emitted"]) && left.state == right.state;
    is_wait && same_state && alike && parted.sides().iter().all(only_again)
}

pub(super) fn msl(parted: &Parted<'_>) -> bool {
    let waits = |side: &&Side| side.state == Some(ConnState::Is(State::TimeWait));
    let has_ended = |side: &&Side| matches!(side.state, Some(ConnState::None { .. }));
    let part = parted.sides().iter().any(waits) && parted.sides().iter().any(has_ended);
    let at_once = *parted.event == EventClass::Wait && parted.only(&["state"]);
    // Nobody looked until something else was done: the one that has ended answers with a RST or with nothing.
    let answers_as_closed =
        |side: &&Side| has_ended(side) && side.emitted.iter().all(|segment| segment.flags.contains(Flags::RST));
    let seen_later = parted.waited && parted.fields.contains(&"state") && parted.sides().iter().any(answers_as_closed);
    part && (at_once || seen_later)
}

/// Both probe with the same number, or one only probes; another end shows as a RST.
pub(super) fn keepalive_pace(parted: &Parted<'_>) -> bool {
    let [left, right] = parted.sides();
    let probes = |side: &Side| {
        let end = side.emitted.last().filter(|last| last.flags.contains(Flags::RST));
        side.emitted.len() - usize::from(end.is_some())
    };
    let first = left.emitted.first().or_else(|| right.emitted.first());
    let is_probe = |segment: &CaseSegment| {
        let same =
            first.is_some_and(|first| (first.on, first.seq, first.ack) == (segment.on, segment.seq, segment.ack));
        segment.flags == Flags::ACK && segment.data.len() <= 1 && same
    };
    let only_probes = parted.sides().iter().all(|side| side.emitted[..probes(side)].iter().all(is_probe));
    let by = |side: &Side, name: &str| side.rules.iter().any(|rule| rule.name == name);
    let keeps = parted.sides().iter().any(|side| by(side, "keepalive-probe") || by(side, "keepalive-timeout"));
    let is_wait = matches!(parted.event, EventClass::Wait);
    // Whoever probes may find the connection dead; whoever does not, or later, keeps it.
    let ended = |side: &Side| is_over(side) && (probes(side) > 0 || by(side, "keepalive-timeout"));
    let states = left.state == right.state || ended(left) || ended(right);
    is_wait && keeps && parted.only(&["emitted", "flags", "seq", "data", "len", "state"]) && states && only_probes
}
