//! When an acknowledgement is due (RFC 9293 §3.8.6.3).

use std::time::Duration;

use super::{Context, Report, flow::Flow, table};

const LONGEST_DELAY: Duration = Duration::from_millis(500);

/// On a segment of the target: it acknowledges what was owed, perhaps too late.
pub(super) fn check(flow: &Flow, context: Context, report: &mut Report) {
    if late(flow, context) {
        report.breaks(&table::ACK_WITHIN_500_MS, "the acknowledgement came late");
    }
}

/// Before something else happens: what had to come at once, and what is overdue.
pub(super) fn settle(flow: &mut Flow, context: Context, report: &mut Report) {
    if flow.full_sized >= 2 && !flow.broken {
        report.breaks(&table::ACK_EVERY_SECOND, "two full-sized segments without an acknowledgement");
        // Told once for this pair of segments.
        flow.full_sized = 0;
    }
    if late(flow, context) {
        report.breaks(&table::ACK_WITHIN_500_MS, "no acknowledgement came");
        flow.owes_ack = None;
    }
}

/// A live target's clock is read late: no upper bound is judged by it.
fn late(flow: &Flow, context: Context) -> bool {
    let due = flow.owes_ack.map(|came| came + LONGEST_DELAY);
    !context.live && !flow.broken && due.is_some_and(|due| context.at > due)
}
