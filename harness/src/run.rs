//! The only loop that advances time: one case on one target.
//!
//! [`run_case`] is called by the worker pool, the differ and the tests. It resolves what a step says (positions, names,
//! spans) to numbers, drives the [`Target`], writes the [`Trace`] and asks the judges. It never waits for what can be
//! decided without: only an `expect` with a time bound and a `wait` let time pass.
//!
//! Left out: the ledger (applied by the caller, who knows all cases) and any output.

mod beside;
mod calls;
mod expectation;
mod injection;
mod invariants;
mod measure;

use beside::Beside;
pub use calls::show_call;
use injection::Fragmented;

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use serde::{Deserialize, Serialize};

use crate::{
    case::{
        format::{Action, Case, ConcreteCase, Expect, StateCheck, Step},
        time::Span,
    },
    clause::{ClauseId, Level},
    judge::{
        expect::Moment,
        invariant::Monitor,
        verdict::{level_of, verdict_of},
    },
    peer::{Peer, Unknown, View},
    segment::{
        ethernet,
        parse::{NotTcp, parse},
    },
    target::{ConnState, Emission, Explanation, Refusal, RuleNames, Target, TargetError, Time},
    trace::event::{
        CaseRun, CaseSegment, Difference, Event, EventKind, Finding, FindingKind, StepRecord, Trace, Verdict,
    },
};

/// Whether a failed check ends the case.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Mode {
    /// It does, unless the step says `continue: true`.
    #[default]
    Judge,
    /// It does not: every step is taken. For comparing two targets.
    Record,
    /// Like `Record`, but the state is not asked for twice where a look follows a step, and where asking is dear
    /// ([`Capabilities::state_is_dear`]) only at `state` steps and after the last step; and what a call gave or a look
    /// saw against the case's wishes is a finding without words and clauses, as making them costs more than the run.
    /// The packets themselves are not kept, only what they say. For campaigns: what parts is recorded again.
    ///
    /// [`Capabilities::state_is_dear`]: crate::target::Capabilities::state_is_dear
    Compare,
    /// Like `Compare`, but the state is asked for however dear that is: everything that decides which discovery it is.
    CompareStates,
}

impl Mode {
    /// Whether what only a person wants to see is left out: words, packets, the target's own tracing.
    const fn is_terse(self) -> bool {
        match self {
            Self::Judge | Self::Record => false,
            Self::Compare | Self::CompareStates => true,
        }
    }
}

/// Runs one case on one target.
///
/// Never fails: what goes wrong is the verdict. Where the TCP under test itself breaks down the case ends with a finding
/// ([`CaseRun::crash`]), and the target is not to be used again.
pub fn run_case(target: &mut dyn Target, case: &Arc<ConcreteCase>, mode: Mode) -> CaseRun {
    run_case_into(Trace::default(), &mut Scratch::default(), target, case, mode)
}

/// Memory that a run needs and leaves empty.
#[derive(Default)]
pub(crate) struct Scratch {
    captured: Vec<Emission>,
    why: Vec<Explanation>,
    pending: Vec<Waiting>,
    packet: Vec<u8>,
    monitor: Option<Box<Monitor>>,
    unmeasured: bool,
}

impl Scratch {
    /// For runs that nobody asks how long they took.
    pub(crate) fn unmeasured() -> Self {
        Self { unmeasured: true, ..Self::default() }
    }
}

/// [`run_case`] in the memory of earlier runs and of an earlier trace.
pub(crate) fn run_case_into(
    mut memory: Trace,
    scratch: &mut Scratch,
    target: &mut dyn Target,
    case: &Arc<ConcreteCase>,
    mode: Mode,
) -> CaseRun {
    memory.events.clear();
    memory.steps.clear();
    let started = (!scratch.unmeasured).then(std::time::Instant::now);
    target.set_tracing(!mode.is_terse());
    let began = match beside::missing(target.capabilities(), &case.case) {
        Some(reason) => Err(Refusal::Unsupported(reason)),
        None => target.begin(&case.case.config),
    };
    let (verdict, trace, findings) = match began {
        Err(Refusal::Unsupported(reason)) => (Verdict::Skip(reason), Trace::default(), Vec::new()),
        Err(Refusal::Failed(error)) => (Verdict::Error(error.to_string()), Trace::default(), Vec::new()),
        Ok(endpoints) => {
            let mut run = Run::new(memory, scratch, target, case, mode, Peer::new(endpoints, case.case.peer.isn));
            let stopped = run.all_steps();
            let verdict = match (stopped, run.target.end()) {
                (Err(Stop::Error(TargetError::Crashed(words))), _) => run.crashed(&words),
                (Err(Stop::Error(error)), _) | (Ok(()), Err(error)) => Verdict::Error(error.to_string()),
                (Err(Stop::Inconclusive(reason)), _) => run.inconclusive(reason),
                (Ok(()), Ok(())) => run.verdict(),
            };
            let Run { mut trace, findings, monitor, scratch, .. } = run;
            scratch.monitor = Some(monitor);
            trace.endpoints = Some(endpoints);
            (verdict, trace, findings)
        }
    };
    CaseRun {
        case: Arc::clone(case),
        target: target.name().to_owned(),
        version: target.capabilities().version.clone(),
        trace,
        findings,
        verdict,
        wall: started.map_or(Duration::ZERO, |started| started.elapsed()),
    }
}

/// Why a run cannot go on.
enum Stop {
    /// The harness or its environment broke.
    Error(TargetError),
    /// The run says nothing about the clause.
    Inconclusive(String),
}

impl From<TargetError> for Stop {
    fn from(error: TargetError) -> Self {
        Self::Error(error)
    }
}

impl From<Unknown> for Stop {
    fn from(unknown: Unknown) -> Self {
        Self::Inconclusive(unknown.to_string())
    }
}

/// A segment nobody has judged yet.
struct Waiting {
    /// Its event.
    event: usize,
    /// What the wire showed just before it left.
    before: View,
}

/// The demand of a look, and of the end of every case.
const NOTHING: &Expect = &Expect::InOrder(Vec::new());

fn is_nothing(expect: &Expect) -> bool {
    matches!(expect, Expect::InOrder(segments) if segments.is_empty())
}

struct Run<'a> {
    target: &'a mut dyn Target,
    concrete: &'a ConcreteCase,
    case: &'a Case,
    mode: Mode,
    peer: Peer,
    monitor: Box<Monitor>,
    /// What broke an invariant in this step, with its event if it was an emission.
    violations: Vec<invariants::Broken>,
    trace: Trace,
    findings: Vec<Finding>,
    scratch: &'a mut Scratch,
    /// The last thing the harness did, for time bounds.
    since: Moment,
    /// The target's clock when everything there was had been taken in; nothing has happened in this step since then.
    /// To read a live target's clock costs as much as a short step.
    taken_in: Option<Time>,
    step: usize,
    /// The connection that the current step speaks of.
    in_hand: u8,
    next_ip_id: u16,
    /// The datagram that is leaving in fragments.
    fragmented: Fragmented,
    /// What is on the way besides TCP.
    beside: Beside,
    kept: BTreeMap<&'a str, u32>,
    alternative: Option<usize>,
}

impl<'a> Run<'a> {
    fn new(
        mut trace: Trace,
        scratch: &'a mut Scratch,
        target: &'a mut dyn Target,
        concrete: &'a ConcreteCase,
        mode: Mode,
        peer: Peer,
    ) -> Self {
        // A run that broke off may have left something.
        scratch.captured.clear();
        scratch.why.clear();
        scratch.pending.clear();
        let steps = concrete.case.steps.len();
        trace.events.reserve(2 * steps);
        trace.steps.reserve(steps);
        let (endpoints, live) = (*peer.endpoints(), target.capabilities().live);
        let mut monitor = scratch.monitor.take().unwrap_or_else(|| Box::new(Monitor::new(endpoints, live)));
        monitor.again(endpoints, live);
        if target.capabilities().wheel {
            monitor.with_wheel(target.capabilities().granularity);
        }
        if concrete.case.config.keepalive_idle.is_some() {
            monitor.with_keepalive();
        }
        Self {
            monitor,
            violations: Vec::new(),
            target,
            concrete,
            case: &concrete.case,
            mode,
            peer,
            trace,
            findings: Vec::new(),
            scratch,
            since: Moment { earliest: Time::ZERO, latest: Time::ZERO },
            taken_in: None,
            step: 0,
            in_hand: 0,
            next_ip_id: 1,
            fragmented: Fragmented::default(),
            beside: Beside::new(&concrete.case),
            kept: BTreeMap::new(),
            alternative: None,
        }
    }

    fn all_steps(&mut self) -> Result<(), Stop> {
        for (index, step) in self.case.steps.iter().enumerate() {
            self.step = index;
            let findings_before = self.findings.len();
            self.one_step(&step.value)?;
            let failed = self.findings.len() > findings_before;
            self.report_violations(&step.value);
            if failed && self.concrete.step_number(index).is_none() && self.mode == Mode::Judge {
                return Err(Stop::Inconclusive(self.prelude_failed()));
            }
            if failed && !step.value.continues && self.mode == Mode::Judge {
                return Ok(());
            }
        }
        self.nothing_left()?;
        self.monitor.end(self.target.now());
        if let Some(last) = self.case.steps.last() {
            self.report_violations(&last.value);
        }
        Ok(())
    }

    fn prelude_failed(&self) -> String {
        let given = self.case.given.map_or_else(|| "the start".to_owned(), |state| state.to_string());
        let remark =
            self.findings.last().map(|finding| format!("expected {}, got {}", finding.expected, finding.observed));
        format!("the prelude did not reach {given}: {}", remark.unwrap_or_default())
    }

    fn verdict(&self) -> Verdict {
        verdict_of(&self.findings)
    }

    /// The run says nothing of what the case is about; a rule that holds in any trace may be broken all the same.
    fn inconclusive(&mut self, reason: String) -> Verdict {
        if let Some(step) = self.case.steps.get(self.step) {
            self.report_violations(&step.value);
        }
        let broken = self.findings.iter().filter(|finding| finding.kind == FindingKind::Invariant);
        match &broken.cloned().collect::<Vec<_>>()[..] {
            [] => Verdict::Inconclusive(reason),
            broken => verdict_of(broken),
        }
    }

    /// The TCP under test broke down in the current step, whatever the case is about.
    fn crashed(&mut self, words: &str) -> Verdict {
        self.findings.push(Finding::crash(self.step, words));
        self.verdict()
    }

    /// Takes one step and writes its record.
    fn one_step(&mut self, step: &'a Step) -> Result<(), Stop> {
        // Nothing happens between steps.
        let began = self.trace.steps.last().map_or_else(|| self.target.now(), |last| last.ended);
        self.alternative = None;
        self.taken_in = None;
        let (mut outcome, mut state) = (None, None);
        match &step.action {
            Action::Inject(inject) => self.inject(inject)?,
            Action::Expect(expect) => self.expect(step, expect)?,
            Action::Call(call) => outcome = Some(self.call(step, call)?),
            Action::State(check) => state = Some(self.state(step, check)?),
            Action::Wait(span) => self.wait(*span)?,
            Action::Save(names) => self.save(names)?,
            Action::Check(comparison) => self.compare(step, comparison)?,
        }
        if state.is_none() && self.wants_state() {
            state = Some(self.state_in_hand()?);
        }
        let ended = self.taken_in.unwrap_or_else(|| self.target.now());
        let alternative = self.alternative;
        self.trace.steps.push(StepRecord { began, ended, outcome, state, alternative });
        Ok(())
    }

    /// Whether the record of the current step tells the state although the step does not speak of it.
    fn wants_state(&self) -> bool {
        if !self.mode.is_terse() {
            return true;
        }
        let next = self.case.steps.get(self.step + 1).map(|step| &step.value.action);
        // Nothing happens between a step and the look behind it, which asks for the same.
        let asked_next = matches!(next, Some(Action::Expect(expect)) if is_nothing(expect));
        let too_dear = self.mode == Mode::Compare && self.target.capabilities().state_is_dear;
        next.is_none() || !(asked_next || too_dear)
    }

    fn state_in_hand(&mut self) -> Result<ConnState, Stop> {
        let pair = self.peer.connection(self.in_hand).pair;
        let state = self.target.state(Peer::handle(self.in_hand), pair)?;
        self.monitor.state(Peer::handle(self.in_hand), pair, state, self.target.now());
        Ok(state)
    }

    fn state(&mut self, step: &'a Step, check: &'a StateCheck) -> Result<ConnState, Stop> {
        self.in_hand = self.peer.resolve(check.on.as_deref(), None);
        let state = self.state_in_hand()?;
        if check.any_of.iter().any(|&wanted| state.matches(wanted)) {
            return Ok(state);
        }
        let wanted: Vec<_> = check.any_of.iter().map(ToString::to_string).collect();
        let expected = format!("state {}", wanted.join(" or "));
        self.remark(step, FindingKind::State, expected, format!("state {state}"));
        Ok(state)
    }

    fn wait(&mut self, span: Span) -> Result<(), Stop> {
        let length = self.duration(span)?;
        let until = self.target.now() + length;
        self.event(EventKind::Waited(span));
        while self.target.now() < until {
            self.target.advance(until)?;
            self.collect()?;
        }
        self.taken_in = None;
        self.since = Moment { earliest: until, latest: self.target.now() };
        Ok(())
    }

    /// A span in this target's time. RTO is asked for only when it is needed.
    fn duration(&mut self, span: Span) -> Result<Duration, Stop> {
        let rto = if span.rto == 0 {
            Duration::ZERO
        } else {
            let pair = self.peer.connection(self.in_hand).pair;
            self.target
                .rto(Peer::handle(self.in_hand), pair)?
                .ok_or_else(|| Stop::Inconclusive("RTO is not known: the target shows none here".to_owned()))?
        };
        let msl = match self.case.config.msl {
            Some(msl) if msl.two_msl == 0 && msl.rto == 0 => resolve(msl, Duration::ZERO, Duration::ZERO),
            _ => self.target.capabilities().msl,
        };
        Ok(resolve(span, msl * 2, rto))
    }

    /// Writes what happens now, and tells when that is.
    fn event(&mut self, kind: EventKind) -> Time {
        let at = self.target.now();
        self.trace.events.push(Event { at, step: self.step, kind, frame: None });
        at
    }

    /// Takes in what the target has emitted and why.
    fn collect(&mut self) -> Result<(), Stop> {
        let mut captured = std::mem::take(&mut self.scratch.captured);
        loop {
            self.target.capture(&mut captured)?;
            for emission in captured.drain(..) {
                self.emitted(emission);
            }
            // What the target asks the link for comes before what it has to say.
            if !self.answer_neighbors()? {
                break;
            }
        }
        self.scratch.captured = captured;
        let now = self.target.now();
        self.taken_in = Some(now);
        self.monitor.advanced(now);
        let mut why = std::mem::take(&mut self.scratch.why);
        self.target.explain(&mut why);
        for explanation in why.drain(..) {
            // A reading of the clock costs time in a guest.
            let kind = EventKind::Explained(explanation);
            self.trace.events.push(Event { at: now, step: self.step, kind, frame: None });
        }
        self.scratch.why = why;
        Ok(())
    }

    fn emitted(&mut self, emission: Emission) {
        let Emission { at, packet, rules } = emission;
        if self.beside.is_ethernet() {
            return self.frame_emitted(at, &packet, rules);
        }
        self.packet_emitted(at, packet, rules, None);
    }

    fn packet_emitted(&mut self, at: Time, packet: Vec<u8>, rules: RuleNames, frame: Option<ethernet::Header>) {
        let (mut segment, before) = match parse(&packet) {
            Ok(parsed) => {
                self.monitor.emitted(&parsed, at);
                self.peer.emitted(parsed, at)
            }
            Err(NotTcp::Protocol(_)) => return self.other_emitted(at, packet, rules, frame),
            Err(problem @ (NotTcp::NotIp | NotTcp::Fragment | NotTcp::TooShort)) => {
                let faults = vec![(problem.to_string(), "RFC9293#3.1")];
                (CaseSegment { at, faults, ..CaseSegment::default() }, View::unknown())
            }
        };
        segment.rules = rules;
        let event = self.trace.events.len();
        let packet = if self.mode.is_terse() { Vec::new() } else { packet };
        self.trace.events.push(Event { at, step: self.step, kind: EventKind::Emitted { packet, segment }, frame });
        self.scratch.pending.push(Waiting { event, before });
        self.note_violations(Some(event));
    }

    /// The last check of every case: nothing came that no step spoke of.
    fn nothing_left(&mut self) -> Result<(), Stop> {
        let Some(last) = self.case.steps.last() else { return Ok(()) };
        // Since the last step took in what there was nothing has happened.
        if self.taken_in.is_none() {
            self.collect()?;
        }
        self.expect(&last.value, NOTHING)
    }

    /// A finding where words are left out ([`Mode::is_terse`]): that the step was not as the case wants.
    fn wordless(&mut self, kind: FindingKind) {
        self.findings.push(Finding {
            step: self.step,
            kind,
            level: self.case.level.unwrap_or(Level::Must),
            clauses: Vec::new(),
            expected: String::new(),
            observed: String::new(),
            differences: Vec::new(),
            segment: None,
        });
    }

    fn remark(&mut self, step: &Step, kind: FindingKind, expected: String, observed: String) {
        self.remark_all(step, kind, &[], expected, observed, Vec::new(), None);
    }

    /// Writes a finding. It rests on `own` clauses if there are any, else on the step's, else on the case's.
    #[allow(clippy::too_many_arguments)]
    fn remark_all(
        &mut self,
        step: &Step,
        kind: FindingKind,
        own: &[ClauseId],
        expected: String,
        observed: String,
        differences: Vec<Difference>,
        segment: Option<CaseSegment>,
    ) {
        let clauses = [own, &step.clauses, &self.case.clauses].into_iter().find(|clauses| !clauses.is_empty());
        let clauses = clauses.unwrap_or_default().to_vec();
        let level = level_of(&clauses, self.case);
        self.findings.push(Finding { step: self.step, kind, level, clauses, expected, observed, differences, segment });
    }
}

/// A span in real units. A sum below zero is no wait at all.
fn resolve(span: Span, two_msl: Duration, rto: Duration) -> Duration {
    let nanos = |length: Duration| i128::try_from(length.as_nanos()).unwrap_or(i128::MAX / 4);
    let sum = i128::from(span.two_msl)
        .saturating_mul(nanos(two_msl))
        .saturating_add(i128::from(span.rto).saturating_mul(nanos(rto)))
        .saturating_add(i128::from(span.nanos));
    Duration::from_nanos(u64::try_from(sum.max(0)).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests;
