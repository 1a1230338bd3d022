//! The IP layer's part on the way in: is this packet whole, and is it for us? (RFC1122#3.2.1, RFC8200#3)
//!
//! [`accept`] is called by [`crate::Stack::handle_packet`] for everything that arrives. What it
//! refuses is dropped with a [`Rule`] and never answered. Fragments go through [`reassembly`].
//!
//! Left out: routing.

mod extension;
pub(crate) mod host;
mod options;
pub(crate) mod packet;
pub(crate) mod reassembly;

use crate::rule::Rule;
use host::Host;
use packet::IpPacket;

/// Where a packet came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// The network.
    Wire,
    /// This host itself.
    Loopback,
}

/// Checks a packet in the order of its header's fields.
///
/// # Errors
/// The rule it is dropped for.
pub(crate) fn accept<'a>(host: &Host, origin: Origin, bytes: &'a [u8]) -> Result<IpPacket<'a>, Rule> {
    let packet = IpPacket::parse(bytes)?;
    if !host.speaks(packet.destination) {
        return Err(Rule::IpBadVersion);
    }
    check_source(host, origin, &packet)?;
    check_destination(host, &packet)?;
    options::check(packet.options)?;
    Ok(packet)
}

/// MUST-63. Our own address is invalid only on the wire.
fn check_source(host: &Host, origin: Origin, packet: &IpPacket<'_>) -> Result<(), Rule> {
    let forged = origin == Origin::Wire && host.is_ours(packet.source);
    if forged || !host.is_unicast(packet.source) { Err(Rule::IpInvalidSource) } else { Ok(()) }
}

/// MUST-57, and RFC1122#3.2.1.3 for addresses of other hosts.
fn check_destination(host: &Host, packet: &IpPacket<'_>) -> Result<(), Rule> {
    let destination = packet.destination;
    if host.is_ours(destination) {
        Ok(())
    } else if destination.is_multicast() || host.is_broadcast(destination) {
        Err(Rule::IpGroupDestination)
    } else {
        Err(Rule::IpNotOurs)
    }
}

#[cfg(test)]
mod tests;
