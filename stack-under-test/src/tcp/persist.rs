//! The persist timer: zero-window probes (RFC9293#3.8.6.1) and the override of the sender's silly
//! window avoidance (RFC9293#3.8.6.2.1), which the RFC suggests to combine.
//!
//! [`super::output`] starts it when text waits, nothing is in flight that an ACK would answer, and
//! the window is the reason; [`super::timeout`] runs it. It runs instead of the retransmission timer,
//! never beside it.

use core::time::Duration;

use super::timer::Timer;
use crate::profile::Profile;
use crate::time::Instant;

#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Persist {
    timer: Timer,
    /// Probes since the window closed.
    probes: u32,
    /// The override timeout has expired; the next segment may be small.
    overrides: bool,
}

impl Persist {
    pub(crate) fn timer(&self) -> Timer {
        self.timer
    }

    /// Probes of this row.
    pub(crate) fn probes(&self) -> u32 {
        self.probes
    }

    /// The window is zero: a probe is due after the RTO, then after twice that, and so on (SHLD-29,
    /// SHLD-30). Does nothing if the timer runs.
    pub(crate) fn start_probing(&mut self, now: Instant, rto: Duration, profile: &Profile) {
        if self.timer.runs() {
            return;
        }
        let backed_off = rto.saturating_mul(1 << self.probes.min(16));
        self.timer = Timer::at(now + backed_off.max(profile.persist_min).min(profile.persist_max));
    }

    /// The window is open but small: it is used anyway after the override timeout.
    pub(crate) fn start_override(&mut self, now: Instant, profile: &Profile) {
        self.probes = 0;
        self.timer.start(now + profile.sws_override);
    }

    /// The override timeout has expired.
    pub(crate) fn override_expired(&mut self) {
        self.timer = Timer::STOPPED;
        self.overrides = true;
    }

    /// Whether the next segment may be small.
    pub(crate) fn overrides(&self) -> bool {
        self.overrides
    }

    /// A segment left; the next one waits for its own reasons.
    pub(crate) fn override_used(&mut self) {
        self.overrides = false;
    }

    /// The timer expired and a probe leaves.
    pub(crate) fn probed(&mut self) {
        self.timer = Timer::STOPPED;
        self.probes = self.probes.saturating_add(1);
    }

    /// Nothing waits for the window any more.
    pub(crate) fn stop(&mut self) {
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests;
