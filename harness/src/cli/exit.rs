//! Exit codes, and which one wins when several apply.

use std::{
    io::{self, Write},
    process::ExitCode,
};

use crate::{
    guest::boot::BootError,
    report::{Tally, diff::DiffSummary},
    target::TargetError,
};

/// How the program ends, the weakest first: the strongest that applies is the exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Exit {
    /// All well.
    Well,
    /// A case failed or is inconclusive, a ledger entry no longer holds, a divergence is unexplained.
    Failed,
    /// Nothing was selected.
    Nothing,
    /// Bad usage or a bad case.
    Usage,
    /// The environment or the harness failed.
    Environment,
    /// Ctrl-C.
    Interrupted,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

impl Exit {
    const ALL: [Self; 6] = [Self::Well, Self::Failed, Self::Usage, Self::Environment, Self::Nothing, Self::Interrupted];

    /// The exit code.
    pub(super) const fn code(self) -> u8 {
        match self {
            Self::Well => 0,
            Self::Failed => 1,
            Self::Usage => 2,
            Self::Environment => 3,
            Self::Nothing => 4,
            Self::Interrupted => 130,
        }
    }

    /// What this program's exit code means; any other says that it broke.
    pub(super) fn of_code(code: u8) -> Self {
        Self::ALL.into_iter().find(|exit| exit.code() == code).unwrap_or(Self::Environment)
    }

    /// What a run's verdicts mean.
    pub(super) const fn of(tally: &Tally) -> Self {
        if tally.error > 0 {
            Self::Environment
        } else if tally.fail + tally.fixed + tally.inconclusive > 0 {
            Self::Failed
        } else {
            Self::Well
        }
    }

    /// What a comparison means.
    pub(super) const fn of_diff(summary: &DiffSummary) -> Self {
        if summary.errors > 0 {
            Self::Environment
        } else if summary.unexplained() > 0 {
            Self::Failed
        } else {
            Self::Well
        }
    }
}

/// Why a subcommand could not do its work.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    /// Standard output is gone or broken.
    #[error("failed to write: {0}")]
    Output(#[from] io::Error),
    /// A target could not be opened.
    #[error("{0}")]
    Target(#[from] TargetError),
    /// The user asked for something that is not there.
    #[error("{0}")]
    Usage(String),
    /// Something around the program failed.
    #[error("{0}")]
    Environment(String),
}

impl From<BootError> for Failure {
    fn from(error: BootError) -> Self {
        match error {
            BootError::Output(error) => Self::Output(error),
            BootError::Io { .. } | BootError::NotUtf8(_) | BootError::Died { .. } | BootError::Confused { .. } => {
                Self::Environment(error.to_string())
            }
        }
    }
}

impl Failure {
    /// Says it on standard error and gives the exit code. A reader that closed the pipe has seen enough: that is quiet
    /// and well.
    pub(super) fn tell(&self) -> Exit {
        let exit = match self {
            Self::Output(error) if error.kind() == io::ErrorKind::BrokenPipe => return Exit::Well,
            Self::Usage(_) => Exit::Usage,
            Self::Output(_) | Self::Target(_) | Self::Environment(_) => Exit::Environment,
        };
        complain(&format!("rfc793: {self}"));
        exit
    }
}

/// Writes to standard error; if that is closed too, there is nobody left to tell.
pub(super) fn complain(text: &str) {
    let _ = writeln!(io::stderr().lock(), "{}", text.trim_end());
}
