//! Virtual time: the stack is told what time it is and never reads a clock.
//!
//! Every entry point of the stack takes `now: Instant`; deadlines come back as [`Instant`]s. A target
//! in process jumps from deadline to deadline, a live one converts its monotonic clock once at the
//! edge. The epoch is the caller's business, only differences and the 4 µs ISN clock
//! (RFC9293#3.4.1) look at the number.

use core::fmt;
use core::ops::{Add, AddAssign};
use core::time::Duration;

/// A point in virtual time: nanoseconds since an epoch the caller chose. Spans 584 years, and
/// saturates at both ends instead of overflowing.
///
/// ```
/// use core::time::Duration;
/// use stack_under_test::time::Instant;
///
/// let sent = Instant::from_nanos(1_000);
/// let acked = sent + Duration::from_millis(20);
/// assert_eq!(acked.saturating_since(sent), Duration::from_millis(20));
/// assert_eq!(sent.saturating_since(acked), Duration::ZERO);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Instant(u64);

impl Instant {
    /// The epoch.
    pub const ZERO: Self = Self(0);

    /// The latest instant; what addition saturates to.
    pub const MAX: Self = Self(u64::MAX);

    /// The instant `nanos` nanoseconds after the epoch.
    pub const fn from_nanos(nanos: u64) -> Self {
        Self(nanos)
    }

    /// Nanoseconds since the epoch.
    pub const fn as_nanos(self) -> u64 {
        self.0
    }

    /// The time that passed from `earlier` to `self`; zero if `earlier` is in fact later.
    pub const fn saturating_since(self, earlier: Self) -> Duration {
        Duration::from_nanos(self.0.saturating_sub(earlier.0))
    }
}

/// A span in nanoseconds, at most what [`Instant`] spans.
pub(crate) const fn nanos_of(span: Duration) -> u64 {
    span.as_secs().saturating_mul(1_000_000_000).saturating_add(span.subsec_nanos() as u64)
}

impl Add<Duration> for Instant {
    type Output = Self;

    fn add(self, span: Duration) -> Self {
        Self(self.0.saturating_add(nanos_of(span)))
    }
}

impl AddAssign<Duration> for Instant {
    fn add_assign(&mut self, span: Duration) {
        *self = *self + span;
    }
}

impl fmt::Debug for Instant {
    /// The time since the epoch, written as a [`Duration`] is: `1.5s`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&Duration::from_nanos(self.0), f)
    }
}

#[cfg(test)]
mod tests;
