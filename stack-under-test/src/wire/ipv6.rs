//! IPv6 headers (RFC8200#3) and the chain of extension headers behind them (RFC8200#4).
//!
//! [`Ipv6Packet::parse`] is the first look at whatever arrives; [`Ipv6Repr::emit`] writes the header of whatever leaves.
//! What an extension header means is decided in `crate::ip`: [`ExtensionHeader::split`] only cuts one off the chain.

use core::fmt;
use core::net::Ipv6Addr;

pub use crate::wire::ipv4::PayloadTooLong;

/// Octets of the header.
pub const HEADER_LEN: usize = 40;

/// Every link carries packets of so many octets (RFC8200#5).
pub const MIN_MTU: u16 = 1280;

/// Next-header numbers of extension headers (RFC8200#4).
pub const HOP_BY_HOP: u8 = 0;
/// Routing header.
pub const ROUTING: u8 = 43;
/// Fragment header.
pub const FRAGMENT: u8 = 44;
/// Nothing follows.
pub const NO_NEXT_HEADER: u8 = 59;
/// Destination options.
pub const DESTINATION_OPTIONS: u8 = 60;

/// A received packet whose header is sound: right version, a length that fits. IPv6 has no header checksum.
///
/// ```
/// use stack_under_test::wire::ipv6::{Ipv6Error, Ipv6Packet, Ipv6Repr};
///
/// let (here, there) = ("2001:db8::1".parse()?, "2001:db8::2".parse()?);
/// let mut bytes = Vec::new();
/// Ipv6Repr::new(here, there, 6).emit(2, &mut bytes)?;
/// bytes.extend(b"hi, then link padding".iter());
///
/// let packet = Ipv6Packet::parse(&bytes)?;
/// assert_eq!((packet.hop_limit(), packet.payload()), (64, b"hi".as_slice()));
/// assert_eq!(Ipv6Packet::parse(&bytes[..41]), Err(Ipv6Error::BadPayloadLength));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ipv6Packet<'a> {
    header: &'a [u8; HEADER_LEN],
    payload: &'a [u8],
}

impl<'a> Ipv6Packet<'a> {
    /// Checks the header and cuts the packet to its payload length; octets after that are link padding.
    ///
    /// # Errors
    /// The first of the [`Ipv6Error`]s, in their order, that holds.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, Ipv6Error> {
        let (header, after) = bytes.split_first_chunk::<HEADER_LEN>().ok_or(Ipv6Error::TooShort)?;
        if header[0] >> 4 != 6 {
            return Err(Ipv6Error::BadVersion);
        }
        let len = usize::from(u16::from_be_bytes([header[4], header[5]]));
        let payload = after.get(..len).ok_or(Ipv6Error::BadPayloadLength)?;
        Ok(Self { header, payload })
    }

    fn address(&self, at: usize) -> Ipv6Addr {
        let mut octets = [0; 16];
        octets.copy_from_slice(&self.header[at..at + 16]);
        Ipv6Addr::from(octets)
    }

    /// Source address.
    pub fn source(&self) -> Ipv6Addr {
        self.address(8)
    }

    /// Destination address.
    pub fn destination(&self) -> Ipv6Addr {
        self.address(24)
    }

    /// Traffic class: the whole octet, ECN bits included (RFC3168#5).
    pub const fn traffic_class(&self) -> u8 {
        (self.header[0] << 4) | (self.header[1] >> 4)
    }

    /// What the payload begins with: an extension header or an upper-layer protocol.
    pub const fn next_header(&self) -> u8 {
        self.header[6]
    }

    /// Hop limit.
    pub const fn hop_limit(&self) -> u8 {
        self.header[7]
    }

    /// Everything behind the header.
    pub const fn payload(&self) -> &'a [u8] {
        self.payload
    }
}

/// An extension header cut off the front of a chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExtensionHeader<'a> {
    /// What follows it.
    pub next_header: u8,
    /// The header behind its first two octets (next header and length).
    pub body: &'a [u8],
    /// What follows.
    pub rest: &'a [u8],
}

impl<'a> ExtensionHeader<'a> {
    /// Cuts a header of this kind off `bytes`. `None`: it ends beyond them.
    pub fn split(kind: u8, bytes: &'a [u8]) -> Option<Self> {
        let (&[next_header, units], _) = bytes.split_first_chunk::<2>()?;
        // A fragment header is always eight octets; its second one is reserved (RFC8200#4.5).
        let len = if kind == FRAGMENT { 8 } else { usize::from(units) * 8 + 8 };
        let (header, rest) = bytes.split_at_checked(len)?;
        Some(Self { next_header, body: header.get(2..)?, rest })
    }
}

/// Why bytes are not an IPv6 packet. The order is that of the checks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ipv6Error {
    /// Not even a header.
    TooShort,
    /// The version is not 6.
    BadVersion,
    /// The packet is shorter than its payload length says.
    BadPayloadLength,
}

impl fmt::Display for Ipv6Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TooShort => "shorter than an IPv6 header",
            Self::BadVersion => "not IP version 6",
            Self::BadPayloadLength => "IPv6 payload length is beyond the packet",
        })
    }
}

impl core::error::Error for Ipv6Error {}

/// A header to send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ipv6Repr {
    /// Source address.
    pub source: Ipv6Addr,
    /// Destination address.
    pub destination: Ipv6Addr,
    /// What the payload begins with.
    pub next_header: u8,
    /// Hop limit (MUST-49: the user may set it).
    pub hop_limit: u8,
    /// Traffic class, ECN bits included.
    pub traffic_class: u8,
}

impl Ipv6Repr {
    /// A header with the defaults: hop limit 64, traffic class 0, flow label 0.
    pub const fn new(source: Ipv6Addr, destination: Ipv6Addr, next_header: u8) -> Self {
        Self { source, destination, next_header, hop_limit: 64, traffic_class: 0 }
    }

    /// Appends the header of a packet with `payload_len` octets of payload. The payload itself is the caller's to append.
    ///
    /// # Errors
    /// [`PayloadTooLong`] if the payload exceeds 65,535 octets; then `out` is left as it was.
    pub fn emit(&self, payload_len: usize, out: &mut Vec<u8>) -> Result<(), PayloadTooLong> {
        let payload_len = u16::try_from(payload_len).map_err(|_| PayloadTooLong)?;
        let mut header = [0; HEADER_LEN];
        header[0] = 0x60 | (self.traffic_class >> 4);
        header[1] = self.traffic_class << 4;
        header[4..6].copy_from_slice(&payload_len.to_be_bytes());
        header[6] = self.next_header;
        header[7] = self.hop_limit;
        header[8..24].copy_from_slice(&self.source.octets());
        header[24..].copy_from_slice(&self.destination.octets());
        out.extend_from_slice(&header);
        Ok(())
    }
}

#[cfg(test)]
mod tests;
