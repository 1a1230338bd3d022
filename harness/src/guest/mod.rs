//! Linux in virtual time: any kernel, built as a program that skips all waiting (User Mode Linux with time travel).
//!
//! `rfc793 kernel build 6.12` makes a kernel ([`build`]) and keeps it ([`cache`]). A command whose target is
//! `linux:6.12` is handed to a guest of that kernel: [`boot`] starts it with this very program as its process 1, which
//! does the command there ([`init`]) with the same runner, judge and kernel target as on a live host. The guest sees the
//! host's files, so what the command reads and writes is where the user expects it.
//!
//! A kernel with KCOV tells which of its places were reached ([`kcov`]); [`coverage`] says what lines those are.
//!
//! Start at [`boot::run`].

pub mod boot;
pub mod build;
pub mod cache;
pub mod clock;
pub mod coverage;
pub mod init;
pub mod input;
pub mod kcov;
pub mod progress;
mod rank;
pub mod report;

use std::{path::PathBuf, sync::OnceLock};

use serde::{Deserialize, Serialize};

/// What a guest is told: one file in the folder that it shares with the program outside.
#[derive(Debug, Serialize, Deserialize)]
struct Order {
    /// The name of the kernel it is.
    kernel: String,
    /// The words of the command line, the program's own name first.
    arguments: Vec<String>,
    /// Where the command was given.
    folder: PathBuf,
}

/// The order.
const ORDER: &str = "order.json";
/// What the command writes.
const STDOUT: &str = "stdout";
/// What it complains about.
const STDERR: &str = "stderr";
/// What a campaign has in hand.
const INPUT: &str = "input";
/// How far it is.
const PROGRESS: &str = "progress";
/// Its exit code, written last.
const STATUS: &str = "status";

static KERNEL: OnceLock<String> = OnceLock::new();

/// The name of the kernel whose guest this process runs in; `None` outside.
#[must_use]
pub fn kernel() -> Option<&'static str> {
    KERNEL.get().map(String::as_str)
}
