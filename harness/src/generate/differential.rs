//! Generated cases on two targets, and what to do where they part.
//!
//! A [`Pair`] runs each input as one case on both targets in [`Mode::Record`] and compares the traces. A divergence
//! seen for the first time (same state, same kind of step, same two answers count as one) is written to a folder as a
//! case file that says what the left target did, so it can be run, read and judged by a person. Divergences never stop
//! a campaign; only what is wrong whatever the RFC allows does: a harness error, or a malformed packet of the reference.
//!
//! Called by the fuzz target `differential_kernel` through [`Worker`], which owns the thread a kernel target needs.

use std::{
    collections::HashSet,
    fs, io,
    path::{Path, PathBuf},
    sync::{Arc, mpsc},
    thread,
};

use super::script::{Scope, Script};
use crate::{
    case::{
        flags::{Flags, FlagsPattern},
        format::{
            Action, At, Bytes, CallStep, Case, ConcreteCase, Data, Expect, ExpectSegment, Returns, StateCheck, Step,
        },
        position::{Bounds, Position},
        print,
        state::State,
    },
    judge::{
        diff::{Comparison, Divergence, Side, Strictness, compare},
        ledger::Ledger,
    },
    run::{Mode, run_case},
    segment::show,
    target::{
        ConnState, Outcome, Target, TargetError,
        spec::{TargetOptions, TargetSpec},
    },
    trace::event::{CaseRun, CaseSegment, EventKind, Finding, FindingKind},
};

/// What one input came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Executed {
    /// Both did the same, or one could not run it.
    Agreed,
    /// They parted in a way seen before.
    Seen,
    /// They parted in a new way; the case was written here.
    New(PathBuf),
}

/// Two targets and what is known of their differences.
pub struct Pair {
    left: Box<dyn Target>,
    right: Box<dyn Target>,
    seen: HashSet<String>,
    findings: PathBuf,
}

impl Pair {
    /// Opens both on the calling thread. Findings go to the folder, which is made when the first one comes.
    ///
    /// # Errors
    /// If a target cannot be opened.
    pub fn open(left: &TargetSpec, right: &TargetSpec, seed: u64, findings: &Path) -> Result<Self, TargetError> {
        let options = TargetOptions { seed, ..TargetOptions::default() };
        Ok(Self {
            left: left.open(options)?,
            right: right.open(options)?,
            seen: HashSet::new(),
            findings: findings.to_owned(),
        })
    }

    /// Runs what the bytes say on both.
    ///
    /// # Errors
    /// If a finding cannot be written.
    ///
    /// # Panics
    /// If the left target emits something malformed or the harness fails: that is the fuzzer's finding.
    pub fn execute(&mut self, bytes: &[u8]) -> io::Result<Executed> {
        let case = Script::decode(bytes).to_case(&Scope { connections: 1, ..Scope::LIVE });
        let Ok(concrete) = ConcreteCase::from_case("generated", case).map(Arc::new) else {
            return Ok(Executed::Agreed);
        };
        let left = run_case(self.left.as_mut(), &concrete, Mode::Record);
        let right = run_case(self.right.as_mut(), &concrete, Mode::Record);
        let wrong = |finding: &&Finding| matches!(finding.kind, FindingKind::Malformed | FindingKind::Invariant);
        let broken = left.findings.iter().find(wrong);
        let case = || print::to_yaml(&concrete.case).unwrap_or_default();
        assert!(broken.is_none(), "the left target broke what holds in any trace: {broken:?}\n{}", case());
        let none = Ledger::default();
        match compare(&left, &right, Strictness::Key, [&none, &none]) {
            Comparison::Equal | Comparison::Skipped(_) => Ok(Executed::Agreed),
            Comparison::Failed(reason) => panic!("the harness failed: {reason}"),
            Comparison::Divergent(divergence) => {
                let key = key(&divergence);
                if !self.seen.insert(key.clone()) {
                    return Ok(Executed::Seen);
                }
                self.write(&divergence, &left, &key).map(Executed::New)
            }
        }
    }

    fn write(&self, divergence: &Divergence, left: &CaseRun, key: &str) -> io::Result<PathBuf> {
        fs::create_dir_all(&self.findings)?;
        let file = self.findings.join(format!("{:04}.yaml", self.seen.len()));
        let case = print::to_yaml(&told(divergence, left)).map_err(io::Error::other)?;
        fs::write(&file, format!("# {key}\n{case}"))?;
        Ok(file)
    }
}

/// What makes two divergences the same: the state it began in, what was done, and both answers.
fn key(divergence: &Divergence) -> String {
    let steps = &divergence.case.case.steps;
    let acted = steps[..=divergence.step].iter().rev().find_map(|step| match &step.value.action {
        Action::Inject(inject) => {
            Some(format!("{}{}", inject.flags, if inject.data.is_some() { " with text" } else { "" }))
        }
        Action::Call(call) => Some(crate::run::show_call(&call.call)),
        Action::Expect(_) | Action::State(_) | Action::Wait(_) | Action::Save(_) | Action::Check(_) => None,
    });
    let answer = |emitted: &[CaseSegment], state: Option<ConnState>| {
        let flags: Vec<_> = emitted.iter().map(|segment| segment.flags.to_string()).collect();
        let state = state.map_or_else(String::new, |state| format!(" then {state}"));
        format!("{}{state}", if flags.is_empty() { "nothing".to_owned() } else { flags.join(", ") })
    };
    format!(
        "{} on {}: {} / {} ({})",
        acted.unwrap_or_default(),
        divergence.case.case.given.unwrap_or(State::Closed),
        answer(&divergence.left.emitted, divergence.left.state),
        answer(&divergence.right.emitted, divergence.right.state),
        divergence.fields.join(", "),
    )
}

/// The case up to the divergence, with what the left target did as the demand.
fn told(divergence: &Divergence, left: &CaseRun) -> Case {
    let concrete = &divergence.case;
    let mut case = concrete.case.clone();
    let authored = concrete.prelude..divergence.step;
    case.steps = authored.filter_map(|index| told_step(&concrete.case.steps[index].value, index, left)).collect();
    let last = &concrete.case.steps[divergence.step].value;
    if !matches!(last.action, Action::Expect(_)) {
        case.steps.extend(told_step(last, divergence.step, left));
    }
    let last_answer = emitted_since_last_look(divergence.step, left).map(expected).collect();
    case.steps.push(demand(Action::Expect(Expect::InOrder(last_answer))));
    let state = divergence.left.state.map(|state| match state {
        ConnState::Is(state) => state,
        ConnState::None { .. } => State::Closed,
    });
    case.steps.extend(state.map(|state| demand(Action::State(StateCheck { on: None, any_of: vec![state] }))));
    let shown = |emitted: &[CaseSegment]| match emitted {
        [] => "nothing".to_owned(),
        some => some.iter().map(show::short).collect::<Vec<_>>().join(", "),
    };
    let answer = |side: &Side| {
        let outcome = side.outcome.as_ref().map(|outcome| format!(", returns {outcome}")).unwrap_or_default();
        let state = side.state.map(|state| format!(", and is in {state}")).unwrap_or_default();
        format!("{} answers {}{outcome}{state}", side.target, shown(&side.emitted))
    };
    case.title = answer(&divergence.left);
    case.origin = Some(format!("fuzzing; {}", answer(&divergence.right)));
    case
}

fn demand(action: Action) -> At<Step> {
    At { line: 0, value: Step { action, clauses: vec![], continues: false, note: None } }
}

/// One step as the left target took it; `None` if it shows nothing: a look at silence, a call without a socket.
fn told_step(step: &Step, index: usize, left: &CaseRun) -> Option<At<Step>> {
    match &step.action {
        Action::Expect(_) => {
            let emitted: Vec<_> = emitted_since_last_look(index, left).map(expected).collect();
            (!emitted.is_empty()).then(|| demand(Action::Expect(Expect::InOrder(emitted))))
        }
        Action::Call(call) => {
            let returns = returned(left.trace.steps.get(index)?.outcome.as_ref()?)?;
            Some(demand(Action::Call(CallStep { returns: Some(returns), ..call.clone() })))
        }
        other @ (Action::Inject(_) | Action::State(_) | Action::Wait(_) | Action::Save(_) | Action::Check(_)) => {
            Some(demand(other.clone()))
        }
    }
}

/// What came between the look at `index` and the one before it; nothing if the judge allowed all of it unasked.
fn emitted_since_last_look(index: usize, left: &CaseRun) -> impl Iterator<Item = &CaseSegment> {
    let looks = |step: &At<Step>| matches!(step.value.action, Action::Expect(_));
    let before = left.case.case.steps[..index].iter().rposition(looks);
    let asked = left.findings.iter().any(|finding| finding.step == index && finding.kind != FindingKind::Invariant);
    let here = move |step: usize| asked && step <= index && before.is_none_or(|before| step > before);
    left.trace.events.iter().filter_map(move |event| match &event.kind {
        EventKind::Emitted { segment, .. } if here(event.step) => Some(segment),
        EventKind::Emitted { .. }
        | EventKind::EmittedOther { .. }
        | EventKind::Injected { .. }
        | EventKind::Called { .. }
        | EventKind::Explained(_)
        | EventKind::Waited(_) => None,
    })
}

/// The demand that fits an outcome; `None`: there was no socket to call.
fn returned(outcome: &Outcome) -> Option<Returns> {
    Some(match outcome {
        Outcome::Ok | Outcome::Accepted(_) => Returns::Ok,
        Outcome::Sent(count) => Returns::Sent(Bounds::Exactly(Position::number(i64::try_from(*count).ok()?))),
        Outcome::Data(bytes) => Returns::Data(Data::Hex(Bytes(bytes.clone()))),
        Outcome::Eof => Returns::Eof,
        Outcome::WouldBlock => Returns::WouldBlock,
        Outcome::Error(errno) => Returns::Error(*errno),
        Outcome::Ready(ready) => Returns::Ready(*ready),
        Outcome::NoSocket => return None,
    })
}

fn expected(segment: &CaseSegment) -> ExpectSegment {
    let number = |value: u32| Some(Bounds::Exactly(Position::number(i64::from(value))));
    let has_ack = segment.flags.contains(Flags::ACK);
    ExpectSegment {
        flags: Some(FlagsPattern { set: segment.flags, ..FlagsPattern::default() }),
        seq: number(segment.seq),
        ack: if has_ack { number(segment.ack) } else { None },
        data: (!segment.data.is_empty())
            .then(|| u32::try_from(segment.data.len()).map_or(Data::Text(String::new()), Data::Pattern)),
        ..ExpectSegment::default()
    }
}

/// A [`Pair`] on a thread of its own, which a kernel target needs.
pub struct Worker {
    inputs: mpsc::Sender<Vec<u8>>,
    results: mpsc::Receiver<io::Result<Executed>>,
}

impl Worker {
    /// Starts the thread and opens the targets on it.
    ///
    /// # Errors
    /// If a target cannot be opened.
    pub fn start(left: TargetSpec, right: TargetSpec, seed: u64, findings: PathBuf) -> Result<Self, TargetError> {
        let (inputs, to_run) = mpsc::channel::<Vec<u8>>();
        let (done, results) = mpsc::channel();
        let (opened, opening) = mpsc::channel();
        thread::spawn(move || {
            let mut pair = match Pair::open(&left, &right, seed, &findings) {
                Ok(pair) => pair,
                Err(error) => return drop(opened.send(Err(error))),
            };
            let _ = opened.send(Ok(()));
            for bytes in to_run {
                if done.send(pair.execute(&bytes)).is_err() {
                    return;
                }
            }
        });
        opening.recv().unwrap_or_else(|_| Err(TargetError::Broken("the worker ended while opening".to_owned())))?;
        Ok(Self { inputs, results })
    }

    /// Runs one input and waits for what it came to.
    ///
    /// # Panics
    /// If the run panicked, so that a fuzzer sees the crash on its own thread; or if a finding cannot be written.
    #[must_use]
    pub fn execute(&self, bytes: &[u8]) -> Executed {
        let result = self.inputs.send(bytes.to_vec()).ok().and_then(|()| self.results.recv().ok());
        result.expect("the run panicked; its message stands above").expect("findings can be written")
    }
}

#[cfg(test)]
mod tests;
