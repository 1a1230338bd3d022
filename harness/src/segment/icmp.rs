//! Numbers → ICMP message (RFC792, RFC4443). Called by [`crate::run`] for each `inject` of one.

use std::net::IpAddr;

use super::{
    build::{WireSegment, build, wrong_or},
    checksum::icmpv6_checksum,
};
use crate::case::format::{Checksum, IpVersion, Message};

/// An ICMP message ready to become bytes.
#[derive(Clone, Debug)]
pub struct WireIcmp<'a> {
    /// From whom to whom: ICMPv6 sums them up, too, and which of the two it is they tell.
    pub ends: [IpAddr; 2],
    /// Type and code, those of the version.
    pub message: Message,
    /// The 32 bits behind the checksum: next-hop MTU, pointer, gateway, identifier and sequence number.
    pub rest: [u8; 4],
    /// The quote, or the data of an echo.
    pub body: &'a [u8],
    /// ICMP checksum other than the right one.
    pub checksum: Option<Checksum>,
}

/// The protocol number of ICMP, or ICMPv6.
#[must_use]
pub const fn icmp_protocol(version: IpVersion) -> u8 {
    match version {
        IpVersion::V4 => 1,
        IpVersion::V6 => 58,
    }
}

/// The bytes of the message, without an IP header.
#[must_use]
pub fn build_icmp(icmp: &WireIcmp<'_>) -> Vec<u8> {
    let mut bytes = vec![icmp.message.kind, icmp.message.code, 0, 0];
    bytes.extend(icmp.rest);
    bytes.extend(icmp.body);
    let [source, destination] = icmp.ends;
    let right = icmp_checksum(&bytes, source, destination);
    bytes[2..4].copy_from_slice(&wrong_or(right, icmp.checksum).to_be_bytes());
    bytes
}

/// The right checksum of a message between these addresses; the field itself counts as zero.
#[must_use]
pub fn icmp_checksum(message: &[u8], source: IpAddr, destination: IpAddr) -> u16 {
    const CHECKSUM_WORD: usize = 1;
    match destination {
        IpAddr::V4(_) => pnet_packet::util::checksum(message, CHECKSUM_WORD),
        IpAddr::V6(_) => icmpv6_checksum(message, source, destination),
    }
}

/// The first bytes of a packet as an error quotes them: the IP header, and `length` bytes behind it.
///
/// The packet is as long as its length field says, however much of it is quoted.
#[must_use]
pub fn quote(segment: &WireSegment<'_>, length: usize) -> Vec<u8> {
    let mut packet = build(segment);
    packet.truncate(segment.ip_header_len() + length);
    packet
}

#[cfg(test)]
mod tests;
