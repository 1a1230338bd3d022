//! UDP headers (RFC768, RFC8200#8.1).

use core::fmt;
use core::net::IpAddr;

use crate::wire::checksum::Checksum;

/// Octets of the header.
pub const HEADER_LEN: usize = 8;

/// The protocol number of UDP.
pub const PROTOCOL_UDP: u8 = 17;

/// A received datagram: a length that fits, a checksum that is right or, in IPv4, absent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UdpDatagram<'a> {
    /// Source port; 0 if no reply is wanted.
    pub src_port: u16,
    /// Destination port.
    pub dst_port: u16,
    /// The octets it carries.
    pub data: &'a [u8],
}

/// What is wrong with a datagram that is none. The order is that of the checks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UdpError {
    /// Fewer than 8 octets.
    TooShort,
    /// The length is below 8 or beyond the packet.
    BadLength,
    /// The checksum is wrong (RFC1122#4.1.3.4), or it is absent in IPv6.
    BadChecksum,
}

impl fmt::Display for UdpError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TooShort => "shorter than a UDP header",
            Self::BadLength => "UDP length does not fit the packet",
            Self::BadChecksum => "wrong UDP checksum",
        })
    }
}

impl core::error::Error for UdpError {}

impl<'a> UdpDatagram<'a> {
    /// Checks the payload of an IP packet from `src` to `dst`; the addresses count in the checksum.
    ///
    /// # Errors
    /// The first of the [`UdpError`]s, in their order, that holds.
    pub fn parse(src: IpAddr, dst: IpAddr, bytes: &'a [u8]) -> Result<Self, UdpError> {
        let (&[s0, s1, d0, d1, l0, l1, c0, c1], _) =
            bytes.split_first_chunk::<HEADER_LEN>().ok_or(UdpError::TooShort)?;
        let datagram = bytes.get(..usize::from(u16::from_be_bytes([l0, l1]))).ok_or(UdpError::BadLength)?;
        let data = datagram.get(HEADER_LEN..).ok_or(UdpError::BadLength)?;
        let absent = [c0, c1] == [0, 0];
        let sum = Checksum::pseudo_header(src, dst, PROTOCOL_UDP, datagram.len()).add(datagram).finish();
        if if absent { dst.is_ipv6() } else { sum != 0 } {
            return Err(UdpError::BadChecksum);
        }
        let port = |high, low| u16::from_be_bytes([high, low]);
        Ok(Self { src_port: port(s0, s1), dst_port: port(d0, d1), data })
    }

    /// The datagram's octets with their checksum. `None`: too long for the 16-bit length.
    pub fn emit(&self, src: IpAddr, dst: IpAddr) -> Option<Vec<u8>> {
        let len = HEADER_LEN + self.data.len();
        let mut bytes = Vec::with_capacity(len);
        bytes.extend(self.src_port.to_be_bytes());
        bytes.extend(self.dst_port.to_be_bytes());
        bytes.extend(u16::try_from(len).ok()?.to_be_bytes());
        bytes.extend([0, 0]);
        bytes.extend(self.data);
        let sum = Checksum::pseudo_header(src, dst, PROTOCOL_UDP, len).add(&bytes).finish();
        // Zero would say that there is no checksum; all ones is the same number (RFC768).
        let sum = if sum == 0 { u16::MAX } else { sum };
        bytes[6..8].copy_from_slice(&sum.to_be_bytes());
        Some(bytes)
    }
}

#[cfg(test)]
mod tests;
