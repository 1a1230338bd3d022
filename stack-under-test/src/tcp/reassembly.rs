//! The out-of-order queue: text that arrived ahead of RCV.NXT waits here for the gap before it
//! (SHLD-31).
//!
//! `segment_arrives`' seventh step offers text to [`Reassembly::insert`] and fetches what has become
//! contiguous with [`Reassembly::take_in_order`]; SACK reads [`Reassembly::ranges`]. The queue keeps
//! maximal ranges: what touches or overlaps is merged, and the bytes that came first stay, so a late
//! forger cannot rewrite what is already held. A merge moves the shorter side, which bounds the work
//! for n queued bytes by n log n in whatever order they come.
//!
//! Left out: RCV.NXT and the window themselves (the TCB has them, each call names them), and which
//! range is the newest (RFC2018#4 wants that one first; who builds the SACK option knows it).

use std::collections::{BTreeMap, VecDeque};

use crate::tcp::seq::Seq;

/// Wider windows than this do not exist (RFC7323#2.3 allows 2^30), and beyond it [`Seq`]'s "before"
/// and "after" have no meaning.
const MAX_WINDOW: u32 = (1 << 31) - 1;

/// Text held out of order, and the FIN, if it came early.
///
/// ```
/// use stack_under_test::tcp::reassembly::Reassembly;
/// use stack_under_test::tcp::seq::Seq;
///
/// let (rcv_nxt, window) = (Seq(1000), 8192);
/// let mut queue = Reassembly::new(64);
/// queue.insert(rcv_nxt, Seq(1005), b" world", window);
/// let mut text = Vec::new();
/// assert_eq!(queue.take_in_order(rcv_nxt, &mut text), 0, "1000..1005 is missing");
///
/// queue.insert(rcv_nxt, Seq(1000), b"hello", window);
/// assert_eq!(queue.take_in_order(rcv_nxt, &mut text), 11);
/// assert_eq!(text, b"hello world");
/// ```
#[derive(Clone, Debug)]
pub struct Reassembly {
    /// Ranges by the position of their first octet. None is empty, no two overlap or touch.
    ranges: BTreeMap<i64, VecDeque<u8>>,
    max_ranges: usize,
    /// The RCV.NXT named last, and its position. Positions are sequence numbers without the wrap:
    /// they order the ranges, and mean nothing once the queue is empty.
    rcv_nxt: Seq,
    position: i64,
    fin: Option<Seq>,
}

impl Reassembly {
    /// An empty queue that holds at most `max_ranges` separate ranges. The octets it holds are
    /// bounded by the windows given to [`insert`](Self::insert). Allocates nothing yet.
    pub const fn new(max_ranges: usize) -> Self {
        Self { ranges: BTreeMap::new(), max_ranges, rcv_nxt: Seq(0), position: 0, fin: None }
    }

    /// Stores the part of `data`, whose first octet is `seq`, that lies in the window
    /// (`rcv_nxt =< octet < rcv_nxt+window`), before the FIN if one is noted, and is not held yet.
    ///
    /// Returns the number of octets that were new. Zero also means that the text stood alone and
    /// there is no room for another range. It was not acknowledged, so the sender will repeat it.
    ///
    /// Text at `rcv_nxt` itself may be stored too and comes back from the next
    /// [`take_in_order`](Self::take_in_order). To let the octets that came first win, pass text
    /// this way whenever the queue is not empty.
    pub fn insert(&mut self, rcv_nxt: Seq, seq: Seq, data: &[u8], window: u32) -> usize {
        self.advance(rcv_nxt);
        let window = i64::from(window.min(MAX_WINDOW));
        let limit = self.offset_of_fin().map_or(window, |fin| fin.min(window));
        let start = signed_offset(seq, rcv_nxt);
        let end = start.saturating_add(data.len() as i64).min(limit);
        let first = start.max(0);
        if first >= end {
            return 0;
        }
        let wanted = &data[(first - start) as usize..(end - start) as usize];
        self.merge(self.position + first, wanted)
    }

    /// Moves the octets that are contiguous from `rcv_nxt` to the end of `out` and returns how many
    /// they were: the caller advances RCV.NXT by that. Octets from the FIN on are not text and are
    /// dropped.
    pub fn take_in_order(&mut self, rcv_nxt: Seq, out: &mut Vec<u8>) -> u32 {
        self.advance(rcv_nxt);
        let Some(mut text) = self.ranges.remove(&self.position) else {
            return 0;
        };
        if let Some(fin) = self.offset_of_fin() {
            text.truncate(fin as usize);
        }
        let (front, back) = text.as_slices();
        out.extend_from_slice(front);
        out.extend_from_slice(back);
        // A range lies inside a window, so its length is below 2^31.
        text.len() as u32
    }

    /// The ranges held, in order: first sequence number and length in octets (for SACK, RFC2018#3).
    pub fn ranges(&self) -> impl Iterator<Item = (Seq, u32)> + '_ {
        self.ranges.iter().map(|(&start, held)| {
            let offset = (start - self.position) as u32;
            (self.rcv_nxt + offset, held.len() as u32)
        })
    }

    /// The range that holds this number: its left edge and the number after the right one.
    pub(crate) fn range_at(&self, seq: Seq) -> Option<(Seq, Seq)> {
        let at = self.position + signed_offset(seq, self.rcv_nxt);
        let (&start, held) = self.ranges.range(..=at).next_back()?;
        (end_of(start, held) > at).then(|| self.as_seqs(start, end_of(start, held)))
    }

    /// The first part of `len` octets from `seq` on that is held already.
    pub(crate) fn first_held(&self, seq: Seq, len: u32) -> Option<(Seq, Seq)> {
        let from = self.position + signed_offset(seq, self.rcv_nxt);
        let to = from + i64::from(len);
        let before = self.ranges.range(..from).next_back();
        let (start, end) = before
            .into_iter()
            .chain(self.ranges.range(from..to))
            .map(|(&start, held)| (start.max(from), end_of(start, held).min(to)))
            .find(|(start, end)| start < end)?;
        Some(self.as_seqs(start, end))
    }

    fn as_seqs(&self, start: i64, end: i64) -> (Seq, Seq) {
        let seq = |at: i64| self.rcv_nxt + (at - self.position) as u32;
        (seq(start), seq(end))
    }

    /// True if neither text nor a FIN is held.
    pub fn is_empty(&self) -> bool {
        self.ranges.is_empty() && self.fin.is_none()
    }

    /// How many octets of text are held.
    pub fn buffered_bytes(&self) -> usize {
        self.ranges.values().map(VecDeque::len).sum()
    }

    /// Forgets text and FIN.
    pub fn clear(&mut self) {
        // Nearly always there is nothing, and to clear a tree of nothing takes it apart all the same.
        if !self.ranges.is_empty() {
            self.ranges.clear();
        }
        self.fin = None;
    }

    /// Remembers a FIN that came ahead of RCV.NXT; `seq` is the number the FIN itself occupies. As
    /// with text, the one that came first stays.
    pub fn note_fin(&mut self, seq: Seq) {
        self.fin.get_or_insert(seq);
    }

    /// Where the remembered FIN is. It is due when RCV.NXT gets there.
    pub fn fin_at(&self) -> Option<Seq> {
        self.fin
    }

    /// Moves the position along with RCV.NXT and drops what was received past meanwhile.
    fn advance(&mut self, rcv_nxt: Seq) {
        if self.ranges.is_empty() {
            self.position = 0;
        } else {
            let moved = signed_offset(rcv_nxt, self.rcv_nxt);
            self.position = self.position.wrapping_add(moved);
        }
        self.rcv_nxt = rcv_nxt;

        while let Some(entry) = self.ranges.first_entry() {
            let start = *entry.key();
            if start >= self.position {
                break;
            }
            let mut held = entry.remove();
            let passed = (self.position - start) as usize;
            if passed < held.len() {
                held.drain(..passed);
                self.ranges.insert(self.position, held);
            }
        }
    }

    /// How far ahead of RCV.NXT the FIN is; `None` if there is none, or only one that is past.
    fn offset_of_fin(&self) -> Option<i64> {
        let offset = signed_offset(self.fin?, self.rcv_nxt);
        (offset >= 0).then_some(offset)
    }

    /// Adds `text` at position `start` to the ranges it overlaps or touches: they and it become one.
    fn merge(&mut self, start: i64, text: &[u8]) -> usize {
        let end = start + text.len() as i64;
        let (key, mut joined) = match self.ranges.range(..=start).next_back() {
            Some((&key, held)) if end_of(key, held) >= end => return 0,
            Some((&key, held)) if end_of(key, held) >= start => (key, self.ranges.remove(&key).unwrap_or_default()),
            Some(_) | None => {
                let alone = self.ranges.range(start..=end).next().is_none();
                if alone && self.ranges.len() >= self.max_ranges {
                    return 0;
                }
                (start, VecDeque::new())
            }
        };

        let mut added = 0;
        let mut fill = |joined: &mut VecDeque<u8>, until: i64| {
            let gap = &text[(end_of(key, joined) - start) as usize..(until - start) as usize];
            joined.extend(gap);
            added += gap.len();
        };
        while let Some((&next, _)) = self.ranges.range(start..=end).next() {
            fill(&mut joined, next);
            joined = concatenate(joined, self.ranges.remove(&next).unwrap_or_default());
        }
        if end_of(key, &joined) < end {
            fill(&mut joined, end);
        }
        self.ranges.insert(key, joined);
        added
    }
}

fn end_of(start: i64, held: &VecDeque<u8>) -> i64 {
    start + held.len() as i64
}

/// `seq - base` by the shorter way round the circle.
fn signed_offset(seq: Seq, base: Seq) -> i64 {
    i64::from(seq.since(base).cast_signed())
}

/// Both as one, by moving the shorter.
fn concatenate(mut front: VecDeque<u8>, mut back: VecDeque<u8>) -> VecDeque<u8> {
    if front.len() >= back.len() {
        front.append(&mut back);
        return front;
    }
    back.reserve(front.len());
    for octet in front.into_iter().rev() {
        back.push_front(octet);
    }
    back
}

#[cfg(test)]
mod tests;
