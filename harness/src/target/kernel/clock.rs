//! The time of a case.
//!
//! In a guest only waiting takes time, and asking for the time is a call of the kernel like any other: it is asked for
//! after a wait and remembered until the next one.

use std::time::Instant;

use super::Time;
use crate::fiber;

/// It begins with the case.
#[derive(Debug)]
pub(super) struct Clock {
    began: Instant,
    /// The time until somebody waits; `None` where it goes on by itself.
    still: Option<Time>,
}

impl Clock {
    /// `live` if time goes on by itself.
    pub(super) fn start(live: bool) -> Self {
        Self { began: fiber::now(), still: (!live).then_some(Time::ZERO) }
    }

    /// Since the case began.
    pub(super) fn now(&self) -> Time {
        self.still.unwrap_or_else(|| self.began.elapsed())
    }

    /// The time now that somebody has waited.
    pub(super) fn after_waiting(&mut self) -> Time {
        let now = fiber::now() - self.began;
        self.still = self.still.map(|_| now);
        now
    }
}

#[cfg(test)]
mod tests {
    use std::{thread::sleep, time::Duration};

    use super::*;

    #[test]
    fn time_stands_still_but_for_waiting() {
        let (mut guest, mut live) = (Clock::start(false), Clock::start(true));
        sleep(Duration::from_millis(2));
        assert_eq!(guest.now(), Time::ZERO);
        assert!(live.now() >= Duration::from_millis(2));
        let waited = guest.after_waiting();
        assert!(waited >= Duration::from_millis(2));
        assert_eq!(guest.now(), waited);
        let then = live.after_waiting();
        sleep(Duration::from_millis(1));
        assert!(live.now() > then);
    }
}
