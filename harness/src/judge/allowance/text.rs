//! How text and FIN leave: cut in which places, pushed, sent again, held back or not.
//!
//! Predicates of the table in [`super`]; [`stream`] is for its siblings, too.

use super::{AckPosition, CallClass, EventClass, Parted, Side};
use crate::{
    case::{flags::Flags, state::State},
    target::ConnState,
    trace::event::CaseSegment,
};

pub(super) fn push_in_between(parted: &Parted<'_>) -> bool {
    let Some(pairs) = parted.pairs().filter(|_| parted.only(&["flags"])) else { return false };
    let last = parted.left.emitted.len().saturating_sub(1);
    pairs.enumerate().all(|(index, (left, right))| {
        let differing = left.flags.0 ^ right.flags.0;
        // A target that tells its rules tells of text that ends the queue.
        let lacking = if left.flags.contains(Flags::PSH) { right } else { left };
        let by = |name| lacking.rules.iter().any(|rule| rule.name == name);
        let may = index < last || (by("output-data") && !by("output-push"));
        differing == 0 || (differing == Flags::PSH.0 && may && !left.data.is_empty())
    })
}

/// The same text in other pieces, as often as it is sent.
pub(super) fn repackaging(parted: &Parted<'_>) -> bool {
    if !parted.only(&["emitted", "seq", "data", "flags"]) || parted.left.state != parted.right.state {
        return false;
    }
    // A retransmission may take along text that was held back or sent behind it.
    let by = |name: &str| parted.sides().iter().any(|side| side.rules.first().is_some_and(|rule| rule.name == name));
    let again = match parted.event {
        EventClass::Wait => by("retransmission-timeout"),
        EventClass::Segment(_) => by("fast-retransmit"),
        EventClass::Start
        | EventClass::Fragment(_)
        | EventClass::Icmp { .. }
        | EventClass::NotTcp
        | EventClass::Call(_) => false,
    };
    // Of a segment that is acknowledged in part, all may be sent again.
    let partly = |left: &Stream, right: &Stream| left.ends(right) || right.ends(left);
    let same = |left: &Stream, right: &Stream| {
        left == right || (again && (left.begins(right) || right.begins(left) || partly(left, right)))
    };
    match (streams(&parted.left.emitted), streams(&parted.right.emitted)) {
        (Some(left), Some(right)) => {
            left.len() == right.len() && left.iter().zip(&right).all(|(left, right)| same(left, right))
        }
        _ => false,
    }
}

/// A run of text on one connection, however it was cut.
#[derive(PartialEq, Eq)]
pub(super) struct Stream {
    on: Option<u8>,
    seq: u32,
    ack: u32,
    pub(super) bytes: Vec<u8>,
    /// The flags at its end: PSH and FIN stand there.
    end: Flags,
}

impl Stream {
    /// Whether `other` goes on where this ends.
    pub(super) fn begins(&self, other: &Self) -> bool {
        let fin = [self, other].map(|stream| stream.end.contains(Flags::FIN));
        (self.on, self.seq, self.ack) == (other.on, other.seq, other.ack)
            && !fin[0]
            && other.bytes.starts_with(&self.bytes)
    }

    /// Whether `other` begins before this and ends with it.
    fn ends(&self, other: &Self) -> bool {
        let before = other.bytes.len().saturating_sub(self.bytes.len());
        let at = u32::try_from(before).ok().map(|before| other.seq.wrapping_add(before));
        (self.on, Some(self.seq), self.ack, self.end) == (other.on, at, other.ack, other.end)
            && other.bytes.ends_with(&self.bytes)
    }
}

/// Text that is sent once or, from its first number, several times over.
fn streams(segments: &[CaseSegment]) -> Option<Vec<Stream>> {
    let first = segments.first()?.seq;
    let mut rest = segments;
    let mut all = Vec::new();
    while !rest.is_empty() {
        let length = 1 + rest[1..].iter().take_while(|segment| segment.seq != first).count();
        let (round, behind) = rest.split_at(length);
        all.push(stream(round)?);
        rest = behind;
    }
    Some(all)
}

/// Segments that follow each other with nothing but text in them.
pub(super) fn stream(segments: &[CaseSegment]) -> Option<Stream> {
    const PLAIN: u16 = Flags::ACK.0 | Flags::PSH.0 | Flags::FIN.0;
    let first = segments.first()?;
    let (mut bytes, mut fin) = (Vec::new(), false);
    for segment in segments {
        let at = first.seq.wrapping_add(u32::try_from(bytes.len()).ok()?);
        let plain = segment.flags.0 & !PLAIN == 0 && segment.flags.contains(Flags::ACK);
        if fin || !plain || segment.on != first.on || segment.ack != first.ack || segment.seq != at {
            return None;
        }
        bytes.extend_from_slice(&segment.data);
        fin = segment.flags.contains(Flags::FIN);
    }
    // Where a FIN ends it, PSH says nothing more.
    let end = segments.last()?.flags;
    let end = if fin { Flags(end.0 & !Flags::PSH.0) } else { end };
    (!bytes.is_empty()).then_some(Stream { on: first.on, seq: first.seq, ack: first.ack, bytes, end })
}

pub(super) fn taken_by_send(parted: &Parted<'_>) -> bool {
    let sent = |side: &&Side| {
        side.outcome.as_deref().is_some_and(|outcome| outcome == "would-block" || outcome.starts_with("sent "))
    };
    let is_send = matches!(parted.event, EventClass::Call(CallClass::Send | CallClass::SendUrgent));
    is_send && parted.only(&["returns"]) && parted.sides().iter().all(sent)
}

/// One side sends again what the peer shows it does not have, and nothing else.
fn sends_again(parted: &Parted<'_>) -> bool {
    let is_duplicate = matches!(parted.event, EventClass::Segment(segment) if segment.ack == AckPosition::SndUna);
    let again = |side: &&Side| side.emitted.len() == 1 && side.resent == 1;
    let silent = |side: &&Side| side.emitted.is_empty();
    let sides = parted.sides();
    let part = sides.iter().any(again) && sides.iter().any(silent);
    is_duplicate && part && parted.only(&["emitted"]) && sides[0].state == sides[1].state
}

pub(super) fn beyond_shrunk_window(parted: &Parted<'_>) -> bool {
    parted.window_closed && sends_again(parted)
}

/// Duplicates before and behind a timeout, or with nothing but a FIN outstanding.
pub(super) fn third_duplicate(parted: &Parted<'_>) -> bool {
    let is_fin = |segment: &CaseSegment| segment.flags.contains(Flags::FIN) && segment.data.is_empty();
    let fin_alone = parted.sides().iter().any(|side| side.emitted.iter().any(is_fin));
    (parted.waited || fin_alone) && sends_again(parted)
}

/// One side sends nothing but a FIN, which the other still holds back.
pub(super) fn fin_at_closed_window(parted: &Parted<'_>) -> bool {
    let is_close = matches!(parted.event, EventClass::Call(CallClass::Shutdown | CallClass::Close));
    let is_fin = |segment: &CaseSegment| segment.flags == Flags::FIN | Flags::ACK && segment.data.is_empty();
    let sends = |side: &&Side| matches!(&side.emitted[..], [segment] if is_fin(segment)) && side.resent == 0;
    let holds = |side: &&Side| side.emitted.is_empty();
    let sides = parted.sides();
    let part = (sends(&sides[0]) && holds(&sides[1])) || (holds(&sides[0]) && sends(&sides[1]));
    // In CLOSE-WAIT the state tells whether the FIN is sent.
    let [waits, has_closed] = [State::CloseWait, State::LastAck].map(|state| Some(ConnState::Is(state)));
    let states = [sides[0].state, sides[1].state];
    let as_sent = states[0] == states[1] || states == [waits, has_closed] || states == [has_closed, waits];
    // Where the rule is a CLOSE and nothing leaves, all before the FIN fills the window. In CLOSE-WAIT no rule tells of
    // it before the FIN leaves.
    let closes = |side: &Side| match side.rules.first() {
        Some(rule) => rule.name == "call-close",
        None => side.state == waits,
    };
    let is_full = sides.iter().any(|side| holds(side) && closes(side));
    is_close && (parted.window_closed || is_full) && part && as_sent && parted.only(&["emitted", "state"])
}
