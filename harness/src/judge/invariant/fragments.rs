//! Fragments that a target was given → the packet it may have put together of them (RFC 791 §3.2, RFC 8200 §4.5).
//!
//! Called by [`super::Monitor::given`]. Only what every stack puts together in the same way becomes a packet; where
//! fragments overlap, disagree or are malformed the answer is [`Taken::Doubt`]. Left out: time. A stack gives fragments
//! up after a while, and nobody has to accept what came in fragments.

use std::net::IpAddr;

use pnet_packet::{
    ipv4::{self, Ipv4Packet, MutableIpv4Packet},
    ipv6::Ipv6Packet,
};

use crate::segment::ipv6;

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
///
/// Over IPv6 the protocol is not part of it, but says the same in all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Name {
    source: IpAddr,
    destination: IpAddr,
    protocol: u8,
    id: u32,
}

impl Name {
    /// Whether stacks differ on whether both are of one datagram.
    fn is_in_doubt_with(&self, other: &Self) -> bool {
        self.source.is_ipv6() && self != other && Self { protocol: self.protocol, ..*other } == *self
    }
}

/// One fragment, read.
struct Part<'p> {
    name: Name,
    start: usize,
    more: bool,
    bytes: &'p [u8],
}

#[derive(Debug)]
struct Datagram {
    name: Name,
    /// Where each piece begins, in order.
    pieces: Vec<(usize, Vec<u8>)>,
    end: Option<usize>,
}

/// Whether a packet is a part of one.
pub(super) fn is_fragment(packet: &[u8]) -> bool {
    match packet.first().map(|first| first >> 4) {
        Some(4) => {
            Ipv4Packet::new(packet).is_some_and(|ip| ip.get_fragment_offset() != 0 || ip.get_flags() & MORE != 0)
        }
        Some(6) => Ipv6Packet::new(packet)
            .and_then(|ip| ipv6::payload(&ip, packet, packet.len()).ok())
            .is_some_and(|payload| payload.fragment.is_some()),
        Some(_) | None => false,
    }
}

/// What a fragment says; the error is what it leads to if it says nothing.
fn read(packet: &[u8]) -> Result<Part<'_>, Taken> {
    let part = match packet.first().map(|first| first >> 4) {
        Some(4) => read_v4(packet)?,
        Some(6) => read_v6(packet).ok_or(Taken::Doubt)?,
        Some(_) | None => return Err(Taken::Doubt),
    };
    let whole_units = part.bytes.len() % UNIT == 0;
    if part.bytes.is_empty() || (part.more && !whole_units) { Err(Taken::Doubt) } else { Ok(part) }
}

fn read_v4(packet: &[u8]) -> Result<Part<'_>, Taken> {
    let ip = Ipv4Packet::new(packet).ok_or(Taken::Doubt)?;
    if ip.get_checksum() != ipv4::checksum(&ip) {
        return Err(Taken::Waiting);
    }
    let sound = usize::from(ip.get_header_length()) * 4 == HEADER && usize::from(ip.get_total_length()) == packet.len();
    if !sound {
        return Err(Taken::Doubt);
    }
    Ok(Part {
        name: Name {
            source: ip.get_source().into(),
            destination: ip.get_destination().into(),
            protocol: ip.get_next_level_protocol().0,
            id: ip.get_identification().into(),
        },
        start: usize::from(ip.get_fragment_offset()) * UNIT,
        more: ip.get_flags() & MORE != 0,
        bytes: packet.get(HEADER..).unwrap_or_default(),
    })
}

/// `None`: other extension headers are in it, or its length is another.
fn read_v6(packet: &[u8]) -> Option<Part<'_>> {
    let ip = Ipv6Packet::new(packet)?;
    let payload = ipv6::payload(&ip, packet, packet.len()).ok()?;
    let (start, more, id) = payload.fragment?;
    let sound =
        ip.get_next_header().0 == ipv6::FRAGMENT && usize::from(ip.get_payload_length()) + ipv6::HEADER == packet.len();
    let (source, destination) = (ip.get_source().into(), ip.get_destination().into());
    let name = Name { source, destination, protocol: payload.protocol, id };
    sound.then_some(Part { name, start, more, bytes: payload.bytes })
}

impl Fragments {
    /// Takes a fragment in.
    pub(super) fn take(&mut self, packet: &[u8]) -> Taken {
        let Part { name, start, more, bytes } = match read(packet) {
            Ok(part) => part,
            Err(taken) => return taken,
        };
        if self.datagrams.iter().any(|datagram| datagram.name.is_in_doubt_with(&name)) {
            return Taken::Doubt;
        }
        let index = match self.datagrams.iter().position(|datagram| datagram.name == name) {
            Some(index) => index,
            None if self.datagrams.len() >= MOST_DATAGRAMS => return Taken::Doubt,
            None => {
                self.datagrams.push(Datagram { name, pieces: Vec::new(), end: None });
                self.datagrams.len() - 1
            }
        };
        if !self.datagrams[index].add(start, bytes, more) {
            return Taken::Doubt;
        }
        match self.datagrams[index].whole() {
            None => Taken::Waiting,
            Some(payload) => {
                self.datagrams.swap_remove(index);
                packet_of(packet, name.protocol, &payload).map_or(Taken::Doubt, Taken::Whole)
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
fn packet_of(fragment: &[u8], protocol: u8, payload: &[u8]) -> Option<Vec<u8>> {
    if fragment.first()? >> 4 == 6 {
        let length = u16::try_from(payload.len()).ok()?;
        let mut packet = fragment.get(..ipv6::HEADER)?.to_vec();
        packet[4..6].copy_from_slice(&length.to_be_bytes());
        packet[6] = protocol;
        packet.extend(payload);
        return Some(packet);
    }
    let total = u16::try_from(HEADER + payload.len()).ok()?;
    let mut packet = fragment.get(..HEADER)?.to_vec();
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
