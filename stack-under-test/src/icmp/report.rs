//! ICMP errors that this host sends about packets it could not serve (RFC1122#3.2.2, RFC4443#3).
//!
//! [`Reporter::report`] is called by [`crate::Stack`] with the rule a packet was dropped for; most rules call for
//! silence. Errors are rare on purpose: never about an error, a group's packet or a later fragment, and not more than
//! the profile's limit (RFC4443#2.4).

use core::net::IpAddr;

use super::{v4, v6};
use crate::ip::host::Host;
use crate::ip::packet::IpPacket;
use crate::profile::Profile;
use crate::rule::Rule;
use crate::time::Instant;
use crate::wire::icmp::{HEADER_LEN, IcmpRepr, PROTOCOL_ICMP, PROTOCOL_ICMPV6};
use crate::wire::{ipv4, ipv6};

/// An error in IPv4 is no longer than this, headers and all (RFC1812#4.3.2.3), which every host can take.
const LONGEST_V4: usize = 576;

/// An error to send.
pub(crate) struct Report {
    /// Whom it is for.
    pub destination: IpAddr,
    /// Our address.
    pub source: IpAddr,
    /// ICMP or ICMPv6.
    pub protocol: u8,
    /// The message.
    pub message: Vec<u8>,
}

/// Type, code and the 32 bits after the checksum.
struct Problem {
    kind: u8,
    code: u8,
    rest: [u8; 4],
}

/// Counts what was sent.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Reporter {
    since: Instant,
    sent: u32,
}

impl Reporter {
    /// The error that tells the source of `bytes`, which were dropped for `rule`.
    ///
    /// # Errors
    /// [`Rule::IcmpErrorLimit`] if too many were sent of late; `Ok(None)` is usual silence.
    pub(crate) fn report(
        &mut self,
        rule: Rule,
        bytes: &[u8],
        host: &Host,
        now: Instant,
        profile: &Profile,
    ) -> Result<Option<Report>, Rule> {
        let six = bytes.first().is_some_and(|first| first >> 4 == 6);
        let Some(problem) = (if six { problem_v6(rule) } else { problem_v4(rule) }) else { return Ok(None) };
        if !profile.icmp_errors {
            return Ok(None);
        }
        let Some((source, destination)) = may_be_told(bytes, rule, host) else { return Ok(None) };
        if !self.admit(now, profile) {
            return Err(Rule::IcmpErrorLimit);
        }
        Ok(Some(compose(source, destination, &problem, bytes)))
    }

    fn admit(&mut self, now: Instant, profile: &Profile) -> bool {
        let Some((most, span)) = profile.icmp_error_limit else { return true };
        if now.saturating_since(self.since) >= span {
            *self = Self { since: now, sent: 0 };
        }
        self.sent = self.sent.saturating_add(1);
        self.sent <= most
    }
}

fn compose(source: IpAddr, destination: IpAddr, problem: &Problem, bytes: &[u8]) -> Report {
    let &Problem { kind, code, rest } = problem;
    match (source, destination) {
        (IpAddr::V6(ours), IpAddr::V6(peer)) => {
            // As much as fits the least MTU (RFC4443#2.4).
            let most = usize::from(ipv6::MIN_MTU) - ipv6::HEADER_LEN - HEADER_LEN;
            let body = bytes.get(..most).unwrap_or(bytes);
            let message = IcmpRepr { kind, code, rest, body }.emit_v6(ours, peer);
            Report { source, destination, protocol: PROTOCOL_ICMPV6, message }
        }
        (IpAddr::V4(_) | IpAddr::V6(_), _) => {
            let body = bytes.get(..LONGEST_V4 - ipv4::HEADER_LEN - HEADER_LEN).unwrap_or(bytes);
            let message = IcmpRepr { kind, code, rest, body }.emit();
            Report { source, destination, protocol: PROTOCOL_ICMP, message }
        }
    }
}

fn problem_v4(rule: Rule) -> Option<Problem> {
    let unreachable = |code| Some(Problem { kind: v4::DESTINATION_UNREACHABLE, code, rest: [0; 4] });
    match rule {
        Rule::IpUnknownProtocol => unreachable(v4::PROTOCOL_UNREACHABLE),
        Rule::UdpNoPort => unreachable(v4::PORT_UNREACHABLE),
        Rule::IpSourceRoute => unreachable(5),
        Rule::ReassemblyTimeout => Some(Problem { kind: v4::TIME_EXCEEDED, code: 1, rest: [0; 4] }),
        _ => None,
    }
}

fn problem_v6(rule: Rule) -> Option<Problem> {
    match rule {
        // The pointer is that of the next-header field of a packet without extension headers.
        Rule::IpUnknownProtocol => {
            Some(Problem { kind: v6::PARAMETER_PROBLEM, code: v6::UNKNOWN_NEXT_HEADER, rest: [0, 0, 0, 6] })
        }
        Rule::UdpNoPort => {
            Some(Problem { kind: v6::DESTINATION_UNREACHABLE, code: v6::PORT_UNREACHABLE, rest: [0; 4] })
        }
        Rule::ReassemblyTimeout => Some(Problem { kind: v6::TIME_EXCEEDED, code: 1, rest: [0; 4] }),
        _ => None,
    }
}

/// Who sends the error and who gets it, if there may be one (RFC1122#3.2.2, RFC4443#2.4): not about an error, nor about
/// a packet to a group, from nobody in particular, or a fragment that is not the first.
fn may_be_told(bytes: &[u8], rule: Rule, host: &Host) -> Option<(IpAddr, IpAddr)> {
    let packet = IpPacket::parse(bytes).ok()?;
    let cut = packet.fragment.is_some_and(|part| part.offset != 0 || rule != Rule::ReassemblyTimeout);
    let error = match (packet.protocol, packet.payload.first()) {
        (PROTOCOL_ICMP, Some(kind)) => !matches!(*kind, v4::ECHO_REQUEST | v4::ECHO_REPLY),
        (PROTOCOL_ICMPV6, Some(kind)) => *kind < v6::ECHO_REQUEST,
        (PROTOCOL_ICMP | PROTOCOL_ICMPV6, None) => true,
        _ => false,
    };
    let ours = host.is_ours(packet.destination);
    let told = ours && !cut && !error && host.is_unicast(packet.source);
    told.then_some((packet.destination, packet.source))
}

#[cfg(test)]
mod tests;
