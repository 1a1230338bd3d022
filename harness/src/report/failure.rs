//! One case that did not pass, with all that is needed to understand it and to run it again.

use std::{
    fmt,
    io::{self, Write},
    sync::Arc,
};

use miette::{Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, NamedSource, SourceCode};

use super::{
    paint::{Paint, Tone},
    step_name,
};
use crate::{
    case::format::ConcreteCase,
    judge::ledger::line_span,
    segment::show,
    target::{Explanation, RuleName},
    trace::event::{CaseRun, CaseSegment, EventKind, Finding},
};

/// How the user started the program, as far as it is needed to run one case again: `rfc793 run --target kernel`.
#[derive(Clone, Debug, Default)]
pub struct Rerun {
    /// The words before the path.
    pub command: Vec<String>,
}

impl Rerun {
    /// The command that runs this one case again, ready for a shell.
    #[must_use]
    pub fn line(&self, case: &ConcreteCase) -> String {
        let file = case.file.to_string_lossy();
        let words = self.command.iter().map(String::as_str).chain([file.as_ref(), "--filter", case.id.as_str()]);
        words.map(quoted).collect::<Vec<_>>().join(" ")
    }
}

/// A word as a shell has to see it.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./=:,+@%".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

/// Writes all findings of a run.
///
/// # Errors
/// Those of the stream.
pub fn findings(out: &mut dyn Write, run: &CaseRun, paint: Paint, rerun: &Rerun) -> io::Result<()> {
    for one in &run.findings {
        finding(out, run, one, paint)?;
    }
    for line in run.trace.console.iter().flat_map(|console| console.lines()) {
        writeln!(out, "   {} {line}", paint.tone(Tone::Quiet, "console   "))?;
    }
    writeln!(out, "   {} {}", paint.tone(Tone::Quiet, "run again "), rerun.line(&run.case))?;
    writeln!(out)
}

fn finding(out: &mut dyn Write, run: &CaseRun, finding: &Finding, paint: Paint) -> io::Result<()> {
    let step = run.case.case.steps.get(finding.step);
    let line = step.map_or(0, |step| step.line);
    let name = step_name(&run.case, finding.step);
    snippet(out, &run.case, line, &format!("{name}: observed {}", finding.observed), paint)?;
    let mut field = |name: &str, text: &dyn fmt::Display| {
        writeln!(out, "   {} {text}", paint.tone(Tone::Quiet, format_args!("{name:<10}")))
    };
    field("expected", &finding.expected)?;
    field("observed", &finding.observed)?;
    if let Some(segment) = &finding.segment {
        field("segment", &whole(segment))?;
    }
    for difference in &finding.differences {
        field("differs", &format!("{}: expected {}, got {}", difference.field, difference.expected, difference.got))?;
    }
    for clause in &finding.clauses {
        field("clause", &clause_line(clause))?;
    }
    for rule in rules(run, finding) {
        field("rule", &format!("{} ({}): {}", rule.name, rule.clause, rule.text))?;
    }
    for traced in run.trace.traced_last(finding.step) {
        field("why", &traced)?;
    }
    if let Some(note) = step.and_then(|step| step.value.note.as_ref()) {
        field("note", note)?;
    }
    Ok(())
}

/// A clause with its level and what it says in our words.
#[must_use]
pub fn clause_line(clause: &crate::clause::ClauseId) -> String {
    let level = clause.level().map_or_else(String::new, |level| format!(" ({level})"));
    format!("{clause}{level}{}", clause.summary().map_or_else(String::new, |summary| format!(": {summary}")))
}

/// Everything there is to see in a segment, the IP fields and the time too.
fn whole(segment: &CaseSegment) -> String {
    let df = if segment.df { " df" } else { "" };
    let at = segment.at.as_secs_f64() * 1e3;
    format!("{} | ttl {} tos {}{df} | at {at:.3} ms", show::full(segment), segment.ttl, segment.tos)
}

/// The rules that made the target do it: those of the segment, else why nothing came since the last thing the peer or
/// the application did.
fn rules(run: &CaseRun, finding: &Finding) -> Vec<RuleName> {
    if let Some(segment) = finding.segment.as_ref().filter(|segment| !segment.rules.is_empty()) {
        return segment.rules.to_vec();
    }
    let mut rules = Vec::new();
    for event in run.trace.events.iter().filter(|event| event.step <= finding.step) {
        match &event.kind {
            EventKind::Injected { .. } | EventKind::Called { .. } => rules.clear(),
            EventKind::Explained(Explanation::Dropped(rule) | Explanation::StateChanged { rule, .. }) => {
                rules.push(*rule);
            }
            EventKind::Explained(Explanation::Traced(_))
            | EventKind::Emitted { .. }
            | EventKind::EmittedOther { .. }
            | EventKind::Waited(_) => {}
        }
    }
    rules.dedup();
    rules
}

/// The line of a case file, with a label under it.
fn snippet(out: &mut dyn Write, case: &ConcreteCase, line: u32, label: &str, paint: Paint) -> io::Result<()> {
    let Some(span) = usize::try_from(line).ok().and_then(|line| line_span(&case.source, line)) else {
        return writeln!(out, "   {} ({label})", case.file.display());
    };
    let snippet = Snippet {
        file: NamedSource::new(case.file.to_string_lossy(), Arc::clone(&case.source)),
        label: LabeledSpan::new_primary_with_span(Some(label.to_owned()), span),
    };
    let text = render(&snippet, paint).unwrap_or_else(|_| format!("   {}:{line}: {label}\n", case.file.display()));
    // The message line is empty: the heading of the case has said it already.
    let body = text.trim_start_matches(['\n', ' ', '×']).trim_start_matches('\n');
    writeln!(out, "   {}", body.trim_end())
}

/// Renders any diagnostic as this program shows them.
///
/// # Errors
/// Only if a formatter fails.
pub fn render(diagnostic: &dyn Diagnostic, paint: Paint) -> Result<String, fmt::Error> {
    let theme = if paint.is_on() { GraphicalTheme::unicode() } else { GraphicalTheme::unicode_nocolor() };
    let handler = GraphicalReportHandler::new_themed(theme)
        .with_wrap_lines(false)
        .with_break_words(false)
        .with_context_lines(1)
        .with_links(false);
    let mut text = String::new();
    handler.render_report(&mut text, &PlacedOnce { diagnostic, message: message_alone(diagnostic) })?;
    Ok(text)
}

/// The message without the `file:line:column` that the head of the snippet shows as well.
fn message_alone(diagnostic: &dyn Diagnostic) -> String {
    let message = diagnostic.to_string();
    let label = diagnostic.labels().and_then(|mut labels| labels.next());
    let shown = diagnostic.source_code().zip(label).and_then(|(code, label)| code.read_span(label.inner(), 0, 0).ok());
    let place = shown.and_then(|shown| Some(format!("{}:{}", shown.name()?, shown.line() + 1)));
    let rest = place.and_then(|place| message.strip_prefix(place.as_str()));
    let rest = rest.map(|rest| rest.trim_start_matches(|c: char| c == ':' || c.is_ascii_digit()));
    rest.and_then(|rest| rest.strip_prefix(' ')).unwrap_or(&message).to_owned()
}

/// A diagnostic whose message leaves the place to the snippet.
#[derive(Debug)]
struct PlacedOnce<'a> {
    diagnostic: &'a dyn Diagnostic,
    message: String,
}

impl fmt::Display for PlacedOnce<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for PlacedOnce<'_> {}

impl Diagnostic for PlacedOnce<'_> {
    fn help<'b>(&'b self) -> Option<Box<dyn fmt::Display + 'b>> {
        self.diagnostic.help()
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.diagnostic.source_code()
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        self.diagnostic.labels()
    }
}

/// A labelled line of a file and nothing else.
#[derive(Debug, thiserror::Error)]
#[error("")]
struct Snippet {
    file: NamedSource<Arc<str>>,
    label: LabeledSpan,
}

impl Diagnostic for Snippet {
    fn source_code(&self) -> Option<&dyn SourceCode> {
        Some(&self.file)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        Some(Box::new(std::iter::once(self.label.clone())))
    }
}

#[cfg(test)]
mod tests;
