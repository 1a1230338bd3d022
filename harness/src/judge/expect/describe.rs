//! Expected segments in the words of the case, for findings.

use std::time::Duration;

use crate::{case::format::ExpectSegment, segment::show, target::data_bytes};

/// Several segments: `ACK seq=SND.NXT, then FIN+ACK`; none: `nothing`.
#[must_use]
pub fn describe_all(segments: &[ExpectSegment]) -> String {
    if segments.is_empty() {
        return "nothing".to_owned();
    }
    segments.iter().map(describe).collect::<Vec<_>>().join(", then ")
}

/// One segment: `RST seq=SND.NXT`.
#[must_use]
pub fn describe(expected: &ExpectSegment) -> String {
    let mut words = vec![expected.flags.map_or_else(|| "a segment".to_owned(), |flags| flags.to_string())];
    let mut field = |name: &str, value: Option<String>| words.extend(value.map(|value| format!("{name}={value}")));
    field("seq", expected.seq.as_ref().map(ToString::to_string));
    field("ack", expected.ack.as_ref().map(ToString::to_string));
    field("win", expected.win.as_ref().map(ToString::to_string));
    field("urg", expected.urg.as_ref().map(ToString::to_string));
    field("len", expected.len.as_ref().map(ToString::to_string));
    field("data", expected.data.as_ref().map(|data| show::text(&data_bytes(data, 1))));
    field("on", expected.on.clone());
    if let Some(times) = expected.repeat {
        words.push(format!("×{times}"));
    }
    words.join(" ")
}

/// One segment with the times it had.
pub(super) fn with_times(expected: &ExpectSegment, after: Option<Duration>, within: Option<Duration>) -> String {
    let mut text = describe(expected);
    if let Some(after) = after {
        text += &format!(", not before {after:?}");
    }
    if let Some(within) = within {
        text += &format!(", within {within:?}");
    }
    text
}
