//! The IP layer's part on the way in: is this packet whole, and is it for us? (RFC1122#3.2.1)
//!
//! [`accept`] is called by [`crate::Stack::handle_packet`] for everything that arrives. What it
//! refuses is dropped with a [`Rule`] and never answered. Fragments go through [`reassembly`].
//!
//! Left out: routing.

mod options;
pub(crate) mod reassembly;

use core::net::Ipv4Addr;

use crate::rule::Rule;
use crate::wire::ipv4::{Ipv4Error, Ipv4Packet};

/// This host's one interface.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Host {
    pub address: Ipv4Addr,
    prefix_len: u8,
    mtu: u16,
}

/// Where a packet came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// The network.
    Wire,
    /// This host itself.
    Loopback,
}

/// Every link carries packets of so many octets (RFC791#3.2).
const MIN_MTU: u16 = 68;

impl Host {
    pub(crate) fn new(address: Ipv4Addr, prefix_len: u8, mtu: u16) -> Self {
        Self { address, prefix_len: prefix_len.min(32), mtu: mtu.max(MIN_MTU) }
    }

    /// The MTU, octets; at least 68.
    pub(crate) fn mtu(&self) -> u16 {
        self.mtu
    }

    /// The limited broadcast address, or our subnet's.
    pub(crate) fn is_broadcast(&self, address: Ipv4Addr) -> bool {
        // A /31 or /32 has no broadcast address (RFC3021#2.1).
        let host_bits = u32::MAX.checked_shr(u32::from(self.prefix_len)).unwrap_or(0);
        let subnet_broadcast = Ipv4Addr::from_bits(self.address.to_bits() | host_bits);
        address.is_broadcast() || (self.prefix_len < 31 && address == subnet_broadcast)
    }

    /// An address that can be one host's: not this-host (0/8), loopback, multicast, class E or
    /// broadcast (RFC1122#3.2.1.3).
    pub(crate) fn is_unicast(&self, address: Ipv4Addr) -> bool {
        let first = address.octets()[0];
        first != 0 && first != 127 && first < 224 && !self.is_broadcast(address)
    }
}

/// Checks a packet in the order of its header's fields.
///
/// # Errors
/// The rule it is dropped for.
pub(crate) fn accept<'a>(host: &Host, origin: Origin, bytes: &'a [u8]) -> Result<Ipv4Packet<'a>, Rule> {
    let packet = Ipv4Packet::parse(bytes).map_err(|error| match error {
        Ipv4Error::TooShort => Rule::IpTooShort,
        Ipv4Error::BadVersion => Rule::IpBadVersion,
        Ipv4Error::BadHeaderLength => Rule::IpBadHeaderLength,
        Ipv4Error::BadTotalLength => Rule::IpBadTotalLength,
        Ipv4Error::BadChecksum => Rule::IpBadChecksum,
    })?;
    check_source(host, origin, &packet)?;
    check_destination(host, &packet)?;
    options::check(packet.options())?;
    Ok(packet)
}

/// MUST-63. Our own address is invalid only on the wire.
fn check_source(host: &Host, origin: Origin, packet: &Ipv4Packet<'_>) -> Result<(), Rule> {
    let forged = origin == Origin::Wire && packet.source() == host.address;
    if forged || !host.is_unicast(packet.source()) { Err(Rule::IpInvalidSource) } else { Ok(()) }
}

/// MUST-57, and RFC1122#3.2.1.3 for addresses of other hosts.
fn check_destination(host: &Host, packet: &Ipv4Packet<'_>) -> Result<(), Rule> {
    let destination = packet.destination();
    if destination == host.address {
        Ok(())
    } else if destination.is_multicast() || host.is_broadcast(destination) {
        Err(Rule::IpGroupDestination)
    } else {
        Err(Rule::IpNotOurs)
    }
}

#[cfg(test)]
mod tests;
