//! `rfc793 coverage`.
//!
//! Outside, [`check`] says whether the kernel can tell anything; the command itself is done in its guest.

use std::{ffi::OsString, io::Write, ops::ControlFlow, path::PathBuf};

use clap::{Args, ValueEnum};

use super::{
    arguments::{Format as RunFormat, KernelConfig, Running, Selection},
    exit::{Exit, Failure, complain},
    output,
    select::{self, glob},
    session::Session,
};
use crate::{
    guest::{cache::Kernel, coverage::Coverage, kcov::Collector},
    pool::Review,
    report::{
        coverage::{self as report, Measured},
        paint::Paint,
    },
    run::Mode,
    target::spec::TargetSpec,
    trace::event::Verdict,
};

/// Runs the suite in a guest whose kernel has KCOV, and says which functions and lines of it that reached.
///
/// A line is one at which a basic block begins. Timers and whatever else runs in the guest meanwhile count, and so does
/// what the harness does to set the guest up. Verdicts do not matter here.
///
/// Exit codes: 0 done; 2 bad usage, or a kernel without KCOV; 3 the environment or the harness failed; 4 nothing was
/// selected; 130 interrupted.
#[derive(Args)]
pub(super) struct Arguments {
    /// The kernel: `linux:NAME+kcov`, built by `rfc793 kernel build NAME --kcov`.
    #[arg(long, short, value_name = "linux:NAME")]
    kernel: TargetSpec,
    /// The files of the kernel's source to tell of, as a glob of their path.
    #[arg(long, value_name = "GLOB", default_value = "net/ipv4/tcp*.c")]
    files: String,
    /// How to report.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// In the table for people, every function that was reached, too, and its lines that were not.
    #[arg(long)]
    functions: bool,
    /// Fixes all randomness.
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,
    /// The kernel's program; the program outside says where it is.
    #[arg(long, hide = true)]
    program: Option<PathBuf>,
    #[command(flatten)]
    selection: Selection,
}

/// How coverage is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// A table for people.
    Text,
    /// One JSON object: functions by file, reached and missed lines by function.
    Json,
    /// A document.
    Md,
}

/// The option that every kernel with KCOV was built with.
const OPTION: &str = "CONFIG_KCOV";

impl Arguments {
    pub(super) const fn target(&self) -> &TargetSpec {
        &self.kernel
    }
}

/// Whether a kernel can tell what was reached; adds where its program is to the words that the guest gets.
pub(super) fn check(kernel: &Kernel, words: &mut Vec<OsString>) -> Result<(), Failure> {
    if !kernel.has(OPTION) {
        return Err(Failure::Usage(format!(
            "linux:{name} was built without KCOV; build one with it: rfc793 kernel build {plain} --kcov, and then \
             --kernel linux:{plain}+kcov",
            name = kernel.name,
            plain = kernel.name.split('+').next().unwrap_or(&kernel.name),
        )));
    }
    // Before the paths, behind which no option may stand after a `--`.
    words.insert(2.min(words.len()), "--program".into());
    words.insert(3.min(words.len()), kernel.program().into());
    Ok(())
}

pub(super) fn run(arguments: &Arguments) -> Result<Exit, Failure> {
    let Arguments { kernel, selection, .. } = arguments;
    let Some(program) = arguments.program.as_ref().filter(|_| matches!(kernel, TargetSpec::Linux(_))) else {
        return Err(Failure::Usage(format!("coverage is told by kernels with KCOV, linux:NAME+kcov, not by {kernel}")));
    };
    let selected = select::select(selection);
    if selected.errors > 0 || selected.complain_if_empty(selection) {
        return Ok(if selected.errors > 0 { Exit::Usage } else { Exit::Nothing });
    }
    let running = Running {
        jobs: None,
        format: RunFormat::Text,
        pcap: None,
        kernel_config: KernelConfig::Conformance,
        ledger: None,
        no_ledger: true,
        max_wait: None,
        seed: arguments.seed,
    };
    let environment = |error: &dyn std::fmt::Display| Failure::Environment(error.to_string());
    let session = Session::open(&running, &[kernel])?;
    let collector = Collector::open().map_err(|error| Failure::Environment(format!("failed to open KCOV: {error}")))?;
    let collector = collector.ok_or_else(|| Failure::Environment("this kernel offers no KCOV".to_owned()))?;
    let (mut not_run, mut failed) = (0, 0);
    let ended = session.run(kernel, Mode::Judge, &selected.cases, &mut |_, _| Review::Settled, &mut |run| {
        not_run += usize::from(matches!(run.verdict, Verdict::Skip(_) | Verdict::Inconclusive(_)));
        if let Verdict::Error(why) = &run.verdict {
            failed += 1;
            complain(&format!("rfc793: {}: {why}", run.case.id));
        }
        ControlFlow::Continue(())
    })?;
    let places = collector.places();
    if collector.is_full() {
        return Err(Failure::Environment("KCOV had no room for all places that were reached".to_owned()));
    }
    let wanted = |file: &str| glob(&arguments.files, file);
    let coverage = Coverage::of(program, &places, &wanted).map_err(|error| environment(&error))?;
    if coverage.files.is_empty() {
        return Err(Failure::Usage(format!("no instrumented file of the kernel fits `{}`", arguments.files)));
    }
    let measured = Measured {
        target: &kernel.to_string(),
        version: ended.version.as_deref().unwrap_or_default(),
        cases: selected.cases.len() - ended.not_run,
        not_run: not_run + failed,
        coverage: &coverage,
    };
    let mut out = output::stdout();
    match arguments.format {
        Format::Text => report::text(&mut out, &measured, arguments.functions, Paint::for_stream(&std::io::stdout()))?,
        Format::Json => report::json(&mut out, &measured)?,
        Format::Md => report::markdown(&mut out, &measured)?,
    }
    out.flush()?;
    Ok(match (failed, session.stopped()) {
        (0, false) => Exit::Well,
        (0, true) => Exit::Interrupted,
        (_, _) => Exit::Environment,
    })
}

#[cfg(test)]
mod tests;
