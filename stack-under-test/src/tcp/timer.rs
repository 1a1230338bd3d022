//! A timer of a connection: when it expires, if it runs.
//!
//! Every event asks all timers of its connection for the first of them ([`super::table`]), and most never run: so a timer
//! is one word, and one that is stopped compares like the others.

use crate::time::Instant;

/// Stopped at first. In the order in which they expire; one that is stopped expires after all others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Timer(Instant);

impl Timer {
    /// It does not run. Nothing waits until the end of time, so that stands for it.
    pub(crate) const STOPPED: Self = Self(Instant::MAX);

    /// It runs, and expires then.
    pub(crate) const fn at(at: Instant) -> Self {
        Self(at)
    }

    /// Whether it runs.
    pub(crate) fn runs(self) -> bool {
        self != Self::STOPPED
    }

    /// When it expires.
    pub(crate) fn deadline(self) -> Option<Instant> {
        self.runs().then_some(self.0)
    }

    /// Whether it has expired.
    pub(crate) fn is_due(self, now: Instant) -> bool {
        self.runs() && self.0 <= now
    }

    /// Runs from now on, unless it does so already.
    pub(crate) fn start(&mut self, at: Instant) {
        if !self.runs() {
            *self = Self(at);
        }
    }
}

impl Default for Timer {
    fn default() -> Self {
        Self::STOPPED
    }
}

#[cfg(test)]
mod tests;
