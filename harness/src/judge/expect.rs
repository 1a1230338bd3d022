//! An `expect` step against what came: order, time, and nothing else.
//!
//! [`judge`] is called by [`crate::run`] each time something new may have come; it answers whether the step is
//! satisfied, broken for good, or worth waiting for, and until when. It is pure: the same emissions give the same
//! answer, so nothing is remembered between calls.
//!
//! Time has two ends on a live target, because a packet is seen at the earliest when it was sent, and possibly later.
//! An interval is *early* only if even its longest possible reading is too short, and *late* if the reading is too
//! long; the caller decides whether the machine may be to blame for the latter.

mod describe;

use std::time::Duration;

use smallvec::SmallVec;

use super::packet::{Seen, differences, is_allowed};
pub use describe::{describe, describe_all};

use crate::{
    case::{
        format::{Allow, Alternative, Expect, ExpectSegment},
        time::Span,
    },
    clause::ClauseId,
    peer::{Unknown, View},
    target::Time,
    trace::event::{Difference, FindingKind},
};

/// The slack of a timer wheel in percent: how much later than `after` a segment may come unless `tolerance` says
/// otherwise.
pub const WHEEL_SLACK: f64 = 12.5;
/// How much more a live machine may take to get round to it.
pub const LIVE_SLACK: Duration = Duration::from_millis(50);

/// A packet that no `expect` has spoken of yet.
#[derive(Clone, Copy, Debug)]
pub struct Pending<'a> {
    /// The segment, or what else it is.
    pub seen: Seen<'a>,
    /// What the wire showed just before it left.
    pub before: &'a View,
}

/// A moment in the past that is known only between two bounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// Not before this.
    pub earliest: Time,
    /// Not after this.
    pub latest: Time,
}

/// What the judge has to know beside the step.
pub struct Context<'a> {
    /// The event before: the last step that did something, or the end of the last wait.
    pub since: Moment,
    /// The target's clock.
    pub now: Time,
    /// Emission times are exact (virtual target) or at most late (live).
    pub live: bool,
    /// How coarse the target's timers are: [`Capabilities::granularity`](crate::target::Capabilities::granularity).
    pub granularity: Duration,
    /// Resolves a span: 2·MSL and RTO are the target's.
    pub span: &'a dyn Fn(Span) -> Duration,
    /// Which connection a name stands for.
    pub connection: &'a dyn Fn(Option<&str>) -> u8,
    /// What may come unasked.
    pub allow: &'a [Allow],
}

/// The answer.
#[derive(Debug)]
pub enum Judgement {
    /// All came, and nothing else; this was the alternative, if there are several.
    Satisfied(Option<usize>),
    /// Not yet, but it may still come until then.
    Waiting(Time),
    /// It did not, and never will.
    Broken(Box<Breach>),
}

/// How an expectation was broken.
#[derive(Clone, Debug)]
pub struct Breach {
    /// What kind.
    pub kind: FindingKind,
    /// What was wanted.
    pub expected: String,
    /// What was seen, short.
    pub observed: String,
    /// Every field that differs.
    pub differences: Vec<Difference>,
    /// Which pending segment it is about.
    pub segment: Option<usize>,
    /// The clauses of the alternative, if it has its own.
    pub clauses: Vec<ClauseId>,
    /// How many segments had matched before.
    matched: usize,
}

impl Breach {
    fn missing(expected: &str, matched: usize) -> Self {
        Self {
            kind: FindingKind::Missing,
            expected: expected.to_owned(),
            observed: "nothing".to_owned(),
            differences: Vec::new(),
            segment: None,
            clauses: Vec::new(),
            matched,
        }
    }

    fn about(kind: FindingKind, expected: String, index: usize, pending: &Pending<'_>, matched: usize) -> Self {
        Self {
            kind,
            expected,
            observed: pending.seen.short(),
            differences: Vec::new(),
            segment: Some(index),
            clauses: Vec::new(),
            matched,
        }
    }

    fn broken(self) -> Judgement {
        Judgement::Broken(Box::new(self))
    }
}

/// Judges one `expect` step.
///
/// # Errors
/// If a symbol has no value yet.
pub fn judge(expect: &Expect, pending: &[Pending<'_>], context: &Context<'_>) -> Result<Judgement, Unknown> {
    match expect {
        Expect::InOrder(segments) => in_order(segments, pending, context),
        Expect::AnyOrder(segments) => any_order(segments, pending, context),
        Expect::Either(alternatives) => either(alternatives, pending, context),
    }
}

fn either(alternatives: &[Alternative], pending: &[Pending<'_>], context: &Context<'_>) -> Result<Judgement, Unknown> {
    let mut satisfied = None;
    let mut waiting: Option<Time> = None;
    let mut closest: Option<Box<Breach>> = None;
    for (index, alternative) in alternatives.iter().enumerate() {
        match in_order(&alternative.segments, pending, context)? {
            Judgement::Satisfied(_) => satisfied = satisfied.or(Some(index)),
            Judgement::Waiting(until) => waiting = Some(waiting.map_or(until, |other| other.min(until))),
            Judgement::Broken(mut breach) => {
                breach.clauses.clone_from(&alternative.clauses);
                if closest.as_ref().is_none_or(|other| other.matched < breach.matched) {
                    closest = Some(breach);
                }
            }
        }
    }
    // An alternative that may still come is waited for even when `nothing` is satisfied now: a late answer would
    // otherwise count as unexpected in the next step.
    Ok(match (waiting, satisfied, closest) {
        (Some(until), _, _) => Judgement::Waiting(until),
        (None, Some(index), _) => Judgement::Satisfied(Some(index)),
        (None, None, Some(mut breach)) => {
            let wanted: Vec<_> = alternatives.iter().map(|alternative| describe_all(&alternative.segments)).collect();
            breach.expected = wanted.join(", or ");
            Judgement::Broken(breach)
        }
        // No alternative at all: nothing can satisfy it. The loader rejects this.
        (None, None, None) => Breach::missing("one of no alternatives", 0).broken(),
    })
}

/// One expected segment with its times resolved.
struct Slot<'a> {
    expected: &'a ExpectSegment,
    on: u8,
    /// Not earlier than this after the one before.
    after: Option<Duration>,
    /// Not later than this after the one before; `None`: at once.
    within: Option<Duration>,
}

/// Unrolls `repeat` and `backoff`.
fn slots<'a>(segments: &'a [ExpectSegment], context: &Context<'_>) -> SmallVec<[Slot<'a>; 2]> {
    let mut slots = SmallVec::with_capacity(segments.len());
    for expected in segments {
        let on = (context.connection)(expected.on.as_deref());
        let mut factor = 1.0;
        for _ in 0..expected.repeat.unwrap_or(1) {
            let scaled = |span| scale((context.span)(span), factor);
            let after = expected.after.map(scaled);
            let within =
                expected.within.map(scaled).or_else(|| after.map(|after| upper(after, expected.tolerance, context)));
            slots.push(Slot { expected, on, after, within });
            factor *= expected.backoff.unwrap_or(1.0);
        }
    }
    slots
}

/// A multiple of a span; a factor that makes no span of it (generated cases can have any) gives the span itself.
#[must_use]
pub fn scale(span: Duration, factor: f64) -> Duration {
    Duration::try_from_secs_f64(span.as_secs_f64() * factor).unwrap_or(span)
}

/// The upper bound that goes with `after` alone.
fn upper(after: Duration, tolerance: Option<f64>, context: &Context<'_>) -> Duration {
    let slack = if context.live { LIVE_SLACK } else { Duration::ZERO };
    scale(after, 1.0 + tolerance.unwrap_or(WHEEL_SLACK) / 100.0).max(after) + context.granularity + slack
}

fn in_order(segments: &[ExpectSegment], pending: &[Pending<'_>], context: &Context<'_>) -> Result<Judgement, Unknown> {
    let mut since = context.since;
    let mut next = 0;
    for (matched, slot) in slots(segments, context).iter().enumerate() {
        loop {
            let Some(candidate) = pending.get(next) else {
                return Ok(absent(slot, since, context, matched));
            };
            let found = differences(slot.expected, slot.on, candidate.seen, candidate.before)?;
            if found.is_empty() {
                break;
            }
            if !is_allowed(context.allow, candidate.seen, candidate.before) {
                let mut breach =
                    Breach::about(FindingKind::Mismatch, describe(slot.expected), next, candidate, matched);
                breach.differences = found;
                return Ok(breach.broken());
            }
            next += 1;
        }
        let candidate = &pending[next];
        match timed(slot, since, candidate.seen.at(), context.live) {
            Ok(moment) => since = moment,
            Err((kind, when)) => {
                let wanted = format!("{} {when}", describe(slot.expected));
                return Ok(Breach::about(kind, wanted, next, candidate, matched).broken());
            }
        }
        next += 1;
    }
    Ok(nothing_else(&pending[next..], next, segments, context))
}

/// What is left must be allowed.
fn nothing_else(rest: &[Pending<'_>], first: usize, segments: &[ExpectSegment], context: &Context<'_>) -> Judgement {
    let odd = rest.iter().position(|pending| !is_allowed(context.allow, pending.seen, pending.before));
    match odd {
        None => Judgement::Satisfied(None),
        Some(index) => {
            let wanted = match segments {
                [] => "nothing".to_owned(),
                some => format!("nothing after {}", describe_all(some)),
            };
            Breach::about(FindingKind::Unexpected, wanted, first + index, &rest[index], segments.len()).broken()
        }
    }
}

/// Nothing came for this slot (yet).
fn absent(slot: &Slot<'_>, since: Moment, context: &Context<'_>, matched: usize) -> Judgement {
    match slot.within {
        Some(within) if context.now < since.latest + within => Judgement::Waiting(since.latest + within),
        _ => Breach::missing(&describe::with_times(slot.expected, slot.after, slot.within), matched).broken(),
    }
}

/// Whether it came in time, and then when that was.
fn timed(slot: &Slot<'_>, since: Moment, at: Time, live: bool) -> Result<Moment, (FindingKind, String)> {
    if let Some(after) = slot.after
        && at < since.earliest + after
    {
        let took = at.saturating_sub(since.earliest);
        return Err((FindingKind::Early, format!("not before {after:?}; it came after {took:?}")));
    }
    if let Some(within) = slot.within
        && at > since.latest + within
    {
        let took = at.saturating_sub(since.latest);
        return Err((FindingKind::Late, format!("within {within:?}; it came after {took:?}")));
    }
    // What was sent on time but read late must not make the next interval look early.
    let earliest = if live { (since.earliest + slot.after.unwrap_or_default()).min(at) } else { at };
    Ok(Moment { earliest, latest: at })
}

fn any_order(segments: &[ExpectSegment], pending: &[Pending<'_>], context: &Context<'_>) -> Result<Judgement, Unknown> {
    let mut open = slots(segments, context);
    let all = open.len();
    for (index, candidate) in pending.iter().enumerate() {
        let matched = all - open.len();
        let compared = open
            .iter()
            .map(|slot| differences(slot.expected, slot.on, candidate.seen, candidate.before))
            .collect::<Result<Vec<_>, _>>()?;
        let nearest = compared.iter().enumerate().min_by_key(|(_, found)| found.len());
        match nearest {
            Some((number, found)) if found.is_empty() => {
                let slot = open.remove(number);
                if let Err((kind, when)) = timed(&slot, context.since, candidate.seen.at(), context.live) {
                    let wanted = format!("{} {when}", describe(slot.expected));
                    return Ok(Breach::about(kind, wanted, index, candidate, matched).broken());
                }
            }
            _ if is_allowed(context.allow, candidate.seen, candidate.before) => {}
            Some((number, found)) => {
                let wanted = describe(open[number].expected);
                let mut breach = Breach::about(FindingKind::Mismatch, wanted, index, candidate, matched);
                breach.differences.clone_from(found);
                return Ok(breach.broken());
            }
            None => {
                let wanted = format!("nothing beside {}", describe_all(segments));
                return Ok(Breach::about(FindingKind::Unexpected, wanted, index, candidate, matched).broken());
            }
        }
    }
    let mut waiting: Option<Time> = None;
    for slot in &open {
        match absent(slot, context.since, context, all - open.len()) {
            Judgement::Waiting(until) => waiting = Some(waiting.map_or(until, |other| other.min(until))),
            ended @ (Judgement::Broken(_) | Judgement::Satisfied(_)) => return Ok(ended),
        }
    }
    Ok(waiting.map_or(Judgement::Satisfied(None), Judgement::Waiting))
}

#[cfg(test)]
mod tests;
