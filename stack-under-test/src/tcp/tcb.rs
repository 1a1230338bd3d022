//! The transmission control block: the variables of RFC9293#3.3.1 under their RFC names.
//!
//! `tcb.snd.nxt` is SND.NXT, `tcb.rcv.wnd` is RCV.WND. What an implementation keeps besides
//! (buffers, queues, timers) is in [`super::connection`].

use core::net::SocketAddr;

use super::segment::Segment;
use super::seq::Seq;
use super::state::State;

/// Send sequence variables.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct SendSequence {
    /// SND.UNA: oldest unacknowledged number.
    pub una: Seq,
    /// SND.NXT: next number to be sent.
    pub nxt: Seq,
    /// SND.WND: send window, from SND.UNA (REC-1).
    pub wnd: u32,
    /// SND.UP: the octet that follows the urgent data. None outstanding: SND.UNA or before.
    pub up: Seq,
    /// SND.WL1: sequence number of the segment that last updated the window.
    pub wl1: Seq,
    /// SND.WL2: its acknowledgment number.
    pub wl2: Seq,
    /// ISS: initial send sequence number.
    pub iss: Seq,
    /// MAX.SND.WND: the largest window ever offered (RFC5961#5.2; also Max(SND.WND) of
    /// RFC9293#3.8.6.2.1).
    pub max_wnd: u32,
}

/// Receive sequence variables.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct ReceiveSequence {
    /// RCV.NXT: next number expected.
    pub nxt: Seq,
    /// RCV.WND: the window as last advertised, from RCV.NXT.
    pub wnd: u32,
    /// RCV.UP: the octet that follows the urgent data, while it is beyond what the user has read.
    pub up: Seq,
    /// IRS: initial receive sequence number.
    pub irs: Seq,
}

/// One connection's state variables.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Tcb {
    pub local: SocketAddr,
    pub remote: SocketAddr,
    pub state: State,
    pub snd: SendSequence,
    pub rcv: ReceiveSequence,
}

impl Tcb {
    /// The acceptability test of RFC9293#3.10.7.4, table 6.
    pub(crate) fn acceptable(&self, seg: &Segment<'_>) -> bool {
        let (len, wnd) = (seg.len(), self.rcv.wnd);
        if wnd == 0 {
            return len == 0 && seg.seq == self.rcv.nxt;
        }
        seg.seq.in_window(self.rcv.nxt, wnd) || (len > 0 && (seg.seq + (len - 1)).in_window(self.rcv.nxt, wnd))
    }

    /// SND.UNA < SEG.ACK =< SND.NXT: an acknowledgment of something new.
    pub(crate) fn acks_something_new(&self, ack: Seq) -> bool {
        ack.between_left_open(self.snd.una, self.snd.nxt)
    }

    /// SND.UNA - MAX.SND.WND =< SEG.ACK =< SND.NXT (RFC5961#5.2), exact at any distance.
    pub(crate) fn ack_in_range(&self, ack: Seq) -> bool {
        let oldest = self.snd.una - self.snd.max_wnd;
        ack.since(oldest) <= self.snd.nxt.since(oldest)
    }

    /// Octets and controls sent but not acknowledged: FlightSize.
    pub(crate) fn in_flight(&self) -> u32 {
        self.snd.nxt.since(self.snd.una)
    }

    /// U of RFC9293#3.8.6.2.1. A window that shrank below what is in flight leaves nothing
    /// (MUST-34).
    pub(crate) fn usable_window(&self) -> u32 {
        self.snd.wnd.saturating_sub(self.in_flight())
    }

    /// Takes a window from a segment (RFC9293#3.10.7.4, fifth).
    pub(crate) fn set_send_window(&mut self, seg: &Segment<'_>) {
        self.snd.wnd = seg.wnd;
        self.snd.wl1 = seg.seq;
        self.snd.wl2 = seg.ack;
        self.snd.max_wnd = self.snd.max_wnd.max(seg.wnd);
    }

    /// Our SYN has been acknowledged.
    pub(crate) fn syn_acked(&self) -> bool {
        self.snd.una != self.snd.iss
    }
}
