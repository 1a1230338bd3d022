//! ICMP messages that arrive, of both families (RFC792, RFC4443, RFC1122#3.2.2): an error finds whom it is about, a ping
//! is answered.
//!
//! [`arrives`] is called by [`crate::Stack::handle_packet`] for a whole packet of one of these protocols. What TCP makes
//! of an error is in [`crate::tcp`]'s `icmp_error`; errors that we send are in [`report`].
//!
//! Left out: redirects of ICMPv6, router discovery, and the obsolete queries.

pub(crate) mod report;

use core::net::IpAddr;

use crate::ip::packet::IpPacket;
use crate::ip::redirect::Redirect;
use crate::rule::Rule;
use crate::tcp::icmp_error::Kind;
use crate::wire::icmp::{IcmpError, IcmpMessage, IcmpRepr, PROTOCOL_ICMPV6, Quote};

/// What a message means to this host.
pub(crate) enum Heard<'a> {
    /// A packet of ours had this fate.
    Error(Kind, Quote),
    /// Answer this message.
    Echo(Vec<u8>),
    /// A gateway knows a better one (RFC1122#3.2.2.2).
    Redirect(Redirect),
    /// Neighbor discovery (RFC4861): a matter for the link.
    Neighbor(IcmpMessage<'a>),
}

/// Types and codes of ICMP (RFC792).
mod v4 {
    pub(super) const ECHO_REPLY: u8 = 0;
    pub(super) const DESTINATION_UNREACHABLE: u8 = 3;
    pub(super) const SOURCE_QUENCH: u8 = 4;
    pub(super) const REDIRECT: u8 = 5;
    pub(super) const ECHO_REQUEST: u8 = 8;
    pub(super) const TIME_EXCEEDED: u8 = 11;
    pub(super) const PARAMETER_PROBLEM: u8 = 12;
    pub(super) const PROTOCOL_UNREACHABLE: u8 = 2;
    pub(super) const PORT_UNREACHABLE: u8 = 3;
    pub(super) const FRAGMENTATION_NEEDED: u8 = 4;
}

/// Types and codes of ICMPv6 (RFC4443).
mod v6 {
    pub(super) const DESTINATION_UNREACHABLE: u8 = 1;
    pub(super) const PACKET_TOO_BIG: u8 = 2;
    pub(super) const TIME_EXCEEDED: u8 = 3;
    pub(super) const PARAMETER_PROBLEM: u8 = 4;
    pub(super) const ECHO_REQUEST: u8 = 128;
    pub(super) const ECHO_REPLY: u8 = 129;
    pub(super) const PORT_UNREACHABLE: u8 = 4;
    pub(super) const UNKNOWN_NEXT_HEADER: u8 = 1;
    pub(super) const NEIGHBOR_SOLICITATION: u8 = 135;
    pub(super) const NEIGHBOR_ADVERTISEMENT: u8 = 136;
}

/// A message of neighbor discovery, by its type; whether it is sound is not asked yet.
pub(crate) fn is_neighbor_message(packet: &IpPacket<'_>) -> bool {
    let kinds = [v6::NEIGHBOR_SOLICITATION, v6::NEIGHBOR_ADVERTISEMENT];
    packet.protocol == PROTOCOL_ICMPV6 && packet.payload.first().is_some_and(|kind| kinds.contains(kind))
}

/// Reads a message.
///
/// # Errors
/// The rule it is dropped for.
pub(crate) fn arrives<'a>(packet: &IpPacket<'a>) -> Result<Heard<'a>, Rule> {
    let named = |error| match error {
        IcmpError::TooShort => Rule::IcmpTooShort,
        IcmpError::BadChecksum => Rule::IcmpBadChecksum,
    };
    match (packet.source, packet.destination) {
        (IpAddr::V6(source), IpAddr::V6(destination)) => {
            let message = IcmpMessage::parse_v6(source, destination, packet.payload).map_err(named)?;
            heard_v6(packet, message)
        }
        (IpAddr::V4(_) | IpAddr::V6(_), _) => heard_v4(packet, IcmpMessage::parse(packet.payload).map_err(named)?),
    }
}

fn heard_v4<'a>(packet: &IpPacket<'a>, message: IcmpMessage<'a>) -> Result<Heard<'a>, Rule> {
    match message.kind() {
        v4::ECHO_REQUEST if packet.to_group => Err(Rule::IcmpEchoGroup),
        v4::ECHO_REQUEST => {
            let reply = IcmpRepr { kind: v4::ECHO_REPLY, code: 0, rest: message.rest(), body: message.body() };
            Ok(Heard::Echo(reply.emit()))
        }
        v4::SOURCE_QUENCH => Err(Rule::IcmpSourceQuench),
        v4::REDIRECT => {
            let quote = Quote::parse(message.body()).ok_or(Rule::IcmpBadQuote)?;
            let (from, destination) = (packet.source, quote.destination);
            Ok(Heard::Redirect(Redirect { from, destination, gateway: message.rest().into() }))
        }
        kind => {
            let kind = classify_v4(kind, message.code(), message.rest()).ok_or(Rule::IcmpNoError)?;
            Ok(Heard::Error(kind, Quote::parse(message.body()).ok_or(Rule::IcmpBadQuote)?))
        }
    }
}

/// Soft and hard errors (RFC9293#3.9.2.2). Codes of destination unreachable that RFC 9293 does not speak of say, as
/// codes 0, 1 and 5 do, that this path does not lead there now (RFC1122#3.2.2.1).
fn classify_v4(kind: u8, code: u8, rest: [u8; 4]) -> Option<Kind> {
    match (kind, code) {
        (v4::DESTINATION_UNREACHABLE, v4::PROTOCOL_UNREACHABLE | v4::PORT_UNREACHABLE) => Some(Kind::Hard),
        (v4::DESTINATION_UNREACHABLE, v4::FRAGMENTATION_NEEDED) => {
            // The MTU of the next hop (RFC1191#4).
            Some(Kind::FragmentationNeeded { mtu: u16::from_be_bytes([rest[2], rest[3]]) })
        }
        (v4::DESTINATION_UNREACHABLE | v4::TIME_EXCEEDED | v4::PARAMETER_PROBLEM, _) => Some(Kind::Soft),
        _ => None,
    }
}

fn heard_v6<'a>(packet: &IpPacket<'a>, message: IcmpMessage<'a>) -> Result<Heard<'a>, Rule> {
    match (message.kind(), packet.source, packet.destination) {
        (v6::NEIGHBOR_SOLICITATION | v6::NEIGHBOR_ADVERTISEMENT, ..) => Ok(Heard::Neighbor(message)),
        (v6::ECHO_REQUEST, ..) if packet.to_group => Err(Rule::IcmpEchoGroup),
        (v6::ECHO_REQUEST, IpAddr::V6(peer), IpAddr::V6(ours)) => {
            let reply = IcmpRepr { kind: v6::ECHO_REPLY, code: 0, rest: message.rest(), body: message.body() };
            Ok(Heard::Echo(reply.emit_v6(ours, peer)))
        }
        (kind, ..) => {
            let kind = classify_v6(kind, message.code(), message.rest()).ok_or(Rule::IcmpNoError)?;
            Ok(Heard::Error(kind, Quote::parse(message.body()).ok_or(Rule::IcmpBadQuote)?))
        }
    }
}

/// The same distinction for ICMPv6: nobody there on that port, or nobody who speaks the protocol, is hard.
fn classify_v6(kind: u8, code: u8, rest: [u8; 4]) -> Option<Kind> {
    match (kind, code) {
        (v6::DESTINATION_UNREACHABLE, v6::PORT_UNREACHABLE) => Some(Kind::Hard),
        (v6::PARAMETER_PROBLEM, v6::UNKNOWN_NEXT_HEADER) => Some(Kind::Hard),
        (v6::PACKET_TOO_BIG, _) => {
            // All 32 bits are the MTU (RFC4443#3.2); no packet of ours is longer than 16 bits say.
            let mtu = u16::try_from(u32::from_be_bytes(rest)).unwrap_or(u16::MAX);
            Some(Kind::FragmentationNeeded { mtu })
        }
        (v6::DESTINATION_UNREACHABLE | v6::TIME_EXCEEDED | v6::PARAMETER_PROBLEM, _) => Some(Kind::Soft),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
