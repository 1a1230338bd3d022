//! Runs many cases on one kind of target and hands the results on in the order of the cases.
//!
//! Called by the CLI; start at [`Pool::run`]. A virtual target needs one thread. A live target costs real time, so
//! cases that wait run side by side, the longest first, each worker on a target of its own, while one worker takes the
//! cases that do not wait one after another. A bad result that a late machine may have caused is not believed: the
//! case runs again, alone, when all others are done, and that counts, unless even then it had to wait for a processor
//! ([`delay`]). An early timer cannot be the machine's fault and counts at once.
//!
//! Left out: ledgers and comparisons. The caller's `review` says whether a result still counts against the target.

use std::{
    collections::BTreeMap,
    ops::ControlFlow,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use crate::{
    case::format::ConcreteCase,
    run::Mode,
    target::{Capabilities, Target, TargetError},
    trace::event::{CaseRun, FindingKind, Verdict},
};

mod crew;
mod delay;
pub mod estimate;
pub mod plan;

use crew::Crew;

/// Opens one target, on the thread that will use it.
pub type Opener = dyn Fn() -> Result<Box<dyn Target>, TargetError> + Send + Sync;

/// How much longer than its estimate a run on a live target may take before the machine counts as late. Below the
/// shortest timer of a TCP (a delayed ACK after 40 ms on Linux), so a timer that fired in between is noticed.
const LATE: Duration = Duration::from_millis(30);

/// How often what a busy machine may have spoilt is repeated alone.
const ROUNDS: usize = 10;

/// Whether a result is not to be believed yet; it is told how long the run waited for a processor.
type Doubt<'a> = dyn FnMut(usize, &mut CaseRun, Duration) -> bool + 'a;

/// How to run.
#[derive(Clone)]
pub struct Pool {
    /// Opens a target.
    pub open: Arc<Opener>,
    /// How many workers; `None`: as many as make the whole take about as long as its longest wait.
    pub jobs: Option<usize>,
    /// Cases that may wait longer than this in real time are skipped; `None`: [`DEFAULT_MAX_WAIT`].
    pub max_wait: Option<Duration>,
    /// Whether a failed check ends a case.
    pub mode: Mode,
    /// How often the collector looks up from waiting: whether it is to stop. Usually [`LOOK_UP`].
    pub look_up: Duration,
}

/// Soon enough for whoever stops it, and seldom enough to cost nothing.
pub const LOOK_UP: Duration = Duration::from_millis(50);

/// Longer than the 2·MSL of the systems there are (Linux: 60 s), shorter than anybody's patience.
pub const DEFAULT_MAX_WAIT: Duration = Duration::from_secs(90);

/// Whether a result still counts against the target once everybody has looked at it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Review {
    /// It is well, or explained.
    Settled,
    /// It would be reported as bad.
    Bad,
}

/// Sees each result first, by its case's index, and may change its verdict.
pub type Reviewing<'a> = dyn FnMut(usize, &mut CaseRun) -> Review + 'a;

/// Gets the results in the order of the cases; it may end the whole.
pub type Reporting<'a> = dyn FnMut(CaseRun) -> ControlFlow<()> + 'a;

/// How the whole ended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ended {
    /// The target's version; absent if it never told.
    pub version: Option<String>,
    /// Cases that did not run because `stop` was raised or the report ended it.
    pub not_run: usize,
}

/// What all phases of a run share.
struct Results<'a> {
    slots: Vec<Option<CaseRun>>,
    /// Not yet to be reported: these run again.
    doubtful: BTreeMap<usize, CaseRun>,
    next: usize,
    reported: usize,
    report: &'a mut Reporting<'a>,
    ended: bool,
}

impl Pool {
    /// Runs `cases`. `review` sees every result first (and may change its verdict), `report` gets them in order.
    /// When `stop` is raised, what has ended so far is reported; workers still waiting are left to the end of the
    /// process.
    ///
    /// # Errors
    /// If no target can be opened.
    pub fn run(
        &self,
        cases: &[Arc<ConcreteCase>],
        stop: &AtomicBool,
        review: &mut Reviewing<'_>,
        report: &mut Reporting<'_>,
    ) -> Result<Ended, TargetError> {
        if cases.is_empty() {
            return Ok(Ended::default());
        }
        let shared: Arc<[Arc<ConcreteCase>]> = cases.into();
        let mut crew = Crew::open(Arc::clone(&self.open), Arc::clone(&shared), self.mode, self.look_up)?;
        let (name, capabilities) = (crew.target_name.clone(), crew.capabilities.clone());
        let waits: Vec<Duration> =
            cases.iter().map(|case| estimate::longest_wait(&case.case, capabilities.msl)).collect();
        let mut results = Results {
            slots: vec![None; cases.len()],
            doubtful: BTreeMap::new(),
            next: 0,
            reported: 0,
            report,
            ended: false,
        };
        let max_wait = self.max_wait.unwrap_or(DEFAULT_MAX_WAIT);
        let mut quick = Vec::new();
        let mut waiting = Vec::new();
        for (index, wait) in waits.iter().enumerate() {
            if !capabilities.live || wait.is_zero() {
                quick.push(index);
            } else if *wait > max_wait {
                results.slots[index] = Some(too_long(&cases[index], &name, &capabilities, *wait));
            } else {
                waiting.push(index);
            }
        }
        plan::longest_first(&mut waiting, &waits);
        let workers = self.workers(&waiting, &waits, quick.len(), capabilities.live);
        crew.start(quick, waiting, workers, capabilities.live);
        let late = |index: usize, run: &CaseRun| capabilities.live && may_be_late(run, waits[index]);
        results.collect(&mut crew, stop, &mut |index, run, _| review(index, run) == Review::Bad && late(index, run));
        crew.finish(results.stopped(stop));
        for round in 1..=ROUNDS {
            if results.doubtful.is_empty() || results.stopped(stop) {
                break;
            }
            let again = results.doubtful.keys().copied().collect();
            let mut crew = Crew::open(Arc::clone(&self.open), Arc::clone(&shared), self.mode, self.look_up)?;
            crew.start(again, Vec::new(), 1, capabilities.live);
            results.collect(&mut crew, stop, &mut |index, run, delay| {
                let delay = delay.max(delay::overrun(run));
                let spoilt = review(index, run) == Review::Bad && late(index, run) && delay > delay::HARMLESS;
                if spoilt && round == ROUNDS {
                    let reason = format!("the machine is too busy: the run was {delay:?} late");
                    run.verdict = Verdict::Inconclusive(reason);
                }
                spoilt && round < ROUNDS
            });
            crew.finish(results.stopped(stop));
        }
        results.flush_all();
        Ok(Ended { version: Some(capabilities.version), not_run: cases.len() - results.reported })
    }

    fn workers(&self, waiting: &[usize], waits: &[Duration], quick: usize, live: bool) -> usize {
        let useful = if live { waiting.len() + usize::from(quick > 0) } else { quick };
        let wanted = self.jobs.unwrap_or_else(|| {
            let lengths: Vec<_> = waiting.iter().map(|&index| waits[index]).collect();
            plan::workers_for(&lengths) + usize::from(quick > 0)
        });
        wanted.min(useful).max(1)
    }
}

impl Results<'_> {
    /// Takes in results until the crew is done or somebody stops it.
    fn collect(&mut self, crew: &mut Crew, stop: &AtomicBool, doubtful: &mut Doubt<'_>) {
        self.flush();
        while !self.stopped(stop) {
            match crew.next() {
                crew::Next::Ran(index, mut run, delay) => {
                    if doubtful(index, &mut run, delay) {
                        self.doubtful.insert(index, *run);
                    } else {
                        self.doubtful.remove(&index);
                        self.slots[index] = Some(*run);
                    }
                    self.flush();
                }
                crew::Next::NothingYet => {}
                crew::Next::Done => return,
            }
        }
    }

    fn stopped(&self, stop: &AtomicBool) -> bool {
        self.ended || stop.load(Ordering::Relaxed)
    }

    /// Reports what is complete from the front.
    fn flush(&mut self) {
        while !self.ended {
            let Some(run) = self.slots.get_mut(self.next).and_then(Option::take) else { return };
            self.next += 1;
            self.reported += 1;
            self.ended = (self.report)(run).is_break();
        }
    }

    /// Reports all there is, with gaps.
    fn flush_all(&mut self) {
        for (index, mut run) in std::mem::take(&mut self.doubtful) {
            run.verdict = Verdict::Inconclusive("stopped before it could run again alone".to_owned());
            self.slots[index] = Some(run);
        }
        for index in self.next..self.slots.len() {
            let Some(run) = self.slots[index].take().filter(|_| !self.ended) else { continue };
            self.reported += 1;
            self.ended = (self.report)(run).is_break();
        }
    }
}

/// Whether a bad result on a live target may be the machine's fault.
fn may_be_late(run: &CaseRun, wait: Duration) -> bool {
    let early = run.findings.iter().any(|finding| finding.kind == FindingKind::Early);
    !early && (!wait.is_zero() || run.wall > wait + LATE)
}

fn too_long(case: &Arc<ConcreteCase>, target: &str, capabilities: &Capabilities, wait: Duration) -> CaseRun {
    let seconds = wait.as_secs_f64().ceil();
    let reason = format!("waits up to {seconds} s of real time; --max-wait allows less");
    CaseRun::never_began(case, target, &capabilities.version, Verdict::Skip(reason))
}

#[cfg(test)]
mod tests;
