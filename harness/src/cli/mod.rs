//! The command line: arguments → library call → exit code.
//!
//! [`main`] is all that the binary calls. One file per subcommand; what they share is `select` (which cases),
//! `session` (targets, ledgers, pool), `finding` (a case and its pair), `output` (stdout and a closed pipe), `interrupt`
//! (Ctrl-C) and `exit`.

use std::{ffi::OsString, process::ExitCode};

use clap::{Parser, Subcommand};

mod arguments;
mod diff;
mod drive;
mod exit;
mod finding;
mod findings;
mod fmt;
mod fuzz;
mod host;
mod interrupt;
mod list;
mod output;
mod promote;
mod run;
mod schema;
mod select;
mod session;
mod show;
mod shrink;

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
    /// Print the JSON Schema of the case format.
    Schema,
}

/// Runs the program with the arguments of the process.
#[must_use]
pub fn main(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let arguments = match Arguments::try_parse_from(arguments) {
        Ok(arguments) => arguments,
        Err(error) => {
            // `--help` and `--version` come this way too; they are no errors and go to stdout.
            let _ = error.print();
            return if error.use_stderr() { exit::Exit::Usage.into() } else { ExitCode::SUCCESS };
        }
    };
    let exit = match arguments.command {
        Command::Run(arguments) => run::run(&arguments),
        Command::Diff(arguments) => diff::run(&arguments),
        Command::Fuzz(arguments) => fuzz::run(&arguments),
        Command::List(arguments) => list::run(&arguments),
        Command::Show(arguments) => show::run(&arguments),
        Command::Shrink(arguments) => shrink::run(&arguments),
        Command::Promote(arguments) => promote::run(&arguments),
        Command::Findings(arguments) => findings::run(&arguments),
        Command::Fmt(arguments) => fmt::run(&arguments),
        Command::Drive(arguments) => drive::run(&arguments),
        Command::Host(arguments) => host::run(&arguments),
        Command::Schema => schema::run(),
    };
    match exit {
        Ok(exit) => exit.into(),
        Err(failure) => failure.tell().into(),
    }
}
