//! Packets that are no TCP segment: [`parse_other`] reads them, [`describe`] puts them in words for the reports:
//! `ICMP port-unreachable`, `UDP 7 > 40000, length 5`, `IP fragment 0..24, more to come`.
//!
//! Messages of ICMPv6 have the names of those of ICMP that say the same. Total: no input panics.

use std::{net::IpAddr, ops::Range};

use pnet_packet::{ipv4::Ipv4Packet, ipv6::Ipv6Packet};

use super::{
    checksum::ipv4_checksum,
    icmp::icmp_checksum,
    ipv6,
    parse::same_number,
    udp::{self, udp_checksum},
};
use crate::case::format::{ArpKind, Message};

const ICMP: u8 = 1;
const TCP: u8 = 6;
const ICMPV6: u8 = 58;

/// A packet that is not TCP; addresses as on the wire.
#[derive(Clone, Debug, PartialEq)]
pub struct Other {
    /// IP source.
    pub source: IpAddr,
    /// IP destination.
    pub destination: IpAddr,
    /// IP TTL.
    pub ttl: u8,
    /// IP DS field and ECN.
    pub tos: u8,
    /// IP Don't Fragment.
    pub df: bool,
    /// What it carries.
    pub body: Body,
    /// What is wrong with it, each with its clause.
    pub faults: Vec<(String, &'static str)>,
}

/// What an IP packet carries.
#[derive(Clone, Debug, PartialEq)]
pub enum Body {
    /// A UDP datagram.
    Udp {
        /// Source port.
        from_port: u16,
        /// Destination port.
        to_port: u16,
        /// What it carries.
        data: Vec<u8>,
    },
    /// An ICMP message.
    Icmp {
        /// Type and code.
        message: Message,
        /// The 32 bits behind the checksum.
        rest: [u8; 4],
        /// What follows them.
        body: Vec<u8>,
    },
    /// A part of a datagram.
    Fragment {
        /// The protocol of the datagram.
        protocol: u8,
        /// Which bytes of its payload.
        bytes: Range<usize>,
        /// No more follow.
        last: bool,
    },
    /// Another protocol, or less than a header of one of the above.
    Protocol {
        /// Its number.
        number: u8,
        /// Bytes of payload.
        len: usize,
    },
}

/// What is wrong with a packet, each with its clause.
type Faults = Vec<(String, &'static str)>;

/// Reads a packet; `None` if there is no IP header to read. What is wrong is read, with [`Other::faults`].
#[must_use]
pub fn parse_other(packet: &[u8]) -> Option<Other> {
    match packet.first()? >> 4 {
        4 => parse_v4(packet),
        6 => parse_v6(packet),
        _ => None,
    }
}

fn parse_v4(packet: &[u8]) -> Option<Other> {
    let ip = Ipv4Packet::new(packet)?;
    let header = usize::from(ip.get_header_length()) * 4;
    let payload = packet.get(header..).filter(|_| header >= 20)?;
    let mut faults = Vec::new();
    let right = ipv4_checksum(&packet[..header]);
    if !same_number(ip.get_checksum(), right) {
        faults.push((format!("IP header checksum is {:#06x}, right is {right:#06x}", ip.get_checksum()), "RFC791#3.1"));
    }
    let total = usize::from(ip.get_total_length());
    if total != packet.len() {
        faults.push((format!("IP total length says {total}, the packet has {} bytes", packet.len()), "RFC791#3.1"));
    }
    let ends = [ip.get_source().into(), ip.get_destination().into()];
    let start = usize::from(ip.get_fragment_offset()) * 8;
    let more = ip.get_flags() & 1 != 0;
    let part = (more || start > 0).then_some((start, more));
    Some(Other {
        source: ends[0],
        destination: ends[1],
        ttl: ip.get_ttl(),
        tos: ip.get_dscp() << 2 | ip.get_ecn(),
        df: ip.get_flags() & 2 != 0,
        body: body(ip.get_next_level_protocol().0, part, payload, ends, &mut faults),
        faults,
    })
}

fn parse_v6(packet: &[u8]) -> Option<Other> {
    let ip = Ipv6Packet::new(packet)?;
    let mut faults = Vec::new();
    let total = usize::from(ip.get_payload_length()) + ipv6::HEADER;
    if total != packet.len() {
        let says = total - ipv6::HEADER;
        faults.push((format!("IPv6 payload length says {says}, the packet has {} bytes", packet.len()), "RFC8200#3"));
    }
    let payload = ipv6::payload(&ip, packet, total.min(packet.len())).ok()?;
    let ends = [ip.get_source().into(), ip.get_destination().into()];
    let part = payload.fragment.map(|(start, more, _)| (start, more));
    Some(Other {
        source: ends[0],
        destination: ends[1],
        ttl: ip.get_hop_limit(),
        tos: ip.get_traffic_class(),
        df: true,
        body: body(payload.protocol, part, payload.bytes, ends, &mut faults),
        faults,
    })
}

/// What the IP layer carries; `part`: where it begins in its datagram, and whether more follow.
fn body(protocol: u8, part: Option<(usize, bool)>, bytes: &[u8], ends: [IpAddr; 2], faults: &mut Faults) -> Body {
    if let Some((start, more)) = part {
        if more && !bytes.len().is_multiple_of(8) {
            faults.push((format!("a fragment of {} bytes, and more follow", bytes.len()), "RFC791#3.2"));
        }
        return Body::Fragment { protocol, bytes: start..start + bytes.len(), last: !more };
    }
    match (protocol, ends[1]) {
        (ICMP, IpAddr::V4(_)) | (ICMPV6, IpAddr::V6(_)) => icmp(protocol, bytes, ends, faults),
        (udp::PROTOCOL, _) => datagram(bytes, ends, faults),
        (number, _) => Body::Protocol { number, len: bytes.len() },
    }
}

fn icmp(protocol: u8, bytes: &[u8], [source, destination]: [IpAddr; 2], faults: &mut Faults) -> Body {
    let clause = if protocol == ICMP { "RFC792" } else { "RFC4443#2.1" };
    let Some((&[kind, code, c0, c1, a, b, c, d], body)) = bytes.split_first_chunk::<8>() else {
        faults.push((format!("an ICMP message of {} bytes", bytes.len()), clause));
        return Body::Protocol { number: protocol, len: bytes.len() };
    };
    let (is, right) = (u16::from_be_bytes([c0, c1]), icmp_checksum(bytes, source, destination));
    if !same_number(is, right) {
        faults.push((format!("ICMP checksum is {is:#06x}, right is {right:#06x}"), clause));
    }
    let named = if protocol == ICMPV6 { Message::from_v6(kind, code) } else { None };
    let message = named.unwrap_or(Message { kind, code });
    Body::Icmp { message, rest: [a, b, c, d], body: body.to_vec() }
}

fn datagram(bytes: &[u8], [source, destination]: [IpAddr; 2], faults: &mut Faults) -> Body {
    let Some((&[s0, s1, d0, d1, l0, l1, c0, c1], data)) = bytes.split_first_chunk::<8>() else {
        faults.push((format!("a UDP datagram of {} bytes", bytes.len()), "RFC768"));
        return Body::Protocol { number: udp::PROTOCOL, len: bytes.len() };
    };
    let len = usize::from(u16::from_be_bytes([l0, l1]));
    if len != bytes.len() {
        faults.push((format!("UDP length says {len}, the datagram has {} bytes", bytes.len()), "RFC768"));
    }
    let (is, right) = (u16::from_be_bytes([c0, c1]), udp_checksum(bytes, source, destination));
    if is == 0 {
        faults.push(("UDP datagram without a checksum".to_owned(), "RFC1122#4.1.3.4"));
    } else if is != right {
        faults.push((format!("UDP checksum is {is:#06x}, right is {right:#06x}"), "RFC1122#4.1.3.4"));
    }
    let (from_port, to_port) = (u16::from_be_bytes([s0, s1]), u16::from_be_bytes([d0, d1]));
    Body::Udp { from_port, to_port, data: data.to_vec() }
}

/// What it is, as far as its headers tell.
#[must_use]
pub fn describe(packet: &[u8]) -> String {
    let Some(other) = parse_other(packet) else {
        return format!("{} bytes that are no IP packet", packet.len());
    };
    match &other.body {
        Body::Udp { from_port, to_port, data } => format!("UDP {from_port} > {to_port}, length {}", data.len()),
        Body::Icmp { message, rest, body } => {
            let v6 = if other.destination.is_ipv6() { "v6" } else { "" };
            format!("ICMP{v6} {message}{}", echo(*message, *rest, body.len()))
        }
        Body::Fragment { bytes, last, .. } => fragment(bytes, *last),
        Body::Protocol { number: TCP, .. } => format!("{} bytes that are no TCP segment", packet.len()),
        Body::Protocol { number, len } => format!("{len} bytes of IP protocol {number}"),
    }
}

/// `, id 7, seq 1, length 12` of an echo, nothing of other messages.
#[must_use]
pub fn echo(message: Message, rest: [u8; 4], body: usize) -> String {
    const HEADER: usize = 8;
    let [a, b, c, d] = rest;
    if !matches!(message.kind, 0 | 8) {
        return String::new();
    }
    let (id, seq) = (u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d]));
    format!(", id {id}, seq {seq}, length {}", HEADER + body)
}

/// `ARP request who-has peer tell target`
#[must_use]
pub fn arp(kind: ArpKind, sender: &str, sender_mac: &str, target: &str) -> String {
    match kind {
        ArpKind::Request => format!("ARP request who-has {target} tell {sender}"),
        ArpKind::Reply => format!("ARP reply {sender} is-at {sender_mac} to {target}"),
        ArpKind::Gratuitous => format!("ARP gratuitous {sender} is-at {sender_mac}"),
        ArpKind::Probe => format!("ARP probe who-has {target}"),
    }
}

/// `ICMP neighbor-solicitation about target, station peer`
#[must_use]
pub fn neighbor(message: Message, about: &str, station: &str) -> String {
    format!("ICMP {message} about {about}, station {station}")
}

/// `IP fragment 0..24, more to come`
#[must_use]
pub fn fragment(bytes: &Range<usize>, last: bool) -> String {
    let more = if last { "the last" } else { "more to come" };
    format!("IP fragment {}..{}, {more}", bytes.start, bytes.end)
}

#[cfg(test)]
mod tests;
