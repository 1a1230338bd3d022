//! Runs cases in guests of one kernel and hands the results on in the order of the cases, as [`crate::pool`] does for
//! targets of this process.
//!
//! Called by the CLI; start at [`GuestPool::run`]. One guest runs everything. If its kernel breaks down, that is a finding
//! of the case that it was in, with what the kernel said, and a fresh guest runs the rest.

use std::{
    collections::HashMap,
    io,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
};

use super::{
    Work,
    boot::{self, BootError, GLANCE},
    cache::Kernel,
    report, serve,
};
use crate::{
    case::format::ConcreteCase,
    pool::{Ended, Reporting, Reviewing},
    run::Mode,
    target::spec::TargetOptions,
    trace::event::{CaseRun, Finding, Verdict},
};

/// How to run.
#[derive(Clone, Debug)]
pub struct GuestPool {
    /// Whose guests.
    pub kernel: Kernel,
    /// What the target is given.
    pub options: TargetOptions,
    /// Whether a failed check ends a case.
    pub mode: Mode,
}

/// How one guest ended.
enum One {
    /// All its cases are run, or nobody wants more.
    Done,
    /// Its kernel broke down in the case behind the last that it told of, with this on its console.
    Died(String),
}

/// What has been done so far.
struct Progress<'a> {
    cases: &'a [Arc<ConcreteCase>],
    done: usize,
    version: Option<String>,
    over: bool,
    review: &'a mut Reviewing<'a>,
    report: &'a mut Reporting<'a>,
}

impl Progress<'_> {
    /// The next case was run.
    fn take(&mut self, mut run: CaseRun) {
        (self.review)(self.done, &mut run);
        self.done += 1;
        self.over = (self.report)(run).is_break();
    }
}

impl GuestPool {
    /// Runs `cases`. `review` sees every result first (and may change its verdict), `report` gets them in order. When
    /// `stop` is raised, the guest ends and so does this.
    ///
    /// # Errors
    /// If no guest can be started, or it cannot run cases.
    pub fn run(
        &self,
        cases: &[Arc<ConcreteCase>],
        stop: &AtomicBool,
        review: &mut Reviewing<'_>,
        report: &mut Reporting<'_>,
    ) -> Result<Ended, BootError> {
        let mut progress = Progress { cases, done: 0, version: None, over: false, review, report };
        while progress.done < cases.len() && !progress.over && !stop.load(Ordering::Relaxed) {
            match self.one_guest(&mut progress, stop)? {
                One::Done => break,
                One::Died(console) => {
                    let case = &cases[progress.done];
                    let run = self.crash(case, progress.version.as_deref(), &console);
                    progress.take(run);
                }
            }
        }
        Ok(Ended { version: progress.version, not_run: cases.len() - progress.done })
    }

    fn one_guest(&self, progress: &mut Progress<'_>, stop: &AtomicBool) -> Result<One, BootError> {
        let left = &progress.cases[progress.done..];
        let mut guest = boot::start(&self.kernel, Work::Cases(self.order(left)))?;
        let mut lines = Lines::default();
        let mut opened = false;
        loop {
            let ended = guest.ended().map_err(BootError::Output)?;
            guest.err.pass_on(&mut io::stderr().lock()).map_err(BootError::Output)?;
            guest.records.read_new(lines.room()).map_err(BootError::Output)?;
            while let Some(line) = lines.next() {
                match line {
                    Ok(serve::Line::Opened(version)) => {
                        opened = true;
                        progress.version = Some(version);
                    }
                    Ok(serve::Line::Ran(record)) => {
                        let run = progress.cases.get(progress.done).and_then(|case| record.of(case));
                        progress.take(run.ok_or_else(|| self.confused("it told of a case that it was not in"))?);
                        if progress.over {
                            return Ok(One::Done);
                        }
                    }
                    Ok(serve::Line::Failed(words)) => return Err(self.confused(&words)),
                    Err(error) => return Err(self.confused(&format!("its words make no sense: {error}"))),
                }
            }
            match ended {
                Some(boot::Ended::Code(0)) if progress.done == progress.cases.len() => return Ok(One::Done),
                Some(boot::Ended::Code(code)) => {
                    return Err(self.confused(&format!("it ended too soon, with exit code {code}")));
                }
                Some(boot::Ended::Died { console, .. }) if opened && progress.done < progress.cases.len() => {
                    return Ok(One::Died(console));
                }
                Some(boot::Ended::Died { status, console }) => return Err(guest.died(status, &console)),
                None if stop.load(Ordering::Relaxed) => return Ok(One::Done),
                None => thread::sleep(GLANCE),
            }
        }
    }

    fn order(&self, cases: &[Arc<ConcreteCase>]) -> serve::Cases {
        let mut texts: HashMap<String, String> = HashMap::new();
        for case in cases {
            let name = case.id.split('#').next().unwrap_or_default();
            texts.entry(format!("{name}.yaml")).or_insert_with(|| case.source.to_string());
        }
        let mut texts: Vec<_> = texts.into_iter().collect();
        // The same order gives the same run.
        texts.sort_unstable();
        let ids = cases.iter().map(|case| case.id.clone()).collect();
        serve::Cases { options: self.options, mode: self.mode, texts, ids }
    }

    fn confused(&self, words: &str) -> BootError {
        BootError::Confused { kernel: self.kernel.name.clone(), words: words.to_owned() }
    }

    /// The kernel broke down in this case.
    fn crash(&self, case: &Arc<ConcreteCase>, version: Option<&str>, console: &str) -> CaseRun {
        let version = version.unwrap_or(&self.kernel.version);
        let mut run = CaseRun::never_began(case, &format!("linux:{}", self.kernel.name), version, Verdict::Fail);
        // It did not live to tell in which step.
        let step = case.prelude.min(case.case.steps.len().saturating_sub(1));
        let report = report::find(console);
        let (title, text) = report.map_or_else(
            || ("the kernel ended without a word".to_owned(), boot::last_lines(console)),
            |report| (report.title, report.text),
        );
        run.findings.push(Finding::crash(step, &title));
        run.trace.console = Some(text);
        run
    }
}

/// Whole lines of a growing text.
#[derive(Default)]
struct Lines {
    bytes: Vec<u8>,
    read: usize,
}

impl Lines {
    /// Where more is put.
    fn room(&mut self) -> &mut Vec<u8> {
        self.bytes.drain(..self.read);
        self.read = 0;
        &mut self.bytes
    }

    fn next(&mut self) -> Option<serde_json::Result<serve::Line>> {
        let left = &self.bytes[self.read..];
        let line = &left[..left.iter().position(|&byte| byte == b'\n')?];
        self.read += line.len() + 1;
        Some(serde_json::from_slice(line))
    }
}

#[cfg(test)]
mod tests;
