//! Limits on ACKs that nobody needs (RFC5961#7): on challenge ACKs of the host, a counter and a time; on answers to
//! unacceptable segments of one connection, a time. No timer.

use super::connection::{Connection, Context};
use super::segment::Segment;
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

/// Whether an unacceptable segment is answered. One that occupies sequence space always is: its sender waits for the ACK.
pub(crate) fn answers_unacceptable(conn: &mut Connection, seg: &Segment<'_>, cx: &Context<'_>) -> bool {
    let Some(interval) = cx.profile.unacceptable_ack_interval.filter(|_| seg.len() == 0) else { return true };
    let answers = cx.now >= conn.answers_again;
    if answers {
        conn.answers_again = cx.now + interval;
    }
    answers
}
