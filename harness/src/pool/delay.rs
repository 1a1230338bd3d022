//! How late a machine was: what it adds to every time that is read on it.
//!
//! [`Stopwatch`] is started and read by a worker around each case: how long the thread was ready to run and had no
//! processor, which Linux counts for each thread (`/proc/thread-self/schedstat`; elsewhere it is not known). [`overrun`]
//! looks at the run itself, and sees also a machine that stood still as a whole. [`super::Pool`] repeats what may have
//! been spoilt.

use std::time::Duration;

use crate::{case::format::Action, target::Time, trace::event::CaseRun};

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

/// How much longer than their span the waits of a run took, and how long what does not wait took at all.
pub(super) fn overrun(run: &CaseRun) -> Duration {
    let took = |began: Time, ended: Time| ended.saturating_sub(began);
    let steps = run.trace.steps.iter().zip(&run.case.case.steps);
    let over = steps.map(|(record, step)| match step.value.action {
        Action::Wait(span) if span.two_msl == 0 && span.rto == 0 => {
            let wanted = u64::try_from(span.nanos).map_or(Duration::ZERO, Duration::from_nanos);
            took(record.began, record.ended).saturating_sub(wanted)
        }
        // Only a target could say how long the first should take, and when the second has what it waits for.
        Action::Wait(_) | Action::Expect(_) => Duration::ZERO,
        Action::Inject(_) | Action::Call(_) | Action::State(_) | Action::Save(_) | Action::Check(_) => {
            took(record.began, record.ended)
        }
    });
    over.sum()
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
