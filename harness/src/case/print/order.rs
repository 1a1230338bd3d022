//! The order of keys: what identifies a case first, what it does last; within a segment as in the header.

use crate::case::tree::{Content, Node};

/// Which map it is.
#[derive(Clone, Copy)]
enum Kind {
    Case,
    Step,
    Segment,
    Icmp,
    Neighbor,
    Udp,
    Arp,
    Fragments,
    /// Its order is the author's.
    Other,
}

impl Kind {
    const fn keys(self) -> &'static [&'static str] {
        match self {
            Self::Case => {
                &["title", "clauses", "level", "origin", "matrix", "given", "via", "peer", "config", "allow", "steps"]
            }
            Self::Step => &[
                "inject", "expect", "call", "state", "wait", "save", "check", "on", "returns", "clause", "clauses",
                "continue", "note",
            ],
            Self::Segment => &[
                "on",
                "from",
                "to",
                "flags",
                "seq",
                "ack",
                "win",
                "urg",
                "data",
                "len",
                "mss",
                "wscale",
                "sack-ok",
                "sack",
                "ts",
                "options",
                "checksum",
                "data-offset",
                "ip",
                "raw",
                "icmp",
                "udp",
                "arp",
                "frame",
                "fragments",
                "pieces",
                "within",
                "after",
                "tolerance",
                "repeat",
                "backoff",
                "nothing",
                "segments",
                "either",
                "any-order",
                "clause",
                "clauses",
            ],
            Self::Icmp => &[
                "message", "id", "seq", "quote", "data", "mtu", "pointer", "checksum", "neighbor", "length", "ip",
                "quotes",
            ],
            Self::Neighbor => &["about", "station", "group", "solicited", "override"],
            Self::Udp => &["from-port", "to-port", "data", "len", "length", "checksum"],
            Self::Arp => &["kind", "sender", "target", "sender-mac", "target-mac", "operation", "hardware", "protocol"],
            Self::Fragments => &["size", "overlap", "conflict", "order"],
            Self::Other => &[],
        }
    }

    /// What stands under a key, itself or in a list.
    fn below(self, key: &str) -> Self {
        match (self, key) {
            (Self::Case, "steps") => Self::Step,
            (Self::Step, "inject" | "expect") | (Self::Segment, "either" | "any-order" | "segments") => Self::Segment,
            (Self::Segment, "icmp") | (Self::Icmp, "quote") => Self::Icmp,
            (Self::Icmp, "neighbor") => Self::Neighbor,
            (Self::Segment, "udp") => Self::Udp,
            (Self::Segment, "arp") => Self::Arp,
            (Self::Segment, "fragments") => Self::Fragments,
            (
                Self::Case
                | Self::Step
                | Self::Segment
                | Self::Icmp
                | Self::Neighbor
                | Self::Udp
                | Self::Arp
                | Self::Fragments
                | Self::Other,
                _,
            ) => Self::Other,
        }
    }
}

/// Puts the keys of a case in canonical order. Unknown keys stay behind the known ones.
pub(super) fn put_in_order(root: &mut Node) {
    sort(root, Kind::Case);
}

fn sort(node: &mut Node, kind: Kind) {
    match &mut node.content {
        Content::Scalar { .. } => {}
        Content::List(items) => items.iter_mut().for_each(|item| sort(item, kind)),
        Content::Map(entries) => {
            let keys = kind.keys();
            entries.sort_by_key(|(key, _)| {
                let name = key.text().unwrap_or_default();
                keys.iter().position(|known| *known == name).unwrap_or(keys.len())
            });
            for (key, value) in entries {
                sort(value, kind.below(key.text().unwrap_or_default()));
            }
        }
    }
}
