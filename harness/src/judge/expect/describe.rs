//! Expected segments in the words of the case, for findings.

use std::time::Duration;

use crate::{
    case::{
        format::{AddressName, Data, ExpectSegment, ExpectTs},
        position::Position,
    },
    segment::show,
    target::data_bytes,
};

/// Several segments: `ACK seq=SND.NXT, then FIN+ACK`; none: `nothing`.
#[must_use]
pub fn describe_all(segments: &[ExpectSegment]) -> String {
    if segments.is_empty() {
        return "nothing".to_owned();
    }
    segments.iter().map(describe).collect::<Vec<_>>().join(", then ")
}

/// One packet: `RST seq=SND.NXT`, `ICMP port-unreachable`.
#[must_use]
pub fn describe(expected: &ExpectSegment) -> String {
    let mut words = Words(vec![match (&expected.icmp, &expected.udp, &expected.arp) {
        (Some(icmp), ..) => {
            icmp.message.map_or_else(|| "an ICMP message".to_owned(), |message| format!("ICMP {message}"))
        }
        (None, Some(_), _) => "UDP".to_owned(),
        (None, None, Some(arp)) => arp.kind.map_or_else(|| "an ARP packet".to_owned(), |kind| format!("ARP {kind}")),
        (None, None, None) => expected.flags.map_or_else(|| "a segment".to_owned(), |flags| flags.to_string()),
    }]);
    words.field("seq", expected.seq.as_ref());
    words.field("ack", expected.ack.as_ref());
    words.field("win", expected.win.as_ref());
    words.field("urg", expected.urg.as_ref());
    words.field("len", expected.len.as_ref());
    words.field("data", expected.data.as_ref().map(|data| show::text(&data_bytes(data, 1))));
    match &expected.ts {
        Some(ExpectTs::Values { val, ecr }) => {
            words.field("ts val", val.as_ref());
            words.field("ts ecr", ecr.as_ref());
        }
        Some(ExpectTs::Present(_)) | None => {}
    }
    let blocks = |blocks: &[(Position, Position)]| {
        let shown: Vec<_> = blocks.iter().map(|(left, right)| format!("{left}..{right}")).collect();
        if shown.is_empty() { "none".to_owned() } else { shown.join(" ") }
    };
    words.field("sack", expected.sack.as_ref().map(|sack| blocks(sack)));
    beside_tcp(expected, &mut words);
    words.field("on", expected.on.as_ref());
    if let Some(times) = expected.repeat {
        words.0.push(format!("×{times}"));
    }
    words.0.join(" ")
}

struct Words(Vec<String>);

impl Words {
    fn field(&mut self, name: &str, value: Option<impl std::fmt::Display>) {
        self.0.extend(value.map(|value| format!("{name}={value}")));
    }
}

fn beside_tcp(expected: &ExpectSegment, words: &mut Words) {
    let name = |name: Option<AddressName>| name.map(AddressName::name);
    let text = |data: &Option<Data>| data.as_ref().map(|data| show::text(&data_bytes(data, 0)));
    if let Some(icmp) = &expected.icmp {
        words.field("id", icmp.id);
        words.field("seq", icmp.seq);
        words.field("data", text(&icmp.data));
        words.field("mtu", icmp.mtu);
        words.field("pointer", icmp.pointer);
        words.field("quotes", icmp.quotes.map(|bytes| format!("{bytes} bytes")));
    }
    if let Some(udp) = &expected.udp {
        words.field("from-port", udp.from_port);
        words.field("to-port", udp.to_port);
        words.field("data", text(&udp.data));
        words.field("len", udp.len.as_ref());
    }
    if let Some(arp) = &expected.arp {
        words.field("sender", name(arp.sender));
        words.field("target", name(arp.target));
        words.field("sender-mac", name(arp.sender_mac));
        words.field("target-mac", name(arp.target_mac));
    }
    words.field("pieces", expected.pieces.as_ref());
    words.field("from", name(expected.from));
    words.field("to", name(expected.to));
    words.field("frame from", name(expected.frame.from));
    words.field("frame to", name(expected.frame.to));
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
