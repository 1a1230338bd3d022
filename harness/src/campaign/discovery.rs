//! What an execution showed: divergences, violated invariants, targets that failed.
//!
//! [`found`] is asked by the engine for every execution, by confirmation and by shrinking. Where nothing is wrong it
//! allocates nothing. How a discovery stands (allowed, known, new) is the engine's to say.

use std::hash::{DefaultHasher, Hash, Hasher};

use super::{
    key::{Fields, Key, Seen, Side},
    pair::Executed,
};
use crate::{
    case::{
        flags::Flags,
        format::{Action, Call, CallStep, Step},
        state::State,
    },
    clause::ClauseId,
    judge::{
        diff::{Comparison, Divergence, Strictness, compare},
        event_class::{self, AckPosition, ControlBits, EventClass, SeqPosition},
        invariant::INVARIANTS,
        ledger::Ledger,
    },
    target::ConnState,
    trace::event::{CaseRun, Finding, FindingKind},
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
        Comparison::Divergent(divergence) => {
            let poisoned = divergence.poisoned_from.map_or(0, |from| divergence.case.case.steps.len() - from);
            into.push(parted(left, divergence));
            Compared::Parted { poisoned }
        }
    }
}

fn parted(left: &CaseRun, divergence: Box<Divergence>) -> Found {
    let step = divergence.step;
    let rule = divergence.left.rules.first().map(|rule| rule.name);
    let seen = Seen::Divergence { rule, fields: Fields::of(&divergence.fields) };
    Found { key: key(left, step, seen), step, what: What::Divergence(divergence) }
}

fn violations(run: &CaseRun, side: Side, into: &mut Vec<Found>) {
    for finding in &run.findings {
        let Some(invariant) = invariant_of(finding) else { continue };
        let told = |other: &Finding| other.kind == FindingKind::Invariant && other.step == finding.step;
        if finding.kind == FindingKind::Malformed && run.findings.iter().any(told) {
            continue;
        }
        let key = key(run, finding.step, Seen::Violation { side, invariant });
        if into.iter().any(|found| found.key == key) {
            continue;
        }
        let violation = Violation {
            side,
            clauses: finding.clauses.clone(),
            demanded: finding.expected.clone(),
            observed: finding.observed.clone(),
        };
        into.push(Found { key, step: finding.step, what: What::Violation(Box::new(violation)) });
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
        | FindingKind::Comparison => None,
    }
}

fn failure(executed: &Executed, side: Side, into: &mut Vec<Found>) {
    let Some(broke) = &executed.broke[side.index()] else { return };
    // The other run shows how far the case got, if it is the only one that knows.
    let run = &executed.runs[side.index()];
    let step = run.trace.steps.len();
    let seen = Seen::Failure { side, place: number(&place(broke.panicked, &broke.message)) };
    let event = if run.trace.events.is_empty() { EventClass::Start } else { event_class::at(run, step) };
    let state = state_before(run, step);
    into.push(Found { key: Key { state, event, seen }, step, what: What::Failure(broke.message.clone()) });
}

/// A panic is the same if its place is; an error if its words are, numbers aside.
fn place(panicked: bool, message: &str) -> String {
    let first = message.lines().next().unwrap_or_default();
    if panicked { first.to_owned() } else { first.chars().filter(|c| !c.is_ascii_digit()).collect() }
}

fn number(value: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

/// The key of what shows at `step`: it is about what acted last, and the state before that.
fn key(run: &CaseRun, step: usize, seen: Seen) -> Key {
    let acted = event_class::acting_step(&run.case.case, step);
    let state = state_before(run, acted.unwrap_or(0));
    Key { state, event: met(state, event_class::at(run, step)), seen }
}

/// The class of an event as the connection met it: where there is none, numbers lie nowhere; and what a RST or a SYN
/// carries besides is looked at by no rule that comes before theirs.
fn met(state: ConnState, event: EventClass) -> EventClass {
    let EventClass::Segment(segment) = event else { return event };
    let is_connection = match state {
        ConnState::None { .. } | ConnState::Is(State::Closed | State::Listen) => false,
        ConnState::Is(
            State::SynSent
            | State::SynReceived
            | State::Established
            | State::FinWait1
            | State::FinWait2
            | State::CloseWait
            | State::Closing
            | State::LastAck
            | State::TimeWait,
        ) => true,
    };
    let mut met = segment;
    let flags = segment.flags.flags();
    let ends_the_checks = [Flags::RST, Flags::SYN].into_iter().find(|flag| flags.contains(*flag));
    if let Some(flag) = ends_the_checks {
        (met.flags, met.text) = (ControlBits::of(Flags(flags.0 & (flag.0 | Flags::ACK.0))), false);
    }
    if !is_connection {
        met.seq = SeqPosition::Unknown;
        met.ack = if segment.ack == AckPosition::None { AckPosition::None } else { AckPosition::Unknown };
    }
    EventClass::Segment(met)
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
