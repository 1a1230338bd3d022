//! Seeds: the suite's cases as scripts, so that a campaign starts from what people thought of.
//!
//! [`script_of`] takes what a case does and leaves out what it expects. Each field becomes the nearest value a script can
//! say: a length may come out as its neighbour in the table, a second fault in the same header is lost. Called by the
//! example `seed_corpus`, which [`write_corpus`] fills a fuzzer's corpus folder for.

mod nearest;

use std::{collections::BTreeSet, fs, io, path::Path};

use self::nearest::Names;
use super::script::{Header, MOST_STEPS, Record, Script};
use crate::case::format::{Action, ConcreteCase};

/// What the case does, as a script. `None`: nothing, or more than a script has room for.
#[must_use]
pub fn script_of(case: &ConcreteCase) -> Option<Script> {
    let authored = case.case.steps.get(case.prelude..)?;
    let mut names = Names::of(&case.case, authored);
    let mut records = Vec::new();
    for step in authored {
        let record: Option<Record> = match &step.value.action {
            Action::Inject(inject) => Some(nearest::segment(inject, names.number(inject.on.as_deref())?)),
            Action::Call(call) => nearest::call(call, &mut names)?,
            Action::Wait(span) => Some(nearest::wait(*span)),
            Action::Expect(_) | Action::State(_) | Action::Save(_) | Action::Check(_) => None,
        };
        records.extend(record);
    }
    let fits = !records.is_empty() && records.len() <= MOST_STEPS;
    fits.then(|| Script { header: nearest::header(&case.case, Header::default()), records })
}

/// Writes one file for each different script into the folder, which is made, named after the first case that gives it.
/// Returns how many.
///
/// # Errors
/// If the folder cannot be made or a file not be written.
pub fn write_corpus(cases: &[ConcreteCase], folder: &Path) -> io::Result<usize> {
    fs::create_dir_all(folder)?;
    let mut written = BTreeSet::new();
    for case in cases {
        let Some(script) = script_of(case) else { continue };
        let bytes = script.encode();
        if written.contains(&bytes) {
            continue;
        }
        fs::write(folder.join(file_name(&case.id)), &bytes)?;
        written.insert(bytes);
    }
    Ok(written.len())
}

/// The id with a dash for whatever is special in file names, cut to what file systems take.
fn file_name(id: &str) -> String {
    let special = |c: char| !c.is_ascii_alphanumeric() && !matches!(c, '.' | '_');
    id.replace(special, "-").chars().take(200).collect()
}

#[cfg(test)]
mod tests;
