//! ARP packets (RFC826) for IPv4 on Ethernet.

use core::fmt;
use core::net::Ipv4Addr;

use crate::wire::ethernet::{MacAddr, TYPE_IPV4};

/// Octets of a packet.
pub const LEN: usize = 28;

const ETHERNET: u16 = 1;

/// What a packet asks or tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// Who has this address?
    Request,
    /// I have it.
    Reply,
}

/// A packet whose spaces are Ethernet and IPv4.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ArpPacket {
    /// Request or reply.
    pub operation: Operation,
    /// The sender's station.
    pub sender_mac: MacAddr,
    /// The sender's address; 0.0.0.0 in a probe (RFC5227#2.1.1).
    pub sender: Ipv4Addr,
    /// The target's station; means nothing in a request.
    pub target_mac: MacAddr,
    /// The address that is asked for, or that the reply goes to.
    pub target: Ipv4Addr,
}

/// Why bytes are not such a packet. The order is that of the checks (RFC826, "Packet Reception").
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ArpError {
    /// Fewer than 28 octets.
    TooShort,
    /// Another hardware or protocol space, or other address lengths.
    OtherSpace,
    /// Neither request nor reply.
    BadOperation,
}

impl fmt::Display for ArpError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TooShort => "shorter than an ARP packet",
            Self::OtherSpace => "not for IPv4 on Ethernet",
            Self::BadOperation => "neither request nor reply",
        })
    }
}

impl core::error::Error for ArpError {}

impl ArpPacket {
    /// Reads a packet; octets behind it are link padding.
    ///
    /// # Errors
    /// The first of the [`ArpError`]s, in their order, that holds.
    pub fn parse(bytes: &[u8]) -> Result<Self, ArpError> {
        let (packet, _) = bytes.split_first_chunk::<LEN>().ok_or(ArpError::TooShort)?;
        let field = |at: usize| u16::from_be_bytes([packet[at], packet[at + 1]]);
        if field(0) != ETHERNET || field(2) != TYPE_IPV4 || packet[4..6] != [6, 4] {
            return Err(ArpError::OtherSpace);
        }
        let operation = match field(6) {
            1 => Operation::Request,
            2 => Operation::Reply,
            _ => return Err(ArpError::BadOperation),
        };
        let mac = |at: usize| {
            let mut octets = [0; 6];
            octets.copy_from_slice(&packet[at..at + 6]);
            MacAddr(octets)
        };
        let address = |at: usize| Ipv4Addr::new(packet[at], packet[at + 1], packet[at + 2], packet[at + 3]);
        Ok(Self { operation, sender_mac: mac(8), sender: address(14), target_mac: mac(18), target: address(24) })
    }

    /// The packet's octets.
    pub fn emit(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(LEN);
        bytes.extend(ETHERNET.to_be_bytes());
        bytes.extend(TYPE_IPV4.to_be_bytes());
        bytes.extend([6, 4]);
        let operation: u16 = match self.operation {
            Operation::Request => 1,
            Operation::Reply => 2,
        };
        bytes.extend(operation.to_be_bytes());
        bytes.extend(self.sender_mac.0);
        bytes.extend(self.sender.octets());
        bytes.extend(self.target_mac.0);
        bytes.extend(self.target.octets());
        bytes
    }
}

#[cfg(test)]
mod tests;
