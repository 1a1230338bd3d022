//! What an execution showed: divergences, violated invariants, targets that failed.
//!
//! [`found`] is asked by the engine for every execution, by confirmation and by shrinking. Where nothing is wrong it
//! allocates nothing. How a discovery stands (allowed, known, new) is the engine's to say.

use std::hash::{DefaultHasher, Hash, Hasher};

use super::{
    key::{Fields, Key, Seen, Side},
    pair::{Broke, Executed, How},
    relevant,
};
use crate::{
    case::{
        flags::Flags,
        format::{Action, At, Call, CallStep, Step},
    },
    clause::ClauseId,
    judge::{
        diff::{self, Comparison, Divergence, Strictness, compare},
        event_class::{self, AckPosition, EventClass, SegmentClass, SeqPosition},
        invariant::INVARIANTS,
        ledger::Ledger,
    },
    target::ConnState,
    trace::event::{CaseRun, EventKind, Finding, FindingKind},
};

/// One thing an execution showed.
#[derive(Clone, Debug)]
pub struct Found {
    /// What makes it the same as another.
    pub key: Key,
    /// Index of the step (of the concrete case) at which it shows.
    pub step: usize,
    /// What it is.
    pub what: What,
}

/// What was found.
#[derive(Clone, Debug)]
pub enum What {
    /// The targets part.
    Divergence(Box<Divergence>),
    /// A target broke a rule that holds for any TCP.
    Violation(Box<Violation>),
    /// A target panicked or broke: its words.
    Failure(String),
}

/// An invariant that does not hold.
#[derive(Clone, Debug)]
pub struct Violation {
    /// Which target broke it.
    pub side: Side,
    /// The clauses behind the invariant.
    pub clauses: Vec<ClauseId>,
    /// What has to hold.
    pub demanded: String,
    /// What was seen.
    pub observed: String,
}

/// The kind of a discovery, for counting.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// The two part.
    Divergence,
    /// An invariant is broken.
    Violation,
    /// A target panicked or broke.
    Failure,
}

/// How a discovery stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// The RFCs allow both answers.
    Allowed {
        /// The name of the allowance.
        name: &'static str,
        /// The clause that allows it.
        clause: &'static str,
    },
    /// It is that of a case of the suite.
    Known {
        /// The case's id.
        case: String,
    },
    /// Nobody has explained it.
    New,
}

impl Key {
    /// What kind of discovery it is the key of.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        match self.seen {
            Seen::Divergence { .. } => Kind::Divergence,
            Seen::Violation { .. } => Kind::Violation,
            Seen::Failure { .. } => Kind::Failure,
        }
    }
}

/// What a comparison of two runs came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compared {
    /// To the end, and nothing differs.
    Equal,
    /// They part; the rest is poisoned if it says so.
    Parted {
        /// Steps behind the divergence that could not be compared.
        poisoned: usize,
    },
    /// One target could not run it, or not to the end.
    Not,
}

/// Everything the two runs of an execution show, and how far they could be compared.
#[must_use]
pub fn found(executed: &Executed, into: &mut Vec<Found>) -> Compared {
    let [left, right] = &executed.runs;
    for side in Side::BOTH {
        failure(executed, side, into);
        violations(&executed.runs[side.index()], side, into);
    }
    if executed.broke.iter().any(Option::is_some) {
        return Compared::Not;
    }
    let none = Ledger::default();
    match compare(left, right, Strictness::Key, [&none, &none]) {
        Comparison::Equal => Compared::Equal,
        Comparison::Skipped(_) | Comparison::Failed(_) => Compared::Not,
        Comparison::Divergent(divergence) if waited_unevenly(left, right, divergence.step) => Compared::Not,
        Comparison::Divergent(divergence) if placed_unevenly(left, right, divergence.step) => Compared::Not,
        Comparison::Divergent(divergence) if changed_unseen(&divergence) => Compared::Not,
        Comparison::Divergent(divergence) => {
            let poisoned = divergence.poisoned_from.map_or(0, |from| divergence.case.case.steps.len() - from);
            into.push(parted(left, divergence));
            Compared::Parted { poisoned }
        }
    }
}

/// Whether it shows after a wait, and a wait up to there took another time on either target, whose MSL or RTO it was
/// written in: timers then differ for that reason alone.
fn waited_unevenly(left: &CaseRun, right: &CaseRun, step: usize) -> bool {
    let steps = &left.case.case.steps;
    let Some(acted) = event_class::acting_step(&left.case.case, step) else { return false };
    let length = |run: &CaseRun, index: usize| {
        run.trace.steps.get(index).map(|record| record.ended.as_micros().abs_diff(record.began.as_micros()))
    };
    let uneven = |index: usize| match steps[index].value.action {
        Action::Wait(span) if span.two_msl > 0 || span.rto > 0 => length(left, index) != length(right, index),
        Action::Wait(_)
        | Action::Inject(_)
        | Action::Expect(_)
        | Action::Call(_)
        | Action::State(_)
        | Action::Save(_)
        | Action::Check(_) => false,
    };
    matches!(steps[acted].value.action, Action::Wait(_)) && (0..=acted).any(uneven)
}

/// Whether time passed while another connection was in hand, so that nobody saw the two part: what this connection does
/// since may come of that, and what it comes of cannot be told.
fn changed_unseen(divergence: &Divergence) -> bool {
    let case = &divergence.case.case;
    let Some(acted) = event_class::acting_step(case, divergence.step) else { return false };
    let before = &case.steps[..acted];
    let unseen = |name: Option<&str>| {
        let mut in_hand = None;
        before.iter().fold(false, |unseen, step| {
            in_hand = connection(&step.value).unwrap_or(in_hand);
            let is_wait = matches!(step.value.action, Action::Wait(_));
            in_hand != name && (unseen || is_wait)
        })
    };
    match connection(&case.steps[acted].value) {
        Some(name) => unseen(name),
        // In a wait all of them may send.
        None => names(before).into_iter().enumerate().any(|(on, name)| sends_otherwise(divergence, on) && unseen(name)),
    }
}

/// The connections of some steps in the order of their numbers.
fn names(steps: &[At<Step>]) -> Vec<Option<&str>> {
    let mut names = vec![None];
    for name in steps.iter().filter_map(|step| connection(&step.value)) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

/// Whether the two sent something else on this connection.
fn sends_otherwise(divergence: &Divergence, on: usize) -> bool {
    let [left, right] = [&divergence.left, &divergence.right].map(|side| {
        let own = side.emitted.iter().filter(move |segment| segment.on.map(usize::from) == Some(on));
        own.map(|segment| (segment.flags, segment.seq, segment.ack, &segment.data))
    });
    !left.eq(right)
}

/// Whether the two were not given the same: a segment with text or FIN bore another number on either target, because one
/// had not acknowledged yet what the other had (SHLD-18), or what led there lies elsewhere in the other's window or
/// acknowledges something else. What the
/// peer may know of a window is in the number; an edge of it may be compared as such.
fn placed_unevenly(left: &CaseRun, right: &CaseRun, step: usize) -> bool {
    let Some(acted) = event_class::acting_step(&left.case.case, step) else { return false };
    injected(left, acted).zip(injected(right, acted)).any(|(left, right)| {
        let edge = |class: &SegmentClass| [SeqPosition::LeftEdge, SeqPosition::OutsideLeft].contains(&class.seq);
        let moved = left.seq != right.seq;
        if left.step < acted {
            moved && left.occupies
        } else {
            // Without ACK, or where nothing is known of the target's numbers, the field is no number of the case.
            let acks = ![AckPosition::None, AckPosition::Unknown].contains(&left.class.ack);
            (acks && left.ack != right.ack) || left.class.seq != right.class.seq || (moved && edge(&left.class))
        }
    })
}

/// A segment as it was injected.
struct Injected {
    step: usize,
    seq: u32,
    ack: u32,
    /// It has text or FIN.
    occupies: bool,
    class: SegmentClass,
}

/// The segments injected up to a step.
fn injected(run: &CaseRun, until: usize) -> impl Iterator<Item = Injected> {
    let events = run.trace.events.iter().take_while(move |event| event.step <= until);
    events.filter_map(|event| match &event.kind {
        EventKind::Injected { segment: Some(segment), class: EventClass::Segment(class), .. } => {
            let occupies = !segment.data.is_empty() || segment.flags.contains(Flags::FIN);
            Some(Injected { step: event.step, seq: segment.seq, ack: segment.ack, occupies, class: *class })
        }
        EventKind::Injected { .. }
        | EventKind::Emitted { .. }
        | EventKind::EmittedOther { .. }
        | EventKind::Called { .. }
        | EventKind::Explained(_)
        | EventKind::Waited(_) => None,
    })
}

fn parted(left: &CaseRun, divergence: Box<Divergence>) -> Found {
    let step = divergence.step;
    let rule = divergence.left.rules.first().map(|rule| rule.name);
    let (state, event) = met(left, step);
    let (state, event) = match event {
        EventClass::Call(call) if is_missing(&divergence) => relevant::of_missing_call(call),
        EventClass::Start
        | EventClass::Segment(_)
        | EventClass::Fragment(_)
        | EventClass::Icmp { .. }
        | EventClass::NotTcp
        | EventClass::Call(_)
        | EventClass::Wait => relevant::relevant(state, event, rule),
    };
    let seen = Seen::Divergence { rule, fields: Fields::of(&divergence.fields) };
    Found { key: Key { state, event, seen }, step, what: What::Divergence(divergence) }
}

/// Whether one target says that it does not have the call.
fn is_missing(divergence: &Divergence) -> bool {
    let missing = |side: &diff::Side| matches!(side.outcome.as_deref(), Some("EOPNOTSUPP" | "ENOPROTOOPT"));
    missing(&divergence.left) != missing(&divergence.right)
}

/// Of each invariant the first violation: what follows may be its echo.
fn violations(run: &CaseRun, side: Side, into: &mut Vec<Found>) {
    let told_as_invariant = |finding: &Finding| {
        let is_it = |other: &Finding| other.kind == FindingKind::Invariant && other.step == finding.step;
        finding.kind == FindingKind::Malformed && run.findings.iter().any(is_it)
    };
    for finding in run.findings.iter().filter(|finding| !told_as_invariant(finding)) {
        let Some(invariant) = invariant_of(finding) else { continue };
        let seen = Seen::Violation { side, invariant };
        if into.iter().any(|found| found.key.seen == seen) {
            continue;
        }
        let violation = Violation {
            side,
            clauses: finding.clauses.clone(),
            demanded: finding.expected.clone(),
            observed: finding.observed.clone(),
        };
        let (state, event) = met(run, finding.step);
        let (state, event) = relevant::of_violation(state, event);
        let what = What::Violation(Box::new(violation));
        into.push(Found { key: Key { state, event, seen }, step: finding.step, what });
    }
}

/// The invariant that a finding is about, if it is about what holds in every trace, whatever the case demands.
fn invariant_of(finding: &Finding) -> Option<&'static str> {
    match finding.kind {
        FindingKind::Malformed => Some("well-formed"),
        FindingKind::Invariant => {
            let rest = finding.observed.strip_prefix("breaks ").unwrap_or(&finding.observed);
            let name = rest.split(':').next().unwrap_or(rest);
            let known = INVARIANTS.iter().find(|invariant| invariant.name == name);
            Some(known.map_or("an invariant", |invariant| invariant.name))
        }
        FindingKind::Mismatch
        | FindingKind::Missing
        | FindingKind::Unexpected
        | FindingKind::Early
        | FindingKind::Late
        | FindingKind::State
        | FindingKind::Outcome
        | FindingKind::Comparison
        | FindingKind::Crash => None,
    }
}

fn failure(executed: &Executed, side: Side, into: &mut Vec<Found>) {
    let Some(broke) = &executed.broke[side.index()] else { return };
    // The other run shows how far the case got, if it is the only one that knows.
    let run = &executed.runs[side.index()];
    let step = run.trace.steps.len();
    let seen = Seen::Failure { side, place: number(&place(broke)) };
    // One place is one fault, whatever led there.
    let key = Key { state: ConnState::None { listening: false }, event: EventClass::Start, seen };
    into.push(Found { key, step, what: What::Failure(broke.message.clone()) });
}

/// A panic is the same if its place is; an error if its words are, numbers aside; a crash if both are.
fn place(broke: &Broke) -> String {
    let first = broke.message.lines().next().unwrap_or_default();
    let without_numbers = |text: &str| text.chars().filter(|c| !c.is_ascii_digit()).collect::<String>();
    match broke.how {
        How::Panicked => first.to_owned(),
        How::Failed => without_numbers(first),
        How::Crashed => {
            // The adapters' words: `… (tcp.rs:73)`, `… failed at line 1430 in tcp_in.c`.
            let at = first.rfind(" (").or_else(|| first.rfind(" failed at ")).unwrap_or(first.len());
            without_numbers(&first[..at]) + &first[at..]
        }
    }
}

fn number(value: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

/// The state and the event that what shows at `step` is about: what acted last, and the state before that.
pub(super) fn met(run: &CaseRun, step: usize) -> (ConnState, EventClass) {
    let acted = event_class::acting_step(&run.case.case, step);
    (state_before(run, acted.unwrap_or(0)), event_class::at(run, step))
}

/// The state before the step of the connection that the step acts on: the last one that was asked for.
fn state_before(run: &CaseRun, step: usize) -> ConnState {
    let none = ConnState::None { listening: false };
    let steps = &run.case.case.steps;
    let acted_on = steps.get(step).and_then(|step| connection(&step.value));
    let mut known = none;
    let mut in_hand = None;
    for (record, step) in run.trace.steps.iter().zip(steps).take(step) {
        in_hand = connection(&step.value).unwrap_or(in_hand);
        if let Some(state) = record.state.filter(|_| acted_on.is_none_or(|name| name == in_hand)) {
            known = state;
        }
    }
    known
}

/// The name of the connection that a step puts in hand; `None`: it stays the one it was.
fn connection(step: &Step) -> Option<Option<&str>> {
    match &step.action {
        Action::Inject(inject) => Some(inject.on.as_deref()),
        Action::Call(CallStep { call: Call::Listen { .. }, .. }) => None,
        Action::Call(call) => Some(call.on.as_deref()).filter(|on| *on != Some("listener")),
        Action::State(check) => Some(check.on.as_deref()),
        Action::Expect(expect) => expect.segments().next().map(|segment| segment.on.as_deref()),
        Action::Wait(_) | Action::Save(_) | Action::Check(_) => None,
    }
}

#[cfg(test)]
mod tests;
