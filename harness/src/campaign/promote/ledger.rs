//! Entries of a ledger, written as people write them, and put into a file without touching the rest of it.

use crate::trace::event::CaseRun;

/// Comments and reasons are broken at this width.
const WIDTH: usize = 116;

/// What a ledger has to know of one step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missing {
    /// The id of the case.
    pub case: String,
    /// The authored number of the step.
    pub step: usize,
    /// The clause that is not met.
    pub clause: String,
    /// What is observed there.
    pub observed: String,
}

/// What a ledger has to know for this run to be a known one: one entry for each step and observation.
#[must_use]
pub fn entries(run: &CaseRun) -> Vec<Missing> {
    let mut entries: Vec<Missing> = Vec::new();
    for finding in &run.findings {
        let Some(step) = run.case.step_number(finding.step) else { continue };
        let clause = finding.clauses.first().map(ToString::to_string).unwrap_or_default();
        let entry = Missing { case: run.case.id.clone(), step, clause, observed: finding.observed.clone() };
        // A ledger tells entries apart by step and observation.
        if !entries.iter().any(|known| known.step == step && known.observed == entry.observed) {
            entries.push(entry);
        }
    }
    entries
}

/// The entry's text. Without a reason there is a place for one.
#[must_use]
pub fn written(entry: &Missing, reason: Option<&str>, versions: Option<&str>) -> String {
    let Missing { case, step, clause, observed } = entry;
    let (case, observed) = (plain_or_quoted(case), quoted(observed));
    let mut text = format!("- case: {case}\n  step: {step}\n  clause: {clause}\n  observed: {observed}\n");
    match reason {
        Some(reason) => text.push_str(&format!("  reason: >-\n{}", folded(reason))),
        None => text.push_str("  reason:  # why the target does so\n"),
    }
    if let Some(versions) = versions {
        text.push_str(&format!("  versions: {}\n", quoted(versions)));
    }
    text
}

/// The ledger's text with these entries at the end of their folder's block, which is made if there is none. Everything
/// else stays as it is. `target` is for the heading of a ledger that is new.
#[must_use]
pub fn with_entries(ledger: &str, target: &str, folder: &str, entries: &[String]) -> String {
    let mut text = ledger.to_owned();
    if text.trim().is_empty() {
        text = format!(
            "# What this suite knows {target} to do against a clause: the case, the step, what is seen there, and why.\n\
             # Blocks follow the folders of the suite; an entry that no longer holds is an error.\n"
        );
    }
    if !text.ends_with('\n') {
        text.push('\n');
    }
    let heading = format!("# --- {folder}");
    let starts: Vec<(usize, &str)> = lines(&text).filter(|(_, line)| line.starts_with("# --- ")).collect();
    let block = starts.iter().position(|(_, line)| line.trim_end() == heading);
    let new = entries.join("\n");
    match block {
        // Before the next block's heading, with one empty line between.
        Some(block) if block + 1 < starts.len() => {
            let end = starts[block + 1].0;
            let (before, behind) = text.split_at(end);
            format!("{}\n\n{new}\n{behind}", before.trim_end())
        }
        Some(_) => format!("{}\n\n{new}", text.trim_end()),
        None => format!("{}\n\n{heading}\n\n{new}", text.trim_end()),
    }
}

/// Each line with the place where it begins.
fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.split_inclusive('\n').scan(0, |at, line| {
        let start = *at;
        *at += line.len();
        Some((start, line))
    })
}

/// A block of text whose lines belong together.
fn folded(reason: &str) -> String {
    let mut lines: Vec<String> = Vec::new();
    for word in reason.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() + 4 <= WIDTH => {
                line.push(' ');
                line.push_str(word);
            }
            Some(_) | None => lines.push(word.to_owned()),
        }
    }
    lines.iter().map(|line| format!("    {line}\n")).collect()
}

/// JSON's quoted texts are YAML's, too.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

fn plain_or_quoted(id: &str) -> String {
    let plain = id.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '/' | '-' | '_' | '.'));
    let is_word = id.starts_with(|c: char| c.is_ascii_alphabetic());
    if plain && is_word { id.to_owned() } else { quoted(id) }
}

#[cfg(test)]
mod tests;
