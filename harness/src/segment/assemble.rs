//! The target's IP fragments → datagrams (RFC791#3.2).
//!
//! [`Assembler::add`] is called by [`crate::run`] for each emitted fragment. Left out: overlaps, which no sender makes;
//! the later copy counts.

use std::ops::Range;

use super::checksum::ipv4_checksum;

const HEADER: usize = 20;

/// What fragments of one datagram share: source, destination, protocol, identification.
type Name = ([u8; 8], u8, u16);

/// The datagrams whose fragments are still coming.
#[derive(Debug, Default)]
pub struct Assembler {
    open: Vec<Datagram>,
}

#[derive(Debug)]
struct Datagram {
    name: Name,
    /// The header of the first fragment that came, without options.
    header: [u8; HEADER],
    payload: Vec<u8>,
    came: Vec<Range<usize>>,
    len: Option<usize>,
    /// The events of its fragments.
    events: Vec<usize>,
}

/// A whole datagram.
#[derive(Debug, PartialEq, Eq)]
pub struct Whole {
    /// As one IP packet.
    pub packet: Vec<u8>,
    /// The events of its fragments, in the order they came.
    pub events: Vec<usize>,
}

impl Assembler {
    /// No more datagrams at a time than this; the oldest has to go.
    const MOST: usize = 64;

    /// Takes a fragment in, which `event` tells of. The datagram, if it is whole now.
    pub fn add(&mut self, packet: &[u8], event: usize) -> Option<Whole> {
        let header = *packet.first_chunk::<HEADER>()?;
        let start = usize::from(header[0] & 15) * 4;
        let payload = packet.get(start..)?;
        let word = |at: usize| u16::from_be_bytes([header[at], header[at + 1]]);
        let at = usize::from(word(6) & 0x1fff) * 8;
        let more = word(6) & 0x2000 != 0;
        let name = (*header[12..].first_chunk::<8>()?, header[9], word(4));
        let index = self.open.iter().position(|datagram| datagram.name == name).unwrap_or_else(|| {
            if self.open.len() == Self::MOST {
                self.open.remove(0);
            }
            let (payload, came, events) = (Vec::new(), Vec::new(), Vec::new());
            self.open.push(Datagram { name, header, payload, came, len: None, events });
            self.open.len() - 1
        });
        let datagram = &mut self.open[index];
        let end = at + payload.len();
        datagram.payload.resize(datagram.payload.len().max(end), 0);
        datagram.payload[at..end].copy_from_slice(payload);
        datagram.came.push(at..end);
        datagram.events.push(event);
        if !more {
            datagram.len = Some(end);
        }
        datagram.is_whole().then(|| self.open.remove(index).into_whole())
    }
}

impl Datagram {
    fn is_whole(&mut self) -> bool {
        self.came.sort_by_key(|range| range.start);
        let reached = self.came.iter().fold(
            0,
            |reached, range| {
                if range.start <= reached { reached.max(range.end) } else { reached }
            },
        );
        self.len == Some(reached)
    }

    fn into_whole(self) -> Whole {
        let mut packet = self.header.to_vec();
        packet[0] = 0x45;
        let len = u16::try_from(HEADER + self.payload.len()).unwrap_or(u16::MAX);
        packet[2..4].copy_from_slice(&len.to_be_bytes());
        packet[6..8].copy_from_slice(&[0, 0]);
        let sum = ipv4_checksum(&packet);
        packet[10..12].copy_from_slice(&sum.to_be_bytes());
        packet.extend(self.payload);
        Whole { packet, events: self.events }
    }
}

#[cfg(test)]
mod tests;
