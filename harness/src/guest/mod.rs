//! Linux in virtual time: any kernel, built as a program that skips all waiting (User Mode Linux with time travel).
//!
//! `rfc793 kernel build 6.12` makes a kernel ([`build`]) and keeps it ([`cache`]). What has the target `linux:6.12` is done
//! in a guest of that kernel: [`boot`] starts it with this very program as its process 1 ([`init`]), with the same
//! runner, judge and kernel target as on a live host. There are two kinds of [`Work`]:
//!
//! - cases: [`pool`] hands them to a guest, which runs them ([`serve`]) and hands back a record of each run. Ledgers,
//!   comparisons and reports stay outside; one command can have guests of several kernels, and a kernel that breaks down
//!   takes only its guest with it.
//! - a whole command, as a campaign, that would wait for the outside too often: [`command`].
//!
//! The guest sees the host's files, so what it writes is where the user expects it. A kernel with KCOV tells which of its
//! places were reached ([`kcov`]); [`coverage`] says what lines those are.

pub mod batch;
pub mod boot;
pub mod build;
pub mod cache;
pub mod clock;
pub mod command;
pub mod coverage;
mod debugfs;
pub mod init;
pub mod input;
pub mod kcov;
pub mod memory;
pub mod pool;
pub mod progress;
mod rank;
pub mod report;
pub mod serve;

use std::{path::PathBuf, sync::OnceLock};

use serde::{Deserialize, Serialize};

/// What a guest is told: one file in the folder that it shares with the program outside.
#[derive(Debug, Serialize, Deserialize)]
struct Order {
    /// The name of the kernel it is.
    kernel: String,
    /// Where its functions are listed.
    symbols: PathBuf,
    /// Where the command was given.
    folder: PathBuf,
    /// What it is to do.
    work: Work,
}

/// What a guest is to do.
#[derive(Debug, Serialize, Deserialize)]
enum Work {
    /// The command with these words, the program's own name first.
    Command(Vec<String>),
    /// To run cases and tell of each.
    Cases(serve::Cases),
}

/// The order.
const ORDER: &str = "order.json";
/// What is written to its standard output.
const STDOUT: &str = "stdout";
/// What it complains about.
const STDERR: &str = "stderr";
/// What a campaign has in hand.
const INPUT: &str = "input";
/// How far it is.
const PROGRESS: &str = "progress";
/// The records of the cases that it ran, a line each.
const RECORDS: &str = "records";
/// Its exit code, written last.
const STATUS: &str = "status";

static KERNEL: OnceLock<String> = OnceLock::new();

/// The name of the kernel whose guest this process runs in; `None` outside.
#[must_use]
pub fn kernel() -> Option<&'static str> {
    KERNEL.get().map(String::as_str)
}
