//! Numbers → UDP datagram (RFC768). Called by [`crate::run`] for each `inject` of one; read by [`super::other`].

use std::net::IpAddr;

use super::{build::wrong_or, checksum};
use crate::case::format::Checksum;

/// Octets of the header.
pub const HEADER: usize = 8;
/// Its IP protocol number.
pub const PROTOCOL: u8 = 17;

/// A UDP datagram ready to become bytes.
#[derive(Clone, Copy, Debug)]
pub struct WireUdp<'a> {
    /// Source port.
    pub from_port: u16,
    /// Destination port.
    pub to_port: u16,
    /// What it carries.
    pub data: &'a [u8],
    /// The length field, if not the right one.
    pub length: Option<u16>,
    /// The checksum, if not the right one; 0 is none.
    pub checksum: Option<Checksum>,
}

/// The bytes of the datagram, without an IP header.
#[must_use]
pub fn build_udp(udp: &WireUdp<'_>, source: IpAddr, destination: IpAddr) -> Vec<u8> {
    let len = u16::try_from(HEADER + udp.data.len()).unwrap_or(u16::MAX);
    let mut bytes = Vec::with_capacity(HEADER + udp.data.len());
    bytes.extend(udp.from_port.to_be_bytes());
    bytes.extend(udp.to_port.to_be_bytes());
    bytes.extend(udp.length.unwrap_or(len).to_be_bytes());
    bytes.extend([0, 0]);
    bytes.extend(udp.data);
    let right = udp_checksum(&bytes, source, destination);
    bytes[6..8].copy_from_slice(&wrong_or(right, udp.checksum).to_be_bytes());
    bytes
}

/// The right checksum; never 0, which means that there is none. The field itself counts as zero.
#[must_use]
pub fn udp_checksum(datagram: &[u8], source: IpAddr, destination: IpAddr) -> u16 {
    match checksum::udp_checksum(datagram, source, destination) {
        0 => 0xffff,
        sum => sum,
    }
}

#[cfg(test)]
mod tests;
