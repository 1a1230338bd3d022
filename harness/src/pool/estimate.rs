//! How long a case may wait at most, read from its steps alone.
//!
//! Used to run long waits first, to skip what would take too long, and to notice a machine that is late.

use std::time::Duration;

use crate::{
    case::{
        format::{Action, Case, Expect, ExpectSegment},
        time::Span,
    },
    judge::expect::{LIVE_SLACK, WHEEL_SLACK},
};

/// What RTO counts for before a target can be asked: the initial value of RFC6298#2.1.
const RTO: Duration = Duration::from_secs(1);
/// Longer than this is "for ever"; keeps sums far from overflow.
const FOR_EVER: Duration = Duration::from_secs(366 * 24 * 3600);

/// No retransmission schedule is longer.
const MOST_REPEATS: u32 = 10_000;

/// The longest time the steps of `case` can let pass, on a target with this MSL.
#[must_use]
pub fn longest_wait(case: &Case, msl: Duration) -> Duration {
    let msl = match case.config.msl {
        Some(span) if span.two_msl == 0 && span.rto == 0 => length(span, Duration::ZERO),
        Some(_) | None => msl,
    };
    let steps = case.steps.iter().map(|step| step_wait(&step.value.action, msl));
    steps.fold(Duration::ZERO, |sum, wait| (sum + wait).min(FOR_EVER))
}

fn step_wait(action: &Action, msl: Duration) -> Duration {
    match action {
        Action::Wait(span) => length(*span, msl),
        Action::Expect(Expect::InOrder(segments)) => sum(segments, msl),
        // Their bounds all count from the step before.
        Action::Expect(Expect::AnyOrder(segments)) => {
            segments.iter().map(|segment| segment_wait(segment, msl)).max().unwrap_or_default()
        }
        Action::Expect(Expect::Either(alternatives)) => {
            alternatives.iter().map(|alternative| sum(&alternative.segments, msl)).max().unwrap_or_default()
        }
        Action::Inject(_) | Action::Call(_) | Action::State(_) | Action::Save(_) | Action::Check(_) => Duration::ZERO,
    }
}

fn sum(segments: &[ExpectSegment], msl: Duration) -> Duration {
    let waits = segments.iter().map(|segment| segment_wait(segment, msl));
    waits.fold(Duration::ZERO, |sum, wait| (sum + wait).min(FOR_EVER))
}

/// One expected segment with all its repetitions.
fn segment_wait(segment: &ExpectSegment, msl: Duration) -> Duration {
    let once = match (segment.within, segment.after) {
        (Some(within), _) => length(within, msl),
        (None, Some(after)) => {
            scaled(length(after, msl), 1.0 + segment.tolerance.unwrap_or(WHEEL_SLACK) / 100.0) + LIVE_SLACK
        }
        (None, None) => return Duration::ZERO,
    };
    let factor = segment.backoff.unwrap_or(1.0);
    let mut interval = once;
    let mut sum = Duration::ZERO;
    for _ in 0..segment.repeat.unwrap_or(1).min(MOST_REPEATS) {
        sum += interval;
        interval = scaled(interval, factor);
    }
    sum.min(FOR_EVER)
}

/// A product that may be written in a case: nonsense counts as for ever.
fn scaled(interval: Duration, factor: f64) -> Duration {
    Duration::try_from_secs_f64(interval.as_secs_f64() * factor).map_or(FOR_EVER, |product| product.min(FOR_EVER))
}

fn length(span: Span, msl: Duration) -> Duration {
    let nanos = |duration: Duration| i128::try_from(duration.as_nanos()).unwrap_or(i128::MAX >> 40);
    let sum = i128::from(span.two_msl) * nanos(msl) * 2 + i128::from(span.rto) * nanos(RTO) + i128::from(span.nanos);
    Duration::from_nanos(u64::try_from(sum.max(0)).unwrap_or(u64::MAX)).min(FOR_EVER)
}

#[cfg(test)]
mod tests;
