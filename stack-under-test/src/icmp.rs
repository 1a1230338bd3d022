//! ICMP messages that arrive: which of them are errors that TCP hears of, and of what kind (RFC9293#3.9.2.2).
//!
//! [`arrives`] is called by [`crate::Stack::handle_packet`] for a whole packet of this protocol. What TCP makes of an
//! error is in [`crate::tcp`]'s `icmp_error`.
//!
//! Left out: sending ICMP. There is no echo server (RFC1122#3.2.2.6), nothing tells a host that its datagram could not
//! be reassembled, and redirects have no routes to change.

use crate::rule::Rule;
use crate::tcp::icmp_error::Kind;
use crate::wire::icmp::{IcmpError, IcmpMessage, Quote};
use crate::wire::ipv4::PROTOCOL_TCP;

const DESTINATION_UNREACHABLE: u8 = 3;
const SOURCE_QUENCH: u8 = 4;
const TIME_EXCEEDED: u8 = 11;
const PARAMETER_PROBLEM: u8 = 12;
/// Codes of destination unreachable.
const PROTOCOL_UNREACHABLE: u8 = 2;
const PORT_UNREACHABLE: u8 = 3;
const FRAGMENTATION_NEEDED: u8 = 4;

/// Reads an ICMP message for TCP.
///
/// # Errors
/// The rule it is dropped for.
pub(crate) fn arrives(bytes: &[u8]) -> Result<(Kind, Quote), Rule> {
    let message = IcmpMessage::parse(bytes).map_err(|error| match error {
        IcmpError::TooShort => Rule::IcmpTooShort,
        IcmpError::BadChecksum => Rule::IcmpBadChecksum,
    })?;
    let kind = classify(message.kind(), message.code())?;
    let quote = Quote::parse(message.body()).ok_or(Rule::IcmpBadQuote)?;
    if quote.protocol == PROTOCOL_TCP { Ok((kind, quote)) } else { Err(Rule::IcmpBadQuote) }
}

/// Soft and hard errors (RFC9293#3.9.2.2). Codes of destination unreachable that RFC 9293 does not speak of say, as
/// codes 0, 1 and 5 do, that this path does not lead there now (RFC1122#3.2.2.1).
fn classify(kind: u8, code: u8) -> Result<Kind, Rule> {
    match (kind, code) {
        (DESTINATION_UNREACHABLE, PROTOCOL_UNREACHABLE | PORT_UNREACHABLE) => Ok(Kind::Hard),
        (DESTINATION_UNREACHABLE, FRAGMENTATION_NEEDED) => Ok(Kind::FragmentationNeeded),
        (DESTINATION_UNREACHABLE | TIME_EXCEEDED | PARAMETER_PROBLEM, _) => Ok(Kind::Soft),
        (SOURCE_QUENCH, _) => Err(Rule::IcmpSourceQuench),
        _ => Err(Rule::IcmpNoError),
    }
}

#[cfg(test)]
mod tests;
