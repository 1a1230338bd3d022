//! ARP packets (RFC826): numbers → bytes, bytes → numbers. Total: no input panics.

use std::net::Ipv4Addr;

use super::ethernet::Mac;
use crate::case::format::ArpKind;

/// An ARP packet between Ethernet and IPv4; every field can be wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ArpPacket {
    /// The hardware type.
    pub hardware: u16,
    /// The protocol type.
    pub protocol: u16,
    /// The operation: 1 asks, 2 answers.
    pub operation: u16,
    /// The sender's station.
    pub sender_mac: Mac,
    /// The sender's address.
    pub sender: Ipv4Addr,
    /// The target's station; in a request of no meaning.
    pub target_mac: Mac,
    /// The target's address.
    pub target: Ipv4Addr,
}

/// Ethernet among the hardware types.
pub const ETHERNET: u16 = 1;
/// IPv4 among the protocol types.
pub const IPV4: u16 = 0x0800;

impl ArpPacket {
    /// Octets of a packet.
    pub const LEN: usize = 28;

    /// The operation of each kind that the peer sends.
    #[must_use]
    pub const fn operation_of(kind: ArpKind) -> u16 {
        match kind {
            ArpKind::Request | ArpKind::Gratuitous | ArpKind::Probe => 1,
            ArpKind::Reply => 2,
        }
    }

    /// What it is for.
    #[must_use]
    pub fn kind(&self) -> ArpKind {
        if self.sender == self.target {
            ArpKind::Gratuitous
        } else if self.operation == 2 {
            ArpKind::Reply
        } else if self.sender.is_unspecified() {
            ArpKind::Probe
        } else {
            ArpKind::Request
        }
    }

    /// The bytes.
    #[must_use]
    pub fn build(&self) -> Vec<u8> {
        const LENGTHS: [u8; 2] = [6, 4];
        let mut bytes = Vec::with_capacity(Self::LEN);
        bytes.extend(self.hardware.to_be_bytes());
        bytes.extend(self.protocol.to_be_bytes());
        bytes.extend(LENGTHS);
        bytes.extend(self.operation.to_be_bytes());
        bytes.extend(self.sender_mac.0);
        bytes.extend(self.sender.octets());
        bytes.extend(self.target_mac.0);
        bytes.extend(self.target.octets());
        bytes
    }

    /// Reads a packet, which may have padding behind it; `None` if it is none between Ethernet and IPv4.
    #[must_use]
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        let bytes = bytes.first_chunk::<{ Self::LEN }>()?;
        let word = |at: usize| u16::from_be_bytes([bytes[at], bytes[at + 1]]);
        let mac = |at: usize| bytes[at..].first_chunk().copied().map(Mac);
        let address = |at: usize| bytes[at..].first_chunk::<4>().copied().map(Ipv4Addr::from);
        let of_a_kind = (word(0), word(2), bytes[4], bytes[5]) == (ETHERNET, IPV4, 6, 4);
        let packet = Self {
            hardware: word(0),
            protocol: word(2),
            operation: word(6),
            sender_mac: mac(8)?,
            sender: address(14)?,
            target_mac: mac(18)?,
            target: address(24)?,
        };
        (of_a_kind && matches!(packet.operation, 1 | 2)).then_some(packet)
    }
}

#[cfg(test)]
mod tests;
