//! `rfc793 run`.

use std::{io::Write, ops::ControlFlow, time::Instant};

use clap::Args;

use super::{
    arguments::{Format, KernelConfig, Running, Selection},
    exit::{Exit, Failure, complain},
    output, select,
    session::Session,
};
use crate::{
    judge::ledger::Ledger,
    pool::Review,
    report::{Report, Summary, Tally, failure::Rerun, jsonl::JsonLines, paint::Paint, text::Text},
    run::Mode,
    target::{kernel::tracing_missing, spec::TargetSpec},
    trace::event::{CaseRun, Verdict},
};

#[derive(Args)]
pub(super) struct Arguments {
    /// What to test: `reference`, `reference:rfc793`, `kernel`.
    #[arg(long, short, value_name = "TARGET", default_value = "reference")]
    target: TargetSpec,
    /// Show every case as a ladder diagram, with the rule behind each step if the target can tell.
    #[arg(long)]
    explain: bool,
    /// A line for cases that pass, too.
    #[arg(long, short)]
    verbose: bool,
    #[command(flatten)]
    running: Running,
    #[command(flatten)]
    selection: Selection,
}

pub(super) fn run(arguments: &Arguments) -> Result<Exit, Failure> {
    let Arguments { target, running, selection, .. } = arguments;
    let session = Session::open(running, &[target])?;
    let selected = select::select(selection);
    let (ledger, ledger_errors) = session.ledger(target, &selection.paths, &selected);
    let usage = if selected.errors + ledger_errors > 0 { Exit::Usage } else { Exit::Well };
    if selected.complain_if_empty(selection) {
        return Ok(usage.max(Exit::Nothing));
    }

    let started = Instant::now();
    let mut out = output::stdout();
    let mut report = reporter(arguments);
    let mut tally = Tally::default();
    let mut problem = None;
    let bar = Session::progress(target, selected.cases.len());
    let ended = session.run(
        target,
        Mode::Judge,
        &selected.cases,
        &mut |_, run| {
            bar.inc(1);
            review(&ledger, run)
        },
        &mut |run| {
            tally.count(&run.verdict);
            let written = bar.suspend(|| {
                report.case(&mut out, &run)?;
                out.flush()
            });
            match written.map_err(Failure::from).and_then(|()| session.capture(&run)) {
                Ok(()) => ControlFlow::Continue(()),
                Err(failure) => {
                    problem = Some(failure);
                    ControlFlow::Break(())
                }
            }
        },
    )?;
    bar.finish_and_clear();
    if let Some(problem) = problem {
        return Err(problem);
    }
    let summary = Summary {
        target: target.to_string(),
        version: ended.version,
        tally,
        not_run: ended.not_run,
        wall: started.elapsed(),
        seed: running.seed,
    };
    report.summary(&mut out, &summary)?;
    out.flush()?;
    if arguments.explain {
        tell_missing_tracing();
    }
    let interrupted = if session.stopped() { Exit::Interrupted } else { Exit::Well };
    Ok(Exit::of(&tally).max(usage).max(interrupted))
}

/// Says once why a kernel's diagrams show no drop reasons and changes of state.
pub(super) fn tell_missing_tracing() {
    if let Some(why) = tracing_missing() {
        complain(&format!("rfc793: drop reasons and state changes of the kernel are not shown: {why}"));
    }
}

/// Applies the ledger; says whether the result counts against the target.
fn review(ledger: &Ledger, run: &mut CaseRun) -> Review {
    ledger.apply(run);
    match run.verdict {
        Verdict::Fail | Verdict::Deviates | Verdict::Inconclusive(_) => Review::Bad,
        Verdict::Pass | Verdict::Known(_) | Verdict::Fixed(_) | Verdict::Skip(_) | Verdict::Error(_) => Review::Settled,
    }
}

fn reporter(arguments: &Arguments) -> Box<dyn Report> {
    match arguments.running.format {
        Format::Jsonl => Box::new(JsonLines),
        Format::Text => Box::new(Text {
            paint: Paint::for_stream(&std::io::stdout()),
            explain: arguments.explain,
            verbose: arguments.verbose,
            rerun: rerun(arguments),
        }),
    }
}

/// The words that start the program again on the same target.
fn rerun(arguments: &Arguments) -> Rerun {
    let mut command = vec!["rfc793".to_owned(), "run".to_owned()];
    let target = arguments.target.to_string();
    if target != "reference" {
        command.extend(["--target".to_owned(), target]);
    }
    if arguments.running.kernel_config == KernelConfig::Stock {
        command.extend(["--kernel-config".to_owned(), "stock".to_owned()]);
    }
    if arguments.running.seed != 0 {
        command.extend(["--seed".to_owned(), arguments.running.seed.to_string()]);
    }
    Rerun { command }
}
