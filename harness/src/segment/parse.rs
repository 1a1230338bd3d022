//! IP packet → numbers, and what is wrong with it. Total: no input panics.
//!
//! Called by [`crate::run`] for everything a target emits and everything injected.

use std::net::{IpAddr, Ipv4Addr};

use pnet_packet::{Packet as _, ipv4::Ipv4Packet, ipv6::Ipv6Packet, tcp::TcpPacket};

use super::{
    build::{USUAL_IP, WireSegment},
    checksum::{ipv4_checksum, tcp_checksum},
    ip_options, ipv6,
};
use crate::{case::flags::Flags, target::Text};

/// A TCP segment with its IP addresses; numbers as on the wire.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parsed {
    /// IP source.
    pub source: IpAddr,
    /// IP destination.
    pub destination: IpAddr,
    /// TCP source port.
    pub source_port: u16,
    /// TCP destination port.
    pub destination_port: u16,
    /// SEG.SEQ
    pub seq: u32,
    /// SEG.ACK
    pub ack: u32,
    /// Control bits.
    pub flags: Flags,
    /// SEG.WND, unscaled.
    pub win: u16,
    /// SEG.UP
    pub urg: u16,
    /// Options.
    pub options: ParsedOptions,
    /// The text.
    pub text: Text,
    /// IP TTL, or hop limit.
    pub ttl: u8,
    /// IP DS field and ECN, or traffic class.
    pub tos: u8,
    /// IP Don't Fragment; always set over IPv6, which no router fragments.
    pub df: bool,
    /// What is wrong with it, each with its clause.
    pub faults: Vec<(String, &'static str)>,
}

/// A segment with nothing in it, from nobody to nobody.
impl Default for Parsed {
    fn default() -> Self {
        Self {
            source: Ipv4Addr::UNSPECIFIED.into(),
            destination: Ipv4Addr::UNSPECIFIED.into(),
            source_port: 0,
            destination_port: 0,
            seq: 0,
            ack: 0,
            flags: Flags::default(),
            win: 0,
            urg: 0,
            options: ParsedOptions::default(),
            text: Text::default(),
            ttl: 0,
            tos: 0,
            df: false,
            faults: Vec::new(),
        }
    }
}

/// The options of a segment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ParsedOptions {
    /// Maximum Segment Size.
    pub mss: Option<u16>,
    /// Window Scale.
    pub wscale: Option<u8>,
    /// SACK-permitted.
    pub sack_ok: bool,
    /// SACK blocks, real numbers.
    pub sack: Vec<(u32, u32)>,
    /// Timestamps.
    pub ts: Option<(u32, u32)>,
    /// Other kinds, in order.
    pub other: Vec<u8>,
}

/// Why a packet is not a TCP segment at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotTcp {
    /// Not even an IP header.
    #[error("not an IP packet")]
    NotIp,
    /// Another protocol in it.
    #[error("IP protocol {0}, not TCP")]
    Protocol(u8),
    /// A part of a packet.
    #[error("an IP fragment")]
    Fragment,
    /// Less than a TCP header.
    #[error("shorter than a TCP header")]
    TooShort,
}

/// Whether two checksums are the same number in one's complement, where 0x0000 and 0xffff both are zero (RFC1071#1).
/// Linux writes 0xffff, others 0x0000; a receiver cannot tell them apart.
pub(super) const fn same_number(a: u16, b: u16) -> bool {
    a % 0xffff == b % 0xffff
}

/// What an IP header says of the TCP segment behind it.
struct Envelope<'p> {
    source: IpAddr,
    destination: IpAddr,
    ttl: u8,
    tos: u8,
    df: bool,
    bytes: &'p [u8],
}

/// Source and destination of a packet, whatever else is wrong with it.
#[must_use]
pub fn ends(packet: &[u8]) -> Option<[IpAddr; 2]> {
    match packet.first()? >> 4 {
        4 => Ipv4Packet::new(packet).map(|ip| [ip.get_source().into(), ip.get_destination().into()]),
        6 => Ipv6Packet::new(packet).map(|ip| [ip.get_source().into(), ip.get_destination().into()]),
        _ => None,
    }
}

/// The TCP segment in a packet: its header, options and text.
#[must_use]
pub fn tcp_part(packet: &[u8]) -> Option<&[u8]> {
    let opened = match packet.first()? >> 4 {
        4 => open_v4(packet, &mut Faults::new()),
        6 => open_v6(packet, &mut Faults::new()),
        _ => return None,
    };
    opened.ok().map(|envelope| envelope.bytes)
}

/// What is wrong with a packet, each with its clause.
type Faults = Vec<(String, &'static str)>;

/// Reads a packet.
///
/// # Errors
/// If there is no TCP header to read. A header that is there but wrong is read, with [`Parsed::faults`].
pub fn parse(packet: &[u8]) -> Result<Parsed, NotTcp> {
    parse_around(packet, &Text::default())
}

/// [`parse`] of a packet that was written around this text: where it reads the very same, it need not be copied.
///
/// # Errors
/// As [`parse`].
pub fn parse_around(packet: &[u8], text: &Text) -> Result<Parsed, NotTcp> {
    let mut faults = Vec::new();
    let Envelope { source, destination, ttl, tos, df, bytes } = match packet.first().map(|first| first >> 4) {
        Some(4) => open_v4(packet, &mut faults)?,
        Some(6) => open_v6(packet, &mut faults)?,
        Some(_) | None => return Err(NotTcp::NotIp),
    };
    let tcp = TcpPacket::new(bytes).ok_or(NotTcp::TooShort)?;
    let (options, text) = split_text(&tcp, bytes, text, &mut faults);
    check_tcp(&tcp, bytes, source, destination, &options, &mut faults);
    Ok(Parsed {
        source,
        destination,
        source_port: tcp.get_source(),
        destination_port: tcp.get_destination(),
        seq: tcp.get_sequence(),
        ack: tcp.get_acknowledgement(),
        flags: Flags(u16::from(tcp.get_reserved()) << 8 | u16::from(tcp.get_flags())),
        win: tcp.get_window(),
        urg: tcp.get_urgent_ptr(),
        options,
        text,
        ttl,
        tos,
        df,
        faults,
    })
}

fn open_v4<'p>(packet: &'p [u8], faults: &mut Faults) -> Result<Envelope<'p>, NotTcp> {
    let ip = Ipv4Packet::new(packet).ok_or(NotTcp::NotIp)?;
    let header_len = usize::from(ip.get_header_length()) * 4;
    if header_len < 20 || header_len > packet.len() {
        return Err(NotTcp::NotIp);
    }
    if ip.get_next_level_protocol().0 != 6 {
        return Err(NotTcp::Protocol(ip.get_next_level_protocol().0));
    }
    if ip.get_fragment_offset() != 0 || ip.get_flags() & 1 != 0 {
        return Err(NotTcp::Fragment);
    }
    let right = ipv4_checksum(&packet[..header_len]);
    if !same_number(ip.get_checksum(), right) {
        faults.push((format!("IP header checksum is {:#06x}, right is {right:#06x}", ip.get_checksum()), "RFC791#3.1"));
    }
    let total = usize::from(ip.get_total_length());
    if total != packet.len() {
        faults.push((format!("IP total length says {total}, the packet has {} bytes", packet.len()), "RFC791#3.1"));
    }
    if let Some(fault) = packet.get(20..header_len).and_then(ip_options::fault) {
        faults.push((fault.to_owned(), "RFC791#3.1"));
    }
    Ok(Envelope {
        source: ip.get_source().into(),
        destination: ip.get_destination().into(),
        ttl: ip.get_ttl(),
        tos: ip.get_dscp() << 2 | ip.get_ecn(),
        df: ip.get_flags() & 2 != 0,
        bytes: packet.get(header_len..total.clamp(header_len, packet.len())).unwrap_or(&[]),
    })
}

fn open_v6<'p>(packet: &'p [u8], faults: &mut Faults) -> Result<Envelope<'p>, NotTcp> {
    let ip = Ipv6Packet::new(packet).ok_or(NotTcp::NotIp)?;
    let total = usize::from(ip.get_payload_length()) + ipv6::HEADER;
    if total != packet.len() {
        faults.push((
            format!("IPv6 payload length says {}, the packet has {} bytes", total - ipv6::HEADER, packet.len()),
            "RFC8200#3",
        ));
    }
    let payload = ipv6::payload(&ip, packet, total.min(packet.len()))?;
    if payload.fragment.is_some() {
        return Err(NotTcp::Fragment);
    }
    if payload.protocol != 6 {
        return Err(NotTcp::Protocol(payload.protocol));
    }
    Ok(Envelope {
        source: ip.get_source().into(),
        destination: ip.get_destination().into(),
        ttl: ip.get_hop_limit(),
        tos: ip.get_traffic_class(),
        df: true,
        bytes: payload.bytes,
    })
}

/// What a packet built from this will say, its text left out, if nothing about it is odd; `None` if that takes a look.
///
/// To read again what was just written costs as much as to write it, and nearly all that a campaign injects is plain.
#[must_use]
pub fn plain(segment: &WireSegment<'_>) -> Option<Parsed> {
    const MOST_OPTIONS: usize = 40;
    const TCP_HEADER: usize = 20;
    const RESERVED: u16 = 0x0e00;
    let room = usize::from(u16::MAX) - segment.version().header_len() - TCP_HEADER - MOST_OPTIONS;
    let odd = segment.raw.is_some()
        || segment.checksum.is_some()
        || segment.data_offset.is_some()
        || *segment.ip != USUAL_IP
        || segment.options.len() > MOST_OPTIONS
        || segment.text.len() > room
        || segment.flags.0 & RESERVED != 0
        || segment.source.is_ipv4() != segment.destination.is_ipv4();
    if odd {
        return None;
    }
    let mut faults = Vec::new();
    let options = parse_options(segment.options, &mut faults);
    if !faults.is_empty() || (options.mss.is_some() && !segment.flags.contains(Flags::SYN)) {
        return None;
    }
    Some(Parsed {
        source: segment.source,
        destination: segment.destination,
        source_port: segment.source_port,
        destination_port: segment.destination_port,
        seq: segment.seq,
        ack: segment.ack,
        flags: Flags(segment.flags.0 & 0x0fff),
        win: segment.win,
        urg: segment.urg,
        options,
        text: Text::default(),
        ttl: 64,
        tos: 0,
        df: true,
        faults,
    })
}

fn split_text(tcp: &TcpPacket<'_>, bytes: &[u8], known: &Text, faults: &mut Faults) -> (ParsedOptions, Text) {
    let offset = usize::from(tcp.get_data_offset()) * 4;
    match bytes.get(20..offset) {
        Some(options) => {
            let text = &bytes[offset..];
            let text = if **known == *text { known.clone() } else { Text::Owned(text.to_vec()) };
            (parse_options(options, faults), text)
        }
        None => {
            faults.push((
                format!("data offset {offset} lies outside the segment of {} bytes", bytes.len()),
                "RFC9293#3.1",
            ));
            (ParsedOptions::default(), Text::default())
        }
    }
}

fn check_tcp(
    tcp: &TcpPacket<'_>,
    bytes: &[u8],
    source: IpAddr,
    destination: IpAddr,
    options: &ParsedOptions,
    faults: &mut Faults,
) {
    debug_assert_eq!(tcp.packet().len(), bytes.len());
    let right = tcp_checksum(bytes, source, destination);
    if !same_number(tcp.get_checksum(), right) {
        faults.push((format!("TCP checksum is {:#06x}, right is {right:#06x}", tcp.get_checksum()), "MUST-2"));
    }
    if tcp.get_reserved() & 0x0e != 0 {
        faults.push(("reserved bits are set".to_owned(), "RFC9293#3.1"));
    }
    if options.mss.is_some() && u16::from(tcp.get_flags()) & Flags::SYN.0 == 0 {
        faults.push(("MSS option on a segment without SYN".to_owned(), "MUST-65"));
    }
}

/// Walks the options. Every departure from RFC9293#3.1 becomes a fault; what could be read is kept.
fn parse_options(mut rest: &[u8], faults: &mut Faults) -> ParsedOptions {
    let mut options = ParsedOptions::default();
    while let Some((&kind, behind_kind)) = rest.split_first() {
        match kind {
            0 => {
                if behind_kind.iter().any(|&byte| byte != 0) {
                    faults.push(("padding behind the end of the options is not zero".to_owned(), "MUST-69"));
                }
                return options;
            }
            1 => rest = behind_kind,
            _ => {
                let len = behind_kind.first().map_or(0, |&len| usize::from(len));
                let Some(body) = rest.get(2..len.max(2)).filter(|_| len >= 2) else {
                    faults.push((format!("option of kind {kind} with illegal length {len}"), "MUST-68"));
                    return options;
                };
                if !take_option(&mut options, kind, body) {
                    faults.push((format!("option of kind {kind} with wrong length {len}"), "MUST-68"));
                }
                rest = &rest[len..];
            }
        }
    }
    options
}

fn word(bytes: &[u8], at: usize) -> u32 {
    bytes.get(at..at + 4).and_then(|four| four.try_into().ok()).map_or(0, u32::from_be_bytes)
}

/// Whether the body has the length its kind demands.
fn take_option(options: &mut ParsedOptions, kind: u8, body: &[u8]) -> bool {
    match (kind, body) {
        (2, &[high, low]) => options.mss = Some(u16::from_be_bytes([high, low])),
        (3, &[shift]) => options.wscale = Some(shift),
        (4, []) => options.sack_ok = true,
        (5, blocks) if !blocks.is_empty() && blocks.len() % 8 == 0 => {
            options.sack.extend(blocks.chunks_exact(8).map(|block| (word(block, 0), word(block, 4))));
        }
        (8, stamps) if stamps.len() == 8 => options.ts = Some((word(stamps, 0), word(stamps, 4))),
        (2..=5 | 8, _) => return false,
        (other, _) => options.other.push(other),
    }
    true
}

#[cfg(test)]
mod tests;
