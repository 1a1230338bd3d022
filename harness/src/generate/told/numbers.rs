//! The numbers of an expected segment in the symbols of the connection.
//!
//! A symbol is written only if it has the number's value just before the segment left, which is what the judge will
//! compare with; so the case demands the same of the target it was told from, and the like of any other.

use crate::{
    case::{
        flags::Flags,
        format::{Bytes, Data, Inject},
        position::{Position, Symbol},
    },
    peer::View,
    trace::event::CaseSegment,
};

/// An answer this far behind what was received, in bytes, still is a sum with RCV.NXT.
const NEAR: u32 = 1 << 16;

/// Where the segment stands: the next number, the oldest outstanding one, or the number that a reset answers with.
pub(super) fn expected_seq(segment: &CaseSegment, view: Option<&View>, answered: Option<&Inject>) -> Position {
    let number = Position::number(i64::from(segment.seq));
    // The first number of a connection, and the 0 of a reset that has none to answer with.
    let zero_itself = segment.seq == 0 && segment.flags.contains(Flags::RST | Flags::ACK);
    let Some(view) = view.filter(|_| !segment.flags.contains(Flags::SYN) && !zero_itself) else { return number };
    let acknowledged = answered.filter(|_| segment.flags.contains(Flags::RST)).and_then(|inject| inject.ack.clone());
    let whole = [Position::symbol(Symbol::SndNxt, 0)].into_iter().chain(acknowledged);
    let whole = whole.chain([Position::symbol(Symbol::SndUna, 0)]);
    first_of(whole, segment.seq, view)
        .or_else(|| {
            let (una, nxt) = (view.symbol(Symbol::SndUna).ok()?, view.symbol(Symbol::SndNxt).ok()?);
            let ahead = segment.seq.wrapping_sub(una);
            (ahead < nxt.wrapping_sub(una)).then(|| Position::symbol(Symbol::SndUna, i64::from(ahead)))
        })
        .unwrap_or(number)
}

/// What the segment acknowledges: nothing new, the end of what was injected, or so much more than before.
pub(super) fn expected_ack(segment: &CaseSegment, view: Option<&View>, answered: Option<&Inject>) -> Position {
    let number = Position::number(i64::from(segment.ack));
    let Some(view) = view.filter(|_| !segment.flags.contains(Flags::SYN)) else { return number };
    let whole = [Position::symbol(Symbol::RcvNxt, 0)].into_iter().chain(answered.map(end));
    first_of(whole, segment.ack, view)
        .or_else(|| {
            let more = segment.ack.wrapping_sub(view.symbol(Symbol::RcvNxt).ok()?);
            (more < NEAR).then(|| Position::symbol(Symbol::RcvNxt, i64::from(more)))
        })
        .unwrap_or(number)
}

/// One past the last number of an injected segment.
fn end(inject: &Inject) -> Position {
    let text = match &inject.data {
        None => 0,
        Some(Data::Text(text)) => text.len(),
        Some(Data::Hex(Bytes(bytes))) => bytes.len(),
        Some(Data::Pattern(len)) => usize::try_from(*len).unwrap_or(usize::MAX),
    };
    let mut position = inject.seq.clone().unwrap_or_else(|| Position::symbol(Symbol::RcvNxt, 0));
    let len = i64::from(inject.flags.seq_len()).saturating_add(i64::try_from(text).unwrap_or(i64::MAX));
    position.offset = position.offset.saturating_add(len);
    position
}

/// The first one that moves with the connection and has this value.
fn first_of(positions: impl Iterator<Item = Position>, value: u32, view: &View) -> Option<Position> {
    let mut moving = positions.filter(|position| !position.symbols.is_empty());
    moving.find(|position| view.position(position) == Ok(value))
}
