//! SEG.SEQ and SEG.ACK as positions on the live connection.
//!
//! A symbol that the wire has not shown makes a run inconclusive, so a connection that may not have shown RCV.NXT gets
//! plain numbers, counted along in [`Known`].

use smallvec::smallvec;

use super::{
    Field, Record,
    tables::{ACK_FROM, AckFrom, NEAR, SEQ_FROM, SeqFrom},
};
use crate::case::position::{Position, Symbol};

/// What the generator knows of a connection.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Known {
    /// The target has certainly acknowledged something on it: all symbols have values.
    pub(super) live: bool,
    /// A step has spoken of it.
    pub(super) used: bool,
    /// While not live: what RCV.NXT would be if all went well.
    pub(super) next: u32,
}

/// A window to aim at where the real one is not known.
const ASSUMED_WINDOW: i64 = 65_535;
const ASSUMED_MSS: i64 = 1460;
const HALF: i64 = 1 << 31;

/// How far from the edge: three bits of the field choose how the two bytes behind it are read.
fn offset(how: u8, near: u8, far: u8) -> i64 {
    match how >> 4 & 7 {
        0..=2 => 0,
        3..=6 => i64::from(NEAR[usize::from(near) % NEAR.len()]),
        _ => i64::from(i16::from_le_bytes([near, far])),
    }
}

/// The bits of a place field that say "the byte behind is a row of [`NEAR`]".
pub(in crate::generate) const NEAR_BY: u8 = 0x30;
/// The bits that say "the two bytes behind are a number".
pub(in crate::generate) const WIDE: u8 = 0x70;

/// Where the segment begins, and where the next one would if this one fits exactly.
pub(super) fn seq(record: &Record, known: &Known, len: u32) -> Option<Position> {
    let how = record.get(Field::Seq);
    let offset = offset(how, record.get(Field::SeqNear), record.get(Field::SeqFar));
    let from = SEQ_FROM[usize::from(how & 15)];
    let len = i64::from(len);
    let (window, offset) = match from {
        SeqFrom::Usual => return None,
        SeqFrom::Number => return Some(Position::number(offset)),
        SeqFrom::Next => (false, offset),
        SeqFrom::End => (true, offset),
        SeqFrom::EndsAtNext => (false, offset - len),
        SeqFrom::HalfBeforeNext => (false, offset - len / 2),
        SeqFrom::EndsAtEnd => (true, offset - len),
        SeqFrom::HalfBeyondEnd => (true, offset - len / 2),
        SeqFrom::Hole => (false, offset + ASSUMED_MSS),
        SeqFrom::FarNext => (false, offset + HALF),
        SeqFrom::FarEnd => (true, offset + HALF),
    };
    Some(match (known.live, window) {
        (true, false) => Position::symbol(Symbol::RcvNxt, offset),
        (true, true) => Position { symbols: smallvec![(false, Symbol::RcvNxt), (false, Symbol::RcvWnd)], offset },
        (false, _) => Position::number(i64::from(known.next) + if window { ASSUMED_WINDOW } else { 0 } + offset),
    })
}

/// What the segment acknowledges. SND.UNA, SND.NXT and SND.WND always have a value.
pub(super) fn ack(record: &Record) -> Option<Position> {
    let how = record.get(Field::Ack);
    let offset = offset(how, record.get(Field::AckNear), record.get(Field::AckFar));
    match ACK_FROM[usize::from(how & 15)] {
        AckFrom::Usual => None,
        AckFrom::Number => Some(Position::number(offset)),
        AckFrom::Symbol(symbol, base) => Some(Position::symbol(symbol, base + offset)),
        AckFrom::OldestAllowed => {
            Some(Position { symbols: smallvec![(false, Symbol::SndUna), (true, Symbol::SndWnd)], offset })
        }
    }
}
