//! Congestion control: slow start, congestion avoidance, fast retransmit and fast recovery
//! (MUST-19, RFC5681#3).
//!
//! Pure arithmetic on octets. The fifth step of SEGMENT ARRIVES reports acknowledgments,
//! [`super::timeout`] reports timeouts, [`super::output`] asks for the window.
//!
//! Left out: NewReno's partial acknowledgments (RFC6582), SACK-based recovery (RFC6675), limited
//! transmit (RFC3042), ECN.

use core::time::Duration;

use crate::profile::{InitialWindow, Profile};
use crate::time::Instant;

/// The third duplicate is the one that counts (RFC5681#3.2).
const DUPLICATE_THRESHOLD: u32 = 3;

#[derive(Clone, Copy, Debug)]
pub(crate) struct Congestion {
    /// `None`: no congestion control.
    initial: Option<InitialWindow>,
    smss: u32,
    cwnd: u32,
    ssthresh: u32,
    duplicates: u32,
    recovering: bool,
    last_sent: Option<Instant>,
}

impl Congestion {
    pub(crate) fn new(smss: u16, profile: &Profile) -> Self {
        let initial = profile.congestion_control.then_some(profile.initial_window);
        Self {
            initial,
            smss: u32::from(smss),
            cwnd: u32::MAX,
            // Arbitrarily high at first (RFC5681#3.1).
            ssthresh: u32::MAX,
            duplicates: 0,
            recovering: false,
            last_sent: None,
        }
    }

    /// The handshake is complete and the segment size known. After a lost SYN one segment is the
    /// start (RFC5681#3.1).
    pub(crate) fn start(&mut self, smss: u32, syn_lost: bool) {
        self.smss = smss.max(1);
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

    /// New data was acknowledged.
    pub(crate) fn on_ack(&mut self, acked: u32) {
        self.duplicates = 0;
        if self.initial.is_none() {
            return;
        }
        if self.recovering {
            // Deflate (RFC5681#3.2, step 6).
            self.recovering = false;
            self.cwnd = self.ssthresh;
        } else if self.cwnd < self.ssthresh {
            self.cwnd = self.cwnd.saturating_add(acked.min(self.smss));
        } else {
            // One segment per round trip (RFC5681#3.1, equation 3).
            let squared = u64::from(self.smss) * u64::from(self.smss);
            let step = squared / u64::from(self.cwnd.max(1));
            self.cwnd = self.cwnd.saturating_add(u32::try_from(step).unwrap_or(u32::MAX).max(1));
        }
    }

    /// A duplicate acknowledgment came; `true` if it calls for a fast retransmit.
    pub(crate) fn on_duplicate_ack(&mut self, flight: u32) -> bool {
        if self.initial.is_none() {
            return false;
        }
        self.duplicates = self.duplicates.saturating_add(1);
        if self.recovering {
            self.cwnd = self.cwnd.saturating_add(self.smss);
            return false;
        }
        if self.duplicates != DUPLICATE_THRESHOLD {
            return false;
        }
        self.halve(flight);
        self.cwnd = self.ssthresh.saturating_add(self.smss.saturating_mul(DUPLICATE_THRESHOLD));
        self.recovering = true;
        true
    }

    /// The retransmission timer expired. ssthresh moves at the first expiry for a segment only
    /// (RFC5681#3.1, equation 4).
    pub(crate) fn on_timeout(&mut self, flight: u32, first: bool) {
        self.duplicates = 0;
        self.recovering = false;
        if self.initial.is_none() {
            return;
        }
        if first {
            self.halve(flight);
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

    fn halve(&mut self, flight: u32) {
        self.ssthresh = (flight / 2).max(self.smss.saturating_mul(2));
    }
}

#[cfg(test)]
mod tests;
