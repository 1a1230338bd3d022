//! A segment in one line: `SYN+ACK seq=0 ack=1 win=65535 <mss 1460>`.
//!
//! [`full`] shows everything, [`short`] what a ledger pins down: flags, numbers and length.

use std::fmt::Write as _;

use super::other;
use crate::{
    case::{flags::Flags, format::AddressName},
    trace::{
        event::CaseSegment,
        packet::{CasePacket, Content},
    },
};

/// Flags, seq, ack and the length of the text: `ACK seq=1 ack=1 len=5`.
#[must_use]
pub fn short(segment: &CaseSegment) -> String {
    let mut line = format!("{} seq={}", segment.flags, segment.seq);
    if segment.flags.contains(Flags::ACK) {
        let _ = write!(line, " ack={}", segment.ack);
    }
    if !segment.data.is_empty() {
        let _ = write!(line, " len={}", segment.data.len());
    }
    line
}

/// A packet the peer sent: the segment, or what else it is; `note` comes first.
#[must_use]
pub fn injected(packet: &[u8], segment: Option<&CaseSegment>, note: Option<&str>) -> String {
    match (note, segment) {
        (None, Some(segment)) => full(segment),
        (Some(note), Some(segment)) => format!("{note}: {}", full(segment)),
        (Some(note), None) => note.to_owned(),
        (None, None) => other::describe(packet),
    }
}

/// What a ledger pins down of a packet that is no segment: `ICMP port-unreachable`, `UDP len=5`.
#[must_use]
pub fn short_packet(packet: &CasePacket) -> String {
    let line = match &packet.content {
        Content::Udp { data, .. } => format!("UDP len={}", data.len()),
        Content::Icmp { message, .. } if packet.neighbor.is_some() => {
            let says = packet.neighbor.unwrap_or_default();
            other::neighbor(*message, named(says.about), named(says.station))
        }
        Content::Icmp { message, rest, body, .. } => {
            let len = if message.is_error() { String::new() } else { format!(" len={}", body.len()) };
            let [a, b, c, d] = rest;
            let echo = matches!(message.kind, 0 | 8);
            let numbers =
                echo.then(|| format!(" id={} seq={}", u16::from_be_bytes([*a, *b]), u16::from_be_bytes([*c, *d])));
            format!("ICMP {message}{}{len}", numbers.unwrap_or_default())
        }
        Content::Arp { kind, sender, sender_mac, target, .. } => {
            other::arp(*kind, named(*sender), named(*sender_mac), named(*target))
        }
        Content::Fragment { bytes, last, .. } => other::fragment(bytes, *last),
        Content::Protocol { number, len } => format!("{len} bytes of IP protocol {number}"),
        Content::Unreadable { len } => format!("{len} bytes that nobody can read"),
    };
    if packet.pieces > 1 { format!("{line} in {} fragments", packet.pieces) } else { line }
}

/// Everything there is to see of it.
#[must_use]
pub fn full_packet(packet: &CasePacket) -> String {
    let mut line = short_packet(packet);
    match &packet.content {
        Content::Udp { from_port, to_port, data } => {
            let _ = write!(line, " {from_port} > {to_port}");
            if !data.is_empty() {
                let _ = write!(line, " {}", text(data));
            }
        }
        Content::Icmp { message, rest, body, quote } if message.is_error() => {
            match (message.kind, rest) {
                (12, [pointer, ..]) => drop(write!(line, " pointer={pointer}")),
                (3, [_, _, high, low]) if message.code == 4 => {
                    let _ = write!(line, " mtu={}", u16::from_be_bytes([*high, *low]));
                }
                _ => {}
            }
            match quote {
                Some(quote) => drop(write!(line, " quotes {} bytes behind the IP header", quote.bytes)),
                None => drop(write!(line, " quotes {} bytes that the peer never sent", body.len())),
            }
        }
        Content::Icmp { .. } if packet.neighbor.is_some() => {
            let _ = write!(line, " from {}", named(packet.from));
        }
        Content::Icmp { body, .. } if !body.is_empty() => drop(write!(line, " {}", text(body))),
        Content::Icmp { .. }
        | Content::Arp { .. }
        | Content::Fragment { .. }
        | Content::Protocol { .. }
        | Content::Unreadable { .. } => {}
    }
    if !matches!(packet.content, Content::Arp { .. }) && packet.to != Some(AddressName::Peer) {
        let _ = write!(line, " to {}", named(packet.to));
    }
    line
}

fn named(name: Option<AddressName>) -> &'static str {
    name.map_or("nobody", AddressName::name)
}

/// Everything there is to see.
#[must_use]
pub fn full(segment: &CaseSegment) -> String {
    let mut line = short(segment);
    let _ = write!(line, " win={}", segment.win);
    if segment.flags.contains(Flags::URG) || segment.urg != 0 {
        let _ = write!(line, " urg={}", segment.urg);
    }
    let options = options(segment);
    if !options.is_empty() {
        let _ = write!(line, " <{options}>");
    }
    if !segment.data.is_empty() {
        let _ = write!(line, " {}", text(&segment.data));
    }
    line
}

fn options(segment: &CaseSegment) -> String {
    let mut words = Vec::new();
    if let Some(mss) = segment.mss {
        words.push(format!("mss {mss}"));
    }
    if segment.sack_ok {
        words.push("sack-ok".to_owned());
    }
    if let Some((val, ecr)) = segment.ts {
        words.push(format!("ts {val} ecr {ecr}"));
    }
    if let Some(shift) = segment.wscale {
        words.push(format!("wscale {shift}"));
    }
    words.extend(segment.sack.iter().map(|(left, right)| format!("sack {left}..{right}")));
    words.extend(segment.other_options.iter().map(|kind| format!("kind {kind}")));
    words.join(", ")
}

/// Printable text as a quoted string, anything else as hex; at most 32 bytes of it.
#[must_use]
pub fn text(data: &[u8]) -> String {
    const MOST: usize = 32;
    let shown = &data[..data.len().min(MOST)];
    let more = if data.len() > MOST { "…" } else { "" };
    if shown.iter().all(|byte| byte.is_ascii_graphic() || *byte == b' ') {
        return format!("{:?}{more}", String::from_utf8_lossy(shown));
    }
    let mut hex = String::from("0x");
    for byte in shown {
        let _ = write!(hex, "{byte:02x}");
    }
    hex + more
}

#[cfg(test)]
mod tests;
