//! SEGMENT ARRIVES in CLOSED: there is no TCB (RFC9293#3.10.7.1).

use super::Stop;
use crate::rule::Rule;
use crate::tcp::connection::Context;
use crate::tcp::reply;
use crate::tcp::segment::Segment;

/// Discards the segment; unless it is a RST itself, a RST says that nobody is here.
pub(crate) fn segment_arrives(seg: &Segment<'_>, cx: &mut Context<'_>) -> Stop {
    if seg.rst() {
        return Stop::Dropped(Rule::ClosedRst);
    }
    let rule = if seg.ack_bit() { Rule::ClosedAckReset } else { Rule::ClosedReset };
    reply::reset(seg, rule, cx);
    Stop::Dropped(rule)
}

#[cfg(test)]
mod tests;
