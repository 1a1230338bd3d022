//! The default report: nothing for what is well, everything for what is not, and the sum at the end.

use std::io::{self, Write};

use super::{
    Report, Summary, failure,
    failure::Rerun,
    ladder,
    paint::{Paint, Tone},
    reason, word,
};
use crate::trace::event::{CaseRun, Verdict};

/// Writes the results of `run` for people.
#[derive(Clone, Debug)]
pub struct Text {
    /// Colour or not.
    pub paint: Paint,
    /// Show each case as a ladder diagram with the rules behind each step.
    pub explain: bool,
    /// One line for each case that passed, too.
    pub verbose: bool,
    /// How to run one case again.
    pub rerun: Rerun,
}

impl Report for Text {
    fn case(&mut self, out: &mut dyn Write, run: &CaseRun) -> io::Result<()> {
        let quiet = matches!(run.verdict, Verdict::Pass) && !self.verbose && !self.explain;
        if quiet {
            return Ok(());
        }
        self.heading(out, run)?;
        if self.explain {
            out.write_all(ladder::of_run(run).as_bytes())?;
            writeln!(out)?;
        }
        match run.verdict {
            Verdict::Fail | Verdict::Deviates | Verdict::Inconclusive(_) => {
                failure::findings(out, run, self.paint, &self.rerun)
            }
            Verdict::Pass | Verdict::Known(_) | Verdict::Fixed(_) | Verdict::Skip(_) | Verdict::Error(_) => Ok(()),
        }
    }

    fn summary(&mut self, out: &mut dyn Write, summary: &Summary) -> io::Result<()> {
        let tally = &summary.tally;
        let version = summary.version.as_ref().map_or_else(String::new, |version| format!(" {version}"));
        write!(out, "{}{version}: {}", summary.target, counted(tally.cases(), "case"))?;
        let parts = [
            (tally.pass, "pass", Tone::Good),
            (tally.fail, "fail", Tone::Bad),
            (tally.deviates, "deviates", Tone::Notice),
            (tally.known, "known", Tone::Quiet),
            (tally.fixed, "fixed", Tone::Bad),
            (tally.skip, "skip", Tone::Quiet),
            (tally.inconclusive, "inconclusive", Tone::Bad),
            (tally.error, "error", Tone::Bad),
        ];
        for (count, name, tone) in parts.into_iter().filter(|(count, ..)| *count > 0) {
            write!(out, ", {}", self.paint.tone(tone, format_args!("{count} {name}")))?;
        }
        if summary.not_run > 0 {
            write!(out, ", {} not run", summary.not_run)?;
        }
        let wall = summary.wall.as_secs_f64();
        writeln!(out, " in {wall:.2} s (seed {})", summary.seed)
    }
}

impl Text {
    fn heading(&self, out: &mut dyn Write, run: &CaseRun) -> io::Result<()> {
        let tone = match run.verdict {
            Verdict::Pass => Tone::Good,
            Verdict::Fail | Verdict::Fixed(_) | Verdict::Inconclusive(_) | Verdict::Error(_) => Tone::Bad,
            Verdict::Deviates => Tone::Notice,
            Verdict::Known(_) | Verdict::Skip(_) => Tone::Quiet,
        };
        let verdict = word(&run.verdict);
        write!(out, "{}", self.paint.tone(tone, format_args!("{verdict:<12}")))?;
        write!(out, " {}", self.paint.tone(Tone::Strong, &run.case.id))?;
        match (&run.verdict, reason(&run.verdict)) {
            (_, Some(reason)) => writeln!(out, ": {reason}"),
            (Verdict::Pass, None) => writeln!(out),
            (_, None) => writeln!(out, ": {}", run.case.case.title),
        }
    }
}

/// `1 case`, `2 cases`.
#[must_use]
pub fn counted(count: usize, thing: &str) -> String {
    format!("{count} {thing}{}", if count == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests;
