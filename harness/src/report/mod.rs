//! What a person or a program reads: the results of runs and comparisons, as text or as JSON lines.
//!
//! Called by the CLI with one result after another and the sum at the end. Start at [`Report`]. Nothing here judges
//! or decides an exit code. Writers return the error of the stream; the CLI knows what a closed pipe means.

use std::{
    io::{self, Write},
    time::Duration,
};

use crate::{
    clause::Level,
    trace::event::{CaseRun, Verdict},
};

pub mod campaign;
pub mod coverage;
pub mod diff;
pub mod failure;
pub mod findings;
pub mod jsonl;
pub mod ladder;
pub mod paint;
pub mod text;

/// How many cases ended how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs, reason = "each is the number of cases with the verdict of that name")]
pub struct Tally {
    pub pass: usize,
    pub fail: usize,
    pub deviates: usize,
    pub known: usize,
    pub fixed: usize,
    pub skip: usize,
    pub inconclusive: usize,
    pub error: usize,
}

impl Tally {
    /// Counts one verdict.
    pub fn count(&mut self, verdict: &Verdict) {
        *match verdict {
            Verdict::Pass => &mut self.pass,
            Verdict::Fail => &mut self.fail,
            Verdict::Deviates => &mut self.deviates,
            Verdict::Known(_) => &mut self.known,
            Verdict::Fixed(_) => &mut self.fixed,
            Verdict::Skip(_) => &mut self.skip,
            Verdict::Inconclusive(_) => &mut self.inconclusive,
            Verdict::Error(_) => &mut self.error,
        } += 1;
    }

    /// All cases.
    #[must_use]
    pub fn cases(&self) -> usize {
        self.pass + self.fail + self.deviates + self.known + self.fixed + self.skip + self.inconclusive + self.error
    }
}

/// The sum of a run on one target.
#[derive(Clone, Debug)]
pub struct Summary {
    /// The target as the user named it.
    pub target: String,
    /// Its version; absent if no case ran.
    pub version: Option<String>,
    /// How the cases ended.
    pub tally: Tally,
    /// Selected cases that did not run because the user stopped the run.
    pub not_run: usize,
    /// Real time.
    pub wall: Duration,
    /// Fixes all randomness of the run.
    pub seed: u64,
}

/// Where the results of `run` go.
pub trait Report {
    /// One more case, in the order of the ids.
    ///
    /// # Errors
    /// Those of the stream.
    fn case(&mut self, out: &mut dyn Write, run: &CaseRun) -> io::Result<()>;

    /// The end.
    ///
    /// # Errors
    /// Those of the stream.
    fn summary(&mut self, out: &mut dyn Write, summary: &Summary) -> io::Result<()>;
}

/// A verdict in one word.
#[must_use]
pub const fn word(verdict: &Verdict) -> &'static str {
    match verdict {
        Verdict::Pass => "pass",
        Verdict::Fail => "fail",
        Verdict::Deviates => "deviates",
        Verdict::Known(_) => "known",
        Verdict::Fixed(_) => "fixed",
        Verdict::Skip(_) => "skip",
        Verdict::Inconclusive(_) => "inconclusive",
        Verdict::Error(_) => "error",
    }
}

/// Why, for the verdicts that carry a reason.
#[must_use]
pub fn reason(verdict: &Verdict) -> Option<&str> {
    match verdict {
        Verdict::Pass | Verdict::Fail | Verdict::Deviates => None,
        Verdict::Known(reason)
        | Verdict::Fixed(reason)
        | Verdict::Skip(reason)
        | Verdict::Inconclusive(reason)
        | Verdict::Error(reason) => Some(reason),
    }
}

/// How binding a run's result is: the strongest finding, else the strongest clause of the case (MUST if none has a
/// level of its own).
#[must_use]
pub fn level(run: &CaseRun) -> Level {
    let case = &run.case.case;
    run.findings
        .iter()
        .map(|finding| finding.level)
        .max()
        .or(case.level)
        .or_else(|| case.clauses.iter().filter_map(crate::clause::ClauseId::level).max())
        .unwrap_or(Level::Must)
}

/// Where a step stands, for people: `step 2`, or `prelude step 1`.
#[must_use]
pub fn step_name(case: &crate::case::format::ConcreteCase, index: usize) -> String {
    case.step_number(index).map_or_else(|| format!("prelude step {}", index + 1), |number| format!("step {number}"))
}

#[cfg(test)]
mod tests;
