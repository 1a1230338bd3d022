//! What `run` and `diff` have in common: rights, targets, ledgers, the pool, progress.

use std::{
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use indicatif::{ProgressBar, ProgressStyle};

use super::{
    arguments::{KernelConfig, Running},
    exit::Failure,
    interrupt, kernel,
    select::{Selected, tell},
};
use crate::{
    case::format::ConcreteCase,
    guest::{self, pool::GuestPool, serve::SELDOM},
    judge::ledger::Ledger,
    pool::{Ended, LOOK_UP, Opener, Pool, Reporting, Reviewing},
    run::Mode,
    target::{
        kernel::enter_user_namespace_if_needed,
        spec::{TargetOptions, TargetSpec},
    },
    trace::{event::CaseRun, pcapng},
};

/// One start of the program.
pub(super) struct Session<'a> {
    running: &'a Running,
    /// Raised when the user wants to stop.
    pub(super) stop: Arc<AtomicBool>,
}

impl<'a> Session<'a> {
    /// Gets the rights the targets need and takes over Ctrl-C. Must come before any thread is made.
    pub(super) fn open(running: &'a Running, targets: &[&TargetSpec]) -> Result<Self, Failure> {
        if targets.iter().any(|target| target.is_live()) {
            enter_user_namespace_if_needed()?;
        }
        Ok(Self { running, stop: interrupt::stop_flag() })
    }

    /// Whether the user stopped it.
    pub(super) fn stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    /// Runs cases on a target: in this process, or in a guest. `review` sees every result first (and may change its
    /// verdict), `report` gets them in the order of the cases.
    pub(super) fn run(
        &self,
        target: &TargetSpec,
        mode: Mode,
        cases: &[Arc<ConcreteCase>],
        review: &mut Reviewing<'_>,
        report: &mut Reporting<'_>,
    ) -> Result<Ended, Failure> {
        let options =
            TargetOptions { seed: self.running.seed, stock_kernel: self.running.kernel_config == KernelConfig::Stock };
        if let TargetSpec::Linux(name) = target
            && guest::kernel() != Some(name)
        {
            let guests = GuestPool { kernel: kernel::built(name)?, options, mode };
            return Ok(guests.run(cases, &self.stop, review, report)?);
        }
        let spec = target.clone();
        let open: Arc<Opener> = Arc::new(move || spec.open(options));
        let (jobs, max_wait) = (self.running.jobs.map(usize::from), self.running.max_wait);
        let look_up = if guest::kernel().is_some() { SELDOM } else { LOOK_UP };
        let pool = Pool { open, jobs, max_wait, mode, look_up };
        Ok(pool.run(cases, &self.stop, review, report)?)
    }

    /// The ledger of a target, and how many errors are in it; each has been told.
    pub(super) fn ledger(&self, target: &TargetSpec, paths: &[PathBuf], selected: &Selected) -> (Ledger, usize) {
        if self.running.no_ledger {
            return (Ledger::default(), 0);
        }
        let roots: Vec<PathBuf> = paths.iter().map(|path| suite_root(path)).collect();
        let usual = || {
            let files = roots.iter().map(|root| root.join("ledger").join(format!("{}.yaml", target.ledger_name())));
            files.into_iter().find(|file| file.exists())
        };
        let Some(file) = self.running.ledger.clone().or_else(usual) else { return (Ledger::default(), 0) };
        let (ledger, mut errors) = Ledger::read(&file);
        let loaded: std::collections::HashSet<&str> = selected.known.iter().map(|id| file_part(id)).collect();
        errors.extend(ledger.check_cases(|id| {
            let file = file_part(id);
            // A file that is there but not loaded lies outside the paths, or has an error of its own that is told.
            let elsewhere = || roots.iter().any(|root| root.join(format!("{file}.yaml")).exists());
            selected.known.contains(id) || (!loaded.contains(file) && elsewhere())
        }));
        errors.iter().for_each(|error| tell(error));
        (ledger, errors.len())
    }

    /// Writes the capture of a run if the user wants captures.
    pub(super) fn capture(&self, run: &CaseRun) -> Result<(), Failure> {
        let Some(dir) = &self.running.pcap else { return Ok(()) };
        let written = pcapng::write(dir, run);
        written.map(drop).map_err(|error| {
            Failure::Environment(format!(
                "failed to write the capture of {} in {}: {error}",
                run.case.id,
                dir.display()
            ))
        })
    }

    /// A progress bar on standard error, for runs that cost real time; nothing if that is no terminal.
    pub(super) fn progress(target: &TargetSpec, cases: usize) -> ProgressBar {
        if !target.is_live() && !matches!(target, TargetSpec::Linux(_)) {
            return ProgressBar::hidden();
        }
        let bar = ProgressBar::new(u64::try_from(cases).unwrap_or(u64::MAX));
        if let Ok(style) = ProgressStyle::with_template("{prefix} {wide_bar} {pos}/{len} {elapsed}") {
            bar.set_style(style);
        }
        bar.with_prefix(target.to_string())
    }
}

/// The part of an id that names the file.
fn file_part(id: &str) -> &str {
    id.split('#').next().unwrap_or(id)
}

/// The root of the suite a path lies in: the nearest folder above (or the path itself) that is named `cases` or holds
/// a `ledger`; else the folder itself.
pub(super) fn suite_root(path: &Path) -> PathBuf {
    let is_root = |path: &&Path| path.file_name().is_some_and(|name| name == "cases") || path.join("ledger").is_dir();
    if let Some(root) = path.ancestors().find(is_root) {
        return root.to_owned();
    }
    let absolute = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let folder = if absolute.is_dir() { absolute.as_path() } else { absolute.parent().unwrap_or(&absolute) };
    absolute.ancestors().find(is_root).unwrap_or(folder).to_owned()
}

#[cfg(test)]
mod tests;
