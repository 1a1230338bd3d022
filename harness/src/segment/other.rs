//! Packets that are no TCP segment, in words: `ICMP port-unreachable`, `IP fragment 0..24, more to come`.
//!
//! For the reports. Total: no input panics.

use pnet_packet::{ipv4::Ipv4Packet, ipv6::Ipv6Packet};

use super::ipv6;
use crate::case::format::Message;

/// What it is, as far as its headers tell.
#[must_use]
pub fn describe(packet: &[u8]) -> String {
    if packet.first().is_some_and(|first| first >> 4 == 6) {
        return describe_v6(packet).unwrap_or_else(|| format!("{} bytes that are no IP packet", packet.len()));
    }
    let ip = Ipv4Packet::new(packet).filter(|ip| ip.get_version() == 4);
    let header = ip.as_ref().map_or(0, |ip| usize::from(ip.get_header_length()) * 4);
    let Some((ip, payload)) = ip.zip(packet.get(header..)).filter(|_| header >= 20) else {
        return format!("{} bytes that are no IP packet", packet.len());
    };
    let start = usize::from(ip.get_fragment_offset()) * 8;
    let more = ip.get_flags() & 1 != 0;
    if more || start > 0 {
        return fragment(&(start..start + payload.len()), !more);
    }
    match (ip.get_next_level_protocol().0, payload) {
        (1, &[kind, code, ..]) => format!("ICMP {}", Message { kind, code }),
        (6, _) => format!("{} bytes that are no TCP segment", packet.len()),
        (protocol, _) => format!("{} bytes of IP protocol {protocol}", payload.len()),
    }
}

fn describe_v6(packet: &[u8]) -> Option<String> {
    let ip = Ipv6Packet::new(packet)?;
    let payload = ipv6::payload(&ip, packet, packet.len()).ok()?;
    if let Some((start, more, _)) = payload.fragment {
        return Some(fragment(&(start..start + payload.bytes.len()), !more));
    }
    Some(match (payload.protocol, payload.bytes) {
        (58, &[kind, code, ..]) => match Message::from_v6(kind, code) {
            Some(message) => format!("ICMPv6 {message}"),
            None => format!("ICMPv6 {kind}/{code}"),
        },
        (6, _) => format!("{} bytes that are no TCP segment", packet.len()),
        (protocol, bytes) => format!("{} bytes of IP protocol {protocol}", bytes.len()),
    })
}

/// `IP fragment 0..24, more to come`
#[must_use]
pub fn fragment(bytes: &std::ops::Range<usize>, last: bool) -> String {
    let more = if last { "the last" } else { "more to come" };
    format!("IP fragment {}..{}, {more}", bytes.start, bytes.end)
}

#[cfg(test)]
mod tests;
