//! The retransmission queue: what is in flight, when to send it again, when to give up.
//!
//! [`super::output`] appends each segment that occupies sequence space and asks
//! [`RetransmissionQueue::next_lost`] for what is due again; the fifth step of SEGMENT ARRIVES removes
//! what is acknowledged; [`super::timeout`] runs the timer of RFC6298#5. The octets themselves stay in
//! [`super::send_buffer`].
//!
//! Left out: what was selectively acknowledged ([`super::scoreboard`]).

use core::time::Duration;
use std::collections::VecDeque;

use super::seq::Seq;
use super::timer::Timer;
use crate::rule::Rule;
use crate::time::Instant;

/// A segment in flight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Sent {
    /// Its first number.
    pub seq: Seq,
    /// It is the SYN.
    pub syn: bool,
    /// Octets of text.
    pub text: u32,
    /// It ends with the FIN.
    pub fin: bool,
    /// It went out with PSH.
    pub push: bool,
    /// A zero-window probe the receiver may have refused.
    pub probe: bool,
    /// When it was first sent.
    pub first_sent: Instant,
    /// How often it was sent.
    pub transmissions: u32,
    /// How often the timer expired on it.
    pub timeouts: u32,
    /// It is to be sent again, and why.
    pub lost: Option<Rule>,
}

impl Sent {
    /// The sequence numbers it occupies.
    pub(crate) fn len(&self) -> u32 {
        u32::from(self.syn) + self.text + u32::from(self.fin)
    }

    pub(crate) fn end(&self) -> Seq {
        self.seq + self.len()
    }
}

/// What an acknowledgment removed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Acked {
    /// The round-trip time it measured; `None` if a segment was sent twice (Karn, MUST-18).
    pub rtt: Option<Duration>,
    /// The most text a segment among it had.
    pub largest: u32,
    /// A SYN among it had timed out (RFC6298#5.7).
    pub syn_timed_out: bool,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct RetransmissionQueue {
    sent: VecDeque<Sent>,
    timer: Timer,
    /// Since when nothing was acknowledged; R2 counts from here.
    stuck_since: Instant,
    /// Octets marked lost; they are not in flight.
    lost: u32,
    /// No segment before this one is marked lost.
    lost_from: usize,
}

impl RetransmissionQueue {
    pub(crate) fn is_empty(&self) -> bool {
        self.sent.is_empty()
    }

    pub(crate) fn front(&self) -> Option<&Sent> {
        self.sent.front()
    }

    /// Since when the segment at the front has been the oldest without an acknowledgment of any part.
    pub(crate) fn stuck_since(&self) -> Instant {
        self.stuck_since
    }

    pub(crate) fn timer(&self) -> Timer {
        self.timer
    }

    /// Appends a segment just sent, and starts the timer if it does not run (RFC6298#5.1).
    pub(crate) fn push(&mut self, sent: Sent, now: Instant, rto: Duration) {
        if self.sent.is_empty() {
            self.stuck_since = now;
        }
        self.sent.push_back(sent);
        self.timer.start(now + rto);
    }

    /// Starts the timer anew, or stops it if nothing is in flight (RFC6298#5.2, #5.3).
    pub(crate) fn restart(&mut self, now: Instant, rto: Duration) {
        self.timer = if self.sent.is_empty() { Timer::STOPPED } else { Timer::at(now + rto) };
    }

    /// Forgets everything: nothing will be sent again.
    pub(crate) fn clear(&mut self) {
        self.sent.clear();
        let sent = core::mem::take(&mut self.sent);
        *self = Self { sent, ..Self::default() };
    }

    /// Takes the room that another queue has; both are empty.
    pub(crate) fn take_room(&mut self, other: &mut Self) {
        debug_assert!(self.sent.is_empty() && other.sent.is_empty(), "what is in flight would change hands");
        core::mem::swap(&mut self.sent, &mut other.sent);
    }

    /// Stops the timer; the zero-window probe's takes over.
    pub(crate) fn stop_timer(&mut self) {
        self.timer = Timer::STOPPED;
    }

    /// Removes what `una` acknowledges entirely; a segment acknowledged in part keeps the rest.
    pub(crate) fn acknowledge(&mut self, una: Seq, now: Instant) -> Acked {
        self.stuck_since = now;
        let mut acked = Acked::default();
        let mut sent_twice = false;
        while let Some(first) = self.sent.front_mut() {
            if !first.end().le(una) {
                break;
            }
            if first.lost.is_some() {
                self.lost = self.lost.saturating_sub(first.len());
            }
            sent_twice |= first.transmissions > 1;
            acked.largest = acked.largest.max(first.text);
            acked.syn_timed_out |= first.syn && first.timeouts > 0;
            acked.rtt = Some(now.saturating_since(first.first_sent));
            self.sent.pop_front();
            self.lost_from = self.lost_from.saturating_sub(1);
        }
        if let Some(first) = self.sent.front_mut()
            && first.seq.lt(una)
        {
            let part = una.since(first.seq);
            if first.lost.is_some() {
                self.lost = self.lost.saturating_sub(part);
            }
            let syn = u32::from(first.syn);
            first.syn = false;
            first.text = first.text.saturating_sub(part.saturating_sub(syn));
            first.seq = una;
            first.timeouts = 0;
        }
        if sent_twice {
            acked.rtt = None;
        }
        acked
    }

    /// Marks the segment at the front as lost; `false` if there is none.
    pub(crate) fn mark_front_lost(&mut self, rule: Rule) -> bool {
        let Some(first) = self.sent.front_mut() else { return false };
        if first.lost.is_none() {
            self.lost = self.lost.saturating_add(first.len());
        }
        first.lost = Some(rule);
        self.lost_from = 0;
        true
    }

    /// Segments with more text than this have been dropped on the way: they are lost.
    pub(crate) fn mark_larger_lost(&mut self, most: u32, rule: Rule) {
        for sent in self.sent.iter_mut().filter(|sent| sent.text > most) {
            if sent.lost.is_none() {
                self.lost = self.lost.saturating_add(sent.len());
            }
            sent.lost = Some(rule);
        }
        self.lost_from = 0;
    }

    /// The timer expired: the front is due again, and with `all` the rest follows as the congestion
    /// window opens (RFC5681#3.1).
    pub(crate) fn time_out(&mut self, rule: Rule, all: bool) {
        if let Some(first) = self.sent.front_mut() {
            first.timeouts = first.timeouts.saturating_add(1);
        }
        if all {
            for sent in &mut self.sent {
                sent.lost = Some(Rule::RetransmitAfterTimeout);
            }
            self.lost = self.sent.iter().map(Sent::len).sum();
            self.lost_from = 0;
        }
        self.mark_front_lost(rule);
    }

    /// The front left again as a zero-window probe.
    pub(crate) fn probed_again(&mut self) {
        if let Some(first) = self.sent.front_mut() {
            first.transmissions = first.transmissions.saturating_add(1);
        }
    }

    /// Octets believed to be in the network.
    pub(crate) fn in_network(&self, in_flight: u32) -> u32 {
        in_flight.saturating_sub(self.lost)
    }

    /// Whether some segment is marked lost.
    pub(crate) fn any_lost(&self) -> bool {
        self.lost > 0
    }

    /// Octets marked lost.
    pub(crate) fn lost_octets(&self) -> u32 {
        self.lost
    }

    fn next_lost_index(&self) -> Option<usize> {
        if self.lost == 0 {
            return None;
        }
        let mut after = self.sent.iter().enumerate().skip(self.lost_from);
        after.find(|(_, sent)| sent.lost.is_some()).map(|(index, _)| index)
    }

    /// The segments that reach into `left` up to, not including, `right`: where they begin and end.
    fn touched(&self, left: Seq, right: Seq) -> core::ops::Range<usize> {
        let first = self.sent.partition_point(|sent| sent.end().le(left));
        let last = self.sent.partition_point(|sent| sent.seq.lt(right));
        first..last.max(first)
    }

    /// Numbers from `left` to `right` have arrived: segments of them that have arrived whole need not be sent again.
    pub(crate) fn arrived(&mut self, left: Seq, right: Seq, whole: impl Fn(Seq, Seq) -> bool) {
        for index in self.touched(left, right) {
            let Some(sent) = self.sent.get_mut(index) else { return };
            // The front is sent again whatever the receiver says (RFC2018#5).
            if index > 0 && sent.lost.is_some() && whole(sent.seq, sent.end()) {
                sent.lost = None;
                self.lost = self.lost.saturating_sub(sent.len());
            }
        }
    }

    /// Numbers from `left` to `right` left again, whatever segments they came in before.
    pub(crate) fn range_sent_again(&mut self, left: Seq, right: Seq) {
        for index in self.touched(left, right) {
            if let Some(sent) = self.sent.get_mut(index) {
                sent.transmissions = sent.transmissions.saturating_add(1);
            }
        }
    }

    /// The first segment marked lost.
    pub(crate) fn next_lost(&self) -> Option<&Sent> {
        self.next_lost_index().and_then(|index| self.sent.get(index))
    }

    /// The first lost segment was sent again, with `text` octets and, if `whole`, with its FIN: more
    /// than before if it was joined with new text, less if the window has shrunk. What was left off
    /// stays lost.
    pub(crate) fn sent_again(&mut self, text: u32, whole: bool) {
        let Some(index) = self.next_lost_index() else { return };
        let Some(sent) = self.sent.get_mut(index) else { return };
        let mut rest = None;
        if !whole {
            let mut left_off = *sent;
            left_off.seq = sent.seq + u32::from(sent.syn) + text;
            left_off.syn = false;
            left_off.text = sent.text.saturating_sub(text);
            sent.fin = false;
            sent.push = false;
            rest = Some(left_off);
        }
        let before = sent.len();
        sent.text = text;
        sent.lost = None;
        sent.probe = false;
        sent.transmissions = sent.transmissions.saturating_add(1);
        let now_out = if rest.is_some() { sent.len() } else { before };
        self.lost = self.lost.saturating_sub(now_out);
        if let Some(rest) = rest {
            self.sent.insert(index + 1, rest);
        }
        self.lost_from = index + 1;
    }
}

#[cfg(test)]
mod tests;
