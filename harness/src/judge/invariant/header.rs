//! What one segment shows by itself: checksums, lengths, options, flags (RFC 9293 §3.1).

use super::{Report, table};
use crate::{case::flags::Flags, segment::parse::Parsed};

/// Whether a fault makes every stack discard the segment. Others (a reserved bit, an odd option, bytes behind the end
/// of the IP packet) may be overlooked.
fn kills(fault: &str) -> bool {
    ["IP header checksum", "TCP checksum", "data offset"].iter().any(|start| fault.starts_with(start))
}

/// Whether no stack may take the segment: it counts as not sent.
pub(super) fn no_stack_accepts(seg: &Parsed) -> bool {
    seg.faults.iter().any(|(fault, _)| kills(fault))
}

pub(super) fn check(seg: &Parsed, report: &mut Report) {
    for (fault, clause) in &seg.faults {
        match *clause {
            "MUST-2" => report.breaks(&table::CHECKSUM_RIGHT, "another TCP checksum"),
            "RFC791#3.1" | "RFC8200#3" => {
                report.breaks(&table::IP_HEADER_SOUND, "another checksum or length in the IP header");
            }
            "MUST-68" => report.breaks(&table::OPTIONS_WELL_FORMED, "an option of the wrong length"),
            "MUST-69" => report.breaks(&table::PADDING_ZERO, "something behind the end of the options"),
            "MUST-65" => report.breaks(&table::MSS_ONLY_IN_SYN, "the option without SYN"),
            _ if fault.starts_with("reserved") => report.breaks(&table::RESERVED_ZERO, "a reserved bit is set"),
            _ => report.breaks(&table::DATA_OFFSET_INSIDE, "another data offset"),
        }
    }
    let has = |flag| seg.flags.contains(flag);
    if u8::from(has(Flags::SYN)) + u8::from(has(Flags::FIN)) + u8::from(has(Flags::RST)) > 1 {
        report.breaks(&table::ONE_OF_SYN_FIN_RST, "two of them in one segment");
    }
    if !has(Flags::ACK) && !has(Flags::SYN) && !has(Flags::RST) {
        report.breaks(&table::ACK_ALWAYS, "a segment without ACK, SYN and RST");
    }
}
