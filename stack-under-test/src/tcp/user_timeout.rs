//! The user timeout option (RFC 5482): each side tells how long it waits for an acknowledgment before it gives up, and
//! may adopt the longer of both.
//!
//! [`super::options`] asks for the option of what leaves; [`super::segment_arrives`] brings what came;
//! [`super::timeout`] asks how long to wait. The option is advice: it is not sent again if it was lost (RFC5482#3.2).
//!
//! Left out: telling the user what the peer said where the user's own timeout stays in force (a SHOULD of RFC5482#3.1).

use core::time::Duration;

use super::connection::Connection;
use super::segment::Segment;
use crate::profile::Profile;

/// G: the field counts minutes.
const MINUTES: u16 = 1 << 15;

/// One connection's part of it.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct UserTimeoutOption {
    /// REMOTE_UTO.
    remote: Option<Duration>,
    /// The next segment is to have the option.
    due: bool,
}

/// The option's field for this time: whole seconds, or minutes where seconds do not reach. Never zero (RFC5482#3.4).
fn encode(span: Duration) -> u16 {
    let seconds = span.as_secs().max(1);
    match u16::try_from(seconds) {
        Ok(seconds) if seconds < MINUTES => seconds,
        Ok(_) | Err(_) => u16::try_from(seconds / 60).unwrap_or(u16::MAX) | MINUTES,
    }
}

/// What the field says; zero is reserved.
fn decode(field: u16) -> Option<Duration> {
    let count = u64::from(field & !MINUTES);
    let unit = if field & MINUTES == 0 { 1 } else { 60 };
    (count > 0).then(|| Duration::from_secs(count * unit))
}

impl UserTimeoutOption {
    /// A new timeout is in use, or the handshake is over: the next segment says so (RFC5482#3).
    pub(crate) fn announce(&mut self) {
        self.due = true;
    }

    /// The option has left.
    pub(crate) fn announced(&mut self) {
        self.due = false;
    }

    /// The option is to leave.
    pub(crate) fn is_due(&self) -> bool {
        self.due
    }
}

impl Connection {
    /// ADV_UTO.
    fn advertised_user_timeout(&self, profile: &Profile) -> Duration {
        self.options.user_timeout.or(profile.user_timeout).unwrap_or(profile.r2)
    }

    /// The field of a segment of ours that carries the option.
    pub(crate) fn user_timeout_field(&self, profile: &Profile) -> u16 {
        encode(self.advertised_user_timeout(profile))
    }

    /// A segment came: REMOTE_UTO is the last one heard.
    pub(crate) fn take_user_timeout(&mut self, seg: &Segment<'_>, profile: &Profile) {
        if profile.user_timeout_option
            && let Some(remote) = seg.options.user_timeout.and_then(decode)
        {
            self.user_timeout_option.remote = Some(remote);
        }
    }

    /// USER_TIMEOUT as adapted to the peer's (RFC5482#3.1), in synchronized states. What the user has set goes before it.
    pub(crate) fn adopted_user_timeout(&self, profile: &Profile) -> Option<Duration> {
        let remote = self.user_timeout_option.remote.filter(|_| self.state().is_synchronized())?;
        let longest = self.advertised_user_timeout(profile).max(remote).max(profile.user_timeout_min);
        Some(longest.min(profile.user_timeout_max))
    }
}

#[cfg(test)]
mod tests;
