//! The comparison of two targets as text.

use std::{
    io::{self, Write},
    time::Duration,
};

use super::{
    failure::clause_line,
    paint::{Paint, Tone},
    step_name,
    text::counted,
};
use crate::{
    judge::diff::{Divergence, Side, Standing},
    segment::show,
};

/// The sum of a comparison.
#[derive(Clone, Debug, Default)]
pub struct DiffSummary {
    /// The first target.
    pub left: String,
    /// The second one.
    pub right: String,
    /// Cases without any difference.
    pub equal: usize,
    /// Cases with a divergence.
    pub divergent: usize,
    /// Of the divergent: those with steps that could not be compared any more.
    pub poisoned: usize,
    /// Cases at least one target cannot run, or whose start it did not reach.
    pub skipped: usize,
    /// Cases on which the harness failed.
    pub errors: usize,
    /// Of the divergent: an `either` accepts both.
    pub allowed: usize,
    /// Of the divergent: in a ledger.
    pub known: usize,
    /// Selected cases that did not run because the user stopped the run.
    pub not_run: usize,
    /// Real time.
    pub wall: Duration,
    /// Fixes all randomness of the run.
    pub seed: u64,
}

impl DiffSummary {
    /// Cases that ran on both.
    #[must_use]
    pub const fn compared(&self) -> usize {
        self.equal + self.divergent
    }

    /// Divergences nobody has explained.
    #[must_use]
    pub const fn unexplained(&self) -> usize {
        self.divergent - self.allowed - self.known
    }

    /// Counts a divergence.
    pub fn count(&mut self, divergence: &Divergence) {
        self.divergent += 1;
        self.poisoned += usize::from(divergence.poisoned_from.is_some());
        match divergence.standing {
            Standing::Unexplained => {}
            Standing::Allowed => self.allowed += 1,
            Standing::Known(_) => self.known += 1,
        }
    }
}

/// Writes one divergence.
///
/// # Errors
/// Those of the stream.
pub fn divergence(out: &mut dyn Write, divergence: &Divergence, paint: Paint) -> io::Result<()> {
    let case = &divergence.case;
    let step = case.case.steps.get(divergence.step);
    let (tone, standing) = match &divergence.standing {
        Standing::Unexplained => (Tone::Bad, "divergent".to_owned()),
        Standing::Allowed => (Tone::Quiet, "allowed".to_owned()),
        Standing::Known(_) => (Tone::Quiet, "known".to_owned()),
    };
    let line = step.map_or(0, |step| step.line);
    let name = step_name(case, divergence.step);
    write!(out, "{} ", paint.tone(tone, format_args!("{standing:<12}")))?;
    write!(out, "{}", paint.tone(Tone::Strong, &case.id))?;
    writeln!(out, ": {name} ({}:{line}) differs in {}", case.file.display(), divergence.fields.join(", "))?;
    if let Standing::Known(reason) = &divergence.standing {
        return writeln!(out, "   {} {reason}", paint.tone(Tone::Quiet, "reason    "));
    }
    let width = divergence.left.target.len().max(divergence.right.target.len()).max(10);
    for side in [&divergence.left, &divergence.right] {
        writeln!(out, "   {:<width$} {}", side.target, side_line(side))?;
        for rule in &side.rules {
            writeln!(out, "   {:<width$}   by {} ({}): {}", "", rule.name, rule.clause, rule.text)?;
        }
        for traced in &side.traced {
            writeln!(out, "   {:<width$}   {traced}", "")?;
        }
    }
    for clause in &divergence.clauses {
        writeln!(out, "   {} {}", paint.tone(Tone::Quiet, format_args!("{:<width$}", "clause")), clause_line(clause))?;
    }
    if let Some(from) = divergence.poisoned_from {
        let rest = counted(case.case.steps.len() - from, "later step");
        writeln!(out, "   {} {rest} not compared", paint.tone(Tone::Quiet, format_args!("{:<width$}", "poisoned")))?;
    }
    writeln!(out)
}

fn side_line(side: &Side) -> String {
    let emitted: Vec<_> = side.emitted.iter().map(show::full).collect();
    let emitted = if emitted.is_empty() { "nothing".to_owned() } else { emitted.join(", then ") };
    let outcome = side.outcome.as_ref().map_or_else(String::new, |outcome| format!("; returns {outcome}"));
    let finding = side.finding.as_ref().map_or_else(String::new, |finding| format!("; against the case: {finding}"));
    let state = side.state.map_or_else(String::new, |state| format!("; state {state}"));
    format!("{emitted}{outcome}{state}{finding}")
}

/// Writes the sum.
///
/// # Errors
/// Those of the stream.
pub fn summary(out: &mut dyn Write, summary: &DiffSummary, paint: Paint) -> io::Result<()> {
    let compared = counted(summary.compared(), "case");
    write!(out, "{} and {}: {compared} compared", summary.left, summary.right)?;
    let parts = [
        (summary.equal, "equal", Tone::Good),
        (summary.unexplained(), "divergent", Tone::Bad),
        (summary.known, "known", Tone::Quiet),
        (summary.allowed, "allowed", Tone::Quiet),
        (summary.poisoned, "poisoned after a divergence", Tone::Quiet),
        (summary.skipped, "skipped", Tone::Quiet),
        (summary.errors, "error", Tone::Bad),
        (summary.not_run, "not run", Tone::Quiet),
    ];
    for (count, name, tone) in parts.into_iter().filter(|(count, ..)| *count > 0) {
        write!(out, ", {}", paint.tone(tone, format_args!("{count} {name}")))?;
    }
    writeln!(out, " in {:.2} s (seed {})", summary.wall.as_secs_f64(), summary.seed)
}

#[cfg(test)]
mod tests;
