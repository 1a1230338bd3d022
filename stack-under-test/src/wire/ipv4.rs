//! IPv4 headers (RFC791#3.1).
//!
//! [`Ipv4Packet::parse`] is the first look at whatever arrives; [`Ipv4Repr::emit`] writes the header
//! of whatever leaves. Reassembly of fragments and the meaning of options are not here: the view
//! shows the fields, its caller decides.

use core::fmt;
use core::net::Ipv4Addr;

use crate::wire::checksum::Checksum;

/// Octets of a header without options.
pub const HEADER_LEN: usize = 20;

/// The protocol number of TCP (RFC9293#3.1).
pub const PROTOCOL_TCP: u8 = 6;

/// Largest total length the 16-bit field can say.
const MAX_TOTAL_LEN: usize = u16::MAX as usize;

const DONT_FRAGMENT: u16 = 1 << 14;
const MORE_FRAGMENTS: u16 = 1 << 13;

/// A received packet whose header is sound: right version, lengths that fit, right checksum.
///
/// ```
/// use stack_under_test::wire::ipv4::{Ipv4Error, Ipv4Packet, Ipv4Repr, PROTOCOL_TCP};
///
/// let mut bytes = Vec::new();
/// Ipv4Repr::new([10, 0, 0, 1].into(), [10, 0, 0, 2].into(), PROTOCOL_TCP).emit(2, &mut bytes)?;
/// bytes.extend(b"hi, then link padding".iter());
///
/// let packet = Ipv4Packet::parse(&bytes)?;
/// assert_eq!((packet.ttl(), packet.payload()), (64, b"hi".as_slice()));
///
/// bytes[8] -= 1; // a hop that forgot the checksum
/// assert_eq!(Ipv4Packet::parse(&bytes), Err(Ipv4Error::BadChecksum));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ipv4Packet<'a> {
    header: &'a [u8; HEADER_LEN],
    options: &'a [u8],
    payload: &'a [u8],
}

impl<'a> Ipv4Packet<'a> {
    /// Checks the header and cuts the packet to its total length; octets after that are link padding.
    ///
    /// # Errors
    /// The first of the [`Ipv4Error`]s, in their order, that holds.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, Ipv4Error> {
        let Some((header, after)) = bytes.split_first_chunk::<HEADER_LEN>() else {
            return Err(Ipv4Error::TooShort);
        };
        if header[0] >> 4 != 4 {
            return Err(Ipv4Error::BadVersion);
        }
        let options = usize::from(header[0] & 0x0f)
            .checked_mul(4)
            .and_then(|header_len| header_len.checked_sub(HEADER_LEN))
            .and_then(|options_len| after.get(..options_len))
            .ok_or(Ipv4Error::BadHeaderLength)?;
        let total_len = usize::from(u16::from_be_bytes([header[2], header[3]]));
        let payload = bytes.get(HEADER_LEN + options.len()..total_len).ok_or(Ipv4Error::BadTotalLength)?;
        if Checksum::new().add_header(header).add(options).finish() != 0 {
            return Err(Ipv4Error::BadChecksum);
        }
        Ok(Self { header, options, payload })
    }

    /// Source address.
    pub const fn source(&self) -> Ipv4Addr {
        let h = self.header;
        Ipv4Addr::new(h[12], h[13], h[14], h[15])
    }

    /// Destination address.
    pub const fn destination(&self) -> Ipv4Addr {
        let h = self.header;
        Ipv4Addr::new(h[16], h[17], h[18], h[19])
    }

    /// Number of the protocol in the payload, such as [`PROTOCOL_TCP`].
    pub const fn protocol(&self) -> u8 {
        self.header[9]
    }

    /// Time to live, in hops.
    pub const fn ttl(&self) -> u8 {
        self.header[8]
    }

    /// Type of service: the whole octet, ECN bits included (RFC3168#5).
    pub const fn tos(&self) -> u8 {
        self.header[1]
    }

    /// Identification, shared by the fragments of one packet.
    pub const fn ident(&self) -> u16 {
        u16::from_be_bytes([self.header[4], self.header[5]])
    }

    /// The DF flag.
    pub const fn dont_fragment(&self) -> bool {
        self.flags_and_offset() & DONT_FRAGMENT != 0
    }

    /// The MF flag: this is a fragment, and not the last one.
    pub const fn more_fragments(&self) -> bool {
        self.flags_and_offset() & MORE_FRAGMENTS != 0
    }

    /// This is not the whole packet.
    pub const fn is_fragment(&self) -> bool {
        self.more_fragments() || self.fragment_offset() != 0
    }

    /// Where in the whole payload this fragment begins, in octets (the field counts units of eight).
    pub const fn fragment_offset(&self) -> u16 {
        self.flags_and_offset() << 3
    }

    /// The options as they came, padding included; at most 40 octets.
    pub const fn options(&self) -> &'a [u8] {
        self.options
    }

    /// What follows the header, up to the total length.
    pub const fn payload(&self) -> &'a [u8] {
        self.payload
    }

    const fn flags_and_offset(&self) -> u16 {
        u16::from_be_bytes([self.header[6], self.header[7]])
    }
}

/// What is wrong with a packet that is no IPv4 packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Ipv4Error {
    /// Fewer than 20 octets.
    TooShort,
    /// The version is not 4 (RFC1122#3.2.1.1).
    BadVersion,
    /// The header length is below 20 octets or goes beyond the packet.
    BadHeaderLength,
    /// The total length is below the header length or goes beyond the packet.
    BadTotalLength,
    /// The header checksum is wrong (RFC1122#3.2.1.2).
    BadChecksum,
}

impl fmt::Display for Ipv4Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TooShort => "shorter than an IPv4 header",
            Self::BadVersion => "not IP version 4",
            Self::BadHeaderLength => "impossible IPv4 header length",
            Self::BadTotalLength => "IPv4 total length does not fit the packet",
            Self::BadChecksum => "wrong IPv4 header checksum",
        })
    }
}

impl core::error::Error for Ipv4Error {}

/// A header to send: one whole packet, or one fragment, without IP options.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ipv4Repr {
    /// Source address.
    pub source: Ipv4Addr,
    /// Destination address.
    pub destination: Ipv4Addr,
    /// Number of the protocol in the payload.
    pub protocol: u8,
    /// Time to live, in hops (MUST-49: the user may set it).
    pub ttl: u8,
    /// Type of service, ECN bits included.
    pub tos: u8,
    /// Identification; need not be unique while `dont_fragment` is set (RFC6864#4.1).
    pub ident: u16,
    /// The DF flag.
    pub dont_fragment: bool,
    /// Where this part of the datagram begins, octets; a multiple of eight.
    pub fragment_offset: u16,
    /// The MF flag: it is not the last part.
    pub more_fragments: bool,
}

impl Ipv4Repr {
    /// A header with the defaults: TTL 64, TOS 0, identification 0, DF set.
    pub const fn new(source: Ipv4Addr, destination: Ipv4Addr, protocol: u8) -> Self {
        Self {
            source,
            destination,
            protocol,
            ttl: 64,
            tos: 0,
            ident: 0,
            dont_fragment: true,
            fragment_offset: 0,
            more_fragments: false,
        }
    }

    /// Appends the header, checksum filled in, of a packet with `payload_len` octets of payload.
    /// The payload itself is the caller's to append.
    ///
    /// # Errors
    /// [`PayloadTooLong`] if header and payload exceed 65,535 octets; then `out` is left as it was.
    pub fn emit(&self, payload_len: usize, out: &mut Vec<u8>) -> Result<(), PayloadTooLong> {
        if payload_len > MAX_TOTAL_LEN - HEADER_LEN {
            return Err(PayloadTooLong);
        }
        let total_len = ((HEADER_LEN + payload_len) as u16).to_be_bytes();
        let ident = self.ident.to_be_bytes();
        let dont_fragment = if self.dont_fragment { DONT_FRAGMENT } else { 0 };
        let more_fragments = if self.more_fragments { MORE_FRAGMENTS } else { 0 };
        let flags = (dont_fragment | more_fragments | (self.fragment_offset >> 3)).to_be_bytes();

        let mut header = [0; HEADER_LEN];
        header[0] = 0x45;
        header[1] = self.tos;
        header[2..4].copy_from_slice(&total_len);
        header[4..6].copy_from_slice(&ident);
        header[6..8].copy_from_slice(&flags);
        header[8] = self.ttl;
        header[9] = self.protocol;
        header[12..16].copy_from_slice(&self.source.octets());
        header[16..].copy_from_slice(&self.destination.octets());
        let checksum = Checksum::new().add_header(&header).finish();
        header[10..12].copy_from_slice(&checksum.to_be_bytes());
        out.extend_from_slice(&header);
        Ok(())
    }
}

/// A payload that no IP packet can carry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PayloadTooLong;

impl fmt::Display for PayloadTooLong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("payload does not fit an IP packet")
    }
}

impl core::error::Error for PayloadTooLong {}

#[cfg(test)]
mod tests;
