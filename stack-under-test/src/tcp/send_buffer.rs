//! The send buffer: the octets from SND.UNA on, in flight and not yet sent, and the FIN behind them.

use std::borrow::Cow;
use std::collections::VecDeque;

use super::seq::Seq;

#[derive(Clone, Debug)]
pub(crate) struct SendBuffer {
    octets: VecDeque<u8>,
    /// Sequence number of the first octet.
    start: Seq,
    limit: usize,
    fin: bool,
}

impl SendBuffer {
    /// An empty buffer whose first octet will have the number `start`.
    pub(crate) fn new(start: Seq, limit: usize) -> Self {
        Self { octets: VecDeque::new(), start, limit, fin: false }
    }

    pub(crate) fn limit(&self) -> usize {
        self.limit
    }

    /// Room for so many octets.
    pub(crate) fn free(&self) -> usize {
        self.limit.saturating_sub(self.octets.len())
    }

    /// Octets not yet acknowledged.
    pub(crate) fn len(&self) -> usize {
        self.octets.len()
    }

    /// Takes as much as there is room for, and says how much.
    pub(crate) fn push(&mut self, data: &[u8]) -> usize {
        let taken = data.len().min(self.free());
        self.octets.extend(&data[..taken]);
        taken
    }

    /// The number behind the last octet: the FIN's, if there is one. The limit keeps the length far
    /// below 2^31.
    pub(crate) fn end(&self) -> Seq {
        self.start + self.octets.len() as u32
    }

    /// Octets from `nxt` on.
    pub(crate) fn unsent(&self, nxt: Seq) -> u32 {
        if nxt.lt(self.end()) { self.end().since(nxt.max(self.start)) } else { 0 }
    }

    /// CLOSE: nothing comes after what is here.
    pub(crate) fn queue_fin(&mut self) {
        self.fin = true;
    }

    pub(crate) fn fin_queued(&self) -> bool {
        self.fin
    }

    /// The number the FIN occupies, if CLOSE was called.
    pub(crate) fn fin_seq(&self) -> Option<Seq> {
        self.fin.then(|| self.end())
    }

    /// Up to `len` octets from `seq` on.
    pub(crate) fn slice(&self, seq: Seq, len: u32) -> Cow<'_, [u8]> {
        let from = if seq.lt(self.start) { 0 } else { seq.since(self.start) as usize };
        let from = from.min(self.octets.len());
        let to = from.saturating_add(len as usize).min(self.octets.len());
        let (front, back) = self.octets.as_slices();
        if to <= front.len() {
            Cow::Borrowed(&front[from..to])
        } else if from >= front.len() {
            Cow::Borrowed(&back[from - front.len()..to - front.len()])
        } else {
            Cow::Owned([&front[from..], &back[..to - front.len()]].concat())
        }
    }

    /// SND.UNA has moved: forgets what is acknowledged.
    pub(crate) fn acknowledge(&mut self, una: Seq) {
        if una.gt(self.start) {
            let acked = (una.since(self.start) as usize).min(self.octets.len());
            self.octets.drain(..acked);
            // `acked` is at most the distance just computed.
            self.start += acked as u32;
        }
    }
}
