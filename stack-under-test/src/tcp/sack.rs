//! The SACK option of a receiver (RFC2018#3, #4) and its report of duplicates (D-SACK, RFC2883#4).
//!
//! SYNs agree on it ([`super::options`]); [`super::segment_arrives`] notes what came; [`super::output`] asks for the
//! blocks of each segment with the ACK bit. What the blocks report is in [`super::reassembly`], which never drops what
//! it holds: this receiver does not renege (RFC2018#8).
//!
//! Left out: a FIN held out of order is not reported.

use std::collections::VecDeque;

use super::connection::{Connection, Context};
use super::segment::Segment;
use super::seq::Seq;
use crate::wire::tcp_options::SackBlocks;

/// One connection's part of it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sack {
    /// Both SYNs had SACK-permitted.
    pub ok: bool,
    /// A number in each of the ranges that grew last, the latest first.
    recent: VecDeque<Seq>,
    /// What the segment that arrived last brought a second time.
    duplicate: Option<(Seq, Seq)>,
}

impl Sack {
    /// A duplicate waits to be reported.
    pub(crate) fn has_duplicate(&self) -> bool {
        self.duplicate.is_some()
    }

    /// A segment with the ACK bit has left: each duplicate is reported once (RFC2883#4, 2).
    pub(crate) fn reported(&mut self) {
        self.duplicate = None;
    }
}

/// A segment arrives: remembers which part of its text is here already, the first part if there are several
/// (RFC2883#4.2). The segment is as it came, not yet trimmed to the window.
pub(crate) fn note_duplicate(conn: &mut Connection, seg: &Segment<'_>, cx: &Context<'_>) {
    if !conn.sack.ok || !cx.profile.dsack || seg.rst() || seg.text.is_empty() {
        return;
    }
    let (left, right) = (seg.text_seq(), seg.text_seq() + seg.text_len());
    let nxt = conn.tcb.rcv.nxt;
    conn.sack.duplicate =
        if left.lt(nxt) { Some((left, right.min(nxt))) } else { conn.reassembly.first_held(left, seg.text_len()) };
}

/// Text beyond RCV.NXT was taken in: its range is reported first from now on (RFC2018#4).
pub(crate) fn note_out_of_order(conn: &mut Connection, seg: &Segment<'_>) {
    if conn.sack.ok
        && let Some((left, right)) = conn.reassembly.range_at(seg.seq)
    {
        let recent = &mut conn.sack.recent;
        recent.retain(|&seq| seq.lt(left) || seq.ge(right));
        recent.push_front(seg.seq);
        recent.truncate(SackBlocks::MAX);
    }
}

impl Connection {
    /// The blocks that an ACK reports now (RFC2018#4): a duplicate, the ranges that grew last, then any others. Whoever
    /// writes them leaves out what does not fit.
    pub(crate) fn sack_blocks(&self) -> SackBlocks {
        let mut blocks = SackBlocks::default();
        if !self.sack.ok || (self.reassembly.is_empty() && self.sack.duplicate.is_none()) {
            return blocks;
        }
        if let Some((left, right)) = self.sack.duplicate {
            blocks.push(left, right);
            // The range it belongs to is second (RFC2883#4, 4).
            if let Some(range) = self.reassembly.range_at(left) {
                self.report(range, &mut blocks);
            }
        }
        for range in self.sack.recent.iter().filter_map(|&seq| self.reassembly.range_at(seq)) {
            self.report(range, &mut blocks);
        }
        for (left, len) in self.reassembly.ranges() {
            if blocks.as_slice().len() == SackBlocks::MAX {
                break;
            }
            self.report((left, left + len), &mut blocks);
        }
        blocks
    }

    /// Adds a range, unless it is there or is about to be acknowledged. A duplicate that looks the same is none.
    fn report(&self, (left, right): (Seq, Seq), blocks: &mut SackBlocks) {
        let from = usize::from(self.sack.duplicate.is_some());
        let known = blocks.as_slice().iter().skip(from).any(|block| *block == (left, right));
        if !known && left.gt(self.tcb.rcv.nxt) {
            blocks.push(left, right);
        }
    }
}

#[cfg(test)]
mod tests;
