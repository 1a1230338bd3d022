//! Ethernet II frames (RFC894, RFC2464) and MAC addresses.

use core::fmt;
use core::net::Ipv6Addr;

/// Octets of the header: destination, source, type.
pub const HEADER_LEN: usize = 14;

/// Type numbers of what a frame carries.
pub const TYPE_IPV4: u16 = 0x0800;
/// Address resolution.
pub const TYPE_ARP: u16 = 0x0806;
/// IPv6.
pub const TYPE_IPV6: u16 = 0x86dd;

/// The address of an Ethernet station.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct MacAddr(pub [u8; 6]);

impl MacAddr {
    /// Every station.
    pub const BROADCAST: Self = Self([0xff; 6]);

    /// A group of stations; the broadcast address is one.
    pub const fn is_group(self) -> bool {
        self.0[0] & 1 != 0
    }

    /// The group that listens for an IPv6 multicast address (RFC2464#7).
    pub const fn of_ipv6_multicast(address: Ipv6Addr) -> Self {
        let o = address.octets();
        Self([0x33, 0x33, o[12], o[13], o[14], o[15]])
    }

    /// The link-local IPv6 address this station makes for itself (RFC4291#A, RFC2464#5).
    pub const fn link_local(self) -> Ipv6Addr {
        let m = self.0;
        Ipv6Addr::new(
            0xfe80,
            0,
            0,
            0,
            u16::from_be_bytes([m[0] ^ 2, m[1]]),
            u16::from_be_bytes([m[2], 0xff]),
            u16::from_be_bytes([0xfe, m[3]]),
            u16::from_be_bytes([m[4], m[5]]),
        )
    }
}

impl fmt::Display for MacAddr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, d, e, g] = self.0;
        write!(f, "{a:02x}:{b:02x}:{c:02x}:{d:02x}:{e:02x}:{g:02x}")
    }
}

/// A frame, cut into header and payload. There is nothing to check but the length: the frame check sequence stays in
/// the hardware, and the payload may have padding behind it.
///
/// ```
/// use stack_under_test::wire::ethernet::{EthernetFrame, MacAddr, TYPE_ARP};
///
/// let (here, there) = (MacAddr([2, 0, 0, 0, 0, 1]), MacAddr::BROADCAST);
/// let mut bytes = EthernetFrame { destination: there, source: here, kind: TYPE_ARP, payload: b"who?" }.emit();
/// assert_eq!(EthernetFrame::parse(&bytes).map(|frame| frame.payload), Some(b"who?".as_slice()));
/// bytes.truncate(13);
/// assert_eq!(EthernetFrame::parse(&bytes), None);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EthernetFrame<'a> {
    /// Whom it is for.
    pub destination: MacAddr,
    /// Who sent it.
    pub source: MacAddr,
    /// What the payload is: [`TYPE_IPV4`], [`TYPE_ARP`] …
    pub kind: u16,
    /// What it carries.
    pub payload: &'a [u8],
}

impl<'a> EthernetFrame<'a> {
    /// `None`: shorter than a header.
    pub fn parse(bytes: &'a [u8]) -> Option<Self> {
        let (&[d0, d1, d2, d3, d4, d5, s0, s1, s2, s3, s4, s5, k0, k1], payload) =
            bytes.split_first_chunk::<HEADER_LEN>()?;
        Some(Self {
            destination: MacAddr([d0, d1, d2, d3, d4, d5]),
            source: MacAddr([s0, s1, s2, s3, s4, s5]),
            kind: u16::from_be_bytes([k0, k1]),
            payload,
        })
    }

    /// The frame's octets, without padding to the least length of 60: a virtual link needs none.
    pub fn emit(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(HEADER_LEN + self.payload.len());
        bytes.extend(self.destination.0);
        bytes.extend(self.source.0);
        bytes.extend(self.kind.to_be_bytes());
        bytes.extend(self.payload);
        bytes
    }
}

#[cfg(test)]
mod tests;
