//! `rfc793 kernel`: the kernels that `linux:NAME` means.

use std::{io::Write, num::NonZero, path::PathBuf, thread};

use clap::{Args, Subcommand};
use indicatif::{ProgressBar, ProgressStyle};

use super::{
    exit::{Exit, Failure, complain},
    interrupt, output,
};
use crate::guest::{
    build::{BuildError, Instruments, Plan, Step, build, is_current},
    cache::{self, Kernel},
};

#[derive(Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// Build a kernel and keep it in the user's cache.
    Build(Build),
    /// List the kernels that are built.
    List,
}

#[derive(Args)]
struct Build {
    /// The name it gets: `linux:NAME`. Without --source it is a version that the distribution packages: `6.12`.
    name: String,
    /// A kernel tree of your own; it is only read (and must not have been built in place).
    #[arg(long, value_name = "DIR")]
    source: Option<PathBuf>,
    /// With KCOV: which places of net/ipv4/* and of TCP in net/ipv6 are reached, for `rfc793 coverage` and as feedback of
    /// `rfc793 fuzz`. The kernel is then called `linux:NAME+kcov`.
    #[arg(long)]
    kcov: bool,
    /// With KASAN and UBSAN: wrong uses of memory and undefined behaviour become findings. The kernel is then called
    /// `linux:NAME+kasan`, with both `linux:NAME+kcov+kasan`.
    #[arg(long)]
    kasan: bool,
    /// How many compilers run at once [default: one for each processor].
    #[arg(long, short, value_name = "N")]
    jobs: Option<NonZero<usize>>,
}

/// The built kernel that `linux:NAME` means.
pub(super) fn built(name: &str) -> Result<Kernel, Failure> {
    let kernel = cache::root().and_then(|root| cache::find(&root, name));
    let kernel = kernel.map_err(|error| Failure::Environment(error.to_string()))?;
    if !is_current(&kernel) {
        complain(&format!("linux:{name} {OLD}"));
    }
    Ok(kernel)
}

/// Said of a kernel that lacks what this program would give it.
const OLD: &str = "was built by another rfc793: build it again";

/// About how many files are compiled: what the bar is measured against.
const FILES: u64 = 1300;

pub(super) fn run(arguments: &Arguments) -> Result<Exit, Failure> {
    let root = cache::root().map_err(|error| Failure::Environment(error.to_string()))?;
    match &arguments.what {
        What::List => {
            let kernels = cache::list(&root).map_err(|error| Failure::Environment(error.to_string()))?;
            let mut out = output::stdout();
            for kernel in &kernels {
                let old = if is_current(kernel) { String::new() } else { format!("; {OLD}") };
                writeln!(out, "linux:{:<16} {}{old}", kernel.name, kernel.version)?;
            }
            out.flush()?;
            Ok(if kernels.is_empty() { Exit::Nothing } else { Exit::Well })
        }
        What::Build(arguments) => {
            let jobs = arguments.jobs.or_else(|| thread::available_parallelism().ok()).map_or(1, NonZero::get);
            let with = Instruments { kcov: arguments.kcov, kasan: arguments.kasan };
            let plan = Plan { name: arguments.name.clone(), source: arguments.source.clone(), with, jobs };
            let stop = interrupt::stop_flag();
            let bar = ProgressBar::new(FILES);
            if let Ok(style) = ProgressStyle::with_template("{prefix} {wide_bar} {msg} {elapsed}") {
                bar.set_style(style);
            }
            bar.set_prefix(format!("linux:{}", plan.entry()));
            let built = build(&plan, &root, &stop, &mut |step| show(&bar, step));
            bar.finish_and_clear();
            match built {
                Ok(kernel) => {
                    output::print(&format!(
                        "linux:{} is Linux {}, in {}",
                        kernel.name,
                        kernel.version,
                        kernel.folder.display()
                    ))?;
                    Ok(Exit::Well)
                }
                Err(BuildError::Stopped) => Ok(Exit::Interrupted),
                Err(error @ (BuildError::Cache(_) | BuildError::NoSource { .. })) => {
                    Err(Failure::Usage(error.to_string()))
                }
                Err(error) => Err(Failure::Environment(error.to_string())),
            }
        }
    }
}

fn show(bar: &ProgressBar, step: Step) {
    match step {
        Step::Fetch => bar.set_message("fetching"),
        Step::Unpack => bar.set_message("unpacking"),
        Step::Configure => bar.set_message("configuring"),
        Step::Compile(done) => {
            bar.set_message("compiling");
            bar.set_position(done.min(FILES));
        }
    }
}
