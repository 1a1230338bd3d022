//! ICMP messages of both families (RFC792, RFC4443) and the packet that an error quotes.
//!
//! They look alike: type, code, checksum, 32 bits whose meaning depends on the type, a body. In IPv6 the checksum also
//! covers a pseudo-header.

use core::fmt;
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::wire::checksum::Checksum;
use crate::wire::ipv4;
use crate::wire::ipv6::{self, ExtensionHeader};

/// Octets before the body: type, code, checksum and 32 bits whose meaning depends on the type.
pub const HEADER_LEN: usize = 8;

/// The protocol number of ICMP.
pub const PROTOCOL_ICMP: u8 = 1;

/// The protocol number of ICMPv6.
pub const PROTOCOL_ICMPV6: u8 = 58;

/// A received message with a right checksum.
///
/// ```
/// use stack_under_test::wire::icmp::{IcmpError, IcmpMessage};
///
/// let mut bytes = [3, 4, 0xfa, 0xbb, 0, 0, 2, 64]; // fragmentation needed, next hop takes 576
/// assert_eq!(IcmpMessage::parse(&bytes).map(|message| message.kind()), Ok(3));
/// bytes[7] += 1;
/// assert_eq!(IcmpMessage::parse(&bytes), Err(IcmpError::BadChecksum));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IcmpMessage<'a> {
    header: &'a [u8; HEADER_LEN],
    body: &'a [u8],
}

impl<'a> IcmpMessage<'a> {
    /// Checks length and checksum.
    ///
    /// # Errors
    /// The first of the [`IcmpError`]s, in their order, that holds.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, IcmpError> {
        let (header, body) = bytes.split_first_chunk::<HEADER_LEN>().ok_or(IcmpError::TooShort)?;
        if Checksum::new().add(bytes).finish() != 0 {
            return Err(IcmpError::BadChecksum);
        }
        Ok(Self { header, body })
    }

    /// The same for a message of ICMPv6 in a packet from `src` to `dst`.
    ///
    /// # Errors
    /// The first of the [`IcmpError`]s, in their order, that holds.
    pub fn parse_v6(src: Ipv6Addr, dst: Ipv6Addr, bytes: &'a [u8]) -> Result<Self, IcmpError> {
        let (header, body) = bytes.split_first_chunk::<HEADER_LEN>().ok_or(IcmpError::TooShort)?;
        if Checksum::pseudo_header(src, dst, PROTOCOL_ICMPV6, bytes.len()).add(bytes).finish() != 0 {
            return Err(IcmpError::BadChecksum);
        }
        Ok(Self { header, body })
    }

    /// The type.
    pub const fn kind(&self) -> u8 {
        self.header[0]
    }

    /// The code.
    pub const fn code(&self) -> u8 {
        self.header[1]
    }

    /// The last 32 bits of the header: an echo's identifier and number, an MTU, a pointer …
    pub const fn rest(&self) -> [u8; 4] {
        [self.header[4], self.header[5], self.header[6], self.header[7]]
    }

    /// What follows the header: in an error the quoted packet.
    pub const fn body(&self) -> &'a [u8] {
        self.body
    }
}

/// What is wrong with a message that is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum IcmpError {
    /// Fewer than 8 octets.
    TooShort,
    /// The checksum is wrong.
    BadChecksum,
}

impl fmt::Display for IcmpError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TooShort => "shorter than an ICMP header",
            Self::BadChecksum => "wrong ICMP checksum",
        })
    }
}

impl core::error::Error for IcmpError {}

/// A message to send.
///
/// ```
/// use stack_under_test::wire::icmp::{IcmpMessage, IcmpRepr};
///
/// let bytes = IcmpRepr { kind: 8, code: 0, rest: [0, 7, 0, 1], body: b"ping" }.emit();
/// assert_eq!(IcmpMessage::parse(&bytes).map(|message| message.body()), Ok(b"ping".as_slice()));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IcmpRepr<'a> {
    /// The type.
    pub kind: u8,
    /// The code.
    pub code: u8,
    /// The last 32 bits of the header.
    pub rest: [u8; 4],
    /// What follows the header.
    pub body: &'a [u8],
}

impl IcmpRepr<'_> {
    /// The octets of an ICMP message.
    pub fn emit(&self) -> Vec<u8> {
        self.with_checksum(Checksum::new())
    }

    /// The octets of an ICMPv6 message in a packet from `src` to `dst`.
    pub fn emit_v6(&self, src: Ipv6Addr, dst: Ipv6Addr) -> Vec<u8> {
        self.with_checksum(Checksum::pseudo_header(src, dst, PROTOCOL_ICMPV6, HEADER_LEN + self.body.len()))
    }

    fn with_checksum(&self, begun: Checksum) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(HEADER_LEN + self.body.len());
        bytes.extend([self.kind, self.code, 0, 0]);
        bytes.extend(self.rest);
        bytes.extend(self.body);
        let sum = begun.add(&bytes).finish();
        bytes[2..4].copy_from_slice(&sum.to_be_bytes());
        bytes
    }
}

/// The beginning of a packet as an error quotes it: the IP header and at least 64 bits behind it (RFC1122#3.2.2).
///
/// The quoted header is what a router saw: its TTL and checksum say nothing, and the packet is cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quote {
    /// Who sent the quoted packet.
    pub source: IpAddr,
    /// Whom it was for.
    pub destination: IpAddr,
    /// Its protocol number.
    pub protocol: u8,
    /// The first 64 bits behind the IP header; of TCP both ports and the sequence number.
    pub start: [u8; 8],
}

impl Quote {
    /// Reads the body of an error. `None`: it is cut short, no IP packet, or a fragment other than the first.
    pub fn parse(body: &[u8]) -> Option<Self> {
        match body.first()? >> 4 {
            4 => Self::parse_v4(body),
            6 => Self::parse_v6(body),
            _ => None,
        }
    }

    /// Follows the extension headers to the upper-layer protocol.
    fn parse_v6(body: &[u8]) -> Option<Self> {
        let (header, mut rest) = body.split_first_chunk::<{ ipv6::HEADER_LEN }>()?;
        let address = |at: usize| -> Option<IpAddr> {
            let octets: [u8; 16] = header.get(at..at + 16)?.try_into().ok()?;
            Some(Ipv6Addr::from(octets).into())
        };
        let mut protocol = header[6];
        while matches!(protocol, ipv6::HOP_BY_HOP | ipv6::ROUTING | ipv6::FRAGMENT | ipv6::DESTINATION_OPTIONS) {
            let extension = ExtensionHeader::split(protocol, rest)?;
            let offset = u16::from_be_bytes([*extension.body.first()?, *extension.body.get(1)?]) & !7;
            if protocol == ipv6::FRAGMENT && offset != 0 {
                return None;
            }
            (protocol, rest) = (extension.next_header, extension.rest);
        }
        Some(Self { source: address(8)?, destination: address(24)?, protocol, start: *rest.first_chunk()? })
    }

    fn parse_v4(body: &[u8]) -> Option<Self> {
        let (header, _) = body.split_first_chunk::<{ ipv4::HEADER_LEN }>()?;
        let header_len = usize::from(header[0] & 0x0f) * 4;
        let offset = u16::from_be_bytes([header[6], header[7]]) & 0x1fff;
        if header_len < ipv4::HEADER_LEN || offset != 0 {
            return None;
        }
        let start = *body.get(header_len..)?.first_chunk()?;
        let address = |at: usize| Ipv4Addr::new(header[at], header[at + 1], header[at + 2], header[at + 3]).into();
        Some(Self { source: address(12), destination: address(16), protocol: header[9], start })
    }

    /// TCP source port.
    pub const fn source_port(&self) -> u16 {
        u16::from_be_bytes([self.start[0], self.start[1]])
    }

    /// TCP destination port.
    pub const fn destination_port(&self) -> u16 {
        u16::from_be_bytes([self.start[2], self.start[3]])
    }

    /// TCP sequence number.
    pub const fn seq(&self) -> u32 {
        u32::from_be_bytes([self.start[4], self.start[5], self.start[6], self.start[7]])
    }
}

#[cfg(test)]
mod tests;
