//! Two runs of one case on two targets: where they part, and whether anybody minds.
//!
//! [`compare`] is pure; the CLI calls it with two runs recorded in [`crate::run::Mode::Record`]. The key is flags,
//! relative seq and ack, text and connection of what was emitted, the state after a check and the outcome of a call.
//! Emissions are compared where a case looks at them: at its `expect` steps and at its end. After the first divergence
//! the runs may legitimately drift apart, so the rest of the case is poisoned and not compared.
//!
//! Connections are independent: which of two sends first between two looks is no difference.
//!
//! Where the case ties a number to something the RFCs leave to the target (`RCV.WND`, a range, `PSH?`) and both sides
//! are right, the number itself is not compared. Left out: the time of emissions, unless the case names it (then one
//! side has a finding and the other has none).

use std::sync::Arc;

use smallvec::SmallVec;

use crate::{
    case::{
        flags::Flags,
        format::{Action, Allow, At, ConcreteCase, Expect, Returns, Step},
    },
    clause::ClauseId,
    judge::{
        event_class::{self, EventClass, SeqPosition},
        ledger::Ledger,
        outcome::show_outcome,
    },
    target::{ConnState, Explanation, RuleName, Traced},
    trace::event::{CaseRun, CaseSegment, EventKind, Finding, FindingKind, Trace, Verdict},
};

mod fields;

use fields::Compared;

/// How much of a segment is compared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Strictness {
    /// Flags, seq, ack, text.
    #[default]
    Key,
    /// Also window, urgent pointer, options, TTL, DS field and DF.
    Strict,
}

/// The answer for one case.
#[derive(Clone, Debug)]
pub enum Comparison {
    /// Nothing differs.
    Equal,
    /// Something does; only the first divergence is told.
    Divergent(Box<Divergence>),
    /// At least one target cannot run the case.
    Skipped(String),
    /// The harness or its environment failed on at least one side.
    Failed(String),
}

/// The first divergence of a case.
#[derive(Clone, Debug)]
pub struct Divergence {
    /// The case.
    pub case: Arc<ConcreteCase>,
    /// Index of the step.
    pub step: usize,
    /// The clauses of that step, else of the case.
    pub clauses: Vec<ClauseId>,
    /// What the first target did.
    pub left: Side,
    /// What the second target did.
    pub right: Side,
    /// What differs, in the words of the case format.
    pub fields: Vec<&'static str>,
    /// Whether it is explained.
    pub standing: Standing,
    /// The first step that was not compared any more; `None` if the divergence is in the last one.
    pub poisoned_from: Option<usize>,
}

/// Whether a divergence is explained.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It is not.
    Unexplained,
    /// The step is an `either`, or names several states, and accepts both answers.
    Allowed,
    /// A ledger knows it, for this reason.
    Known(String),
}

/// One target at the step where the runs part.
#[derive(Clone, Debug)]
pub struct Side {
    /// The target.
    pub target: String,
    /// What it emitted since the last comparison, without what the case allows at any moment.
    pub emitted: Vec<CaseSegment>,
    /// How many of those only repeat numbers that the connection has sent before.
    pub resent: usize,
    /// The state of the connection in hand after the step; `None` if nobody asked for it.
    pub state: Option<ConnState>,
    /// What the call of the step gave.
    pub outcome: Option<String>,
    /// The rules behind it, if the target can tell; the deciding one first.
    pub rules: Vec<RuleName>,
    /// What its own tracing told since the last look. It explains, and parts nothing.
    pub traced: Vec<Traced>,
    /// What the judge of the case says of it.
    pub finding: Option<String>,
    /// What was done to it last, relative to the connection as it stood on this target.
    pub met: EventClass,
    /// Whether its peer has contradicted itself: other text, or text and FIN, at one number.
    pub contradicted: bool,
    /// Whether the last segment of its peer brought a FIN right behind text that fills the window.
    pub fin_behind_window: bool,
}

/// Compares two runs of the same case. `ledgers` are those of the left and the right target.
#[must_use]
pub fn compare(left: &CaseRun, right: &CaseRun, strictness: Strictness, ledgers: [&Ledger; 2]) -> Comparison {
    for run in [left, right] {
        match &run.verdict {
            Verdict::Skip(reason) => return Comparison::Skipped(format!("{}: {reason}", run.target)),
            Verdict::Error(reason) => return Comparison::Failed(format!("{}: {reason}", run.target)),
            Verdict::Pass
            | Verdict::Fail
            | Verdict::Deviates
            | Verdict::Known(_)
            | Verdict::Fixed(_)
            | Verdict::Inconclusive(_) => {}
        }
    }
    let mut walks = [Walk::new(left), Walk::new(right)];
    let steps = &left.case.case.steps;
    let both = left.trace.steps.len().min(right.trace.steps.len());
    let crashed = left.crash().or(right.crash()).is_some();
    for index in 0..both {
        let last = index + 1 == both && !crashed;
        for walk in &mut walks {
            walk.step(index);
        }
        let fields = differing(&walks, index, last, strictness);
        if !fields.is_empty() {
            let placed = elsewhere([left, right], index).filter(|placed| placed.explains(steps, index, &fields));
            if let Some(Placed { step, .. }) = placed {
                let step = left.case.step_number(step).unwrap_or_default();
                return Comparison::Skipped(format!(
                    "the segment of step {step} bears another number on either target"
                ));
            }
            return Comparison::Divergent(Box::new(divergence(&walks, index, fields, ledgers)));
        }
        if looks_at_emissions(&steps[index].value.action) {
            walks.iter_mut().for_each(Walk::looked);
        } else if index + 1 == left.case.prelude {
            walks.iter_mut().for_each(Walk::prelude_over);
        }
    }
    if let Some(step) = crashed_at(left, right, both) {
        walks.iter_mut().for_each(|walk| walk.step(step));
        return Comparison::Divergent(Box::new(divergence(&walks, step, vec!["crash"], ledgers)));
    }
    if left.trace.steps.len() == right.trace.steps.len() {
        return Comparison::Equal;
    }
    let shorter = if left.trace.steps.len() < right.trace.steps.len() { left } else { right };
    Comparison::Skipped(match &shorter.verdict {
        Verdict::Inconclusive(reason) => format!("{}: {reason}", shorter.target),
        _ => format!("{} ended after {both} of {} steps", shorter.target, steps.len()),
    })
}

/// The step in which one of the two broke down and the other did not (or not there, or in other words).
fn crashed_at(left: &CaseRun, right: &CaseRun, both: usize) -> Option<usize> {
    let [one, other] = [left, right].map(|run| run.crash().map(|crash| (crash.step, &crash.observed)));
    let earlier = one.into_iter().chain(other).map(|(step, _)| step).min();
    // What breaks down behind the last step does so in it.
    earlier.filter(|&step| one != other && step <= both)
}

/// The runs part at this step.
fn divergence(walks: &[Walk<'_>; 2], index: usize, fields: Vec<&'static str>, ledgers: [&Ledger; 2]) -> Divergence {
    let [left, right] = walks;
    let case = &left.run.case;
    let steps = &case.case.steps;
    let own = &steps[index].value.clauses;
    let clauses = if own.is_empty() { &case.case.clauses } else { own };
    Divergence {
        case: Arc::clone(case),
        step: index,
        clauses: clauses.clone(),
        left: left.side(index),
        right: right.side(index),
        fields,
        standing: standing(walks, index, ledgers),
        poisoned_from: (index + 1 < steps.len()).then_some(index + 1),
    }
}

/// What there is to see at each step of a run: what was emitted since the last look, without what the case allows at any
/// moment. The last step sees what came behind it, too.
#[must_use]
pub fn seen_at_each_step(run: &CaseRun) -> Vec<Vec<&CaseSegment>> {
    let mut walk = Walk::new(run);
    let steps = run.case.case.steps.iter().take(run.trace.steps.len()).enumerate();
    let seen = steps.map(|(index, step)| {
        walk.step(index);
        let seen = walk.emitted.to_vec();
        if looks_at_emissions(&step.value.action) {
            walk.looked();
        }
        seen
    });
    seen.collect()
}

const fn looks_at_emissions(action: &Action) -> bool {
    match action {
        Action::Expect(_) => true,
        Action::Inject(_)
        | Action::Call(_)
        | Action::State(_)
        | Action::Wait(_)
        | Action::Save(_)
        | Action::Check(_) => false,
    }
}

/// Whether a step takes in what came and goes on whatever it is, as generated cases do.
fn is_look(step: &Step) -> bool {
    step.continues && matches!(&step.action, Action::Expect(Expect::InOrder(segments)) if segments.is_empty())
}

/// Whether a step does something to the target, as opposed to looking at it.
const fn acts(action: &Action) -> bool {
    match action {
        Action::Inject(_) | Action::Call(_) | Action::Wait(_) => true,
        Action::Expect(_) | Action::State(_) | Action::Save(_) | Action::Check(_) => false,
    }
}

/// What a connection has sent.
struct Sent {
    on: Option<u8>,
    /// The next number.
    next: u32,
    /// The highest acknowledgement, if there was one.
    ack: Option<u32>,
}

/// One run on its way through the steps.
struct Walk<'a> {
    run: &'a CaseRun,
    /// Emitted since the last look, without what is allowed.
    emitted: SmallVec<[&'a CaseSegment; 4]>,
    /// How many of those repeat what was sent before.
    resent: usize,
    /// Where the events of the current look begin.
    looked: usize,
    /// The first event of no step so far.
    next_event: usize,
    /// Of each connection.
    sent: SmallVec<[Sent; 2]>,
}

impl<'a> Walk<'a> {
    fn new(run: &'a CaseRun) -> Self {
        Self { run, emitted: SmallVec::new(), resent: 0, looked: 0, next_event: 0, sent: SmallVec::new() }
    }

    /// Takes in what happened during a step.
    fn step(&mut self, index: usize) {
        let events = &self.run.trace.events;
        // What comes behind the last step belongs to it: every case ends with "and nothing else".
        let last = index + 1 == self.run.trace.steps.len();
        while let Some(event) = events.get(self.next_event).filter(|event| event.step <= index || last) {
            if let EventKind::Emitted { segment, .. } = &event.kind {
                let (allowed, again) = self.note(segment);
                if !allowed {
                    self.emitted.push(segment);
                    self.resent += usize::from(again);
                }
            }
            self.next_event += 1;
        }
    }

    /// Whether the case allows it at any moment, and whether it was sent before; remembers what was sent.
    fn note(&mut self, segment: &CaseSegment) -> (bool, bool) {
        // It bears the number that it answers, which need not be one of the connection.
        if segment.flags.contains(Flags::RST) {
            return (false, false);
        }
        let fresh = segment.flags.contains(Flags::SYN);
        let carried = segment.flags.contains(Flags::ACK).then_some(segment.ack);
        let known = self.sent.iter().position(|sent| sent.on == segment.on).unwrap_or_else(|| {
            self.sent.push(Sent { on: segment.on, next: segment.seq, ack: carried });
            self.sent.len() - 1
        });
        let Sent { next, ack, .. } = self.sent[known];
        let end = segment.seq.wrapping_add(segment.seq_len());
        let ahead = |a: u32, b: u32| a.wrapping_sub(b) < 1 << 31;
        let acks_more = carried.is_some_and(|carried| ack.is_none_or(|ack| ahead(carried, ack)));
        let pure_ack = segment.flags == Flags::ACK && segment.data.is_empty() && segment.seq == next;
        let again = segment.seq_len() > 0 && next != segment.seq && ahead(next, end);
        let allow = &self.run.case.case.allow;
        let allowed = allow.iter().any(|kind| match kind {
            Allow::Ack => pure_ack && acks_more,
            Allow::WindowUpdate => pure_ack && carried == ack,
            Allow::Retransmission => again,
            Allow::Icmp | Allow::ArpRequest => false,
        });
        let next = if fresh || ahead(end, next) { end } else { next };
        let ack = if fresh || acks_more { carried } else { ack };
        self.sent[known] = Sent { on: segment.on, next, ack };
        (allowed, again)
    }

    /// An `expect` has looked at what came.
    fn looked(&mut self) {
        self.emitted.clear();
        self.resent = 0;
        self.looked = self.next_event;
    }

    /// The rules of the prelude explain nothing of what follows.
    const fn prelude_over(&mut self) {
        self.looked = self.next_event;
    }

    fn findings(&self, index: usize) -> impl Iterator<Item = &'a Finding> {
        let of_the_case = |finding: &&Finding| finding.kind != FindingKind::Invariant;
        self.run.findings.iter().filter(of_the_case).filter(move |finding| finding.step == index)
    }

    fn side(&self, index: usize) -> Side {
        // A target that broke down in this step has left no record of it.
        let record = self.run.trace.steps.get(index);
        Side {
            target: self.run.target.clone(),
            rules: self.rules(),
            traced: Trace::traced(&self.run.trace.events[self.looked..self.next_event]).map(|(_, told)| told).collect(),
            finding: self.findings(index).next().map(|finding| finding.observed.clone()),
            met: event_class::at(self.run, index),
            contradicted: self.contradicted(),
            fin_behind_window: self.fin_behind_window(),
            emitted: self.emitted.iter().copied().cloned().collect(),
            resent: self.resent,
            state: record.and_then(|record| record.state).or_else(|| self.state_at_look(index + 1)),
            outcome: record.and_then(|record| record.outcome.as_ref()).map(show_outcome),
        }
    }

    /// Whether the peer has contradicted what waits for a gap before it to be filled.
    fn contradicted(&self) -> bool {
        let mut waiting: Vec<&CaseSegment> = Vec::new();
        for event in &self.run.trace.events[..self.next_event] {
            let (segment, class) = match &event.kind {
                EventKind::Injected { segment: Some(segment), class, .. } => match class.segment() {
                    Some(class) => (segment, class),
                    None => continue,
                },
                EventKind::Injected { .. }
                | EventKind::Emitted { .. }
                | EventKind::EmittedOther { .. }
                | EventKind::Called { .. }
                | EventKind::Explained(_)
                | EventKind::Waited(_) => continue,
            };
            if waiting.iter().any(|earlier| contradict(earlier, segment)) {
                return true;
            }
            if [SeqPosition::Inside, SeqPosition::RightEdge].contains(&class.seq) {
                waiting.push(segment);
            }
        }
        false
    }

    /// Whether the last segment that came has text and, right behind the window that was offered before, a FIN.
    fn fin_behind_window(&self) -> bool {
        let events = &self.run.trace.events[..self.next_event];
        let came = events.iter().enumerate().rev().find_map(|(index, event)| match &event.kind {
            EventKind::Injected { segment, .. } => segment.as_ref().map(|segment| (index, segment)),
            EventKind::Emitted { .. }
            | EventKind::EmittedOther { .. }
            | EventKind::Called { .. }
            | EventKind::Explained(_)
            | EventKind::Waited(_) => None,
        });
        let Some((index, came)) = came.filter(|(_, came)| came.flags.contains(Flags::FIN) && !came.data.is_empty())
        else {
            return false;
        };
        let edges = events[..index].iter().filter_map(|event| match &event.kind {
            EventKind::Emitted { segment, .. } => {
                let offers = segment.on == came.on && segment.flags.0 & (Flags::ACK.0 | Flags::RST.0) == Flags::ACK.0;
                offers.then(|| segment.ack.wrapping_add(u32::from(segment.win)))
            }
            EventKind::Injected { .. }
            | EventKind::EmittedOther { .. }
            | EventKind::Called { .. }
            | EventKind::Explained(_)
            | EventKind::Waited(_) => None,
        });
        // The edge never moves back.
        let fin = came.seq.wrapping_add(came.seq_len()).wrapping_sub(1);
        let ahead = |one: u32, other: u32| if one.wrapping_sub(other) < 1 << 31 { one } else { other };
        edges.reduce(ahead) == Some(fin)
    }

    /// The state that a look at `index` saw: nothing happens between it and the step before, which was not asked then
    /// ([`crate::run::Mode::Compare`]).
    fn state_at_look(&self, index: usize) -> Option<ConnState> {
        let step = self.run.case.case.steps.get(index).filter(|step| is_look(&step.value));
        step.and_then(|_| self.run.trace.steps.get(index)?.state)
    }

    /// The rules since the last look: those behind emissions first, then why something was dropped or changed.
    fn rules(&self) -> Vec<RuleName> {
        let mut rules: Vec<RuleName> = self.emitted.iter().flat_map(|segment| segment.rules.iter().copied()).collect();
        for event in &self.run.trace.events[self.looked..self.next_event] {
            match &event.kind {
                EventKind::Explained(Explanation::Dropped(rule) | Explanation::StateChanged { rule, .. }) => {
                    rules.push(*rule);
                }
                EventKind::Explained(Explanation::Traced(_))
                | EventKind::Injected { .. }
                | EventKind::Emitted { .. }
                | EventKind::EmittedOther { .. }
                | EventKind::Called { .. }
                | EventKind::Waited(_) => {}
            }
        }
        // A handful: to look for one among them costs less than to hash it.
        let mut unique: Vec<RuleName> = Vec::with_capacity(rules.len());
        for rule in rules {
            if !unique.contains(&rule) {
                unique.push(rule);
            }
        }
        unique
    }
}

/// Whether two segments say different things of one number of their connection.
fn contradict(one: &CaseSegment, other: &CaseSegment) -> bool {
    let len = |segment: &CaseSegment| u32::try_from(segment.data.len()).unwrap_or(u32::MAX);
    let first = |segment: &CaseSegment| segment.seq.wrapping_add(u32::from(segment.flags.contains(Flags::SYN)));
    let at_fin = |text: &CaseSegment, fin: &CaseSegment| {
        let at = first(fin).wrapping_add(len(fin));
        fin.flags.contains(Flags::FIN) && at.wrapping_sub(first(text)) < len(text)
    };
    let offset = first(other).wrapping_sub(first(one)) as i32;
    let (own, others) = (behind(&one.data, offset), behind(&other.data, offset.saturating_neg()));
    let both = own.len().min(others.len());
    one.on == other.on && (at_fin(one, other) || at_fin(other, one) || own[..both] != others[..both])
}

/// The text behind this place in it.
fn behind(text: &[u8], offset: i32) -> &[u8] {
    text.get(usize::try_from(offset).unwrap_or(0)..).unwrap_or_default()
}

/// Of the steps up to `index` the last one that injects a segment with another number into each of the two, or the first
/// such SYN.
fn elsewhere(runs: [&CaseRun; 2], index: usize) -> Option<Placed> {
    let placed = (0..=index).filter_map(|step| placed_elsewhere(runs, step));
    placed.reduce(|before, next| if before.opens { before } else { next })
}

/// Whether the step injects a segment with another number into each of the two, placed by what a target shows of itself.
fn placed_elsewhere(runs: [&CaseRun; 2], index: usize) -> Option<Placed> {
    let [left, right] = runs.map(|run| run.trace.injected(index));
    let flags = left.or(right)?.flags;
    let flag_bits = |segment: Option<&CaseSegment>| segment.map(|segment| segment.flags);
    let seq = |segment: Option<&CaseSegment>| segment.map(|segment| segment.seq);
    let ack = |segment: Option<&CaseSegment>| segment.map(|segment| segment.ack);
    let numbers = (seq(left), ack(left)) != (seq(right), ack(right));
    // Most often it is the same piece of the pattern.
    let same =
        |left: &CaseSegment, right: &CaseSegment| std::ptr::eq(&*left.data, &*right.data) || left.data == right.data;
    let text = !left.zip(right).is_some_and(|(left, right)| same(left, right));
    (numbers || text || flag_bits(left) != flag_bits(right)).then_some(Placed {
        step: index,
        opens: flags.contains(Flags::SYN) && !flags.contains(Flags::RST),
        numbers,
        moved: seq(left) != seq(right),
        text,
    })
}

/// A step whose segment bears another number on either target.
#[derive(Clone, Copy)]
struct Placed {
    step: usize,
    /// It is a SYN: what follows speaks of other numbers, too.
    opens: bool,
    /// Its own numbers are others.
    numbers: bool,
    /// SEG.SEQ is. How far a target got with its acknowledgements, which may be late, decides what such a segment is to
    /// it, unless it is a SYN that no connection knows.
    moved: bool,
    /// Its text is another: octets of a header that is too short count as text, and they hold numbers.
    text: bool,
}

impl Placed {
    /// Whether what differs at `index` may come from that number alone. Of the ACK field only numbers do, not another kind
    /// of answer to the segment.
    fn explains(self, steps: &[At<Step>], index: usize, fields: &[&str]) -> bool {
        let only = |named: &[&str]| fields.iter().all(|field| named.contains(field));
        let only_numbers = self.numbers && only(&["seq", "ack"]);
        let only_text = self.text && only(&["returns", "data"]);
        let later = steps[self.step + 1..=index.max(self.step)].iter().any(|step| acts(&step.value.action));
        let at_once = only_numbers || only_text || (self.moved && !self.opens);
        if later { self.opens || only_text } else { at_once }
    }
}

/// What differs at this step.
fn differing(walks: &[Walk<'_>; 2], index: usize, last: bool, strictness: Strictness) -> Vec<&'static str> {
    let [left, right] = walks;
    let action = &left.run.case.case.steps[index].value.action;
    let (left_record, right_record) = (&left.run.trace.steps[index], &right.run.trace.steps[index]);
    let odd = || left.findings(index).chain(right.findings(index));
    // A look demands nothing, so nothing of it can be unmet.
    let looks = is_look(&left.run.case.case.steps[index].value);
    let step = Compared { action, satisfied: looks || odd().next().is_none(), strictness };
    let mut fields = Vec::new();
    if step.outcomes_differ(left_record.outcome.as_ref(), right_record.outcome.as_ref()) {
        fields.push("returns");
    }
    if looks_at_emissions(action) || last {
        fields.extend(step.emissions(&left.emitted, &right.emitted));
    }
    // Only where both are known: a target may be asked less often than the other.
    let states = left_record.state.zip(right_record.state);
    if (!acts(action) || last) && states.is_some_and(|(left, right)| left != right) {
        fields.push("state");
    }
    // Where the case itself tells the two apart (a time, a window, a kept number), so does the comparison.
    if fields.is_empty() && !looks && left.findings(index).next().is_some() != right.findings(index).next().is_some() {
        fields.extend(odd().flat_map(|finding| &finding.differences).map(|difference| difference.field));
        if fields.is_empty() {
            let crash = odd().any(|finding| finding.kind == FindingKind::Crash);
            fields.push(if crash { "crash" } else { "verdict" });
        }
    }
    fields.sort_unstable();
    fields.dedup();
    fields
}

/// Whether the divergence at `index` is explained.
fn standing(walks: &[Walk<'_>; 2], index: usize, ledgers: [&Ledger; 2]) -> Standing {
    let [left, right] = walks;
    let steps = &left.run.case.case.steps;
    // The checks that follow look at the same moment: what one of them remarks is about this divergence.
    let end = (index + 1..steps.len()).find(|&next| acts(&steps[next].value.action)).unwrap_or(steps.len());
    for (walk, ledger) in walks.iter().zip(ledgers) {
        let first = walk
            .run
            .findings
            .iter()
            .find(|finding| finding.kind != FindingKind::Invariant && (index..end).contains(&finding.step));
        if let Some(entry) = first.and_then(|finding| ledger.knows(walk.run, finding)) {
            return Standing::Known(entry.reason.clone());
        }
    }
    let either = match &steps[index].value.action {
        Action::Expect(Expect::Either(_)) => true,
        Action::Call(call) => matches!(call.returns, Some(Returns::Either(_))),
        // The case names several states.
        Action::State(check) => check.any_of.len() > 1,
        Action::Expect(Expect::InOrder(_) | Expect::AnyOrder(_))
        | Action::Inject(_)
        | Action::Wait(_)
        | Action::Save(_)
        | Action::Check(_) => false,
    };
    let accepted = |walk: &Walk<'_>| walk.findings(index).next().is_none();
    if either && accepted(left) && accepted(right) { Standing::Allowed } else { Standing::Unexplained }
}

#[cfg(test)]
mod tests;
