//! The window the target offers (RFC 9293 §3.8.6).

use super::{Report, flow::Flow, received::ahead, table};
use crate::{case::flags::Flags, segment::parse::Parsed};

pub(super) fn check(flow: &Flow, seg: &Parsed, report: &mut Report) {
    if !seg.flags.contains(Flags::ACK) || seg.flags.contains(Flags::SYN) {
        return;
    }
    let (Some(before), Some(shift)) = (flow.right_edge, flow.own_shift()) else { return };
    let edge = seg.ack.wrapping_add(u32::from(seg.win) << shift);
    // A scaled window is cut to a multiple of the scale: that much is no shrinking (RFC7323#2.4).
    let rounding = (1u32 << shift) - 1;
    if ahead(before, edge.wrapping_add(rounding)) {
        report.breaks(&table::RIGHT_EDGE_STAYS, "the right edge lies left of where it was");
    }
}
