//! `rfc793 findings`.

use std::{
    collections::{BTreeSet, HashSet},
    fs,
    path::{Path, PathBuf},
};

use clap::Args;

use super::{
    arguments::Selection,
    exit::{Exit, Failure, complain},
    output, select,
    select::tell,
    session::suite_root,
};
use crate::{
    judge::ledger::{Ledger, Versions},
    report::findings::{by_version, markdown},
};

/// So many lines of a difference are shown.
const SHOWN: usize = 10;

#[derive(Args)]
pub(super) struct Arguments {
    /// Write nothing; exit with 1 and show where it differs if this file is not what would be written.
    #[arg(long, value_name = "FILE", conflicts_with = "out")]
    check: Option<PathBuf>,
    /// Write it here instead of to standard output; a file that is there is replaced.
    #[arg(long, short, value_name = "FILE")]
    out: Option<PathBuf>,
    /// What parts these versions of one target instead, as its ledger has it: `6.1.192,6.12.117`.
    #[arg(long, value_name = "VERSIONS", value_delimiter = ',')]
    by_version: Vec<String>,
    /// Whose versions they are: the name of its ledger.
    #[arg(long, value_name = "TARGET", default_value = "kernel", requires = "by_version")]
    of: String,
    /// Case files or folders of them; their suites' ledgers belong to it.
    #[arg(value_name = "PATH", default_value = "cases")]
    paths: Vec<PathBuf>,
}

pub(super) fn run(arguments: &Arguments) -> Result<Exit, Failure> {
    let selection = Selection { filter: Vec::new(), paths: arguments.paths.clone() };
    let selected = select::select(&selection);
    if selected.complain_if_empty(&selection) {
        return Ok(if selected.errors > 0 { Exit::Usage } else { Exit::Nothing });
    }
    let (ledgers, errors) = ledgers(&arguments.paths, &selected.known);
    if selected.errors + errors > 0 {
        complain("rfc793: nothing was made of it: what is wrong stands above");
        return Ok(Exit::Usage);
    }
    let text = if arguments.by_version.is_empty() {
        markdown(&selected.cases, &ledgers)
    } else {
        if let Some(wrong) = arguments.by_version.iter().find(|version| !is_version(version)) {
            complain(&format!("rfc793: `{wrong}` is no version: write its numbers, as in 6.12.117"));
            return Ok(Exit::Usage);
        }
        let Some((name, ledger)) = ledgers.iter().find(|(name, _)| *name == arguments.of) else {
            complain(&format!("rfc793: there is no ledger/{}.yaml beside these cases", arguments.of));
            return Ok(Exit::Usage);
        };
        by_version(&selected.cases, name, ledger, &arguments.by_version)
    };
    if let Some(file) = &arguments.check {
        return check(file, &text, arguments);
    }
    match &arguments.out {
        None => output::print(&text)?,
        Some(file) => fs::write(file, text)
            .map_err(|error| Failure::Environment(format!("failed to write {}: {error}", file.display())))?,
    }
    Ok(Exit::Well)
}

/// Every ledger of the suites, by name, and how many errors are in them; each has been told.
fn ledgers(paths: &[PathBuf], known: &HashSet<String>) -> (Vec<(String, Ledger)>, usize) {
    let roots: BTreeSet<PathBuf> = paths.iter().map(|path| suite_root(path)).collect();
    let entries = roots.iter().filter_map(|root| fs::read_dir(root.join("ledger")).ok()).flatten().flatten();
    let files: BTreeSet<PathBuf> = entries.map(|entry| entry.path()).filter(|file| is_yaml(file)).collect();
    let mut errors = 0;
    let ledgers = files.iter().map(|file| {
        let (ledger, mut wrong) = Ledger::read(file);
        wrong.extend(ledger.check_cases(|id| known.contains(id)));
        wrong.iter().for_each(|error| tell(error));
        errors += wrong.len();
        (file.file_stem().unwrap_or_default().to_string_lossy().into_owned(), ledger)
    });
    let mut ledgers: Vec<_> = ledgers.collect();
    ledgers.sort_by(|one, other| one.0.cmp(&other.0));
    (ledgers, errors)
}

fn is_yaml(file: &Path) -> bool {
    file.extension().is_some_and(|extension| extension == "yaml")
}

/// A version names one release, a range does not.
fn is_version(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_digit()) && !text.contains("..") && text.parse::<Versions>().is_ok()
}

fn check(file: &Path, text: &str, arguments: &Arguments) -> Result<Exit, Failure> {
    let name = file.display();
    let there = match fs::read_to_string(file) {
        Ok(there) => there,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
        Err(error) => return Err(Failure::Environment(format!("failed to read {name}: {error}"))),
    };
    if there == text {
        return Ok(Exit::Well);
    }
    let mut words = vec!["findings".to_owned()];
    if !arguments.by_version.is_empty() {
        words.extend(["--by-version".to_owned(), arguments.by_version.join(","), format!("--of {}", arguments.of)]);
    }
    words.extend(arguments.paths.iter().map(|path| path.display().to_string()));
    output::print(&format!("--- {name}\n+++ what it should be\n{}", difference(&there, text)))?;
    complain(&format!("rfc793: {name} is stale; make it with `rfc793 {} --out {name}`", words.join(" ")));
    Ok(Exit::Failed)
}

/// The lines between the common beginning and the common end, at most [`SHOWN`] of each side.
fn difference(there: &str, wanted: &str) -> String {
    let (there, wanted): (Vec<&str>, Vec<&str>) = (there.lines().collect(), wanted.lines().collect());
    let shorter = there.len().min(wanted.len());
    let same = there.iter().zip(&wanted).take_while(|(one, other)| one == other).count();
    let tail = there.iter().rev().zip(wanted.iter().rev()).take(shorter - same);
    let end = tail.take_while(|(one, other)| one == other).count();
    let mut text = format!("@@ line {} @@\n", same + 1);
    for (sign, lines) in [('-', &there[same..there.len() - end]), ('+', &wanted[same..wanted.len() - end])] {
        lines.iter().take(SHOWN).for_each(|line| text.push_str(&format!("{sign}{line}\n")));
        if lines.len() > SHOWN {
            text.push_str(&format!("{sign}… {} more lines\n", lines.len() - SHOWN));
        }
    }
    text
}

#[cfg(test)]
mod tests;
