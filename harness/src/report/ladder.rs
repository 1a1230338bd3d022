//! Ladder diagrams: the peer on the left, the target on the right, time downwards.
//!
//! [`of_case`] draws what a case demands (`rfc793 show`), [`of_run`] what happened, with the rule behind each step if
//! the target can tell (`--explain`).

use std::fmt::Write as _;

use crate::{
    case::format::{Action, Alternative, ConcreteCase, Expect, ExpectSegment, Step},
    judge::{
        expect::describe,
        outcome::{show_outcome, show_returns},
    },
    run::show_call,
    segment::show,
    target::{Explanation, RuleName},
    trace::event::{CaseRun, CaseSegment, Event, EventKind},
};

mod words;

/// The space for a line of text between the two sides, in characters.
const NARROWEST: usize = 44;
const WIDEST: usize = 100;

/// One line of a diagram.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Row {
    /// The peer sends.
    ToTarget(String),
    /// The target sends.
    ToPeer(String),
    /// Beside the target: a call, a state, a rule.
    Target(String),
    /// Between the two: time, alternatives.
    Between(String),
}

/// A step's number, for its first row only, and what is drawn.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Numbered {
    number: String,
    row: Row,
}

/// What a case demands.
#[must_use]
pub fn of_case(case: &ConcreteCase) -> String {
    let mut ladder = Ladder::default();
    for (index, step) in case.case.steps.iter().enumerate() {
        ladder.begin(case, index);
        ladder.authored(&step.value);
    }
    format!("{}\n{}\n\n{}", case.id, case.case.title, ladder.draw())
}

/// What happened in a run.
#[must_use]
pub fn of_run(run: &CaseRun) -> String {
    let mut ladder = Ladder::default();
    let mut events = run.trace.events.iter().peekable();
    for (index, record) in run.trace.steps.iter().enumerate() {
        ladder.begin(&run.case, index);
        while let Some(event) = events.next_if(|event| event.step <= index) {
            ladder.happened(event);
        }
        match run.case.case.steps.get(index).map(|step| &step.value.action) {
            Some(Action::State(check)) => {
                // Where the demand holds it is what counts: CLOSED holds where only a listener is left.
                let demanded =
                    check.any_of.iter().find(|&&wanted| record.state.is_some_and(|state| state.matches(wanted)));
                let state = demanded.map(ToString::to_string).or_else(|| record.state.map(|state| state.to_string()));
                ladder.push(Row::Target(format!("[{}]", state.unwrap_or_default())));
            }
            Some(
                Action::Inject(_)
                | Action::Expect(_)
                | Action::Call(_)
                | Action::Wait(_)
                | Action::Save(_)
                | Action::Check(_),
            )
            | None => {}
        }
        for finding in run.findings.iter().filter(|finding| finding.step == index) {
            ladder.push(Row::Between(format!("✗ expected {}, observed {}", finding.expected, finding.observed)));
        }
    }
    events.for_each(|event| ladder.happened(event));
    ladder.draw()
}

#[derive(Default)]
struct Ladder {
    rows: Vec<Numbered>,
    number: String,
    /// Told once already in this step.
    told: Vec<RuleName>,
}

impl Ladder {
    /// The rows that follow belong to this step.
    fn begin(&mut self, case: &ConcreteCase, index: usize) {
        self.told.clear();
        self.number = case.step_number(index).map_or_else(|| "given".to_owned(), |number| number.to_string());
    }

    fn push(&mut self, row: Row) {
        let number = std::mem::take(&mut self.number);
        let repeated = number == "given" && self.rows.iter().any(|row| row.number == number);
        self.rows.push(Numbered { number: if repeated { String::new() } else { number }, row });
    }

    fn authored(&mut self, step: &Step) {
        match &step.action {
            Action::Inject(inject) => self.push(Row::ToTarget(words::inject(inject))),
            Action::Expect(expect) => self.expected(expect),
            Action::Call(call) => {
                let returns = call.returns.as_ref().map(|returns| format!(" → {}", show_returns(Some(returns))));
                self.push(Row::Target(words::call(call) + &returns.unwrap_or_default()));
            }
            Action::State(check) => {
                let states: Vec<_> = check.any_of.iter().map(|state| state.name()).collect();
                let on = check.on.as_ref().map(|on| format!(" ({on})")).unwrap_or_default();
                self.push(Row::Target(format!("[{}]{on}", states.join(" or "))));
            }
            Action::Wait(span) => self.push(Row::Between(format!("wait {span}"))),
            Action::Save(names) => {
                let kept: Vec<_> = names.iter().map(|(name, what)| words::kept(name, *what)).collect();
                self.push(Row::Between(format!("keep {}", kept.join(", "))));
            }
            Action::Check(comparison) => self.push(Row::Between(format!("check {}", words::comparison(comparison)))),
        }
    }

    fn expected(&mut self, expect: &Expect) {
        match expect {
            Expect::InOrder(segments) => self.expected_segments(segments, ""),
            Expect::AnyOrder(segments) => self.expected_segments(segments, "in any order: "),
            Expect::Either(alternatives) => {
                for (index, Alternative { clauses, segments }) in alternatives.iter().enumerate() {
                    let clauses: Vec<_> = clauses.iter().map(ToString::to_string).collect();
                    let either = if index == 0 { "either" } else { "or" };
                    self.push(Row::Between(format!("{either} {}", clauses.join(", ")).trim_end().to_owned()));
                    self.expected_segments(segments, "");
                }
            }
        }
    }

    fn expected_segments(&mut self, segments: &[ExpectSegment], prefix: &str) {
        if segments.is_empty() {
            self.push(Row::Between("nothing".to_owned()));
        }
        for segment in segments {
            self.push(Row::ToPeer(format!("{prefix}{}{}", describe(segment), words::times(segment))));
        }
    }

    fn happened(&mut self, event: &Event) {
        match &event.kind {
            EventKind::Injected { packet, segment, note, .. } => {
                let on = segment.as_ref().map(on_connection).unwrap_or_default();
                self.push(Row::ToTarget(show::injected(packet, segment.as_ref(), note.as_deref()) + &on));
            }
            EventKind::EmittedOther { seen, .. } => {
                self.push(Row::ToPeer(show::full_packet(seen)));
                for rule in &seen.rules {
                    self.why("", *rule);
                }
            }
            EventKind::Emitted { segment, .. } => {
                self.push(Row::ToPeer(segment_line(segment)));
                for rule in &segment.rules {
                    self.why("", *rule);
                }
            }
            EventKind::Called { call, outcome } => {
                self.push(Row::Target(format!("{} → {}", show_call(call), show_outcome(outcome))));
            }
            EventKind::Explained(Explanation::Dropped(rule)) => {
                self.why("dropped: ", *rule);
            }
            EventKind::Explained(Explanation::StateChanged { from, to, rule }) => {
                self.why(&format!("{from} → {to}: "), *rule);
            }
            EventKind::Explained(Explanation::Traced(traced)) => self.push(Row::Target(format!("  {traced}"))),
            EventKind::Waited(span) => self.push(Row::Between(format!("wait {span}"))),
        }
    }

    /// A rule in full the first time, by its name after that.
    fn why(&mut self, what: &str, rule: RuleName) {
        let text = if self.told.contains(&rule) {
            rule.name.to_owned()
        } else {
            self.told.push(rule);
            format!("{} ({}): {}", rule.name, rule.clause, rule.text)
        };
        self.push(Row::Target(format!("  {what}{text}")));
    }

    fn draw(&self) -> String {
        let text_width = |row: &Row| match row {
            Row::ToTarget(text) | Row::ToPeer(text) | Row::Between(text) => text.chars().count(),
            Row::Target(_) => 0,
        };
        let widest = self.rows.iter().map(|numbered| text_width(&numbered.row)).max().unwrap_or(0);
        let width = (widest + 8).clamp(NARROWEST, WIDEST);
        let mut text = format!("      {:<width$}target\n", "peer", width = width + 1);
        for Numbered { number, row } in &self.rows {
            let (middle, right) = match row {
                Row::ToTarget(line) => (format!(" ─ {line} {}▶", "─".repeat(room(width, line, 5))), ""),
                Row::ToPeer(line) => (format!("◀{} {line} ─ ", "─".repeat(room(width, line, 5))), ""),
                Row::Between(line) => (format!("  {line}{}", " ".repeat(room(width, line, 2))), ""),
                Row::Target(line) => (" ".repeat(width), line.as_str()),
            };
            let _ = writeln!(text, "{}", format!("{number:>5} │{middle}│ {right}").trim_end());
        }
        text
    }
}

/// How much of the width a line leaves beside `taken` other characters.
fn room(width: usize, line: &str, taken: usize) -> usize {
    width.saturating_sub(line.chars().count() + taken)
}

/// A segment of a run, with the name of its connection unless it is the first.
fn segment_line(segment: &CaseSegment) -> String {
    show::full(segment) + &on_connection(segment)
}

fn on_connection(segment: &CaseSegment) -> String {
    match segment.on {
        Some(0) => String::new(),
        Some(number) => format!(" on connection {}", number + 1),
        None => " on no connection".to_owned(),
    }
}

#[cfg(test)]
mod tests;
