//! Congestion control: slow start, congestion avoidance, fast retransmit and fast recovery
//! (MUST-19, RFC5681#3), and NewReno's answer to partial acknowledgments (RFC6582) with limited
//! transmit (RFC3042), if the profile wants them.
//!
//! Pure arithmetic on octets and numbers. The fifth step of SEGMENT ARRIVES reports acknowledgments,
//! [`super::timeout`] reports timeouts, [`super::output`] asks for the window.
//!
//! Left out: telling a lost retransmission from a needless one after a timeout (RFC6582#4).

use core::time::Duration;

use super::seq::Seq;
use crate::profile::{InitialWindow, LossRecovery, NewRenoExit, Profile};
use crate::time::Instant;

/// The third duplicate is the one that counts (RFC5681#3.2).
const DUPLICATE_THRESHOLD: u32 = 3;

/// So many duplicates let a new segment out each (RFC3042#2).
const LIMITED_TRANSMITS: u32 = 2;

/// What an acknowledgment of something new was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Advance {
    /// The usual, or the end of fast recovery.
    Whole,
    /// Fast recovery goes on: more is lost. `first` of this recovery.
    Partial { first: bool },
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Congestion {
    /// `None`: no congestion control.
    initial: Option<InitialWindow>,
    scheme: LossRecovery,
    exit: NewRenoExit,
    limited_transmit: bool,
    smss: u32,
    cwnd: u32,
    ssthresh: u32,
    duplicates: u32,
    recovering: bool,
    /// recover (RFC6582#3.2), as the number after it: an ACK at it or beyond is a full one. Only an ACK beyond it can be
    /// repeated for a new loss.
    recover: Seq,
    /// Partial acknowledgments of this recovery.
    partial: u32,
    /// What was in flight when cwnd was last reduced, as the number after it: one window of data reduces it once
    /// (RFC3168#6.1.2).
    reduced_at: Seq,
    /// cwnd was reduced, and no new text has said so yet.
    reduced: bool,
    /// FlightSize before limited transmit added to it (RFC5681#3.2, step 2).
    flight_before: u32,
    last_sent: Option<Instant>,
}

impl Congestion {
    pub(crate) fn new(smss: u16, profile: &Profile) -> Self {
        let initial = profile.congestion_control.then_some(profile.initial_window);
        Self {
            initial,
            scheme: profile.loss_recovery,
            exit: profile.newreno_exit,
            limited_transmit: profile.limited_transmit,
            smss: u32::from(smss),
            cwnd: u32::MAX,
            // Arbitrarily high at first (RFC5681#3.1).
            ssthresh: u32::MAX,
            duplicates: 0,
            recovering: false,
            recover: Seq(0),
            partial: 0,
            reduced_at: Seq(0),
            reduced: false,
            flight_before: 0,
            last_sent: None,
        }
    }

    /// SMSS, octets.
    pub(crate) fn smss(&self) -> u32 {
        self.smss
    }

    /// The path has become narrower; cwnd stays as it is.
    pub(crate) fn set_smss(&mut self, smss: u32) {
        self.smss = smss.max(1);
    }

    /// RecoveryPoint (RFC6675#5), as the number after it.
    pub(crate) fn recovery_point(&self) -> Seq {
        self.recover
    }

    /// Selective acknowledgments decide what is lost.
    pub(crate) fn uses_sack(&self) -> bool {
        self.scheme == LossRecovery::Sack && self.initial.is_some()
    }

    /// Fast recovery, or recovery with SACK, goes on.
    pub(crate) fn recovers(&self) -> bool {
        self.recovering
    }

    /// Recovery with SACK goes on: pipe limits what leaves.
    pub(crate) fn in_sack_recovery(&self) -> bool {
        self.recovering && self.uses_sack()
    }

    /// Limited transmit is allowed (RFC3042#2).
    pub(crate) fn transmits_limited(&self) -> bool {
        self.limited_transmit
    }

    /// The handshake is complete and the segment size known. After a lost SYN one segment is the
    /// start (RFC5681#3.1).
    pub(crate) fn start(&mut self, smss: u32, syn_lost: bool, iss: Seq, sack: bool) {
        if self.scheme == LossRecovery::Sack && !sack {
            self.scheme = LossRecovery::NewReno;
        }
        self.smss = smss.max(1);
        // Nothing was in flight before, so the first loss counts (RFC6582#3.2, step 1).
        self.recover = iss;
        self.reduced_at = iss;
        self.cwnd = if self.initial.is_none() {
            u32::MAX
        } else if syn_lost {
            self.smss
        } else {
            self.initial_window()
        };
    }

    fn initial_window(&self) -> u32 {
        match self.initial {
            None => u32::MAX,
            Some(InitialWindow::Rfc5681) => match self.smss {
                2191.. => self.smss.saturating_mul(2),
                1096..=2190 => self.smss * 3,
                0..=1095 => self.smss * 4,
            },
            Some(InitialWindow::Rfc6928) => self.smss.saturating_mul(10).min(self.smss.saturating_mul(2).max(14_600)),
        }
    }

    /// cwnd, octets.
    pub(crate) fn window(&self) -> u32 {
        self.cwnd
    }

    /// What limited transmit allows beyond cwnd (RFC3042#2).
    pub(crate) fn limited_extra(&self) -> u32 {
        if self.limited_transmit && !self.recovering && self.initial.is_some() && !self.uses_sack() {
            self.smss.saturating_mul(self.duplicates.min(LIMITED_TRANSMITS))
        } else {
            0
        }
    }

    /// `acked` octets of new data were acknowledged; `una` and `nxt` are what SND.UNA and SND.NXT are now.
    /// `grows`: the window may open.
    pub(crate) fn on_ack(&mut self, acked: u32, una: Seq, nxt: Seq, grows: bool) -> Advance {
        self.duplicates = 0;
        if self.initial.is_none() {
            return Advance::Whole;
        }
        let advance = if self.recovering {
            match self.scheme {
                LossRecovery::Reno => self.end_recovery(self.ssthresh),
                LossRecovery::NewReno if una.lt(self.recover) => self.partial_ack(acked),
                LossRecovery::NewReno => self.end_recovery(self.after_newreno(nxt.since(una))),
                LossRecovery::Sack if una.lt(self.recover) => Advance::Whole,
                LossRecovery::Sack => self.end_recovery(self.cwnd),
            }
        } else {
            if grows {
                self.open(acked);
            }
            Advance::Whole
        };
        if una.gt(self.reduced_at) {
            self.reduced_at = una - 1;
        }
        if una.gt(self.recover) {
            // Keeps the old mark from falling half a circle behind.
            self.recover = una - 1;
        }
        advance
    }

    /// An ACK says that the network has marked something; `true` if this window of data had not reduced cwnd yet, so that
    /// now it is halved (RFC3168#6.1.2).
    pub(crate) fn on_echo(&mut self, una: Seq, nxt: Seq) -> bool {
        if self.initial.is_none() || self.recovering || !una.gt(self.reduced_at) {
            return false;
        }
        let cwnd = (self.cwnd / 2).max(self.smss);
        self.halve(cwnd.saturating_mul(2), nxt);
        self.cwnd = cwnd;
        true
    }

    /// Whether cwnd was reduced and nothing has said so yet; now it is said.
    pub(crate) fn take_reduced(&mut self) -> bool {
        core::mem::take(&mut self.reduced)
    }

    /// Slow start, or one segment per round trip (RFC5681#3.1, equations 2 and 3).
    fn open(&mut self, acked: u32) {
        if self.cwnd < self.ssthresh {
            self.cwnd = self.cwnd.saturating_add(acked.min(self.smss));
        } else {
            let squared = u64::from(self.smss) * u64::from(self.smss);
            let step = squared / u64::from(self.cwnd.max(1));
            self.cwnd = self.cwnd.saturating_add(u32::try_from(step).unwrap_or(u32::MAX).max(1));
        }
    }

    /// Deflate (RFC5681#3.2, step 6).
    fn end_recovery(&mut self, cwnd: u32) -> Advance {
        self.recovering = false;
        self.cwnd = cwnd;
        Advance::Whole
    }

    /// cwnd after a full acknowledgment (RFC6582#3.2, step 3).
    fn after_newreno(&self, flight: u32) -> u32 {
        match self.exit {
            NewRenoExit::FlightSize => self.ssthresh.min(flight.max(self.smss).saturating_add(self.smss)),
            NewRenoExit::Ssthresh => self.ssthresh,
        }
    }

    /// Deflate by what was acknowledged, and add back the segment that has left the network (RFC6582#3.2, step 3).
    fn partial_ack(&mut self, acked: u32) -> Advance {
        self.cwnd = self.cwnd.saturating_sub(acked);
        if acked >= self.smss {
            self.cwnd = self.cwnd.saturating_add(self.smss);
        }
        self.cwnd = self.cwnd.max(self.smss);
        self.partial = self.partial.saturating_add(1);
        Advance::Partial { first: self.partial == 1 }
    }

    /// A duplicate acknowledgment came; `true` if it calls for a fast retransmit.
    pub(crate) fn on_duplicate_ack(&mut self, una: Seq, nxt: Seq) -> bool {
        if self.initial.is_none() || self.uses_sack() {
            return false;
        }
        self.duplicates = self.duplicates.saturating_add(1);
        if self.recovering {
            self.cwnd = self.cwnd.saturating_add(self.smss);
            return false;
        }
        let flight = nxt.since(una);
        if self.duplicates == 1 {
            self.flight_before = flight;
        }
        if self.duplicates != DUPLICATE_THRESHOLD || !self.is_news(una) {
            return false;
        }
        self.halve_on_loss(if self.limited_transmit { flight.min(self.flight_before) } else { flight }, una, nxt);
        self.cwnd = self.ssthresh.saturating_add(self.smss.saturating_mul(DUPLICATE_THRESHOLD));
        self.begin_recovery(nxt);
        true
    }

    /// An ACK with new SACK information came, a duplicate in the sense of RFC6675#2; `lost` is whether IsLost holds for
    /// the first number in flight. `true` if recovery begins with it (RFC6675#5).
    pub(crate) fn on_sack(&mut self, una: Seq, nxt: Seq, lost: bool) -> bool {
        if self.recovering {
            return false;
        }
        self.duplicates = self.duplicates.saturating_add(1);
        let flight = nxt.since(una);
        if self.duplicates == 1 {
            self.flight_before = flight;
        }
        if !(self.duplicates >= DUPLICATE_THRESHOLD || lost) || !self.is_news(una) {
            return false;
        }
        self.halve_on_loss(if self.limited_transmit { flight.min(self.flight_before) } else { flight }, una, nxt);
        self.cwnd = self.ssthresh;
        self.begin_recovery(nxt);
        true
    }

    /// The loss is not of what was in flight at the last one (RFC6582#3.2, step 2).
    fn is_news(&self, una: Seq) -> bool {
        match self.scheme {
            LossRecovery::Reno => true,
            LossRecovery::NewReno => una.gt(self.recover),
            LossRecovery::Sack => una.ge(self.recover),
        }
    }

    fn begin_recovery(&mut self, nxt: Seq) {
        self.recovering = true;
        self.recover = nxt;
        self.partial = 0;
    }

    /// The retransmission timer expired. ssthresh moves at the first expiry for a segment only
    /// (RFC5681#3.1, equation 4); what is in flight now is no news any more (RFC6582#3.2, step 4).
    pub(crate) fn on_timeout(&mut self, una: Seq, nxt: Seq, first: bool) {
        self.duplicates = 0;
        self.recovering = false;
        if self.initial.is_none() {
            return;
        }
        self.recover = nxt;
        self.reduced = true;
        self.reduced_at = nxt;
        if first {
            self.halve(nxt.since(una), nxt);
        }
        // The loss window.
        self.cwnd = self.smss;
    }

    /// New data may be about to be sent: after an idle RTO the window starts over (RFC5681#4.1).
    pub(crate) fn idle_restart(&mut self, now: Instant, in_flight: u32, rto: Duration) {
        if self.initial.is_some()
            && in_flight == 0
            && self.last_sent.is_some_and(|last| now.saturating_since(last) > rto)
        {
            self.cwnd = self.cwnd.min(self.initial_window());
        }
    }

    /// New data left.
    pub(crate) fn on_send(&mut self, now: Instant) {
        self.last_sent = Some(now);
    }

    /// ssthresh, for what was in flight (RFC5681#3.1, equation 4).
    fn halve(&mut self, flight: u32, nxt: Seq) {
        self.ssthresh = (flight / 2).max(self.smss.saturating_mul(2));
        self.reduced = true;
        self.reduced_at = nxt;
    }

    /// The same on a loss, unless a mark in the same window of data has done it (RFC3168#6.1.2).
    fn halve_on_loss(&mut self, flight: u32, una: Seq, nxt: Seq) {
        if una.gt(self.reduced_at) {
            self.halve(flight, nxt);
        }
    }
}

#[cfg(test)]
mod tests;
