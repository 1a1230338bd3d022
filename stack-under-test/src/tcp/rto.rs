//! The retransmission timeout: RFC 6298's estimator (MUST-18), pure arithmetic.
//!
//! The retransmission queue feeds it round-trip times and asks for [`RtoEstimator::rto`] whenever it
//! starts the timer. Which segments may be timed (Karn's algorithm, RFC6298#3) and when the timer
//! runs (RFC6298#5) is decided there, not here.
//!
//! Left out: forgetting SRTT after many back-offs (a MAY of RFC6298#5).

use core::time::Duration;

use crate::time::nanos_of;

/// K of RFC6298#2.2.
const K: u64 = 4;

/// The RTO that data starts with after a lost SYN (RFC6298#5.7).
const AFTER_SYN_TIMEOUT: Duration = Duration::from_secs(3);

/// SRTT, RTTVAR and the RTO that follows from them and from back-off.
///
/// ```
/// use core::time::Duration;
/// use stack_under_test::tcp::rto::RtoEstimator;
///
/// let (second, ms) = (Duration::from_secs(1), Duration::from_millis(1));
/// let mut rto = RtoEstimator::new(second, second, 60 * second, ms);
/// rto.sample(800 * ms); // SRTT 800 ms, RTTVAR 400 ms
/// assert_eq!(rto.rto(), 2400 * ms);
/// rto.back_off();
/// assert_eq!(rto.rto(), 4800 * ms);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RtoEstimator {
    smoothed: Option<Smoothed>,
    rto: Duration,
    initial: Duration,
    min: Duration,
    max: Duration,
    granularity: Duration,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Smoothed {
    /// Nanoseconds, as the clock counts: sums of these cost a fraction of sums of [`Duration`].
    srtt: u64,
    /// Nanoseconds.
    rttvar: u64,
}

impl RtoEstimator {
    /// An estimator without a measurement: its RTO is `initial` (1 s by RFC6298#2.1).
    ///
    /// `min` (1 s by #2.4) and `max` (at least 60 s by #2.5) bound every RTO, also the initial one;
    /// should they contradict each other, `max` wins. `granularity` is G, the clock's tick.
    pub fn new(initial: Duration, min: Duration, max: Duration, granularity: Duration) -> Self {
        let mut estimator = Self { smoothed: None, rto: Duration::ZERO, initial, min, max, granularity };
        estimator.set(initial);
        estimator
    }

    /// Takes a round-trip time of a segment that was sent once (RFC6298#2.2, #2.3). The RTO is
    /// computed anew, so an earlier back-off ends here.
    pub fn sample(&mut self, rtt: Duration) {
        self.sample_one_of(1, rtt);
    }

    /// The same for one of `expected` samples that a round trip gives: the gains are divided by that number, so that
    /// many samples do not forget the path's history sooner (RFC7323#4.2, #G). Zero counts as one.
    pub fn sample_one_of(&mut self, expected: u32, rtt: Duration) {
        let rtt = nanos_of(rtt);
        // Two branches that differ in the divisors: without timestamps they are known, and dividing is a shift.
        if expected <= 1 {
            self.take(rtt, 8, 4)
        } else {
            self.take(rtt, u64::from(expected) * 8, u64::from(expected) * 4)
        }
    }

    /// Takes a round-trip time in nanoseconds with these gains, as their divisors.
    #[inline(always)]
    fn take(&mut self, rtt: u64, alpha: u64, beta: u64) {
        let Smoothed { srtt, rttvar } = match self.smoothed {
            None => Smoothed { srtt: rtt, rttvar: rtt / 2 },
            // RTTVAR first: it uses the SRTT from before this sample. alpha = 1/8, beta = 1/4.
            Some(Smoothed { srtt, rttvar }) => Smoothed {
                rttvar: (rttvar - rttvar / beta).saturating_add(srtt.abs_diff(rtt) / beta),
                srtt: (srtt - srtt / alpha).saturating_add(rtt / alpha),
            },
        };
        self.smoothed = Some(Smoothed { srtt, rttvar });
        let margin = rttvar.saturating_mul(K).max(nanos_of(self.granularity));
        self.set(Duration::from_nanos(srtt.saturating_add(margin)));
    }

    /// The timeout to start the timer with, back-off included.
    pub fn rto(&self) -> Duration {
        self.rto
    }

    /// The smoothed round-trip time; `None` before the first [`sample`](Self::sample).
    pub fn srtt(&self) -> Option<Duration> {
        self.smoothed.map(|s| Duration::from_nanos(s.srtt))
    }

    /// The round-trip time's variation; `None` before the first [`sample`](Self::sample).
    pub fn rttvar(&self) -> Option<Duration> {
        self.smoothed.map(|s| Duration::from_nanos(s.rttvar))
    }

    /// Doubles the RTO, up to the maximum: the timer expired (RFC6298#5.5, MUST-19).
    pub fn back_off(&mut self) {
        self.set(self.rto.saturating_mul(2));
    }

    /// To be called once when the handshake completes, if the timer expired during it: data starts
    /// with an RTO of 3 s, or with the configured initial one if that is longer (RFC6298#5.7).
    pub fn after_syn_timeout(&mut self) {
        self.set(self.initial.max(AFTER_SYN_TIMEOUT));
    }

    fn set(&mut self, rto: Duration) {
        self.rto = rto.max(self.min).min(self.max);
    }
}

#[cfg(test)]
mod tests;
