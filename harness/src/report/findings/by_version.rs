//! `docs/linux-versions.md`: what the versions of one target do differently, by the ranges of its ledger.
//!
//! Made by `rfc793 findings --by-version` from the cases and the ledger alone, so that it can be checked where none of
//! the versions is there; a run of the suite on a version proves the ledger for it. [`by_version`] is the whole of it.
//! Left out: what every shown version does alike, and why; `docs/findings.md` tells both.

use std::{
    collections::{BTreeSet, HashMap},
    fmt::Write as _,
    sync::Arc,
};

use super::{Row, Target, anchor, code, heading, plain};
use crate::{case::format::ConcreteCase, clause::Level, judge::ledger::Ledger};

/// The text, for the ledger of this name and these versions in their order. Links lead to `findings.md` beside it.
#[must_use]
pub fn by_version(cases: &[Arc<ConcreteCase>], name: &str, ledger: &Ledger, versions: &[String]) -> String {
    let by_id: HashMap<&str, &ConcreteCase> = cases.iter().map(|case| (case.id.as_str(), &**case)).collect();
    let target = Target::of(name, ledger, &by_id);
    let mut text = format!(
        "# What versions of {name} do differently\n\n\
         Made by `rfc793 findings --by-version {}` from the cases and `cases/ledger/{name}.yaml`; change\n\
         those, not this file. A row is a divergence that some of these versions show and some do not: the case, what each\n\
         version does at that step, and the versions that do so. The last column leads to the reason.\n\n",
        versions.join(",")
    );
    let heads: String = versions.iter().fold(String::new(), |heads, version| heads + &format!(" {} |", plain(version)));
    counts(&mut text, &heads, &target, cases.len(), versions);
    for ((_, clause), rows) in &target.rows {
        let rows: Vec<&Row<'_>> = rows.iter().filter(|row| parts(row, versions)).collect();
        if rows.is_empty() {
            continue;
        }
        let _ = writeln!(text, "\n## {}\n", heading(clause, &rows));
        let _ =
            writeln!(text, "| case |{heads} versions | why |\n| --- |{} --- | --- |", " --- |".repeat(versions.len()));
        for row in rows {
            let cells: Vec<String> = versions.iter().map(|version| cell(&target, row, version)).collect();
            let (range, why) = (plain(&row.entry.versions.to_string()), anchor(name, clause));
            let _ = writeln!(text, "| {} | {} | {range} | [why](findings.md#{why}) |", row.place(), cells.join(" | "));
        }
    }
    text
}

/// Whether some of the versions show it and some do not.
fn parts(row: &Row<'_>, versions: &[String]) -> bool {
    let shown = versions.iter().filter(|version| row.entry.versions.contains(version)).count();
    (1..versions.len()).contains(&shown)
}

/// What this version does there.
fn cell(target: &Target<'_>, row: &Row<'_>, version: &str) -> String {
    if row.entry.versions.contains(version) {
        return code(&row.entry.observed);
    }
    let place = |row: &Row<'_>| (row.cases.iter().map(|case| case.id.clone()).collect::<Vec<_>>(), row.entry.step);
    let otherwise = target.all().any(|other| place(other) == place(row) && other.entry.versions.contains(version));
    if otherwise { "in another row" } else { "as asked" }.to_owned()
}

/// How many cases and divergences there are in each version.
fn counts(text: &mut String, heads: &str, target: &Target<'_>, cases: usize, versions: &[String]) {
    let _ = writeln!(text, "| |{heads}\n| --- |{}", " --: |".repeat(versions.len()));
    let mut line = |title: &str, count: &dyn Fn(&str) -> usize| {
        let cells: Vec<String> = versions.iter().map(|version| count(version).to_string()).collect();
        let _ = writeln!(text, "| {title} | {} |", cells.join(" | "));
    };
    let known = |version: &str| {
        let shown = target.all().filter(|row| row.entry.versions.contains(version));
        shown.flat_map(|row| &row.cases).map(|case| case.id.as_str()).collect::<BTreeSet<_>>().len()
    };
    line("cases that pass, as far as they can run", &|version| cases - known(version));
    line("cases with a known divergence", &known);
    for level in [Level::Must, Level::Should, Level::May] {
        line(&format!("divergences from a {level}"), &|version| {
            target.all().filter(|row| row.level == level && row.entry.versions.contains(version)).count()
        });
    }
}

#[cfg(test)]
mod tests;
