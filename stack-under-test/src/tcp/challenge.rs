//! The limit on challenge ACKs (RFC5961#7): a counter and a time, no timer.

use crate::profile::Profile;
use crate::time::Instant;

#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Throttle {
    interval_began: Option<Instant>,
    sent: u32,
}

impl Throttle {
    /// Counts a challenge ACK; `false` if it is one too many.
    pub(crate) fn admit(&mut self, now: Instant, profile: &Profile) -> bool {
        let Some((limit, interval)) = profile.challenge_ack_limit else { return true };
        if self.interval_began.is_none_or(|began| now.saturating_since(began) >= interval) {
            self.interval_began = Some(now);
            self.sent = 0;
        }
        let admitted = self.sent < limit;
        self.sent = self.sent.saturating_add(u32::from(admitted));
        admitted
    }
}
