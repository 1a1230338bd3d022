//! Exponential backoff of retransmissions by the clock (RFC 6298 §5.5, MUST-19).
//!
//! Only where the clock alone acts: between two retransmissions nothing came and nobody called. Virtual targets only:
//! on a live one a late reading makes the next interval look short.

use std::time::Duration;

use super::{
    Context, Report,
    flow::{Flow, Series},
    table,
};
use crate::{judge::expect::scale, segment::parse::Parsed};

/// RFC6298#2.5: an upper bound of the RTO is at least this.
const SMALLEST_BOUND: Duration = Duration::from_secs(60);
/// Rounding of a clock.
const TICK: Duration = Duration::from_millis(1);

pub(super) fn check(flow: &mut Flow, seg: &Parsed, context: Context, report: &mut Report) {
    let numbers = seg.flags.seq_len() > 0 || !seg.text.is_empty();
    // The oldest outstanding number; a keep-alive begins before it, a probe of a closed window has its own timer.
    let oldest = seg.seq == flow.una && flow.una == flow.una_for_sure;
    if context.live || !numbers || !oldest || flow.window_closed {
        return;
    }
    let again = flow.nxt != flow.una;
    let interval = flow.series.last.map(|last| context.at.saturating_sub(last)).filter(|_| again);
    if let (Some(interval), Some(before)) = (interval, flow.series.interval) {
        let least = (before * 2).min(SMALLEST_BOUND);
        // The one before may have been late twice over, this one not at all.
        let least = scale(least, 1.0 / (1.0 + context.late)).saturating_sub(2 * context.granularity);
        if interval + TICK < least {
            report.breaks(&table::BACKOFF_DOUBLES, "a shorter interval than twice the one before");
        }
    }
    flow.series = Series { last: Some(context.at), interval };
}
