//! Numbers → ICMP message (RFC792). Called by [`crate::run`] for each `inject` of one.

use super::build::{WireSegment, build, wrong_or};
use crate::case::format::{Checksum, Message};

/// An ICMP message ready to become bytes.
#[derive(Clone, Debug)]
pub struct WireIcmp<'a> {
    /// Type and code.
    pub message: Message,
    /// The 32 bits behind the checksum: next-hop MTU, pointer, gateway, identifier.
    pub rest: [u8; 4],
    /// The quote, or the data of an echo.
    pub body: &'a [u8],
    /// ICMP checksum other than the right one.
    pub checksum: Option<Checksum>,
}

/// The bytes of the message, without an IP header.
#[must_use]
pub fn build_icmp(icmp: &WireIcmp<'_>) -> Vec<u8> {
    const CHECKSUM_WORD: usize = 1;
    let mut bytes = vec![icmp.message.kind, icmp.message.code, 0, 0];
    bytes.extend(icmp.rest);
    bytes.extend(icmp.body);
    let right = pnet_packet::util::checksum(&bytes, CHECKSUM_WORD);
    bytes[2..4].copy_from_slice(&wrong_or(right, icmp.checksum).to_be_bytes());
    bytes
}

/// The first bytes of a packet as an error quotes them: the IP header, and `length` bytes behind it.
///
/// The packet is as long as its length field says, however much of it is quoted.
#[must_use]
pub fn quote(segment: &WireSegment<'_>, length: usize) -> Vec<u8> {
    let mut packet = build(segment);
    let header = 20 + segment.ip.options.as_ref().map_or(0, |options| options.0.len().next_multiple_of(4));
    packet.truncate(header + length);
    packet
}

#[cfg(test)]
mod tests;
