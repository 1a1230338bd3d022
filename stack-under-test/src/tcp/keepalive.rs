//! Keep-alives (RFC9293#3.8.4): off unless the user asks (MUST-24, MUST-25).
//!
//! [`super::segment_arrives`] reports every segment, [`super::timeout`] runs the timer.
//!
//! Left out: the garbage octet (MAY-6).

use super::connection::{Connection, Context};
use super::state::State;
use super::timer::Timer;
use crate::time::Instant;

#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct KeepaliveTimer {
    timer: Timer,
    /// Probes since the peer was last heard.
    pub probes: u32,
}

impl KeepaliveTimer {
    pub(crate) fn timer(&self) -> Timer {
        self.timer
    }

    pub(crate) fn stop(&mut self) {
        *self = Self::default();
    }

    /// A probe leaves: the next comes at `next`.
    pub(crate) fn probed(&mut self, next: Instant) {
        self.probes = self.probes.saturating_add(1);
        self.timer = Timer::at(next);
    }
}

impl Connection {
    /// The peer was heard, or the option changed: the interval starts anew (MUST-26).
    pub(crate) fn restart_keepalive(&mut self, cx: &Context<'_>) {
        let applies = self.state().is_synchronized() && self.state() != State::TimeWait;
        self.keepalive.probes = 0;
        self.keepalive.timer = match self.options.keepalive {
            Some(keepalive) if applies => Timer::at(cx.now + keepalive.idle),
            Some(_) | None => Timer::STOPPED,
        };
    }
}

#[cfg(test)]
mod tests;
