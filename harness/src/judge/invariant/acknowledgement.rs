//! What the target acknowledges (RFC 9293 §3.4).

use super::{
    Report,
    flow::Flow,
    received::{ahead, at_or_ahead},
    table,
};
use crate::{case::flags::Flags, segment::parse::Parsed};

/// Also finds the peer's SYN when the first acknowledgement comes.
pub(super) fn check(flow: &mut Flow, seg: &Parsed, report: &mut Report) {
    // A SYN,ACK has its own rule.
    if !seg.flags.contains(Flags::ACK) || seg.flags.contains(Flags::SYN) || flow.received.lost {
        return;
    }
    if flow.irs.is_none() {
        flow.bind(seg.ack);
    }
    let came = flow.irs.is_some() && at_or_ahead(flow.received.next, seg.ack);
    if !came {
        report.breaks(&table::ACKS_ONLY_WHAT_CAME, "an acknowledgement of what was not sent");
        return;
    }
    if flow.acked.is_some_and(|acked| ahead(acked, seg.ack)) {
        report.breaks(&table::ACK_NEVER_GOES_BACK, "a lower acknowledgement than before");
    }
}
