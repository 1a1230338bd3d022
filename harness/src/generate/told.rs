//! What a target did → a case that demands it.
//!
//! [`told`] is called by the campaign when it writes a finding, by `rfc793 shrink` for the smaller case and by `rfc793
//! promote`. Every look of the run becomes an `expect` of what was seen there, every call gets its outcome, and the end
//! gets the state; demands rest on the clause of the rule that the target names, if it can. Numbers are written
//! relative to the connection ([`numbers`]), so that the case means the same on a target with another window.
//!
//! Left out: windows, options, urgent pointers and times, which are the target's choice unless a person says otherwise;
//! and what the case allows at any moment.

mod numbers;
mod replay;

use std::time::Duration;

use self::{
    numbers::{expected_ack, expected_seq},
    replay::Replay,
};
use crate::{
    case::{
        flags::{Flags, FlagsPattern},
        format::{
            Action, Allow, At, Bytes, CallStep, Case, ConcreteCase, Data, Expect, ExpectSegment, Inject, Returns,
            StateCheck, Step,
        },
        position::{Bounds, Position},
        state::State,
        time::Span,
    },
    clause::ClauseId,
    judge::diff::seen_at_each_step,
    run::show_call,
    segment::show,
    target::{ConnState, Explanation, Outcome, RuleName, data_bytes},
    trace::{
        event::{CaseRun, CaseSegment, EventKind},
        packet::Content,
    },
};

const NO_CONNECTION: ConnState = ConnState::None { listening: false };

/// The case up to `step` (of the concrete case), with what the run's target did as the demand.
///
/// `other` is the state another target was in after that step, if one was compared: where both have no connection, the
/// case tells CLOSED from LISTEN only if they do. Title and clauses are those of the last rule; whoever writes the case
/// adds its origin. A run that never began gives its case as it is.
#[must_use]
pub fn told(run: &CaseRun, step: usize, other: Option<ConnState>) -> Case {
    let mut case = run.case.authored();
    let Some(last) = run.trace.steps.len().checked_sub(1).map(|reached| step.min(reached)) else { return case };
    // What shows in the prelude is no case from that state on: its steps become ordinary ones.
    let first = if last < run.case.prelude { 0 } else { run.case.prelude };
    if first == 0 {
        (case.given, case.via) = (None, None);
    }
    let teller = Teller { run, concrete: &run.case, replay: Replay::of(run), seen: seen_at_each_step(run) };
    case.steps = (first..last).filter_map(|index| teller.step(index)).collect();
    let action = &run.case.case.steps[last].value.action;
    if !matches!(action, Action::Expect(_) | Action::State(_)) {
        case.steps.extend(teller.step(last));
    }
    if !matches!(action, Action::State(_)) || !teller.seen[last].is_empty() {
        case.steps.push(teller.look(last));
    }
    case.steps.push(teller.state(last, other));
    if teller.sends_icmp() && !case.allow.contains(&Allow::Icmp) {
        case.allow.push(Allow::Icmp);
    }
    case.title = teller.title(last);
    rest_on_the_last(&mut case);
    case
}

/// The last demand's clauses are the case's; steps name only what differs from them.
fn rest_on_the_last(case: &mut Case) {
    if let Some(last) = case.steps.iter().rev().map(|step| &step.value.clauses).find(|clauses| !clauses.is_empty()) {
        case.clauses = last.clone();
    }
    for step in &mut case.steps {
        if step.value.clauses == case.clauses {
            step.value.clauses.clear();
        }
    }
}

/// One run being told.
struct Teller<'a> {
    run: &'a CaseRun,
    concrete: &'a ConcreteCase,
    replay: Replay,
    /// By step: what was there to see.
    seen: Vec<Vec<&'a CaseSegment>>,
}

impl Teller<'_> {
    /// One step as the target took it; `None` if it shows nothing: a look at silence, a call without a socket.
    fn step(&self, index: usize) -> Option<At<Step>> {
        let step = &self.concrete.case.steps[index].value;
        match &step.action {
            Action::Expect(_) => (!self.seen[index].is_empty()).then(|| self.look(index)),
            Action::State(_) => Some(self.state(index, None)),
            Action::Call(call) => {
                let outcome = self.run.trace.steps[index].outcome.as_ref()?;
                let returns = Some(self.returned(index, outcome)?);
                Some(plain(step, Action::Call(CallStep { returns, ..call.clone() })))
            }
            action @ (Action::Inject(_) | Action::Wait(_) | Action::Save(_) | Action::Check(_)) => {
                Some(plain(step, action.clone()))
            }
        }
    }

    /// What was seen at this step, and nothing else.
    fn look(&self, index: usize) -> At<Step> {
        let began = self.run.trace.steps[index].began;
        let seen = &self.seen[index];
        let segments = seen.iter().map(|segment| self.expected(segment, began)).collect();
        let behind = seen.iter().find_map(|segment| segment.rules.first().copied());
        let rule =
            behind.or_else(|| self.explained(index).into_iter().find(|(_, changed)| !changed).map(|(rule, _)| rule));
        demand(Action::Expect(Expect::InOrder(segments)), rule)
    }

    fn state(&self, index: usize, other: Option<ConnState>) -> At<Step> {
        let state = match self.known_state(index) {
            ConnState::Is(state) => state,
            ConnState::None { listening } => match other {
                Some(ConnState::None { listening: another }) if listening && !another => State::Listen,
                Some(ConnState::None { .. } | ConnState::Is(_)) | None => State::Closed,
            },
        };
        let on = match &self.concrete.case.steps[index].value.action {
            Action::State(check) => check.on.clone(),
            Action::Inject(inject) => inject.on.clone(),
            Action::Call(call) => call.on.clone().filter(|on| on != "listener"),
            Action::Expect(_) | Action::Wait(_) | Action::Save(_) | Action::Check(_) => self.replay.in_hand(index),
        };
        let rule = self.explained(index).into_iter().rev().find(|(_, changed)| *changed).map(|(rule, _)| rule);
        demand(Action::State(StateCheck { on, any_of: vec![state] }), rule)
    }

    /// Whether the target sent ICMP messages: they are no part of what is told.
    fn sends_icmp(&self) -> bool {
        self.run.trace.events.iter().any(|event| match &event.kind {
            EventKind::EmittedOther { seen, .. } => matches!(seen.content, Content::Icmp { .. }),
            EventKind::Injected { .. }
            | EventKind::Emitted { .. }
            | EventKind::Called { .. }
            | EventKind::Explained(_)
            | EventKind::Waited(_) => false,
        })
    }

    /// The state after this step, or the last one known before it.
    fn known_state(&self, index: usize) -> ConnState {
        self.run.trace.steps[..=index].iter().rev().find_map(|record| record.state).unwrap_or(NO_CONNECTION)
    }

    /// The rules told since the last step that acted, each with whether it changed a state.
    fn explained(&self, index: usize) -> Vec<(RuleName, bool)> {
        let acted = self.acted(index).unwrap_or(index);
        let events = self.run.trace.events.iter().filter(|event| (acted..=index).contains(&event.step));
        let rules = events.filter_map(|event| match &event.kind {
            EventKind::Explained(Explanation::Dropped(rule)) => Some((*rule, false)),
            EventKind::Explained(Explanation::StateChanged { rule, .. }) => Some((*rule, true)),
            EventKind::Explained(Explanation::Traced(_))
            | EventKind::Injected { .. }
            | EventKind::Emitted { .. }
            | EventKind::EmittedOther { .. }
            | EventKind::Called { .. }
            | EventKind::Waited(_) => None,
        });
        rules.collect()
    }

    /// The last step up to this one that did something to the target.
    fn acted(&self, index: usize) -> Option<usize> {
        (0..=index).rev().find(|&index| match self.concrete.case.steps[index].value.action {
            Action::Inject(_) | Action::Call(_) | Action::Wait(_) => true,
            Action::Expect(_) | Action::State(_) | Action::Save(_) | Action::Check(_) => false,
        })
    }

    fn expected(&self, segment: &CaseSegment, began: Duration) -> ExpectSegment {
        let event = self.run.trace.events.iter().position(
            |event| matches!(&event.kind, EventKind::Emitted { segment: emitted, .. } if std::ptr::eq(emitted, segment)),
        );
        let view = event.and_then(|event| self.replay.view(event));
        let answered = event.and_then(|event| self.answered(self.run.trace.events[event].step, segment));
        let exactly = |position| Some(Bounds::Exactly(position));
        let has_ack = segment.flags.contains(Flags::ACK);
        let late = segment.at.saturating_sub(began);
        ExpectSegment {
            on: segment.on.and_then(|on| self.replay.name(on)),
            flags: Some(FlagsPattern { set: segment.flags, ..FlagsPattern::default() }),
            seq: exactly(expected_seq(segment, view, answered)),
            ack: if has_ack { exactly(expected_ack(segment, view, answered)) } else { None },
            data: text(segment),
            within: (late > Duration::ZERO).then(|| rounded_up(late)),
            ..ExpectSegment::default()
        }
    }

    /// The segment that this one may be the answer to: the last one injected on its connection.
    fn answered(&self, step: usize, segment: &CaseSegment) -> Option<&Inject> {
        let name = segment.on.and_then(|on| self.replay.name(on));
        self.concrete.case.steps[..=step].iter().rev().find_map(|step| match &step.value.action {
            Action::Inject(inject) if inject.on == name => Some(&**inject),
            Action::Inject(_)
            | Action::Expect(_)
            | Action::Call(_)
            | Action::State(_)
            | Action::Wait(_)
            | Action::Save(_)
            | Action::Check(_) => None,
        })
    }

    /// The demand that fits an outcome; `None`: there was no socket to call.
    fn returned(&self, index: usize, outcome: &Outcome) -> Option<Returns> {
        Some(match outcome {
            Outcome::Ok | Outcome::Accepted(_) => Returns::Ok,
            Outcome::Sent(count) => Returns::Sent(Bounds::Exactly(Position::number(i64::try_from(*count).ok()?))),
            Outcome::Data(bytes) => Returns::Data(written(bytes, self.replay.read_at(index))),
            Outcome::Eof => Returns::Eof,
            Outcome::WouldBlock => Returns::WouldBlock,
            Outcome::Error(errno) => Returns::Error(*errno),
            Outcome::Ready(ready) => Returns::Ready(*ready),
            Outcome::NoSocket => return None,
        })
    }

    /// What happened, where, and by which rule.
    fn title(&self, last: usize) -> String {
        let acted = self.acted(last).unwrap_or(last);
        let event = match &self.concrete.case.steps[acted].value.action {
            Action::Inject(inject) => shown(inject),
            Action::Call(call) => show_call(&call.call),
            Action::Wait(span) => format!("after {span}"),
            Action::Expect(_) | Action::State(_) | Action::Save(_) | Action::Check(_) => "the start".to_owned(),
        };
        let before = acted.checked_sub(1).map_or(NO_CONNECTION, |before| self.known_state(before));
        let behind = self.seen[last].iter().find_map(|segment| segment.rules.first().copied());
        let explained = || self.explained(last).first().map(|(rule, _)| *rule);
        let answer = match behind.or_else(explained) {
            Some(rule) => without_step(rule.text).to_owned(),
            None if self.seen[last].is_empty() => "nothing comes".to_owned(),
            None => self.seen[last].iter().map(|segment| show::short(segment)).collect::<Vec<_>>().join(", "),
        };
        format!("{event} in {before}: {answer}")
    }
}

/// What a rule does, without the step of SEGMENT ARRIVES that it belongs to.
fn without_step(text: &str) -> &str {
    const STEPS: [&str; 8] = ["first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth"];
    let in_step = STEPS.iter().any(|step| text.starts_with(step));
    text.split_once(": ").filter(|_| in_step).map_or(text, |(_, rest)| rest)
}

/// `SYN+ACK at RCV.NXT+1 with 5 bytes`.
fn shown(inject: &Inject) -> String {
    if let Some(icmp) = &inject.icmp {
        return format!("ICMP {}", icmp.message);
    }
    let mut text = if inject.raw.is_some() { "raw bytes".to_owned() } else { inject.flags.to_string() };
    if let Some(seq) = &inject.seq {
        text.push_str(&format!(" at {seq}"));
    }
    let text_len = match &inject.data {
        None => 0,
        Some(Data::Text(text)) => text.len(),
        Some(Data::Hex(Bytes(bytes))) => bytes.len(),
        Some(Data::Pattern(len)) => usize::try_from(*len).unwrap_or(usize::MAX),
    };
    match text_len {
        0 => {}
        1 => text.push_str(" with 1 byte"),
        some => text.push_str(&format!(" with {some} bytes")),
    }
    if inject.fragments.is_some() {
        text.push_str(" in fragments");
    }
    text
}

/// The step without its old clauses; it never goes on where it fails.
fn plain(step: &Step, action: Action) -> At<Step> {
    At { line: 0, value: Step { action, clauses: Vec::new(), continues: false, note: step.note.clone() } }
}

fn demand(action: Action, rule: Option<RuleName>) -> At<Step> {
    let clauses: Vec<ClauseId> = rule.and_then(|rule| rule.clause.parse().ok()).into_iter().collect();
    At { line: 0, value: Step { action, clauses, continues: false, note: None } }
}

fn text(segment: &CaseSegment) -> Option<Data> {
    let first = segment.seq.wrapping_add(u32::from(segment.flags.contains(Flags::SYN)));
    (!segment.data.is_empty()).then(|| written(&segment.data, first))
}

/// Bytes whose first one has relative number `at`, in the shortest words.
fn written(bytes: &[u8], at: u32) -> Data {
    let pattern = u32::try_from(bytes.len()).map(Data::Pattern).ok();
    if let Some(pattern) = pattern.filter(|pattern| data_bytes(pattern, at) == bytes) {
        return pattern;
    }
    match std::str::from_utf8(bytes) {
        Ok(text) if text.chars().all(|c| c.is_ascii_graphic() || c == ' ') => Data::Text(text.to_owned()),
        Ok(_) | Err(_) => Data::Hex(Bytes(bytes.to_vec())),
    }
}

/// To the next tenth of a second.
fn rounded_up(time: Duration) -> Span {
    const TENTH: u128 = 100_000_000;
    let nanos = time.as_nanos().div_ceil(TENTH) * TENTH;
    Span { nanos: i64::try_from(nanos).unwrap_or(i64::MAX), ..Span::default() }
}

#[cfg(test)]
mod tests;
