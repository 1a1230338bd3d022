//! Discoveries as files: a case that shows it, a capture of both runs, and what happened in plain words.
//!
//! [`Writer::write`] is called once for each new discovery. The case is the left target's run told as demands
//! ([`crate::generate::told`]), so it passes there and fails on the other; the words stand above it as comments. Left out:
//! judging whether the demand is right, which a person does before promotion.

use std::{
    collections::HashMap,
    fmt::Write as _,
    fs, io,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

use nix::unistd::AccessFlags;

use super::{
    discovery::{Found, What, met},
    key::{Key, Side},
    origin::Origin,
    pair::Executed,
};
use crate::{
    case::{format::Case, print},
    generate::told::told,
    judge::diff,
    segment::show,
    target::Traced,
    trace::pcapng,
};

/// Comments are broken at this width.
const WIDTH: usize = 110;

/// Writes into one folder, one name for each discovery.
pub(super) struct Writer {
    folder: PathBuf,
    /// Whose each name is.
    names: Mutex<HashMap<String, Key>>,
}

/// All that is known of a discovery.
pub(super) struct Told<'a> {
    pub(super) names: &'a [String; 2],
    pub(super) seed: u64,
    pub(super) execution: u64,
    pub(super) worker: usize,
    pub(super) executed: &'a Executed,
    pub(super) found: &'a Found,
    /// The case to write; the bare steps if there is none.
    pub(super) case: Option<Case>,
}

impl Writer {
    pub(super) fn new(folder: &Path) -> Self {
        Self { folder: folder.to_owned(), names: Mutex::default() }
    }

    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Whether it can write, as far as that can be said without a trace: the folder may not be there yet.
    pub(super) fn check(&self) -> io::Result<()> {
        let absolute = std::path::absolute(&self.folder)?;
        let there = absolute.ancestors().find(|folder| folder.symlink_metadata().is_ok()).unwrap_or(&absolute);
        if !fs::metadata(there)?.is_dir() {
            return Err(io::Error::from(io::ErrorKind::NotADirectory));
        }
        nix::unistd::access(there, AccessFlags::W_OK | AccessFlags::X_OK).map_err(io::Error::from)
    }

    /// Writes the case and the capture; gives the case's file.
    pub(super) fn write(&self, told: &Told<'_>) -> io::Result<PathBuf> {
        fs::create_dir_all(&self.folder)?;
        let name = self.name(&told.found.key, &told.names[told.about().index()]);
        let file = self.folder.join(format!("{name}.yaml"));
        let case = print::to_yaml(&told.written()).map_err(io::Error::other)?;
        let mut text = String::new();
        for line in wrapped(&told.explanation(), WIDTH) {
            let _ = writeln!(text, "# {line}");
        }
        let _ = writeln!(text, "#\n# key: {}", told.found.key);
        let _ = writeln!(text, "# again: rfc793 diff {} {} {}", told.names[0], told.names[1], file.display());
        fs::write(&file, format!("{text}{case}"))?;
        let runs: Vec<_> = told.executed.runs.iter().collect();
        fs::write(self.folder.join(format!("{name}.pcapng")), pcapng::capture_all(&runs))?;
        Ok(file)
    }

    /// `kernel-check-rst-established-…`; a number at the end if another key has the same words.
    fn name(&self, key: &Key, target: &str) -> String {
        let clean: String = target.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).take(32).collect();
        let base = format!("{clean}-{}", key.short_name());
        let mut names = self.names.lock().unwrap_or_else(PoisonError::into_inner);
        let numbered = (2..).map(|number| format!("{base}-{number}"));
        let free = |name: &String| names.get(name).is_none_or(|other| other == key);
        let name = std::iter::once(base.clone()).chain(numbered).find(free).unwrap_or(base);
        names.insert(name.clone(), *key);
        name
    }
}

impl Told<'_> {
    /// Whom it is about: who broke something, else the right target.
    fn about(&self) -> Side {
        match &self.found.what {
            What::Violation(violation) => violation.side,
            What::Failure(_) => match &self.executed.broke {
                [Some(_), _] => Side::Left,
                [None, _] => Side::Right,
            },
            What::Divergence(_) => Side::Right,
        }
    }

    /// One paragraph: what was done, what each did, by which rule and clause.
    pub(super) fn explanation(&self) -> String {
        let key = &self.found.key;
        let (state, event) = met(&self.executed.runs[self.about().index()], self.found.step);
        let mut text = match self.found.what {
            What::Failure(_) => format!("In {state}, {event}: "),
            What::Divergence(_) | What::Violation(_) => format!("In {}, {}: ", key.state, key.event),
        };
        match &self.found.what {
            What::Divergence(divergence) => {
                let (left, right) = (side(&divergence.left), side(&divergence.right));
                let _ = write!(text, "{left}; {right}. They differ in {}.", divergence.fields.join(", "));
            }
            What::Violation(violation) => {
                let target = &self.names[violation.side.index()];
                let clauses: Vec<_> = violation.clauses.iter().map(ToString::to_string).collect();
                let clauses = clauses.join(", ");
                let _ = write!(text, "{target} {} ({clauses}: {})", violation.observed, violation.demanded);
                let run = &self.executed.runs[violation.side.index()];
                let _ = write!(text, "{}.", drops(&run.trace.traced_last(self.found.step)));
            }
            What::Failure(message) => {
                let target = &self.names[self.about().index()];
                let first: Vec<_> = message.lines().take(3).collect();
                let _ = write!(text, "{target} failed: {}.", first.join(" "));
            }
        }
        let _ = write!(text, " Found by {}.", self.origin());
        text
    }

    fn origin(&self) -> Origin {
        let [left, right] = self.names.clone();
        let worker = if self.worker == 0 { String::new() } else { format!(" of worker {}", self.worker) };
        Origin { left, right, seed: self.seed, execution: format!("{}{worker}", self.execution) }
    }

    fn written(&self) -> Case {
        let bare = || Case {
            title: format!("{} is answered alike by both", self.found.key.event),
            origin: Some(self.origin().to_string()),
            ..self.executed.runs[Side::Left.index()].case.authored()
        };
        self.case.clone().unwrap_or_else(bare)
    }

    /// The left run told as demands. Of a run that ended in a panic there are only the bare steps.
    pub(super) fn as_case(&self) -> Case {
        let [left, right] = &self.executed.runs;
        let state = right.trace.steps.get(self.found.step).and_then(|record| record.state);
        let mut case = told(left, self.found.step, state);
        match &self.found.what {
            What::Divergence(_) => {}
            What::Violation(violation) => {
                case.title =
                    format!("in {} after a {}: {}", self.found.key.state, self.found.key.event, violation.demanded);
                if !violation.clauses.is_empty() {
                    case.clauses.clone_from(&violation.clauses);
                }
            }
            What::Failure(_) => case.title = format!("a {} is survived", self.found.key.event),
        }
        case.origin = Some(self.origin().to_string());
        case
    }
}

/// `kernel answers nothing, returns ok, and is in CLOSED by check-rst (U-5: …)`.
fn side(side: &diff::Side) -> String {
    let mut text = format!("{} answers ", side.target);
    let emitted: Vec<_> = side.emitted.iter().map(show::short).collect();
    text += &if emitted.is_empty() { "nothing".to_owned() } else { emitted.join(", then ") };
    if let Some(outcome) = &side.outcome {
        let _ = write!(text, ", returns {outcome}");
    }
    if let Some(state) = side.state {
        let _ = write!(text, " and is in {state}");
    }
    if let Some(rule) = side.rules.first() {
        let _ = write!(text, " by {} ({}: {})", rule.name, rule.clause, rule.text);
    }
    // Which states it passed is seen by the state it is in.
    text + &drops(&side.traced)
}

/// `; kernel dropped it: TCP_OLD_ACK (tcp_ack)`, if its own tracing told so.
fn drops(traced: &[Traced]) -> String {
    let told = traced.iter().filter(|traced| matches!(traced, Traced::Dropped { .. }));
    told.map(|dropped| format!("; {dropped}")).collect()
}

/// Lines of at most `width` characters, broken between words.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            Some(_) | None => lines.push(word.to_owned()),
        }
    }
    lines
}
