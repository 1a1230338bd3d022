//! How long a thread was ready to run and had no processor: what a busy machine adds to every time that it reads.
//!
//! [`Stopwatch`] is started and read by a worker around each case on a live target; [`super::Pool`] repeats what a late
//! machine may have spoilt. Linux counts it for each thread (`/proc/thread-self/schedstat`); elsewhere it is not known.

use std::time::Duration;

/// Below this no verdict depends on it: half of the slack that every upper bound has, taken three times (the timeout
/// after a first round trip is three times what was measured).
pub(super) const HARMLESS: Duration = Duration::from_millis(8);

/// Measures the calling thread from its start on.
pub(super) struct Stopwatch {
    before: Option<Duration>,
}

impl Stopwatch {
    pub(super) fn start() -> Self {
        Self { before: waited() }
    }

    /// How long the thread has waited for a processor since; zero where nobody knows.
    pub(super) fn read(&self) -> Duration {
        match (self.before, waited()) {
            (Some(before), Some(after)) => after.saturating_sub(before),
            (None, _) | (_, None) => Duration::ZERO,
        }
    }
}

/// The second number of the file: nanoseconds in a run queue.
fn waited() -> Option<Duration> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    parse(&text)
}

fn parse(text: &str) -> Option<Duration> {
    text.split_ascii_whitespace().nth(1)?.parse().ok().map(Duration::from_nanos)
}

#[cfg(test)]
mod tests;
