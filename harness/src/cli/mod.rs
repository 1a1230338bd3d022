//! The command line: arguments → library call → exit code.
//!
//! [`main`] is all that the binary calls. One file per subcommand; what they share is `select` (which cases),
//! `session` (targets, ledgers, pool), `finding` (a case and its pair), `output` (stdout and a closed pipe), `interrupt`
//! (Ctrl-C) and `exit`.

use std::{ffi::OsString, process::ExitCode};

use clap::{Parser, Subcommand};

mod arguments;
mod coverage;
mod diff;
mod drive;
mod exit;
mod finding;
mod findings;
mod fmt;
mod fuzz;
mod fuzz_guest;
mod host;
mod interrupt;
mod kernel;
mod list;
mod output;
mod promote;
mod run;
mod schema;
mod select;
mod session;
mod show;
mod shrink;

use self::exit::{Exit, Failure};
use crate::{
    guest::{self, cache::Kernel, command::Ended, init},
    target::spec::TargetSpec,
};

/// RFC 9293 conformance: replays cases against a TCP and judges the answers.
///
/// Exit codes: 0 all well; 1 a case failed, is inconclusive, or a ledger entry no longer holds; 2 bad usage or a bad
/// case; 3 the environment or the harness failed; 4 nothing was selected; 130 interrupted.
#[derive(Parser)]
#[command(name = "rfc793", version, max_term_width = 100)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run cases against a target and judge the answers.
    Run(run::Arguments),
    /// Run cases against two targets and tell where they differ.
    Diff(diff::Arguments),
    /// Run generated cases against two targets and write down where they part in a new way.
    Fuzz(fuzz::Arguments),
    /// Say which functions and lines of a kernel built with KCOV the cases reach.
    Coverage(coverage::Arguments),
    /// List the cases.
    List(list::Arguments),
    /// Draw a case as a ladder diagram.
    Show(show::Arguments),
    /// Make the case of a finding as small as it gets while it shows the same.
    Shrink(shrink::Arguments),
    /// Make a finding a case of the suite, and its divergence an entry of the target's ledger.
    Promote(promote::Arguments),
    /// Make the document of all known divergences from the cases and the ledgers.
    Findings(findings::Arguments),
    /// Rewrite case files in the canonical form; names what it changed.
    Fmt(fmt::Arguments),
    /// Serve a target as the driver of `external:…`, on JSON lines (docs/external-protocol.md).
    Drive(drive::Arguments),
    /// Run the reference as a host that other programs can talk to, on a TUN or TAP device.
    Host(Box<host::Arguments>),
    /// Build and list the kernels that `linux:NAME` means: Linux in virtual time.
    Kernel(kernel::Arguments),
    /// Print the JSON Schema of the case format.
    Schema,
}

impl Command {
    /// The targets of a command that is done in a guest as a whole, if one of them is a built kernel. `run` and `diff`
    /// have their cases run there and stay here.
    fn targets(&self) -> Vec<&TargetSpec> {
        match self {
            Self::Fuzz(arguments) => arguments.targets().into(),
            Self::Coverage(arguments) => vec![arguments.target()],
            Self::Show(arguments) => arguments.target().into_iter().collect(),
            Self::Shrink(arguments) => arguments.targets().collect(),
            Self::Promote(arguments) => arguments.targets().collect(),
            Self::Run(_)
            | Self::Diff(_)
            | Self::List(_)
            | Self::Findings(_)
            | Self::Fmt(_)
            | Self::Drive(_)
            | Self::Host(_)
            | Self::Kernel(_)
            | Self::Schema => Vec::new(),
        }
    }
}

/// Runs the program with the arguments of the process.
#[must_use]
pub fn main(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    init::take_over(&arguments, |arguments| obey(arguments).code());
    obey(arguments).into()
}

fn obey(words: Vec<OsString>) -> Exit {
    let arguments = match Arguments::try_parse_from(&words) {
        Ok(arguments) => arguments,
        Err(error) => {
            // `--help` and `--version` come this way too; they are no errors and go to stdout.
            let _ = error.print();
            return if error.use_stderr() { Exit::Usage } else { Exit::Well };
        }
    };
    let command = arguments.command;
    let done = match in_guest(&command, words) {
        None => here(command),
        Some(done) => done,
    };
    match done {
        Ok(exit) => exit,
        Err(failure) => failure.tell(),
    }
}

/// A command about a built kernel is done in a guest of it; `None`: it is done here.
fn in_guest(command: &Command, words: Vec<OsString>) -> Option<Result<Exit, Failure>> {
    let targets = command.targets();
    let mut names = targets.iter().filter_map(|target| match target {
        TargetSpec::Linux(name) => Some(name.as_str()),
        TargetSpec::Reference(_)
        | TargetSpec::Kernel
        | TargetSpec::External(_)
        | TargetSpec::Smoltcp
        | TargetSpec::Lwip => None,
    });
    let name = names.next().filter(|name| guest::kernel() != Some(*name))?;
    if let Some(other) = names.find(|other| *other != name) {
        let told = format!("linux:{name} and linux:{other} cannot run in one guest: compare each with the reference");
        return Some(Err(Failure::Usage(told)));
    }
    Some(kernel::built(name).and_then(|kernel| {
        let mut words = words;
        if let Command::Coverage(_) = command {
            coverage::check(&kernel, &mut words)?;
        }
        if let Command::Fuzz(arguments) = command {
            return fuzz_guest::run(&kernel, arguments, &words);
        }
        boot(&kernel, words)
    }))
}

fn boot(kernel: &Kernel, words: Vec<OsString>) -> Result<Exit, Failure> {
    match guest::command::run(kernel, words, None, &interrupt::stop_flag())? {
        Ended::Code(code) => Ok(Exit::of_code(code)),
        Ended::Stopped => Ok(Exit::Interrupted),
    }
}

fn here(command: Command) -> Result<Exit, Failure> {
    match command {
        Command::Run(arguments) => run::run(&arguments),
        Command::Diff(arguments) => diff::run(&arguments),
        Command::Fuzz(arguments) => fuzz::run(&arguments),
        Command::Coverage(arguments) => coverage::run(&arguments),
        Command::List(arguments) => list::run(&arguments),
        Command::Show(arguments) => show::run(&arguments),
        Command::Shrink(arguments) => shrink::run(&arguments),
        Command::Promote(arguments) => promote::run(&arguments),
        Command::Findings(arguments) => findings::run(&arguments),
        Command::Fmt(arguments) => fmt::run(&arguments),
        Command::Drive(arguments) => drive::run(&arguments),
        Command::Host(arguments) => host::run(&arguments),
        Command::Kernel(arguments) => kernel::run(&arguments),
        Command::Schema => schema::run(),
    }
}
