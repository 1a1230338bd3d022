//! Arguments that several subcommands share.

use std::{path::PathBuf, time::Duration};

use clap::{Args, ValueEnum};

/// Which cases.
#[derive(Args, Clone, Debug)]
pub(super) struct Selection {
    /// Only cases whose id is this, contains it, or fits it as a glob (`*`, `?`). May be repeated: any of them.
    #[arg(long, short, value_name = "TEXT")]
    pub(super) filter: Vec<String>,
    /// Case files or folders of them.
    #[arg(value_name = "PATH", default_value = "cases")]
    pub(super) paths: Vec<PathBuf>,
}

/// How to run them.
#[derive(Args, Clone, Debug)]
pub(super) struct Running {
    /// How many workers [default: as many as make a live run about as long as its longest wait].
    #[arg(long, short, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(super) jobs: Option<u16>,
    /// How to report.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(super) format: Format,
    /// Write one capture file per case and target into this folder.
    #[arg(long, value_name = "DIR")]
    pub(super) pcap: Option<PathBuf>,
    /// How the kernel target sets its namespace up: with everything that hides a rule switched off, or as it comes.
    #[arg(long, value_enum, default_value_t = KernelConfig::Conformance)]
    pub(super) kernel_config: KernelConfig,
    /// The ledger of known divergences; by default `ledger/<target>.yaml` in the suite's root.
    #[arg(long, value_name = "FILE", conflicts_with = "no_ledger")]
    pub(super) ledger: Option<PathBuf>,
    /// Use no ledger.
    #[arg(long)]
    pub(super) no_ledger: bool,
    /// Skip cases that may wait longer than this in real time [default: 90s].
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    pub(super) max_wait: Option<Duration>,
    /// Fixes all randomness of the reference stack.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(super) seed: u64,
}

/// How results are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// For people.
    Text,
    /// One JSON object per line.
    Jsonl,
}

/// How the kernel target is set up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum KernelConfig {
    /// Rate limits off, Reno, no options unless the case wants them.
    Conformance,
    /// As the kernel comes.
    Stock,
}

/// `90s`, `1.5s`, `2m`, `500ms`.
fn duration(text: &str) -> Result<Duration, String> {
    let bad = || format!("`{text}` is no duration; write `90s`, `2m` or `500ms`");
    let digits = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let number: f64 = text[..digits].parse().map_err(|_| bad())?;
    let unit = match &text[digits..] {
        "ms" => 1e-3,
        "s" => 1.0,
        "m" => 60.0,
        "h" => 3600.0,
        _ => return Err(bad()),
    };
    Duration::try_from_secs_f64(number * unit).map_err(|_| bad())
}

#[cfg(test)]
mod tests;
