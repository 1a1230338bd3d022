//! FIN and the end (RFC 9293 §3.6, §3.10.4, §3.10.5).

use super::{Report, flow::Flow, received::ahead, table};
use crate::{case::flags::Flags, segment::parse::Parsed};

pub(super) fn check(flow: &Flow, seg: &Parsed, report: &mut Report) {
    if flow.aborted {
        report.breaks(&table::NOTHING_AFTER_ABORT, "a segment that is no reset");
    }
    if flow.reset_for_sure && !flow.syn_since && !seg.flags.contains(Flags::SYN) {
        report.breaks(&table::NOTHING_AFTER_RESET, "a segment of a connection that was reset");
    }
    let len = u32::try_from(seg.text.len()).unwrap_or(u32::MAX);
    let end = seg.seq.wrapping_add(len).wrapping_add(u32::from(seg.flags.contains(Flags::SYN)));
    let known = flow.fin_at;
    if seg.flags.contains(Flags::FIN) {
        if !flow.close_called && !flow.app_in_doubt {
            report.breaks(&table::FIN_ONLY_AFTER_CLOSE, "FIN unasked");
        }
        let moved = known.is_some_and(|at| at != end);
        // Text sent before and text behind: FIN stands amidst it.
        let amidst = known.is_none() && !flow.sent_lost && ahead(flow.nxt, end);
        if moved || amidst {
            report.breaks(&table::FIN_STAYS, "FIN at another number");
        }
    } else if known.is_some_and(|at| len > 0 && ahead(end, at)) && !flow.is_probe_with_octet(seg) {
        report.breaks(&table::NOTHING_BEYOND_FIN, "text behind FIN");
    }
}
