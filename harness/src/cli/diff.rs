//! `rfc793 diff`.

use std::{io::Write, ops::ControlFlow, time::Instant};

use clap::Args;

use super::{
    arguments::{Format, Running, Selection},
    exit::{Exit, Failure},
    output, select,
    session::Session,
};
use crate::{
    judge::{
        diff::{Comparison, Standing, Strictness, compare},
        ledger::Ledger,
    },
    pool::Review,
    report::{
        diff::{self as text, DiffSummary},
        jsonl,
        paint::Paint,
    },
    run::Mode,
    target::spec::TargetSpec,
    trace::event::CaseRun,
};

#[derive(Args)]
pub(super) struct Arguments {
    /// The first target.
    left: TargetSpec,
    /// The target it is compared with.
    right: TargetSpec,
    /// Compare window, urgent pointer, options, TTL, DS field and DF, too.
    #[arg(long)]
    strict: bool,
    #[command(flatten)]
    running: Running,
    #[command(flatten)]
    selection: Selection,
}

pub(super) fn run(arguments: &Arguments) -> Result<Exit, Failure> {
    let Arguments { left, right, running, selection, .. } = arguments;
    let session = Session::open(running, &[left, right])?;
    let selected = select::select(selection);
    let (left_ledger, left_errors) = session.ledger(left, &selection.paths, &selected);
    let (right_ledger, right_errors) =
        if left == right { (left_ledger.clone(), 0) } else { session.ledger(right, &selection.paths, &selected) };
    let usage = if selected.errors + left_errors + right_errors > 0 { Exit::Usage } else { Exit::Well };
    if selected.complain_if_empty(selection) {
        return Ok(usage.max(Exit::Nothing));
    }

    let started = Instant::now();
    let strictness = if arguments.strict { Strictness::Strict } else { Strictness::Key };
    // A live target goes second: only what runs second can run again when the comparison casts a doubt on it.
    let swapped = left.is_live() && !right.is_live();
    let (first, second) = if swapped { (right, left) } else { (left, right) };
    let judge = |one: &CaseRun, other: &CaseRun| {
        let (left, right) = if swapped { (other, one) } else { (one, other) };
        compare(left, right, strictness, [&left_ledger, &right_ledger])
    };
    let first_ledger = if swapped { &right_ledger } else { &left_ledger };

    let mut output = Output::new(arguments, &session);
    let first_runs = record(&session, first, first_ledger, &selected.cases, &mut output)?;
    let bar = Session::progress(second, first_runs.len());
    let mut reported = 0;
    let ended = session.run(
        second,
        Mode::Record,
        &selected.cases[..first_runs.len()],
        &mut |index, run| {
            bar.inc(1);
            match judge(&first_runs[index], run) {
                Comparison::Divergent(found) if found.standing == Standing::Unexplained => Review::Bad,
                Comparison::Divergent(_) | Comparison::Equal | Comparison::Skipped(_) | Comparison::Failed(_) => {
                    Review::Settled
                }
            }
        },
        &mut |run| {
            // Results come in order, so the other side's is the next with the same case.
            while first_runs.get(reported).is_some_and(|other| other.case.id != run.case.id) {
                reported += 1;
            }
            let Some(other) = first_runs.get(reported) else { return ControlFlow::Break(()) };
            bar.suspend(|| output.take(&session, &run, judge(other, &run)))
        },
    )?;
    bar.finish_and_clear();
    output.summary.not_run = selected.cases.len() - first_runs.len() + ended.not_run;
    output.summary.wall = started.elapsed();
    output.end(session.stopped(), usage)
}

/// Runs everything on the first target; stopped early, the runs from the front that are complete.
fn record(
    session: &Session<'_>,
    target: &TargetSpec,
    ledger: &Ledger,
    cases: &[std::sync::Arc<crate::case::format::ConcreteCase>],
    output: &mut Output<'_>,
) -> Result<Vec<CaseRun>, Failure> {
    let bar = Session::progress(target, cases.len());
    let mut runs: Vec<CaseRun> = Vec::with_capacity(cases.len());
    let mut gap = false;
    session.run(
        target,
        Mode::Record,
        cases,
        &mut |_, run| {
            bar.inc(1);
            let unknown = run.findings.iter().any(|finding| ledger.knows(run, finding).is_none());
            if unknown { Review::Bad } else { Review::Settled }
        },
        &mut |run| {
            gap |= cases.get(runs.len()).is_none_or(|case| case.id != run.case.id);
            if gap {
                return ControlFlow::Break(());
            }
            let captured = session.capture(&run);
            runs.push(run);
            output.keep(captured)
        },
    )?;
    bar.finish_and_clear();
    Ok(runs)
}

/// Where the results go.
struct Output<'a> {
    out: std::io::BufWriter<std::io::StdoutLock<'static>>,
    paint: Paint,
    arguments: &'a Arguments,
    summary: DiffSummary,
    problem: Option<Failure>,
}

impl<'a> Output<'a> {
    fn new(arguments: &'a Arguments, _: &Session<'_>) -> Self {
        let summary = DiffSummary {
            left: arguments.left.to_string(),
            right: arguments.right.to_string(),
            seed: arguments.running.seed,
            ..DiffSummary::default()
        };
        let paint = Paint::for_stream(&std::io::stdout());
        Self { out: output::stdout(), paint, arguments, summary, problem: None }
    }

    /// Remembers a failure; the first one ends the program.
    fn keep(&mut self, result: Result<(), Failure>) -> ControlFlow<()> {
        match result {
            Ok(()) => ControlFlow::Continue(()),
            Err(failure) => {
                self.problem.get_or_insert(failure);
                ControlFlow::Break(())
            }
        }
    }

    fn take(&mut self, session: &Session<'_>, run: &CaseRun, comparison: Comparison) -> ControlFlow<()> {
        let written = self.write(run, comparison).and_then(|()| session.capture(run));
        self.keep(written)
    }

    fn write(&mut self, run: &CaseRun, comparison: Comparison) -> Result<(), Failure> {
        let text_wanted = self.arguments.running.format == Format::Text;
        match comparison {
            Comparison::Equal => self.summary.equal += 1,
            Comparison::Skipped(reason) => {
                self.summary.skipped += 1;
                if text_wanted {
                    writeln!(self.out, "{:<12} {}: {reason}", "skipped", run.case.id)?;
                }
            }
            Comparison::Failed(reason) => {
                self.summary.errors += 1;
                super::exit::complain(&format!("rfc793: {}: {reason}", run.case.id));
            }
            Comparison::Divergent(found) => {
                self.summary.count(&found);
                if text_wanted {
                    text::divergence(&mut self.out, &found, self.paint)?;
                } else {
                    jsonl::divergence(&mut self.out, &found)?;
                }
            }
        }
        Ok(self.out.flush()?)
    }

    fn end(mut self, stopped: bool, usage: Exit) -> Result<Exit, Failure> {
        if let Some(problem) = self.problem {
            return Err(problem);
        }
        match self.arguments.running.format {
            Format::Text => text::summary(&mut self.out, &self.summary, self.paint)?,
            Format::Jsonl => jsonl::diff_summary(&mut self.out, &self.summary)?,
        }
        self.out.flush()?;
        let interrupted = if stopped { Exit::Interrupted } else { Exit::Well };
        Ok(Exit::of_diff(&self.summary).max(usage).max(interrupted))
    }
}
