//! A pair: two targets on one thread that run the same cases.
//!
//! Used by the engine, by confirmation and by shrinking. A target that panics or breaks is not the end: what happened
//! is told in [`Executed::broke`] and the target is opened anew before its next case. Left out: judging
//! ([`super::discovery`]).

use std::{
    cell::{Cell, RefCell},
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Once},
    time::Duration,
};

use super::key::Side;
use crate::{
    case::format::ConcreteCase,
    fiber, guest,
    run::{Mode, Scratch, run_case_into},
    target::{
        Capabilities, Target, TargetError,
        spec::{TargetOptions, TargetSpec},
    },
    trace::event::{CaseRun, Trace, Verdict},
};

/// Opens one target, on the thread that will use it.
pub type Opener = Arc<dyn Fn() -> Result<Box<dyn Target>, TargetError> + Send + Sync>;

/// Two targets. Belongs to the thread that opened it, as the kernel target does.
pub struct Pair {
    seats: [Seat; 2],
    /// Memory of earlier traces.
    spare: Vec<Trace>,
}

/// One target and how to get it again.
struct Seat {
    open: Opener,
    scratch: Scratch,
    /// `None` after it broke.
    target: Option<Box<dyn Target>>,
    name: String,
    version: String,
    live: bool,
    state_is_dear: bool,
    msl: Duration,
}

/// One case on both targets.
#[derive(Debug)]
pub struct Executed {
    /// The runs, by [`Side::index`].
    pub runs: [CaseRun; 2],
    /// What went wrong on each side beyond all judging: the words of a panic, a crash or a [`TargetError`].
    pub broke: [Option<Broke>; 2],
}

/// A target panicked, crashed or could not go on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broke {
    /// Which of them.
    pub how: How,
    /// Where and why.
    pub message: String,
}

/// How a target broke.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// Outside of what an adapter catches: a fault of ours, or of the reference.
    Panicked,
    /// The TCP under test broke down and the adapter caught it.
    Crashed,
    /// The harness or its environment failed: the run ended with an error.
    Failed,
}

impl Seat {
    fn new(open: Opener) -> Result<Self, TargetError> {
        let target = open()?;
        let capabilities = target.capabilities();
        let Capabilities { version, live, state_is_dear, granularity: _, wheel: _, msl, host: _ } =
            capabilities.clone();
        Ok(Self {
            name: target.name().to_owned(),
            version,
            live,
            state_is_dear,
            msl,
            target: Some(target),
            open,
            // A guest's clock tells nothing of real time, and to read it is dear there.
            scratch: if guest::kernel().is_some() { Scratch::unmeasured() } else { Scratch::default() },
        })
    }

    fn run(
        &mut self,
        case: &Arc<ConcreteCase>,
        mode: Mode,
        memory: Trace,
    ) -> Result<(CaseRun, Option<Broke>), TargetError> {
        let target = match &mut self.target {
            Some(target) => target,
            none @ None => none.insert(fiber::alone(|| (self.open)())?),
        };
        let scratch = &mut self.scratch;
        match quietly(|| run_case_into(memory, scratch, target.as_mut(), case, mode)) {
            Ok(run) => {
                let broke = match (&run.verdict, run.crash()) {
                    (Verdict::Error(message), _) => Some(Broke { how: How::Failed, message: message.clone() }),
                    (_, Some(crash)) => Some(Broke { how: How::Crashed, message: crash.observed.clone() }),
                    (_, None) => None,
                };
                if broke.is_some() {
                    self.target = None;
                }
                Ok((run, broke))
            }
            Err(message) => {
                // What it holds may be half done: it is left as it is and never used again.
                self.target = None;
                let run = self.no_run(case, message.clone());
                Ok((run, Some(Broke { how: How::Panicked, message })))
            }
        }
    }

    fn with_states(&mut self, run: CaseRun, broke: Option<Broke>) -> Result<(CaseRun, Option<Broke>), TargetError> {
        if self.state_is_dear {
            let CaseRun { case, trace, .. } = run;
            self.run(&case, Mode::CompareStates, trace)
        } else {
            Ok((run, broke))
        }
    }

    fn no_run(&self, case: &Arc<ConcreteCase>, message: String) -> CaseRun {
        CaseRun {
            case: Arc::clone(case),
            target: self.name.clone(),
            version: self.version.clone(),
            trace: Trace::default(),
            findings: Vec::new(),
            verdict: Verdict::Error(message),
            wall: Duration::ZERO,
        }
    }
}

impl Pair {
    /// Opens both on the calling thread (which a kernel target keeps for itself).
    ///
    /// # Errors
    /// If a target cannot be opened.
    pub fn open(left: &TargetSpec, right: &TargetSpec, options: TargetOptions) -> Result<Self, TargetError> {
        let opener = |spec: &TargetSpec| -> Opener {
            let spec = spec.clone();
            Arc::new(move || spec.open(options))
        };
        Self::of(opener(left), opener(right))
    }

    /// Opens any two targets.
    ///
    /// # Errors
    /// If a target cannot be opened.
    pub fn of(left: Opener, right: Opener) -> Result<Self, TargetError> {
        Ok(Self { seats: [Seat::new(left)?, Seat::new(right)?], spare: Vec::new() })
    }

    /// Runs a case on both, the left one first.
    ///
    /// # Errors
    /// If a target that broke before cannot be opened again: the environment is broken.
    pub fn run(&mut self, case: &Arc<ConcreteCase>, mode: Mode) -> Result<Executed, TargetError> {
        let [left, right] = &mut self.seats;
        let mut memory = || self.spare.pop().unwrap_or_default();
        let (left, left_broke) = left.run(case, mode, memory())?;
        let (right, right_broke) = right.run(case, mode, memory())?;
        Ok(Executed { runs: [left, right], broke: [left_broke, right_broke] })
    }

    /// What [`Mode::CompareStates`] sees of a case that ran in [`Mode::Compare`]: a target whose states were too dear to
    /// ask for runs it again, the other one has told them.
    ///
    /// # Errors
    /// As [`Pair::run`].
    pub fn with_states(&mut self, executed: Executed) -> Result<Executed, TargetError> {
        let Executed { runs: [left, right], broke: [left_broke, right_broke] } = executed;
        let [left_seat, right_seat] = &mut self.seats;
        let (left, left_broke) = left_seat.with_states(left, left_broke)?;
        let (right, right_broke) = right_seat.with_states(right, right_broke)?;
        Ok(Executed { runs: [left, right], broke: [left_broke, right_broke] })
    }

    /// Takes back what nobody looks at any more: the next runs use its memory.
    pub fn reuse(&mut self, executed: Executed) {
        self.spare.clear();
        self.spare.extend(executed.runs.map(|run| run.trace));
    }

    /// The name of a target.
    #[must_use]
    pub fn name(&self, side: Side) -> &str {
        &self.seats[side.index()].name
    }

    /// The version of a target.
    #[must_use]
    pub fn version(&self, side: Side) -> &str {
        &self.seats[side.index()].version
    }

    /// The longer of both Maximum Segment Lifetimes.
    #[must_use]
    pub fn msl(&self) -> Duration {
        self.seats[0].msl.max(self.seats[1].msl)
    }

    /// Whether [`Mode::Compare`] sees less than [`Mode::CompareStates`].
    #[must_use]
    pub fn is_lean(&self) -> bool {
        self.seats.iter().any(|seat| seat.state_is_dear)
    }

    /// Whether a target's time is real.
    #[must_use]
    pub const fn is_live(&self, side: Side) -> bool {
        self.seats[side.index()].live
    }
}

thread_local! {
    /// So many runs of this thread catch panics, and tell of them themselves.
    static CATCHING: Cell<u32> = const { Cell::new(0) };
    static LAST: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Runs `work`; a panic gives its place and words instead of being printed.
fn quietly<R>(work: impl FnOnce() -> R) -> Result<R, String> {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let usual = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            if CATCHING.get() > 0 {
                LAST.set(Some(info.to_string()));
            } else {
                usual(info);
            }
        }));
    });
    CATCHING.set(CATCHING.get() + 1);
    let result = catch_unwind(AssertUnwindSafe(work));
    CATCHING.set(CATCHING.get() - 1);
    result.map_err(|_| LAST.take().unwrap_or_else(|| "it panicked".to_owned()))
}

#[cfg(test)]
mod tests;
