//! Silence of an idle connection (RFC 9293 §3.8.4: keep-alives default to off).

use std::time::Duration;

use super::{Context, Report, flow::Flow, table};
use crate::segment::parse::Parsed;

/// Later than any delayed ACK or window update.
const SETTLED: Duration = Duration::from_secs(1);

/// Virtual targets only: what a live one sends may have been read long after its cause.
pub(super) fn check(flow: &Flow, seg: &Parsed, context: Context, report: &mut Report) {
    let quiet = context.at.saturating_sub(flow.last.at.max(flow.last_emitted)) > SETTLED;
    if context.live || !quiet || flow.keepalive || flow.app_in_doubt || flow.incarnations != 1 {
        return;
    }
    let outstanding = flow.una_for_sure != flow.nxt;
    let to_send = flow.given.len() != flow.sent.len() || flow.sent_lost || (flow.close_called && flow.fin_at.is_none());
    if !outstanding && !to_send && !flow.unanswered && seg.text.is_empty() {
        report.breaks(&table::IDLE_IS_SILENT, "a segment without a cause");
    }
}
