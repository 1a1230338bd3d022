//! The ledger: divergences of one target that we know of, each with its reason.
//!
//! Read from `cases/ledger/<target>.yaml` by the CLI before a run; [`Ledger::apply`] then turns the verdict of a run
//! into [`Verdict::Known`] or [`Verdict::Fixed`]. An entry names one step of one case and what is observed there,
//! so a known failure never hides a new one. What a case itself allows does not belong here.
//!
//! A crash is known like anything else: `observed: 'crash: …'` at the step in which the target breaks down, where the
//! case ends. Another crash there, by its words and its place in the source, is a new failure.

use std::{
    collections::HashMap,
    fmt,
    path::{Path, PathBuf},
    sync::Arc,
};

use miette::{Diagnostic, LabeledSpan, NamedSource, SourceCode};
use serde::Deserialize;
use serde_yaml::Spanned;

use crate::{
    clause::{ClauseId, Level},
    trace::event::{CaseRun, Finding, Verdict},
};

mod cause;
mod circumstance;
mod versions;

pub use cause::{Cause, Met, Shown, What};
pub use circumstance::{Circumstance, Circumstances};
pub use versions::{BadVersions, Versions};

/// A ledger larger than this was not written by a person.
const MAX_BYTES: u64 = 4 << 20;

/// The known divergences of one target.
#[derive(Clone, Debug, Default)]
pub struct Ledger {
    entries: Vec<Entry>,
    by_case: HashMap<String, Vec<usize>>,
    file: PathBuf,
    source: Arc<str>,
}

/// One known divergence.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Where the entry begins in its file (1-based).
    pub line: usize,
    /// The id of the case.
    pub case: String,
    /// The authored number of the step (from 1); [`Entry::GIVEN`] where the state of `given` is not reached.
    pub step: usize,
    /// The clause that is not met.
    pub clause: ClauseId,
    /// What is observed there, as [`Finding::observed`] words it.
    pub observed: String,
    /// Why the target does so.
    pub reason: String,
    /// The target's versions that do so.
    pub versions: Versions,
    /// What else has the same cause; only campaigns look at it.
    pub covers: Vec<Cause>,
}

/// An entry as written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    case: OneOrMany,
    step: AtStep,
    clause: String,
    observed: String,
    reason: String,
    #[serde(default)]
    versions: Option<String>,
    #[serde(default)]
    covers: Vec<cause::Written>,
}

/// `case: a` or `case: [a, b]`.
#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

/// `step: 2`, or `step: given`: on the way to the state that the case begins in.
#[derive(Deserialize)]
#[serde(untagged)]
enum AtStep {
    Number(usize),
    Word(String),
}

impl OneOrMany {
    fn into_vec(self) -> Vec<String> {
        match self {
            Self::One(one) => vec![one],
            Self::Many(many) => many,
        }
    }
}

/// The bytes of a line (1-based) of `source`, without its indentation and its end; for labels under snippets.
#[must_use]
pub fn line_span(source: &str, line: usize) -> Option<std::ops::Range<usize>> {
    let start = match line.checked_sub(1)? {
        0 => 0,
        before => source.match_indices('\n').nth(before - 1)?.0 + 1,
    };
    let text = source[start..].split('\n').next()?;
    let indent = text.len() - text.trim_start().len();
    Some(start + indent..start + text.trim_end().len().max(indent))
}

/// What is wrong with a ledger.
#[derive(Debug, thiserror::Error)]
#[error("{file}:{line}: {message}", file = file.display(), line = line.max(&1))]
pub struct LedgerError {
    /// The file as the user named it.
    pub file: PathBuf,
    /// 1-based; 0 if the whole file is meant.
    pub line: usize,
    /// The fault.
    pub message: String,
    source_code: NamedSource<Arc<str>>,
}

impl LedgerError {
    fn new(file: &Path, source: &Arc<str>, line: usize, message: impl fmt::Display) -> Self {
        Self {
            file: file.to_owned(),
            line,
            message: message.to_string(),
            source_code: NamedSource::new(file.to_string_lossy(), Arc::clone(source)),
        }
    }
}

impl Diagnostic for LedgerError {
    fn source_code(&self) -> Option<&dyn SourceCode> {
        (self.line > 0).then_some(&self.source_code)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let span = line_span(self.source_code.inner(), self.line)?;
        Some(Box::new(std::iter::once(LabeledSpan::new_with_span(Some("here".to_owned()), span))))
    }
}

impl Ledger {
    /// Reads a ledger. Entries that are wrong are left out and reported.
    #[must_use]
    pub fn read(file: &Path) -> (Self, Vec<LedgerError>) {
        let text = match std::fs::metadata(file) {
            Ok(about) if about.len() > MAX_BYTES => Err(format!("the ledger is larger than {MAX_BYTES} bytes")),
            // Opening a named pipe would wait for somebody to write into it.
            Ok(about) if !about.is_file() => Err("the ledger is not a regular file".to_owned()),
            Ok(_) => std::fs::read_to_string(file).map_err(|error| format!("failed to read the ledger: {error}")),
            Err(error) => Err(format!("failed to read the ledger: {error}")),
        };
        match text {
            Ok(text) => Self::parse(file, &text),
            Err(message) => (Self::default(), vec![LedgerError::new(file, &Arc::from(""), 0, message)]),
        }
    }

    /// Parses the text of a ledger; `file` is for messages only.
    #[must_use]
    pub fn parse(file: &Path, text: &str) -> (Self, Vec<LedgerError>) {
        let source: Arc<str> = Arc::from(text);
        let mut ledger = Self { file: file.to_owned(), source: Arc::clone(&source), ..Self::default() };
        let options = serde_yaml::options! {
            budget: serde_yaml::budget! { max_events: 200_000, max_aliases: 0, max_depth: 8 },
            with_snippet: false,
        };
        let written = match serde_yaml::from_str_with_options::<Option<Vec<Spanned<Written>>>>(text, options) {
            Ok(written) => written.unwrap_or_default(),
            Err(error) => {
                let line = error.location().map_or(0, |at| usize::try_from(at.line()).unwrap_or(0));
                return (ledger, vec![LedgerError::new(file, &source, line, error)]);
            }
        };
        let mut errors = Vec::new();
        for entry in written {
            let line = usize::try_from(entry.referenced.line()).unwrap_or(0);
            if let Err(message) = ledger.add(line, entry.value) {
                errors.push(LedgerError::new(file, &source, line, message));
            }
        }
        (ledger, errors)
    }

    fn add(&mut self, line: usize, written: Written) -> Result<(), String> {
        let clause: ClauseId = written.clause.parse().map_err(|_| format!("unknown clause `{}`", written.clause))?;
        let versions: Versions = match written.versions.as_deref() {
            Some(text) => text.parse().map_err(|error: BadVersions| error.to_string())?,
            None => Versions::default(),
        };
        let step = match written.step {
            AtStep::Number(0) => return Err("steps are numbered from 1".to_owned()),
            AtStep::Number(number) => number,
            AtStep::Word(word) if word == "given" => Entry::GIVEN,
            AtStep::Word(word) => return Err(format!("step `{word}`: write its number, or `given`")),
        };
        for (name, text) in [("reason", &written.reason), ("observed", &written.observed)] {
            if text.trim().is_empty() {
                return Err(format!("an entry needs its `{name}`"));
            }
        }
        let cases = written.case.into_vec();
        if cases.is_empty() {
            return Err("an entry needs at least one case".to_owned());
        }
        // The first of several cases speaks for all of them.
        let mut covers = written.covers.into_iter().map(cause::Written::read).collect::<Result<Vec<_>, _>>()?;
        for case in cases {
            let entry = Entry {
                line,
                case,
                step,
                clause: clause.clone(),
                observed: written.observed.clone(),
                reason: written.reason.trim().to_owned(),
                versions: versions.clone(),
                covers: std::mem::take(&mut covers),
            };
            if let Some(twin) = self.of(&entry.case).find(|known| known.says_the_same(&entry)) {
                return Err(format!("the same as the entry at line {}: case {}", twin.line, entry.case));
            }
            self.by_case.entry(entry.case.clone()).or_default().push(self.entries.len());
            self.entries.push(entry);
        }
        Ok(())
    }

    /// The entries, in the order of the file.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The entries of one case.
    fn of(&self, case: &str) -> impl Iterator<Item = &Entry> {
        self.by_case.get(case).into_iter().flatten().map(|&index| &self.entries[index])
    }

    /// One error for each entry whose case does not exist.
    #[must_use]
    pub fn check_cases(&self, exists: impl Fn(&str) -> bool) -> Vec<LedgerError> {
        self.entries
            .iter()
            .filter(|entry| !exists(&entry.case))
            .map(|entry| {
                LedgerError::new(&self.file, &self.source, entry.line, format!("there is no case `{}`", entry.case))
            })
            .collect()
    }

    /// The entry that knows this finding of this run.
    #[must_use]
    pub fn knows(&self, run: &CaseRun, finding: &Finding) -> Option<&Entry> {
        let step = run.case.step_number(finding.step).unwrap_or(Entry::GIVEN);
        self.of(&run.case.id).find(|entry| {
            entry.step == step && entry.observed == finding.observed && entry.versions.contains(&run.version)
        })
    }

    /// The entry whose cause explains what a campaign found on this version of the target.
    #[must_use]
    pub fn cause(&self, shown: &Shown<'_>, version: &str) -> Option<&Entry> {
        self.entries
            .iter()
            .find(|entry| entry.covers.iter().any(|cause| cause.fits(shown)) && entry.versions.contains(version))
    }

    /// The entry that covers what was found because of an earlier event.
    #[must_use]
    pub fn cause_of_later(&self, earlier: &Met<'_>, what: &What<'_>, version: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| {
            entry.covers.iter().any(|cause| cause.fits_later(earlier, what)) && entry.versions.contains(version)
        })
    }

    /// Whether an entry speaks of what shows later than its cause.
    #[must_use]
    pub fn speaks_of_later(&self) -> bool {
        self.entries.iter().any(|entry| entry.covers.iter().any(Cause::is_of_later))
    }

    /// Turns the verdict of a run that judged something into `known` or `fixed` where the ledger says so.
    pub fn apply(&self, run: &mut CaseRun) {
        match run.verdict {
            Verdict::Pass | Verdict::Fail | Verdict::Deviates => {}
            // A prelude that fails as the ledger says is as well known as any other step.
            Verdict::Inconclusive(_) if !run.findings.is_empty() => {
                if !run.findings.iter().all(|finding| self.knows(run, finding).is_some()) {
                    return;
                }
            }
            Verdict::Known(_) | Verdict::Fixed(_) | Verdict::Skip(_) | Verdict::Inconclusive(_) | Verdict::Error(_) => {
                return;
            }
        }
        let mut reasons: Vec<&str> = Vec::new();
        let mut used: Vec<usize> = Vec::new();
        let mut unknown: Option<Level> = None;
        for finding in &run.findings {
            match self.knows(run, finding) {
                Some(entry) => {
                    used.push(entry.line);
                    if !reasons.contains(&entry.reason.as_str()) {
                        reasons.push(&entry.reason);
                    }
                }
                None => unknown = unknown.max(Some(finding.level)),
            }
        }
        let idle = self.of(&run.case.id).find(|entry| {
            // A step that was never reached says nothing about its entry.
            let reached = run.trace.steps.len() >= run.case.prelude + entry.step;
            reached && entry.versions.contains(&run.version) && !used.contains(&entry.line)
        });
        run.verdict = match (unknown, idle) {
            (Some(Level::Must), _) => Verdict::Fail,
            (Some(Level::Should | Level::May), _) => Verdict::Deviates,
            (None, Some(entry)) => Verdict::Fixed(format!(
                "{}:{}: {} no longer gives `{}`; the entry has to go",
                self.file.display(),
                entry.line,
                if entry.step == Entry::GIVEN { "`given`".to_owned() } else { format!("step {}", entry.step) },
                entry.observed
            )),
            (None, None) if reasons.is_empty() => return,
            (None, None) => Verdict::Known(reasons.join("; ")),
        };
    }
}

impl Entry {
    /// The step of an entry about the prelude, written `step: given`.
    pub const GIVEN: usize = 0;

    fn says_the_same(&self, other: &Self) -> bool {
        self.case == other.case
            && self.step == other.step
            && self.observed == other.observed
            && self.versions == other.versions
    }
}

#[cfg(test)]
mod tests;
