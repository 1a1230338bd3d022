//! What of a kernel the suite reached, for people, for a document, for programs.
//!
//! Called by `rfc793 coverage`. Left out: measuring it ([`crate::guest::coverage`]).

use std::{
    collections::BTreeSet,
    io::{self, Write},
};

use serde::Serialize;

use super::paint::{Paint, Tone};
use crate::guest::coverage::{Coverage, FileCoverage, FunctionCoverage, Share};

/// One measurement.
#[derive(Debug, Serialize)]
pub struct Measured<'a> {
    /// The target as the user writes it.
    pub target: &'a str,
    /// The kernel's release.
    pub version: &'a str,
    /// How many cases ran.
    pub cases: usize,
    /// How many of them were skipped or could not be run to their end: what they would reach is missing.
    pub not_run: usize,
    /// What they reached.
    #[serde(flatten)]
    pub coverage: &'a Coverage,
}

/// Columns of a share.
const SHARE: usize = 20;

/// A table of files, every function if `functions` are wanted, and the functions that no case reached.
///
/// # Errors
/// Those of `out`.
pub fn text(out: &mut dyn Write, measured: &Measured<'_>, functions: bool, paint: Paint) -> io::Result<()> {
    let coverage = measured.coverage;
    writeln!(out, "{}", paint.tone(Tone::Quiet, format_args!("{:<28}{:>SHARE$}{:>SHARE$}", "", "functions", "lines")))?;
    let row = |out: &mut dyn Write, name: &str, of: [Share; 2]| {
        writeln!(out, "{name:<28}{:>SHARE$}{:>SHARE$}", share(of[0]), share(of[1]))
    };
    for (name, file) in &coverage.files {
        row(out, name, [file.functions(), file.lines()])?;
        let each = file.functions.iter().filter(|(_, function)| functions && function.is_reached());
        for (name, function) in each {
            let lines = lines_of(function);
            writeln!(out, "  {name:<46}{:>SHARE$}{}", share(lines), missing(function))?;
        }
    }
    row(out, "all", [coverage.sum(FileCoverage::functions), coverage.sum(FileCoverage::lines)])?;
    writeln!(out)?;
    for (name, file) in &coverage.files {
        let missed: Vec<&str> = file.missed().collect();
        if !missed.is_empty() {
            let heading = format_args!("no case reaches {} of {name}:", missed.len());
            writeln!(out, "{}", paint.tone(Tone::Notice, heading))?;
            wrapped(out, &missed)?;
        }
    }
    writeln!(out, "\n{}", told(measured))
}

/// The same as a document.
///
/// # Errors
/// Those of `out`.
pub fn markdown(out: &mut dyn Write, measured: &Measured<'_>) -> io::Result<()> {
    let coverage = measured.coverage;
    writeln!(out, "# What the suite reaches of {}\n\n{}\n", measured.target, told(measured))?;
    writeln!(out, "| file | functions | lines |\n| --- | ---: | ---: |")?;
    for (name, file) in &coverage.files {
        writeln!(out, "| `{name}` | {} | {} |", share(file.functions()), share(file.lines()))?;
    }
    let sums = [coverage.sum(FileCoverage::functions), coverage.sum(FileCoverage::lines)];
    writeln!(out, "| all | {} | {} |", share(sums[0]), share(sums[1]))?;
    for (name, file) in &coverage.files {
        writeln!(out, "\n## {name}\n\n| function | lines | not reached |\n| --- | ---: | --- |")?;
        for (name, function) in file.functions.iter().filter(|(_, function)| function.is_reached()) {
            writeln!(out, "| `{name}` | {} | {} |", share(lines_of(function)), missing(function).trim_start())?;
        }
        let missed: Vec<String> = file.missed().map(|name| format!("`{name}`")).collect();
        if !missed.is_empty() {
            writeln!(out, "\nNo case reaches {}.", missed.join(", "))?;
        }
    }
    Ok(())
}

/// One JSON object.
///
/// # Errors
/// Those of `out`.
pub fn json(out: &mut dyn Write, measured: &Measured<'_>) -> io::Result<()> {
    serde_json::to_writer(&mut *out, measured)?;
    writeln!(out)
}

fn told(measured: &Measured<'_>) -> String {
    let Measured { target, version, cases, not_run, coverage: _ } = measured;
    let not_run = if *not_run > 0 { format!(", {not_run} of them not to their end") } else { String::new() };
    format!("{target} {version}: {cases} cases{not_run}; a line is one at which a basic block begins")
}

fn lines_of(function: &FunctionCoverage) -> Share {
    let reached = function.reached.len();
    Share { reached, all: reached + function.missed.len() }
}

fn share(Share { reached, all }: Share) -> String {
    let percent = if all == 0 { 0.0 } else { reached as f64 * 100.0 / all as f64 };
    format!("{reached} of {all} {percent:3.0} %")
}

/// `  not 12, 15-17`, nothing if nothing is missing. Lines that follow each other among all known are one range.
fn missing(function: &FunctionCoverage) -> String {
    let all: BTreeSet<u32> = function.reached.union(&function.missed).copied().collect();
    let mut ranges: Vec<(u32, u32)> = Vec::new();
    let mut open = false;
    for line in all {
        let missed = function.missed.contains(&line);
        match ranges.last_mut() {
            Some(last) if missed && open => last.1 = line,
            _ if missed => ranges.push((line, line)),
            _ => {}
        }
        open = missed;
    }
    let range = |(first, last): &(u32, u32)| if first == last { first.to_string() } else { format!("{first}-{last}") };
    let ranges: Vec<String> = ranges.iter().map(range).collect();
    if ranges.is_empty() { String::new() } else { format!("  not {}", ranges.join(", ")) }
}

/// Names, as many in a line as fit.
fn wrapped(out: &mut dyn Write, names: &[&str]) -> io::Result<()> {
    const WIDTH: usize = 100;
    let mut line = String::new();
    for name in names {
        if !line.is_empty() && line.len() + name.len() >= WIDTH {
            writeln!(out, " {line}")?;
            line.clear();
        }
        line.push(' ');
        line.push_str(name);
    }
    writeln!(out, " {line}")
}

#[cfg(test)]
mod tests;
