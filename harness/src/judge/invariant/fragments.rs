//! Fragments that a target was given → the packet it may have put together of them (RFC 791 §3.2).
//!
//! Called by [`super::Monitor::given`]. Only what every stack puts together in the same way becomes a packet; where
//! fragments overlap, disagree or are malformed the answer is [`Taken::Doubt`]. Left out: time. A stack gives fragments
//! up after a while, and nobody has to accept what came in fragments.

use pnet_packet::{
    Packet as _,
    ipv4::{self, Ipv4Packet, MutableIpv4Packet},
};

/// A header without options.
const HEADER: usize = 20;
/// Offsets count units of so many bytes.
const UNIT: usize = 8;
/// The flag that more fragments follow.
const MORE: u8 = 1;
/// More datagrams at once are not watched.
const MOST_DATAGRAMS: usize = 64;

/// What a fragment led to.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Taken {
    /// More has to come.
    Waiting,
    /// It was the last one: the packet.
    Whole(Vec<u8>),
    /// What a target makes of it is its own affair.
    Doubt,
}

/// Datagrams of which some fragments came.
#[derive(Debug, Default)]
pub(super) struct Fragments {
    datagrams: Vec<Datagram>,
}

/// Source, destination, protocol and identification: what fragments of one datagram have in common.
type Name = ([u8; 4], [u8; 4], u8, u16);

#[derive(Debug)]
struct Datagram {
    name: Name,
    /// Where each piece begins, in order.
    pieces: Vec<(usize, Vec<u8>)>,
    end: Option<usize>,
}

/// Whether a packet is a part of one.
pub(super) fn is_fragment(packet: &[u8]) -> bool {
    Ipv4Packet::new(packet)
        .is_some_and(|ip| ip.get_version() == 4 && (ip.get_fragment_offset() != 0 || ip.get_flags() & MORE != 0))
}

impl Fragments {
    /// Takes a fragment in.
    pub(super) fn take(&mut self, packet: &[u8]) -> Taken {
        let Some(ip) = Ipv4Packet::new(packet) else { return Taken::Doubt };
        if ip.get_checksum() != ipv4::checksum(&ip) {
            return Taken::Waiting;
        }
        let sound = usize::from(ip.get_header_length()) * 4 == HEADER
            && usize::from(ip.get_total_length()) == packet.len()
            && packet.len() > HEADER;
        let more = ip.get_flags() & MORE != 0;
        let payload = packet.get(HEADER..).unwrap_or_default();
        if !sound || (more && payload.len() % UNIT != 0) {
            return Taken::Doubt;
        }
        let name = (
            ip.get_source().octets(),
            ip.get_destination().octets(),
            ip.get_next_level_protocol().0,
            ip.get_identification(),
        );
        let index = match self.datagrams.iter().position(|datagram| datagram.name == name) {
            Some(index) => index,
            None if self.datagrams.len() >= MOST_DATAGRAMS => return Taken::Doubt,
            None => {
                self.datagrams.push(Datagram { name, pieces: Vec::new(), end: None });
                self.datagrams.len() - 1
            }
        };
        let start = usize::from(ip.get_fragment_offset()) * UNIT;
        if !self.datagrams[index].add(start, payload, more) {
            return Taken::Doubt;
        }
        match self.datagrams[index].whole() {
            None => Taken::Waiting,
            Some(payload) => {
                self.datagrams.swap_remove(index);
                packet_of(&ip, &payload).map_or(Taken::Doubt, Taken::Whole)
            }
        }
    }
}

impl Datagram {
    /// Whether there is only one way to take the piece.
    fn add(&mut self, start: usize, bytes: &[u8], more: bool) -> bool {
        let end = start + bytes.len();
        let last = self.pieces.last().map_or(0, |(start, bytes)| start + bytes.len());
        let agrees = match self.end {
            Some(own) => {
                if more {
                    end <= own
                } else {
                    end == own
                }
            }
            None => more || end >= last,
        };
        if !agrees {
            return false;
        }
        if self.pieces.iter().any(|(own_start, own)| (*own_start, own.as_slice()) == (start, bytes)) {
            return true;
        }
        if self.pieces.iter().any(|(own_start, own)| *own_start < end && start < own_start + own.len()) {
            return false;
        }
        let at = self.pieces.partition_point(|(own_start, _)| *own_start < start);
        self.pieces.insert(at, (start, bytes.to_vec()));
        self.end = if more { self.end } else { Some(end) };
        true
    }

    /// The payload, if nothing is missing.
    fn whole(&self) -> Option<Vec<u8>> {
        let mut payload = Vec::new();
        for (start, bytes) in &self.pieces {
            if *start != payload.len() {
                return None;
            }
            payload.extend(bytes);
        }
        (self.end == Some(payload.len())).then_some(payload)
    }
}

/// A packet with the header of one of its fragments. `None`: it is too long for one.
fn packet_of(fragment: &Ipv4Packet<'_>, payload: &[u8]) -> Option<Vec<u8>> {
    let total = u16::try_from(HEADER + payload.len()).ok()?;
    let mut packet = fragment.packet()[..HEADER].to_vec();
    packet.extend(payload);
    let mut ip = MutableIpv4Packet::new(&mut packet)?;
    ip.set_total_length(total);
    ip.set_flags(0);
    ip.set_fragment_offset(0);
    ip.set_checksum(ipv4::checksum(&ip.to_immutable()));
    Some(packet)
}

#[cfg(test)]
mod tests;
