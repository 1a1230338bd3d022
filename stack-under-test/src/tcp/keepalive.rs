//! Keep-alives (RFC9293#3.8.4): off unless the user asks (MUST-24, MUST-25).
//!
//! [`super::segment_arrives`] reports every segment, [`super::timeout`] runs the timer.
//!
//! Left out: the garbage octet (MAY-6).

use super::connection::{Connection, Context};
use super::state::State;
use crate::time::Instant;

#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct KeepaliveTimer {
    timer: Option<Instant>,
    /// Probes since the peer was last heard.
    pub probes: u32,
}

impl KeepaliveTimer {
    pub(crate) fn deadline(&self) -> Option<Instant> {
        self.timer
    }

    pub(crate) fn stop(&mut self) {
        *self = Self::default();
    }

    /// A probe leaves: the next comes at `next`.
    pub(crate) fn probed(&mut self, next: Instant) {
        self.probes = self.probes.saturating_add(1);
        self.timer = Some(next);
    }
}

impl Connection {
    /// The peer was heard, or the option changed: the interval starts anew (MUST-26).
    pub(crate) fn restart_keepalive(&mut self, cx: &Context<'_>) {
        let applies = self.state().is_synchronized() && self.state() != State::TimeWait;
        self.keepalive.probes = 0;
        self.keepalive.timer = self.options.keepalive.filter(|_| applies).map(|k| cx.now + k.idle);
    }
}

#[cfg(test)]
mod tests;
