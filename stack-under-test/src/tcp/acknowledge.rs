//! When an ACK leaves (RFC9293#3.8.6.3, RFC5681#4.2) and which window it offers (RFC9293#3.8.6.2.2).
//!
//! The seventh and eighth step of SEGMENT ARRIVES say what arrived; RECEIVE says what was read;
//! [`super::output`] asks whether an ACK is owed and, for every segment it builds, for the window.
//! Answers to unacceptable segments do not come through here: they leave at once
//! ([`super::reply`]).

use super::connection::{Connection, Context};
use super::options;
use super::timer::Timer;
use crate::rule::Rule;

/// What is received and not yet acknowledged.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Acknowledgment {
    /// An ACK is to leave with the next output, and why.
    owed: Option<Rule>,
    /// When a delayed ACK leaves.
    delayed: Timer,
    /// Octets of text since the last ACK.
    octets: u32,
    /// Full-sized segments since the last ACK.
    full_sized: u32,
    /// The most text a segment had: the sender's idea of full-sized.
    largest: u32,
}

impl Acknowledgment {
    pub(crate) fn owed(&self) -> Option<Rule> {
        self.owed
    }

    pub(crate) fn timer(&self) -> Timer {
        self.delayed
    }

    /// An ACK is to leave at once. The first reason stays.
    pub(crate) fn now(&mut self, rule: Rule) {
        self.owed.get_or_insert(rule);
    }

    /// A segment with the ACK bit has left.
    pub(crate) fn sent(&mut self) {
        self.owed = None;
        self.delayed = Timer::STOPPED;
        self.octets = 0;
        self.full_sized = 0;
    }
}

impl Connection {
    /// Text at RCV.NXT was accepted: acknowledge now or later (SHLD-18, SHLD-19, MUST-40).
    pub(crate) fn acknowledge_text(&mut self, len: u32, cx: &Context<'_>) {
        let rmss = u32::from(options::receive_mss(self.tcb.remote.ip(), &self.options, cx.host));
        let floor = u32::from(cx.profile.default_send_mss(self.tcb.remote.ip()));
        let ack = &mut self.acknowledgment;
        ack.octets = ack.octets.saturating_add(len);
        ack.largest = ack.largest.max(len);
        // Full-sized for the sender may be less than our MSS, if its MTU is smaller.
        if len >= ack.largest.min(rmss) && len >= floor.min(rmss) {
            ack.full_sized = ack.full_sized.saturating_add(1);
        }
        match cx.profile.delayed_ack.filter(|_| self.options.delayed_ack) {
            None => ack.now(Rule::TextInOrder),
            Some(_) if ack.full_sized >= 2 || ack.octets >= rmss.saturating_mul(2) => {
                ack.now(Rule::TextSecondSegment);
            }
            Some(delay) => {
                ack.delayed.start(cx.now + delay);
            }
        }
    }

    /// RCV.BUFF - RCV.USER: what could be offered.
    fn receive_space(&self) -> u32 {
        let space = self.options.recv_buffer.saturating_sub(self.unread.len());
        u32::try_from(space).unwrap_or(u32::MAX)
    }

    /// How far the right window edge may move now: by nothing, or by at least
    /// min(Fr * RCV.BUFF, Eff.snd.MSS) (MUST-39). It never moves to the left (SHLD-14).
    fn window_growth(&self, syn: bool, cx: &Context<'_>) -> u32 {
        let space = self.receive_space().min(self.window_scale.largest(syn));
        let growth = space.saturating_sub(self.tcb.rcv.wnd);
        if growth == 0 {
            return 0;
        }
        let half = u32::try_from(self.options.recv_buffer / 2).unwrap_or(u32::MAX);
        let worthwhile = half.min(self.effective_send_mss(cx)).max(1);
        if growth >= worthwhile || !cx.profile.receiver_sws_avoidance { growth } else { 0 }
    }

    /// Moves the right window edge if that is worthwhile, and returns the field that offers it. RCV.WND keeps what was
    /// ever offered, also if the field can only name less (RFC7323#2.4).
    pub(crate) fn offer_window(&mut self, syn: bool, cx: &Context<'_>) -> u16 {
        let wanted = self.tcb.rcv.wnd.saturating_add(self.window_growth(syn, cx));
        let rounding = cx.profile.window_rounding;
        let (field, window) = self.window_scale.field(syn, rounding, wanted, self.receive_space());
        self.tcb.rcv.wnd = self.tcb.rcv.wnd.max(window);
        field
    }

    /// The user has read: tell the sender if the window opens by much, or opens at all
    /// (RFC9293#3.8.6.2.2). Smaller steps travel with the next ACK: below a quarter of the buffer the sender has enough.
    pub(crate) fn update_window(&mut self, cx: &Context<'_>) {
        let growth = self.window_growth(false, cx);
        let mss = self.effective_send_mss(cx);
        let half = u32::try_from(self.options.recv_buffer / 2).unwrap_or(u32::MAX);
        let opens = self.tcb.rcv.wnd < mss.min(half.max(1));
        if growth > 0 && (opens || growth >= mss.saturating_mul(2).max(half / 2).min(half)) {
            self.acknowledgment.now(Rule::WindowUpdate);
        }
    }
}

#[cfg(test)]
mod tests;
