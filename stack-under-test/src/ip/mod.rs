//! The IP layer's part on the way in: is this packet whole, and is it for us? (RFC1122#3.2.1, RFC8200#3)
//!
//! [`accept`] is called by [`crate::Stack::handle_packet`] for everything that arrives. What it
//! refuses is dropped with a [`Rule`] and never answered. Fragments go through [`reassembly`].
//!
//! [`route`] and [`fragment`] serve what leaves.

mod extension;
pub(crate) mod fragment;
pub(crate) mod host;
mod options;
pub(crate) mod packet;
pub(crate) mod reassembly;
pub(crate) mod redirect;
pub(crate) mod route;

use crate::icmp;
use crate::rule::Rule;
use crate::wire::ipv4::PROTOCOL_TCP;
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

/// Checks a packet in the order of its header's fields, as far as [`IpPacket::parse`] has not: whether it is for us. Notes
/// whether it is for a group.
///
/// # Errors
/// The rule it is dropped for.
pub(crate) fn accept(host: &Host, origin: Origin, packet: &mut IpPacket<'_>) -> Result<(), Rule> {
    let ours = host.is_ours(packet.destination);
    if !ours && !host.speaks(packet.destination) {
        return Err(Rule::IpBadVersion);
    }
    check_source(host, origin, packet)?;
    if !ours {
        check_group(host, packet)?;
        packet.to_group = true;
    }
    options::check(packet.options)
}

/// MUST-63. Our own address is invalid only on the wire. Neighbor discovery checks its sources itself: who has no address
/// yet asks for one, and who has ours says so (RFC4862#5.4).
fn check_source(host: &Host, origin: Origin, packet: &IpPacket<'_>) -> Result<(), Rule> {
    let forged = origin == Origin::Wire && host.is_ours(packet.source);
    if icmp::is_neighbor_message(packet) && !packet.source.is_multicast() {
        return Ok(());
    }
    if forged || !host.is_unicast(packet.source) { Err(Rule::IpInvalidSource) } else { Ok(()) }
}

/// MUST-57, and RFC1122#3.2.1.3 for addresses of other hosts: what is for none of our addresses has to be for a group of
/// ours.
fn check_group(host: &Host, packet: &IpPacket<'_>) -> Result<(), Rule> {
    let destination = packet.destination;
    if packet.protocol != PROTOCOL_TCP && host.is_our_group(destination) {
        Ok(())
    } else if destination.is_multicast() || host.is_broadcast(destination) {
        Err(Rule::IpGroupDestination)
    } else {
        Err(Rule::IpNotOurs)
    }
}

#[cfg(test)]
mod tests;
