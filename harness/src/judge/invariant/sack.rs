//! SACK blocks (RFC 2018, RFC 2883).

use super::{
    Context, Report,
    flow::Flow,
    received::{ahead, at_or_ahead},
    table,
};
use crate::segment::parse::Parsed;

/// Left and right edge, real numbers.
type Block = (u32, u32);

pub(super) fn check(flow: &Flow, seg: &Parsed, context: Context, report: &mut Report) {
    let blocks = seg.options.sack.as_slice();
    let Some((&first, rest)) = blocks.split_first() else { return };
    if !flow.syns.iter().any(|syn| syn.sack_ok) {
        return report.breaks(&table::SACK_ONLY_IF_PERMITTED, "blocks without permission");
    }
    if blocks.iter().any(|(left, right)| !ahead(*right, *left)) {
        return report.breaks(&table::SACK_BLOCK_NOT_EMPTY, "a block without a byte");
    }
    if flow.received.lost {
        return;
    }
    if blocks.iter().any(|(left, right)| !flow.received.covers(*left, *right)) {
        return report.breaks(&table::SACK_INSIDE_WHAT_CAME, "a block over what was not sent");
    }
    // RFC2883#4: a duplicate is told by a first block at or below the ACK, or inside the second block.
    let duplicate = !ahead(first.1, seg.ack) || rest.first().is_some_and(|second| inside(first, *second));
    let apart = |(index, block): (usize, &Block)| blocks[..index].iter().all(|other| !overlap(*block, *other));
    if !blocks.iter().enumerate().skip(if duplicate { 2 } else { 1 }).all(apart) {
        report.breaks(&table::SACK_BLOCKS_APART, "two blocks overlap");
    }
    let mut above = blocks.iter().skip(usize::from(duplicate));
    if !above.all(|(left, _)| at_or_ahead(*left, seg.ack)) {
        report.breaks(&table::SACK_ABOVE_ACK, "a block below the acknowledgement");
    }
    if !duplicate && !context.live && flow.last.at == context.at {
        check_latest(flow, seg, first, report);
    }
}

/// The segment that came last drew this ACK: it lies ahead of it, so the first block tells of it.
fn check_latest(flow: &Flow, seg: &Parsed, first: Block, report: &mut Report) {
    let Some((at, len)) = flow.last.text.filter(|_| flow.unanswered) else { return };
    let block = (at, at.wrapping_add(len));
    let in_window = flow.right_edge.is_some_and(|edge| at_or_ahead(edge, block.1));
    if in_window && ahead(at, seg.ack) && !overlap(first, block) {
        report.breaks(&table::SACK_FIRST_IS_LATEST, "another block first");
    }
}

const fn inside(one: Block, other: Block) -> bool {
    at_or_ahead(one.0, other.0) && at_or_ahead(other.1, one.1)
}

const fn overlap(one: Block, other: Block) -> bool {
    ahead(one.1, other.0) && ahead(other.1, one.0)
}
