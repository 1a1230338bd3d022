//! `docs/findings.md`: every divergence the suite knows of, target by target and clause by clause.
//!
//! Made by `rfc793 findings` from the cases and the ledgers alone; nothing is run, so the same files give the same text.
//! [`markdown`] is the whole of it. Left out: where each row was found; the case's `origin` says that. What parts the
//! versions of one target is a table of its own, `by_version`.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    fmt::Write as _,
    sync::Arc,
};

use crate::{
    case::format::ConcreteCase,
    clause::{ClauseId, Level, requirements},
    judge::{
        ledger::{Entry, Ledger},
        verdict::level_of,
    },
};

mod by_version;

pub use by_version::by_version;

/// The folder of the cases that findings were promoted to.
const REGRESSIONS: &str = "regressions/";

/// The text. `ledgers` are named like their files: `kernel`, `reference-rfc793`. Links lead from a folder beside that of
/// the cases, as `docs/` is.
#[must_use]
pub fn markdown(cases: &[Arc<ConcreteCase>], ledgers: &[(String, Ledger)]) -> String {
    let cases: HashMap<&str, &ConcreteCase> = cases.iter().map(|case| (case.id.as_str(), &**case)).collect();
    let targets: Vec<Target<'_>> = ledgers.iter().map(|(name, ledger)| Target::of(name, ledger, &cases)).collect();
    let mut text = String::from(
        "# Findings\n\n\
         Made by `rfc793 findings` from the cases and `cases/ledger/`; change those, not this file. A row is one known\n\
         divergence: the case that shows it, what the target does at that step instead of what the clause says, and why.\n\n",
    );
    overview(&mut text, &targets);
    targets.iter().for_each(|target| target.write(&mut text));
    unbroken(&mut text, &cases, &targets);
    text
}

/// One row: an entry of a ledger, whichever cases it is for.
struct Row<'a> {
    entry: &'a Entry,
    cases: Vec<&'a ConcreteCase>,
    level: Level,
}

/// One target with its rows, by clause.
struct Target<'a> {
    name: &'a str,
    rows: BTreeMap<(usize, &'a ClauseId), Vec<Row<'a>>>,
}

impl<'a> Target<'a> {
    /// Entries whose case does not exist are left out: reading the ledger has told of them.
    fn of(name: &'a str, ledger: &'a Ledger, cases: &HashMap<&str, &'a ConcreteCase>) -> Self {
        let order: HashMap<&str, usize> =
            requirements().enumerate().map(|(place, requirement)| (requirement.id, place)).collect();
        let mut by_line: BTreeMap<usize, Row<'a>> = BTreeMap::new();
        for entry in ledger.entries() {
            let Some(case) = cases.get(entry.case.as_str()).copied() else { continue };
            let level = level_of(std::slice::from_ref(&entry.clause), &case.case);
            let row = by_line.entry(entry.line).or_insert_with(|| Row { entry, cases: Vec::new(), level });
            row.level = row.level.max(level);
            row.cases.push(case);
        }
        let mut rows: BTreeMap<(usize, &ClauseId), Vec<Row<'a>>> = BTreeMap::new();
        for mut row in by_line.into_values() {
            row.cases.sort_by(|one, other| one.id.cmp(&other.id));
            // Sections come behind the labels of RFC 9293.
            let place = order.get(row.entry.clause.as_str()).copied().unwrap_or(usize::MAX);
            rows.entry((place, &row.entry.clause)).or_default().push(row);
        }
        let id = |row: &Row<'_>| (row.cases.first().map(|case| case.id.clone()), row.entry.step);
        rows.values_mut().for_each(|rows| rows.sort_by_key(id));
        Self { name, rows }
    }

    fn all(&self) -> impl Iterator<Item = &Row<'a>> {
        self.rows.values().flatten()
    }

    fn write(&self, text: &mut String) {
        let _ = writeln!(text, "\n## {}", self.name);
        if self.rows.is_empty() {
            text.push_str("\nNothing is known against it.\n");
        }
        for ((_, clause), rows) in &self.rows {
            let rows: Vec<&Row<'_>> = rows.iter().collect();
            let _ = writeln!(text, "\n<a id=\"{}\"></a>\n", anchor(self.name, clause));
            let _ = writeln!(text, "### {}\n", heading(clause, &rows));
            text.push_str("| case | observed | why | versions |\n| --- | --- | --- | --- |\n");
            rows.iter().for_each(|row| row.write(text));
        }
    }
}

impl Row<'_> {
    fn write(&self, text: &mut String) {
        let Entry { observed, reason, versions, .. } = self.entry;
        let (observed, reason) = (code(observed), plain(reason));
        let _ = writeln!(text, "| {} | {observed} | {reason} | {} |", self.place(), plain(&versions.to_string()));
    }

    /// The cases and the step.
    fn place(&self) -> String {
        let mut variants: Vec<(String, Vec<&str>)> = Vec::new();
        for case in &self.cases {
            let (link, values) = (link(case), case.id.split_once('#').map(|(_, values)| values));
            match variants.last_mut() {
                Some((last, others)) if *last == link => others.extend(values),
                Some(_) | None => variants.push((link, values.into_iter().collect())),
            }
        }
        let links: Vec<String> = variants.into_iter().map(|(link, values)| link + &which(&values)).collect();
        let step = match self.entry.step {
            Entry::GIVEN => "`given`".to_owned(),
            step => format!("step {step}"),
        };
        format!("{}, {step}", links.join("<br>"))
    }

    fn is_regression(&self) -> bool {
        self.cases.iter().any(|case| case.id.starts_with(REGRESSIONS))
    }
}

/// What a clause asks, and how binding its rows are.
fn heading(clause: &ClauseId, rows: &[&Row<'_>]) -> String {
    let level = rows.iter().map(|row| row.level).max().unwrap_or(Level::Must);
    let words = clause.summary().map(|words| format!(": {}", plain(words))).unwrap_or_default();
    let section = if clause.requirement().is_some() { format!(" ({})", clause.section()) } else { String::new() };
    format!("{clause} ({level}){words}{section}")
}

/// The name that a link gives the rows of a clause in `findings.md`: `kernel-must-36`.
fn anchor(target: &str, clause: &ClauseId) -> String {
    let name = format!("{target}-{clause}").to_lowercase();
    name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect()
}

/// The counts.
fn overview(text: &mut String, targets: &[Target<'_>]) {
    text.push_str("| target | divergences | MUST | SHOULD | MAY | clauses | found by fuzzing |\n");
    text.push_str("| --- | --: | --: | --: | --: | --: | --: |\n");
    let mut sum = [0; 6];
    for target in targets {
        let of = |level: Level| target.all().filter(|row| row.level == level).count();
        let fuzzed = target.all().filter(|row| row.is_regression()).count();
        let clauses = target.rows.len();
        let counts = [target.all().count(), of(Level::Must), of(Level::Should), of(Level::May), clauses, fuzzed];
        sum.iter_mut().zip(counts).for_each(|(sum, count)| *sum += count);
        let cells: Vec<String> = counts.iter().map(ToString::to_string).collect();
        let _ = writeln!(text, "| [{0}](#{0}) | {1} |", target.name, cells.join(" | "));
    }
    let distinct: BTreeSet<_> =
        targets.iter().flat_map(|target| target.rows.keys().map(|(_, clause)| clause)).collect();
    sum[4] = distinct.len();
    let cells: Vec<String> = sum.iter().map(ToString::to_string).collect();
    let _ = writeln!(text, "| all | {} |", cells.join(" | "));
}

/// Promoted findings that no ledger speaks of: what was wrong once and is not any more.
fn unbroken(text: &mut String, cases: &HashMap<&str, &ConcreteCase>, targets: &[Target<'_>]) {
    let known: BTreeSet<&str> =
        targets.iter().flat_map(Target::all).flat_map(|row| &row.cases).map(|case| case.id.as_str()).collect();
    let kept: BTreeMap<&str, &ConcreteCase> = cases
        .iter()
        .filter(|(id, _)| id.starts_with(REGRESSIONS) && !known.contains(*id))
        .map(|(id, case)| (*id, *case))
        .collect();
    if kept.is_empty() {
        return;
    }
    text.push_str("\n## Regression cases that every target passes\n\n");
    for case in kept.values() {
        let clauses: Vec<String> = case.case.clauses.iter().map(ToString::to_string).collect();
        let _ = writeln!(text, "- {} ({})", link(case), clauses.join(", "));
    }
}

/// The case by its title, which is what a reader looks for.
fn link(case: &ConcreteCase) -> String {
    let file = case.file.display().to_string();
    let target = if case.file.is_absolute() { file } else { format!("../{}", file.trim_start_matches("./")) };
    format!("[{}](<{target}>)", plain(&case.case.title))
}

/// Which variants of a matrix, if they are few.
fn which(values: &[&str]) -> String {
    match values.len() {
        0 => String::new(),
        1..=3 => format!(" ({})", plain(&values.join("; "))),
        many => format!(" ({many} variants)"),
    }
}

/// Text in a cell of a table: one line, and nothing that Markdown would take for its own.
fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !out.is_empty() {
            out.push(' ');
        }
        // An underscore inside a name, such as a function's, means nothing to Markdown.
        let inner = 1..word.chars().count().saturating_sub(1);
        for (at, c) in word.chars().enumerate() {
            match c {
                '_' if inner.contains(&at) => out.push(c),
                '|' | '[' | ']' | '*' | '_' | '`' | '\\' => out.extend(['\\', c]),
                '<' => out.push_str("&lt;"),
                '>' => out.push_str("&gt;"),
                _ => out.push(c),
            }
        }
    }
    out
}

/// Words of the program, as they are.
fn code(text: &str) -> String {
    let text: String = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let fence = if text.contains('`') { ("`` ", " ``") } else { ("`", "`") };
    format!("{}{}{}", fence.0, text.replace('|', "\\|"), fence.1)
}

#[cfg(test)]
mod tests;
