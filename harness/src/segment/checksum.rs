//! The Internet checksum (RFC1071), for segments as large as they get.
//!
//! Called by [`super::build`] and [`super::parse`]. `pnet_packet` has one too, which adds byte pair by byte pair: with
//! it, checksums were the dearest thing of a campaign. A test holds the two against each other.

use std::net::IpAddr;

const TCP_HEADER: usize = 20;
const IPV4_HEADER: usize = 20;
/// Where a TCP header keeps its checksum.
const TCP_FIELD: usize = 16;
/// Where an IPv4 header does.
const IPV4_FIELD: usize = 10;
/// Where an ICMP message does.
const ICMP_FIELD: usize = 2;
/// Where a UDP header does.
const UDP_FIELD: usize = 6;
const TCP: u64 = 6;
const UDP: u64 = 17;
const ICMPV6: u64 = 58;

/// The right TCP checksum of these bytes between these addresses (RFC9293#3.1, RFC8200#8.1); the field itself counts as
/// zero. 0 for less than a header, which has no such field.
#[must_use]
pub fn tcp_checksum(segment: &[u8], source: IpAddr, destination: IpAddr) -> u16 {
    if segment.len() < TCP_HEADER {
        return 0;
    }
    with_pseudo_header(segment, TCP_FIELD, TCP, source, destination)
}

/// The right checksum of an ICMPv6 message between these addresses (RFC4443#2.3); the field itself counts as zero. 0 for
/// less than type, code and checksum.
#[must_use]
pub fn icmpv6_checksum(message: &[u8], source: IpAddr, destination: IpAddr) -> u16 {
    if message.len() < ICMP_FIELD + 2 {
        return 0;
    }
    with_pseudo_header(message, ICMP_FIELD, ICMPV6, source, destination)
}

/// The sum over a UDP datagram between these addresses (RFC768); the field itself counts as zero. 0 for less than a
/// header; that 0 is written as ones is for the caller to know.
#[must_use]
pub fn udp_checksum(datagram: &[u8], source: IpAddr, destination: IpAddr) -> u16 {
    if datagram.len() < UDP_FIELD + 2 {
        return 0;
    }
    with_pseudo_header(datagram, UDP_FIELD, UDP, source, destination)
}

fn with_pseudo_header(bytes: &[u8], field: usize, protocol: u64, source: IpAddr, destination: IpAddr) -> u16 {
    let mut total = address(source) + address(destination);
    // The length counts as it is, also where it is more than its field holds: then nothing is right about the packet.
    // However many zeros the pseudo-header has, they add nothing: both versions' are this sum.
    total += sum(&(protocol + bytes.len() as u64).to_be_bytes());
    total += sum_without(bytes, field);
    !u16::from_be(fold(total))
}

fn address(address: IpAddr) -> u64 {
    match address {
        IpAddr::V4(address) => sum(&address.octets()),
        IpAddr::V6(address) => sum(&address.octets()),
    }
}

/// The right checksum of these bytes as an IPv4 header (RFC791#3.1); the field itself counts as zero. 0 for less than a
/// header.
#[must_use]
pub fn ipv4_checksum(header: &[u8]) -> u16 {
    if header.len() < IPV4_HEADER {
        return 0;
    }
    !u16::from_be(fold(sum_without(header, IPV4_FIELD)))
}

/// The sum of all words but the one at this even place.
fn sum_without(bytes: &[u8], field: usize) -> u64 {
    // To add the complement is to subtract (RFC1071#2, modulo 2^16 - 1).
    sum(bytes) + u64::from(!u16::from_ne_bytes([bytes[field], bytes[field + 1]]))
}

/// The sum of the 16-bit words as this machine reads them, modulo 2^16 - 1; an odd last byte is padded with zero.
///
/// Adding 32 bits at a time gives the same: 2^16 is 1 modulo 2^16 - 1. So does adding in the machine's byte order and
/// turning the sum (RFC1071#2). No carry is lost in 64 bits.
fn sum(bytes: &[u8]) -> u64 {
    let (pairs, rest) = bytes.as_chunks::<8>();
    let mut last = [0; 8];
    last[..rest.len()].copy_from_slice(rest);
    let last = u64::from_ne_bytes(last);
    // What the upper halves leave of the whole is the lower halves' sum, whatever carries the whole has lost.
    let (mut whole, mut upper) = (last, last >> 32);
    for pair in pairs {
        let pair = u64::from_ne_bytes(*pair);
        whole = whole.wrapping_add(pair);
        upper += pair >> 32;
    }
    whole.wrapping_sub(upper << 32) + upper
}

/// Adds the carries back in.
const fn fold(mut sum: u64) -> u16 {
    while sum > 0xffff {
        sum = (sum >> 16) + (sum & 0xffff);
    }
    // Not above 0xffff, says the loop.
    sum as u16
}

#[cfg(test)]
mod tests;
