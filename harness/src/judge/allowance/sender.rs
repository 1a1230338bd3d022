//! What a sender may decide: how large its segments are, and when text leaves that Nagle's algorithm held back.
//!
//! Predicates of the table in [`super`]; a call of the application has led to what they look at.

use super::{CallClass, EventClass, Parted, Side, text::stream};
use crate::case::{flags::Flags, position::Symbol};

/// One side has sent all that the other has, and more text behind it.
pub(super) fn smaller_segments(parted: &Parted<'_>) -> bool {
    let [left, right] = parted.sides();
    let (Some(one), Some(other)) = (stream(&left.emitted), stream(&right.emitted)) else { return false };
    let (fewer, more) = if one.bytes.len() < other.bytes.len() { (&one, &other) } else { (&other, &one) };
    // What is held back is less than a segment of its own: it waits, it is not lost.
    let held = more.bytes.len() - fewer.bytes.len();
    let is_tail = (1..fewer.bytes.len()).contains(&held);
    // Text that waited for a handshake was cut before the peer's MSS was known.
    let is_send = match parted.event {
        EventClass::Call(CallClass::Send) => true,
        EventClass::Segment(segment) => segment.flags.flags().contains(Flags::SYN),
        EventClass::Start
        | EventClass::Fragment(_)
        | EventClass::Icmp { .. }
        | EventClass::NotTcp
        | EventClass::Call(_)
        | EventClass::Wait => false,
    };
    let alike = left.state == right.state && left.outcome == right.outcome;
    is_send && alike && is_tail && fewer.begins(more) && parted.only(&["data", "emitted", "flags", "len"])
}

/// Text only, cut or held back as each side sees fit.
pub(super) fn mss_of_zero(parted: &Parted<'_>) -> bool {
    parted.zero_mss && more_or_less_text(parted)
}

/// More text by who has the larger window; and a reset takes the number that the case made of the window.
pub(super) fn window_scale(parted: &Parted<'_>) -> bool {
    let [left, right] = parted.sides();
    let resets = |side: &Side| matches!(&side.emitted[..], [reset] if reset.flags.contains(Flags::RST));
    let numbers = parted.only(&["ack", "flags", "seq"]) && left.state == right.state && resets(left) && resets(right);
    let by_window = parted
        .inject
        .and_then(|inject| inject.ack.as_ref())
        .is_some_and(|ack| ack.symbols.iter().any(|(_, symbol)| *symbol == Symbol::SndWnd));
    parted.scaled && (more_or_less_text(parted) || (numbers && by_window))
}

/// What one side sends begins what the other does, or is nothing.
fn more_or_less_text(parted: &Parted<'_>) -> bool {
    let [left, right] = parted.sides();
    let begins = match (stream(&left.emitted), stream(&right.emitted)) {
        (Some(one), Some(other)) => one == other || one.begins(&other) || other.begins(&one),
        (Some(_), None) => right.emitted.is_empty(),
        (None, Some(_)) => left.emitted.is_empty(),
        (None, None) => false,
    };
    begins && left.state == right.state && parted.only(&["data", "emitted", "flags", "len", "seq"])
}

/// One side sends what it had, the other nothing yet.
pub(super) fn switched_later(parted: &Parted<'_>) -> bool {
    let is_set = matches!(parted.event, EventClass::Call(CallClass::Set));
    let leaves = |side: &Side| stream(&side.emitted).is_some() && side.resent == 0;
    let waits = |side: &Side| side.emitted.is_empty();
    let [left, right] = parted.sides();
    let part = (leaves(left) && waits(right)) || (waits(left) && leaves(right));
    is_set && part && left.state == right.state && parted.only(&["emitted"])
}
