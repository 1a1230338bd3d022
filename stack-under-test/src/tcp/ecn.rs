//! Explicit congestion notification (RFC3168#6.1): congestion that routers mark instead of dropping.
//!
//! SYNs agree on it with ECE and CWR ([`Ecn::negotiate`]). As a receiver, [`take`] notes marked text and every ACK
//! echoes it until CWR comes. As a sender, [`on_echo`] halves the window once per window of data; [`super::output`]
//! puts ECT(0) on new text alone, and CWR on the first of it after any reduction.
//!
//! A SYN that met silence asks no more when it is sent again ([`Ecn::fall_back`]): marks are still heard then, but no text
//! is marked as capable. So it is when the peer's SYN comes again without ([`note_repeated_syn`]).
//!
//! Left out: another SYN after one that met a RST (RFC3168#6.1.1.1), and the nonce.

use super::connection::{Connection, Context};
use super::segment::Segment;
use super::state::State;
use super::timer::Timer;
use crate::outbox::IpFields;
use crate::wire::tcp::Flags;

/// The ECN field of the IP header.
const FIELD: u8 = 0b11;
/// ECT(0): the transport is capable.
const ECT_0: u8 = 0b10;

/// One connection's part of it.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Ecn {
    /// Both sides have shown that they are capable.
    pub ok: bool,
    /// One side has sent a SYN that did not ask, or not any more: no text is marked as capable.
    fell_back: bool,
    /// A mark came, and no CWR since: ACKs carry ECE.
    echo: bool,
    /// With a window of one segment, nothing new leaves before this time.
    pub hold: Timer,
}

impl Ecn {
    /// The remote SYN came: an ECN-setup SYN has ECE and CWR, an ECN-setup SYN,ACK has ECE alone (RFC3168#6.1.1).
    pub(crate) fn negotiate(&mut self, ours: bool, seg: &Segment<'_>) {
        self.ok = ours && seg.ece() && seg.cwr() != seg.ack_bit();
    }

    /// Nobody answered our SYN: a middlebox may have dropped it for what it asked (RFC3168#6.1.1.1).
    pub(crate) fn fall_back(&mut self) {
        self.fell_back = true;
    }

    /// Whether a SYN of ours has stopped to ask.
    pub(crate) fn has_fallen_back(&self) -> bool {
        self.fell_back
    }

    /// Whether new text is marked as capable (RFC3168#6.1.1).
    pub(crate) fn marks_text(&self) -> bool {
        self.ok && !self.fell_back
    }

    /// The flags that a segment of ours carries besides; `ours` is whether we want ECN.
    pub(crate) fn flags(&self, flags: Flags, ours: bool) -> Flags {
        let syn = flags.contains(Flags::SYN);
        if !flags.contains(Flags::ACK) {
            return if syn && ours && !self.fell_back { Flags::ECE | Flags::CWR } else { Flags::NONE };
        }
        let echoes = if syn { self.marks_text() } else { self.ok && self.echo };
        if echoes { Flags::ECE } else { Flags::NONE }
    }
}

/// Whether a marked packet is: CE.
pub(crate) fn is_marked(tos: u8) -> bool {
    tos & FIELD == FIELD
}

/// The peer's SYN came again, and does not ask any more: nothing is marked then (RFC3168#6.1.1).
pub(crate) fn note_repeated_syn(conn: &mut Connection, seg: &Segment<'_>) {
    let repeated = conn.state() == State::SynReceived && seg.syn() && !seg.rst() && seg.seq == conn.tcb.rcv.irs;
    let asks = seg.ece() && seg.cwr() != seg.ack_bit();
    if repeated && conn.ecn.ok && !asks {
        conn.ecn.fall_back();
    }
}

/// A segment with text came, some of it in the window: a mark is echoed until CWR says that it was heard
/// (RFC3168#6.1.3). Marks on what carries no text mean nothing (#6.1.4).
pub(crate) fn take(conn: &mut Connection, seg: &Segment<'_>) {
    if !conn.ecn.ok || !seg.came_with_text || seg.came_with_syn {
        return;
    }
    if seg.cwr() {
        conn.ecn.echo = false;
    }
    if seg.marked {
        conn.ecn.echo = true;
    }
}

/// An ACK with ECE: halves the window unless it was halved for the same window of data. At one segment the only way to
/// send less is to wait for the retransmission timeout (RFC3168#6.1.2).
pub(crate) fn on_echo(conn: &mut Connection, seg: &Segment<'_>, cx: &Context<'_>) {
    if !conn.ecn.ok || !seg.ece() || seg.came_with_syn {
        return;
    }
    let at_least = conn.congestion.window() <= conn.congestion.smss();
    if conn.congestion.on_echo(conn.tcb.snd.una, conn.tcb.snd.nxt) && at_least {
        conn.retransmission.restart(cx.now, conn.rto.rto());
        conn.ecn.hold = Timer::at(cx.now + conn.rto.rto());
    }
}

impl Connection {
    /// The IP header of new text: ECT(0) if ECN is in use. Anything else leaves without (RFC3168#6.1.4 to #6.1.6).
    pub(crate) fn ip_fields_of_text(&self) -> IpFields {
        let fields = self.ip_fields();
        if self.ecn.marks_text() { IpFields { tos: fields.tos | ECT_0, ..fields } } else { fields }
    }

    /// The IP header of all else.
    pub(crate) fn ip_fields(&self) -> IpFields {
        let tos = if self.ecn.ok { self.options.tos & !FIELD } else { self.options.tos };
        IpFields { ttl: self.options.ttl, tos, dont_fragment: true }
    }
}

#[cfg(test)]
mod tests;
