//! JSON lines: one `case` object per case and one `summary` at the end; one `divergence` each and one summary for a
//! comparison.
//!
//! The fields up to `wall_us`, `wall_ms` and `right` are a promise to programs that read them; what stands behind
//! them may grow.

use std::io::{self, Write};

use serde::Serialize;

use super::{Report, Summary, diff::DiffSummary, level, reason, word};
use crate::{
    clause::ClauseId,
    judge::diff::{Divergence, Side, Standing},
    segment::show,
    target::Traced,
    trace::event::{CaseRun, Difference, Finding, FindingKind, Trace},
};

/// Writes the results of `run` as JSON lines.
#[derive(Clone, Copy, Debug, Default)]
pub struct JsonLines;

impl Report for JsonLines {
    fn case(&mut self, out: &mut dyn Write, run: &CaseRun) -> io::Result<()> {
        line(out, &CaseLine::of(run))
    }

    fn summary(&mut self, out: &mut dyn Write, summary: &Summary) -> io::Result<()> {
        let tally = &summary.tally;
        line(
            out,
            &SummaryLine {
                kind: "summary",
                target: &summary.target,
                cases: tally.cases(),
                pass: tally.pass,
                fail: tally.fail,
                deviates: tally.deviates,
                known: tally.known,
                skip: tally.skip,
                inconclusive: tally.inconclusive,
                error: tally.error,
                wall_ms: summary.wall.as_millis(),
                fixed: tally.fixed,
                not_run: summary.not_run,
                version: summary.version.as_deref(),
                seed: summary.seed,
            },
        )
    }
}

/// Writes one divergence.
///
/// # Errors
/// Those of the stream.
pub fn divergence(out: &mut dyn Write, divergence: &Divergence) -> io::Result<()> {
    let case = &divergence.case;
    let (standing, reason) = match &divergence.standing {
        Standing::Unexplained => ("unexplained", None),
        Standing::Allowed => ("allowed", None),
        Standing::Known(reason) => ("known", Some(reason.as_str())),
    };
    line(
        out,
        &DivergenceLine {
            kind: "divergence",
            id: &case.id,
            step: case.step_number(divergence.step).unwrap_or(0),
            clauses: names(&divergence.clauses),
            left: SideLine::of(&divergence.left),
            right: SideLine::of(&divergence.right),
            fields: &divergence.fields,
            standing,
            reason,
            poisoned_from: divergence.poisoned_from.and_then(|step| case.step_number(step)),
            line: case.case.steps.get(divergence.step).map_or(0, |step| step.line),
        },
    )
}

/// Writes the sum of a comparison.
///
/// # Errors
/// Those of the stream.
pub fn diff_summary(out: &mut dyn Write, summary: &DiffSummary) -> io::Result<()> {
    line(
        out,
        &DiffSummaryLine {
            kind: "summary",
            left: &summary.left,
            right: &summary.right,
            compared: summary.compared(),
            equal: summary.equal,
            divergent: summary.divergent,
            poisoned: summary.poisoned,
            skipped: summary.skipped,
            wall_ms: summary.wall.as_millis(),
            allowed: summary.allowed,
            known: summary.known,
            unexplained: summary.unexplained(),
            errors: summary.errors,
            not_run: summary.not_run,
            seed: summary.seed,
        },
    )
}

fn line(out: &mut dyn Write, value: &impl Serialize) -> io::Result<()> {
    // One write per line: lines of two programs on one terminal stay whole.
    let mut text = serde_json::to_vec(value)?;
    text.push(b'\n');
    out.write_all(&text)
}

fn names(clauses: &[ClauseId]) -> Vec<&str> {
    clauses.iter().map(ClauseId::as_str).collect()
}

fn words(traced: &[Traced]) -> Vec<String> {
    traced.iter().map(ToString::to_string).collect()
}

#[derive(Serialize)]
struct CaseLine<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    id: &'a str,
    target: &'a str,
    verdict: &'static str,
    level: String,
    clauses: Vec<&'a str>,
    findings: Vec<FindingLine<'a>>,
    wall_us: u128,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
    title: &'a str,
    file: String,
    version: &'a str,
    /// What the target's own tracing told, in order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    traced: Vec<TracedLine>,
}

impl<'a> CaseLine<'a> {
    fn of(run: &'a CaseRun) -> Self {
        Self {
            kind: "case",
            id: &run.case.id,
            target: &run.target,
            verdict: word(&run.verdict),
            level: level(run).to_string(),
            clauses: names(&run.case.case.clauses),
            findings: run.findings.iter().map(|finding| FindingLine::of(run, finding)).collect(),
            wall_us: run.wall.as_micros(),
            reason: reason(&run.verdict),
            title: &run.case.case.title,
            file: run.case.file.to_string_lossy().into_owned(),
            version: &run.version,
            traced: TracedLine::all(run),
        }
    }
}

/// A drop, with its reason, or a change of state.
#[derive(Serialize)]
struct TracedLine {
    /// The authored number; 0 in the prelude.
    step: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    dropped: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    place: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    to: Option<&'static str>,
    /// The number of the connection in its case, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    connection: Option<u16>,
}

impl TracedLine {
    fn all(run: &CaseRun) -> Vec<Self> {
        let numbered = |step| run.case.step_number(step).unwrap_or(0);
        Trace::traced(&run.trace.events).map(|(step, traced)| Self::of(numbered(step), traced)).collect()
    }

    const fn of(step: usize, traced: Traced) -> Self {
        let nothing = Self { step, dropped: None, place: None, from: None, to: None, connection: None };
        match traced {
            Traced::Dropped { reason, place } => Self { dropped: Some(reason), place, ..nothing },
            Traced::Transition { on, from, to } => {
                Self { from: Some(from.name()), to: Some(to.name()), connection: Some(on as u16 + 1), ..nothing }
            }
        }
    }
}

#[derive(Serialize)]
struct FindingLine<'a> {
    /// The authored number; 0 in the prelude.
    step: usize,
    line: u32,
    kind: &'static str,
    level: String,
    clauses: Vec<&'a str>,
    expected: &'a str,
    observed: &'a str,
    differences: Vec<DifferenceLine<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    segment: Option<String>,
    /// What the target's own tracing told of what the peer or the application had done before, in words.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    why: Vec<String>,
}

impl<'a> FindingLine<'a> {
    fn of(run: &CaseRun, finding: &'a Finding) -> Self {
        Self {
            step: run.case.step_number(finding.step).unwrap_or(0),
            line: run.case.case.steps.get(finding.step).map_or(0, |step| step.line),
            kind: kind(finding.kind),
            level: finding.level.to_string(),
            clauses: names(&finding.clauses),
            expected: &finding.expected,
            observed: &finding.observed,
            differences: finding.differences.iter().map(DifferenceLine::of).collect(),
            segment: finding.segment.as_ref().map(show::full),
            why: words(&run.trace.traced_last(finding.step)),
        }
    }
}

/// A kind of finding in one word.
const fn kind(kind: FindingKind) -> &'static str {
    match kind {
        FindingKind::Mismatch => "mismatch",
        FindingKind::Missing => "missing",
        FindingKind::Unexpected => "unexpected",
        FindingKind::Early => "early",
        FindingKind::Late => "late",
        FindingKind::State => "state",
        FindingKind::Outcome => "outcome",
        FindingKind::Comparison => "comparison",
        FindingKind::Malformed => "malformed",
        FindingKind::Invariant => "invariant",
        FindingKind::Crash => "crash",
    }
}

#[derive(Serialize)]
struct DifferenceLine<'a> {
    field: &'static str,
    expected: &'a str,
    got: &'a str,
}

impl<'a> DifferenceLine<'a> {
    fn of(difference: &'a Difference) -> Self {
        Self { field: difference.field, expected: &difference.expected, got: &difference.got }
    }
}

#[derive(Serialize)]
struct SummaryLine<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    target: &'a str,
    cases: usize,
    pass: usize,
    fail: usize,
    deviates: usize,
    known: usize,
    skip: usize,
    inconclusive: usize,
    error: usize,
    wall_ms: u128,
    fixed: usize,
    not_run: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<&'a str>,
    seed: u64,
}

#[derive(Serialize)]
struct DivergenceLine<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    id: &'a str,
    /// The authored number; 0 in the prelude.
    step: usize,
    clauses: Vec<&'a str>,
    left: SideLine<'a>,
    right: SideLine<'a>,
    fields: &'a [&'static str],
    standing: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    poisoned_from: Option<usize>,
    line: u32,
}

#[derive(Serialize)]
struct SideLine<'a> {
    target: &'a str,
    emitted: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    state: Option<String>,
    rule: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    outcome: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    finding: Option<&'a str>,
    /// What the target's own tracing told, in words.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    why: Vec<String>,
}

impl<'a> SideLine<'a> {
    fn of(side: &'a Side) -> Self {
        Self {
            target: &side.target,
            emitted: side.emitted.iter().map(show::full).collect(),
            state: side.state.map(|state| state.to_string()),
            rule: side.rules.first().map(|rule| rule.name),
            outcome: side.outcome.as_deref(),
            finding: side.finding.as_deref(),
            why: words(&side.traced),
        }
    }
}

#[derive(Serialize)]
struct DiffSummaryLine<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    left: &'a str,
    right: &'a str,
    compared: usize,
    equal: usize,
    divergent: usize,
    poisoned: usize,
    skipped: usize,
    wall_ms: u128,
    allowed: usize,
    known: usize,
    unexplained: usize,
    errors: usize,
    not_run: usize,
    seed: u64,
}

#[cfg(test)]
mod tests;
