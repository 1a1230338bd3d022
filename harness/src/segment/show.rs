//! A segment in one line: `SYN+ACK seq=0 ack=1 win=65535 <mss 1460>`.
//!
//! [`full`] shows everything, [`short`] what a ledger pins down: flags, numbers and length.

use std::fmt::Write as _;

use super::other;
use crate::{case::flags::Flags, trace::event::CaseSegment};

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
