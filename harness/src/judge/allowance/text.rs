//! How text may be cut into segments.
//!
//! [`repackaging`] stands in the table of [`super`].

use super::{EventClass, Parted};
use crate::{case::flags::Flags, trace::event::CaseSegment};

pub(super) fn repackaging(parted: &Parted<'_>) -> bool {
    if !parted.only(&["emitted", "seq", "data", "flags"]) || parted.left.state != parted.right.state {
        return false;
    }
    // A retransmission may take along text that was held back.
    let again = *parted.event == EventClass::Wait
        && parted
            .sides()
            .iter()
            .any(|side| side.rules.first().is_some_and(|rule| rule.name == "retransmission-timeout"));
    match (stream(&parted.left.emitted), stream(&parted.right.emitted)) {
        (Some(left), Some(right)) => left == right || (again && (left.begins(&right) || right.begins(&left))),
        _ => false,
    }
}

/// A run of text on one connection, however it was cut.
#[derive(PartialEq, Eq)]
struct Stream {
    on: Option<u8>,
    seq: u32,
    ack: u32,
    bytes: Vec<u8>,
    /// The flags at its end: PSH and FIN stand there.
    end: Flags,
}

impl Stream {
    /// Whether `other` goes on where this ends.
    fn begins(&self, other: &Self) -> bool {
        let fin = [self, other].map(|stream| stream.end.contains(Flags::FIN));
        (self.on, self.seq, self.ack) == (other.on, other.seq, other.ack)
            && !fin[0]
            && other.bytes.starts_with(&self.bytes)
    }
}

/// Segments that follow each other with nothing but text in them.
fn stream(segments: &[CaseSegment]) -> Option<Stream> {
    const PLAIN: u16 = Flags::ACK.0 | Flags::PSH.0 | Flags::FIN.0;
    let first = segments.first()?;
    let (mut bytes, mut fin) = (Vec::new(), false);
    for segment in segments {
        let at = first.seq.wrapping_add(u32::try_from(bytes.len()).ok()?);
        let plain = segment.flags.0 & !PLAIN == 0 && segment.flags.contains(Flags::ACK);
        if fin || !plain || segment.on != first.on || segment.ack != first.ack || segment.seq != at {
            return None;
        }
        bytes.extend(&segment.data);
        fin = segment.flags.contains(Flags::FIN);
    }
    let end = segments.last()?.flags;
    (!bytes.is_empty()).then_some(Stream { on: first.on, seq: first.seq, ack: first.ack, bytes, end })
}
