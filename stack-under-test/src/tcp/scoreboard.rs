//! The scoreboard of a SACK sender (RFC6675#3, #4): which numbers between SND.UNA and SND.NXT the receiver says it has.
//!
//! [`super::sack_recovery`] owns it and decides by it. Every function is one walk over the ranges, whose number is
//! bounded; octets are never looked at one by one.
//!
//! A block is believed if it lies between SND.UNA and SND.NXT; D-SACK blocks (RFC2883#4) do not, or add nothing.

use super::seq::Seq;

/// DupThresh (RFC6675#2).
const DUP_THRESH: usize = 3;

/// What NextSeg says (RFC6675#4), in the order of its rules. Rule 2, text never sent, is for the caller to try between
/// [`NextSeg::Lost`] and the other two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NextSeg {
    /// Rule 1: the smallest lost number, and the number after the gap it is in.
    Lost(Seq, Seq),
    /// Rule 3: the smallest number that may be lost, and the number after its gap.
    Perhaps(Seq, Seq),
}

/// Ranges of numbers that were SACKed.
#[derive(Clone, Debug)]
pub(crate) struct Scoreboard {
    /// Left edge and the number after the right one; in order, none empty, no two touch, all beyond SND.UNA.
    ranges: Vec<(Seq, Seq)>,
    /// Octets in them.
    octets: u32,
    max_ranges: usize,
}

impl Scoreboard {
    pub(crate) fn new(max_ranges: usize) -> Self {
        Self { ranges: Vec::new(), octets: 0, max_ranges }
    }

    /// Octets SACKed.
    pub(crate) fn octets(&self) -> u32 {
        self.octets
    }

    /// Forgets all: after a timeout the receiver is not believed any more (RFC2018#8).
    pub(crate) fn clear(&mut self) {
        self.ranges.clear();
        self.octets = 0;
    }

    /// SND.UNA has moved: what lies below it is no longer of interest.
    pub(crate) fn advance(&mut self, una: Seq) {
        let gone = self.ranges.iter().take_while(|(_, right)| right.le(una)).count();
        for (left, right) in self.ranges.drain(..gone) {
            self.octets -= right.since(left);
        }
        if let Some((left, _)) = self.ranges.first_mut()
            && left.lt(una)
        {
            self.octets -= una.since(*left);
            *left = una;
        }
    }

    /// Update (RFC6675#4) with one block: calls `news` for each part that was not SACKed before.
    pub(crate) fn add(&mut self, una: Seq, nxt: Seq, block: (Seq, Seq), mut news: impl FnMut(Seq, Seq)) {
        let (left, right) = block;
        let flight = nxt.since(una);
        let sound = left.since(una) < flight && right.since(una) <= flight && left.since(una) < right.since(una);
        if !sound {
            return;
        }
        let first = self.ranges.partition_point(|&(_, end)| end.lt(left));
        let last = self.ranges.partition_point(|&(start, _)| start.le(right));
        if first == last && self.ranges.len() >= self.max_ranges {
            // No room to remember it: it may be sent again, which does no harm.
            return;
        }
        let (mut joined, mut added, mut at) = (block, 0, left);
        for (start, end) in self.ranges.drain(first..last) {
            if at.lt(start) {
                news(at, start);
                added += start.since(at);
            }
            joined = (joined.0.min(start), joined.1.max(end));
            at = at.max(end);
        }
        if at.lt(right) {
            news(at, right);
            added += right.since(at);
        }
        self.ranges.insert(first, joined);
        self.octets += added;
    }

    /// Whether all numbers from `left` up to, not including, `right` are SACKed.
    pub(crate) fn covers(&self, left: Seq, right: Seq) -> bool {
        let at = self.ranges.partition_point(|&(_, end)| end.le(left));
        self.ranges.get(at).is_some_and(|&(start, end)| start.le(left) && right.le(end))
    }

    /// IsLost (RFC6675#4) of all numbers at once: those below this one that are not SACKed are lost. `None`: none is.
    pub(crate) fn lost_below(&self, smss: u32) -> Option<Seq> {
        let (mut ranges, mut octets) = (0_usize, 0_u32);
        self.ranges.iter().rev().find_map(|&(left, right)| {
            ranges += 1;
            octets = octets.saturating_add(right.since(left));
            (ranges >= DUP_THRESH || octets > smss.saturating_mul(DUP_THRESH as u32 - 1)).then_some(left)
        })
    }

    /// How many numbers from `una` up to, not including, `to` are not SACKed.
    fn missing_below(&self, una: Seq, to: Seq) -> u32 {
        let sacked = |&(left, right): &(Seq, Seq)| if left.lt(to) { right.min(to).since(left) } else { 0 };
        let held: u32 = self.ranges.iter().map(sacked).sum();
        to.since(una).saturating_sub(held)
    }

    /// SetPipe (RFC6675#4): octets thought to be in the network. `rxt` is the number after HighRxt.
    pub(crate) fn pipe(&self, una: Seq, nxt: Seq, rxt: Seq, smss: u32) -> u32 {
        let lost = self.lost_below(smss).map_or(0, |to| self.missing_below(una, to));
        self.missing_below(una, nxt) - lost + self.missing_below(una, una.max(rxt))
    }

    /// The first gap at `from` or beyond that lies below a SACKed number.
    fn gap(&self, una: Seq, from: Seq) -> Option<(Seq, Seq)> {
        let mut start = una;
        for &(left, right) in &self.ranges {
            if from.lt(left) && start.lt(left) {
                return Some((start.max(from), left));
            }
            start = right;
        }
        None
    }

    /// NextSeg (RFC6675#4), rules 1 and 3.
    pub(crate) fn next_seg(&self, una: Seq, rxt: Seq, smss: u32) -> Option<NextSeg> {
        let (left, right) = self.gap(una, una.max(rxt))?;
        let lost = self.lost_below(smss).is_some_and(|to| left.lt(to));
        Some(if lost { NextSeg::Lost(left, right) } else { NextSeg::Perhaps(left, right) })
    }

    /// The gap that holds the highest number that is not SACKed, if there is one (rule 4).
    pub(crate) fn last_gap(&self, una: Seq, nxt: Seq) -> Option<(Seq, Seq)> {
        let mut right = nxt;
        for &(left, end) in self.ranges.iter().rev() {
            if end != right {
                return Some((end, right));
            }
            right = left;
        }
        una.lt(right).then_some((una, right))
    }
}

#[cfg(test)]
mod tests;
