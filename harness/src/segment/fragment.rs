//! An IP packet → its fragments (RFC791#3.2), also wrong ones: lost, out of order, overlapping.
//!
//! Called by [`crate::run`] for each `inject` with `fragments`.

use std::ops::Range;

use super::build::{WireSegment, build};
use crate::case::format::{Fragments, Ip, Order};

/// One fragment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// The whole IP packet.
    pub packet: Vec<u8>,
    /// Which bytes of the payload it carries.
    pub bytes: Range<usize>,
    /// Whether it is the last one of the payload, the one without More Fragments.
    pub last: bool,
}

/// The fragments of an IP packet with this payload, in the order they are sent. `header` gives the IP header.
///
/// A number in [`Order::Listed`] that no fragment has sends nothing.
#[must_use]
pub fn fragment(header: &WireSegment<'_>, payload: &[u8], how: &Fragments) -> Vec<Piece> {
    let count = how.count(payload.len());
    let order: Vec<usize> = match &how.order {
        Order::InOrder => (0..count).collect(),
        Order::Reversed => (0..count).rev().collect(),
        Order::Listed(numbers) => numbers.iter().filter_map(|number| usize::from(*number).checked_sub(1)).collect(),
    };
    order.into_iter().filter(|index| *index < count).map(|index| piece(header, payload, how, index)).collect()
}

fn piece(header: &WireSegment<'_>, payload: &[u8], how: &Fragments, index: usize) -> Piece {
    let (size, unit) = (usize::from(how.size.max(Fragments::UNIT)), usize::from(Fragments::UNIT));
    let start = index * size;
    let own = (start + size).min(payload.len());
    let last = own == payload.len();
    // Only the last fragment may end within a unit.
    let end = if last { own } else { own + usize::from(how.overlap).min((payload.len() - own) / unit * unit) };
    let mut content = payload[start..end].to_vec();
    if how.conflict {
        content[own - start..].iter_mut().for_each(|byte| *byte = !*byte);
    }
    let ip = Ip {
        df: Some(header.ip.df.unwrap_or(false)),
        mf: Some(!last),
        fragment_offset: u16::try_from(start / unit).ok(),
        ..header.ip.clone()
    };
    let packet = build(&WireSegment { raw: Some(&content), ip: &ip, ..header.clone() });
    Piece { packet, bytes: start..end, last }
}

#[cfg(test)]
mod tests;
