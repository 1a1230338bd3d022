//! Timestamps (RFC 7323 §3, §5).

use super::{Report, flow::Flow, received::ahead, table};
use crate::{case::flags::Flags, segment::parse::Parsed};

pub(super) fn check(flow: &Flow, seg: &Parsed, report: &mut Report) {
    let syn = seg.flags.contains(Flags::SYN);
    let Some((value, echo)) = seg.options.ts else {
        if !syn && flow.timestamps() == Some(true) {
            report.breaks(&table::TIMESTAMPS_ON_ALL, "a segment without them");
        }
        return;
    };
    if !syn && flow.timestamps() == Some(false) {
        return report.breaks(&table::TIMESTAMPS_NOT_AGREED, "a segment with them");
    }
    if flow.last_tsval.is_some_and(|last| ahead(last, value)) {
        report.breaks(&table::TSVAL_MONOTONIC, "an earlier TSval than before");
    }
    if !seg.flags.contains(Flags::ACK) {
        if echo != 0 {
            report.breaks(&table::TSECR_ZERO_WITHOUT_ACK, "another TSecr in a segment without ACK");
        }
    } else if !flow.stamps_lost && !flow.stamps.contains(&echo) && !flow.stamps.is_empty() {
        report.breaks(&table::TSECR_ECHOES, "a TSecr that the peer never sent");
    }
}
