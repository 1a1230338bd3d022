//! The `rfc793` program: see `rfc793 --help` and [`harness::cli`].

use std::process::ExitCode;

fn main() -> ExitCode {
    harness::cli::main(std::env::args_os())
}
