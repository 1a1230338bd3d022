//! Numbers → IP packet. Every field can be set wrong on purpose.
//!
//! Called by [`crate::run`] for each `inject`; all positions are resolved before.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use pnet_packet::{ip::IpNextHeaderProtocol, ipv4::MutableIpv4Packet, tcp::MutableTcpPacket};

use super::{
    checksum::{ipv4_checksum, tcp_checksum},
    ipv6,
};
use crate::case::{
    flags::Flags,
    format::{Checksum, Ip, IpVersion},
};

const IP_HEADER: usize = 20;
const TCP_HEADER: usize = 20;

/// A segment ready to become bytes. Sequence numbers are the real ones, options are encoded.
#[derive(Clone, Debug)]
pub struct WireSegment<'a> {
    /// IP source.
    pub source: IpAddr,
    /// IP destination. Its family is the packet's.
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
    /// Encoded options; padded with zeros to a word here.
    pub options: &'a [u8],
    /// The text.
    pub text: &'a [u8],
    /// TCP checksum other than the right one.
    pub checksum: Option<Checksum>,
    /// Data offset other than the right one, in 32-bit words.
    pub data_offset: Option<u8>,
    /// These bytes instead of the TCP segment: the whole payload of the IP packet.
    pub raw: Option<&'a [u8]>,
    /// IP identification unless `ip` has one. Over IPv6 only fragments have it.
    pub id: u16,
    /// IP fields other than usual.
    pub ip: &'a Ip,
}

/// An IP header with nothing unusual in it.
pub const USUAL_IP: Ip = Ip {
    ttl: None,
    tos: None,
    id: None,
    df: None,
    mf: None,
    fragment_offset: None,
    length: None,
    version: None,
    header_length: None,
    protocol: None,
    checksum: None,
    options: None,
};

impl WireSegment<'_> {
    /// A segment with nothing in it: no flags, numbers 0, a window of 65535. For `..` behind the fields that matter.
    #[must_use]
    pub const fn empty(source: SocketAddr, destination: SocketAddr) -> Self {
        Self {
            source: source.ip(),
            destination: destination.ip(),
            source_port: source.port(),
            destination_port: destination.port(),
            seq: 0,
            ack: 0,
            flags: Flags(0),
            win: u16::MAX,
            urg: 0,
            options: &[],
            text: &[],
            checksum: None,
            data_offset: None,
            raw: None,
            id: 1,
            ip: &USUAL_IP,
        }
    }

    /// The version of IP it is sent with.
    #[must_use]
    pub const fn version(&self) -> IpVersion {
        match self.destination {
            IpAddr::V4(_) => IpVersion::V4,
            IpAddr::V6(_) => IpVersion::V6,
        }
    }

    /// How long the IP header is, in octets, with its options or its extension header.
    #[must_use]
    pub fn ip_header_len(&self) -> usize {
        match self.version() {
            IpVersion::V4 => IP_HEADER + to_word(self.ip.options.as_ref().map_or(0, |options| options.0.len())),
            IpVersion::V6 => ipv6::header_len(self.ip),
        }
    }
}

const fn to_word(len: usize) -> usize {
    len.div_ceil(4) * 4
}

pub(super) fn wrong_or(right: u16, wanted: Option<Checksum>) -> u16 {
    match wanted {
        None => right,
        // One bit off; 0x0000 and 0xffff are the same number in one's complement, one flipped low bit never is.
        Some(Checksum::Bad) => right ^ 1,
        Some(Checksum::Value(value)) => value,
    }
}

/// The bytes of the whole IP packet.
///
/// Lengths that do not fit their field are cut to its largest value: such a packet is wrong, which is allowed here.
#[must_use]
pub fn build(segment: &WireSegment<'_>) -> Vec<u8> {
    let mut packet = Vec::new();
    build_into(&mut packet, segment);
    packet
}

/// [`build`] in the memory of an earlier packet.
pub fn build_into(packet: &mut Vec<u8>, segment: &WireSegment<'_>) {
    let ip_header = segment.ip_header_len();
    let tcp_len =
        segment.raw.map_or_else(|| TCP_HEADER + to_word(segment.options.len()) + segment.text.len(), <[u8]>::len);
    packet.clear();
    packet.reserve(ip_header + tcp_len);
    packet.resize(ip_header, 0);
    match segment.raw {
        Some(raw) => packet.extend_from_slice(raw),
        None => {
            packet.resize(ip_header + TCP_HEADER, 0);
            packet.extend_from_slice(segment.options);
            packet.resize(ip_header + TCP_HEADER + to_word(segment.options.len()), 0);
            packet.extend_from_slice(segment.text);
            fill_tcp(&mut packet[ip_header..], segment);
        }
    }
    let ip_part = &mut packet[..ip_header];
    match (segment.source, segment.destination) {
        (IpAddr::V4(source), IpAddr::V4(destination)) => fill_ip(ip_part, tcp_len, segment, [source, destination]),
        (IpAddr::V6(source), IpAddr::V6(destination)) => {
            ipv6::fill(ip_part, tcp_len, segment.ip, segment.id, [source, destination]);
        }
        // No packet has both; who mixes them gets a packet from nobody.
        (IpAddr::V6(_), IpAddr::V4(destination)) => {
            fill_ip(ip_part, tcp_len, segment, [Ipv4Addr::UNSPECIFIED, destination]);
        }
        (IpAddr::V4(_), IpAddr::V6(destination)) => {
            ipv6::fill(ip_part, tcp_len, segment.ip, segment.id, [std::net::Ipv6Addr::UNSPECIFIED, destination]);
        }
    }
}

/// Sets the header's fields; options and text are there.
fn fill_tcp(bytes: &mut [u8], segment: &WireSegment<'_>) {
    let options_len = to_word(segment.options.len());
    let Some(mut header) = MutableTcpPacket::new(bytes) else { return };
    header.set_source(segment.source_port);
    header.set_destination(segment.destination_port);
    header.set_sequence(segment.seq);
    header.set_acknowledgement(segment.ack);
    let right_offset = u8::try_from((TCP_HEADER + options_len) / 4).unwrap_or(15).min(15);
    header.set_data_offset(segment.data_offset.unwrap_or(right_offset));
    let [high, low] = segment.flags.0.to_be_bytes();
    header.set_reserved(high & 0x0f);
    header.set_flags(low);
    header.set_window(segment.win);
    header.set_urgent_ptr(segment.urg);
    let right = tcp_checksum(bytes, segment.source, segment.destination);
    if let Some(mut header) = MutableTcpPacket::new(bytes) {
        header.set_checksum(wrong_or(right, segment.checksum));
    }
}

fn fill_ip(bytes: &mut [u8], payload_len: usize, segment: &WireSegment<'_>, [source, destination]: [Ipv4Addr; 2]) {
    let ip = segment.ip;
    if let Some(options) = &ip.options {
        bytes[IP_HEADER..IP_HEADER + options.0.len()].copy_from_slice(&options.0);
    }
    let header_len = bytes.len();
    let Some(mut header) = MutableIpv4Packet::new(bytes) else { return };
    header.set_version(ip.version.unwrap_or(4) & 0x0f);
    let words = u8::try_from(header_len / 4).unwrap_or(15);
    header.set_header_length(ip.header_length.unwrap_or(words) & 0x0f);
    let tos = ip.tos.unwrap_or(0);
    header.set_dscp(tos >> 2);
    header.set_ecn(tos & 3);
    header.set_total_length(ip.length.unwrap_or_else(|| u16::try_from(header_len + payload_len).unwrap_or(u16::MAX)));
    header.set_identification(ip.id.unwrap_or(segment.id));
    let df = u8::from(ip.df.unwrap_or(true)) << 1;
    let mf = u8::from(ip.mf.unwrap_or(false));
    header.set_flags(df | mf);
    header.set_fragment_offset(ip.fragment_offset.unwrap_or(0) & 0x1fff);
    header.set_ttl(ip.ttl.unwrap_or(64));
    header.set_next_level_protocol(IpNextHeaderProtocol(ip.protocol.unwrap_or(6)));
    header.set_source(source);
    header.set_destination(destination);
    // Over exactly these bytes: the header length *field* may lie.
    let right = ipv4_checksum(bytes);
    if let Some(mut header) = MutableIpv4Packet::new(bytes) {
        header.set_checksum(wrong_or(right, ip.checksum));
    }
}

#[cfg(test)]
mod tests;
