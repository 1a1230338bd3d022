//! What the suite knows already: the keys of the divergences and violations that its cases show, and what the entries
//! of a ledger cover ([`covering`]).
//!
//! At the start of a campaign, every case under `regressions/` and every case a ledger names runs on the pair; what it
//! shows there is known under its id and stops nobody. Cases that wait in real time are left out: they would hold the
//! campaign up, and generated cases do not wait on live targets.

use std::{collections::HashMap, sync::Arc};

use super::{
    discovery::{Found, What, found, met},
    key::{Key, Seen, Side},
    pair::{Executed, Pair},
};
use crate::{
    case::format::{Action, ConcreteCase},
    judge::{
        event_class::{EventClass, acting_step},
        ledger::{self, Circumstances, Entry, Ledger, Met, Shown},
    },
    pool::estimate::longest_wait,
    run::Mode,
    target::TargetError,
    trace::event::{CaseRun, CaseSegment, EventKind},
};

/// Key → the id of the case that shows it.
pub type Known = HashMap<Key, String>;

/// The cases worth asking.
#[must_use]
pub fn candidates(cases: &[Arc<ConcreteCase>], ledgers: &[&Ledger]) -> Vec<Arc<ConcreteCase>> {
    let named: std::collections::HashSet<&str> =
        ledgers.iter().flat_map(|ledger| ledger.entries()).map(|entry| entry.case.as_str()).collect();
    let is_one = |case: &&Arc<ConcreteCase>| {
        named.contains(case.id.as_str()) || case.id.split('/').any(|folder| folder == "regressions")
    };
    cases.iter().filter(is_one).cloned().collect()
}

/// Runs them.
///
/// # Errors
/// If a target that broke cannot be opened again.
pub fn learn(pair: &mut Pair, cases: &[Arc<ConcreteCase>]) -> Result<Known, TargetError> {
    let live = Side::BOTH.into_iter().any(|side| pair.is_live(side));
    let mut known = Known::new();
    let mut all = Vec::new();
    for case in cases {
        if live && !longest_wait(&case.case, pair.msl()).is_zero() {
            continue;
        }
        let executed = pair.run(case, Mode::Record)?;
        let _ = found(&executed, &mut all);
        for found in all.drain(..) {
            known.entry(found.key).or_insert_with(|| case.id.clone());
        }
    }
    Ok(known)
}

/// What an entry of a ledger explains.
#[derive(Debug)]
pub struct Covered<'a> {
    /// The entry.
    pub entry: &'a Entry,
    /// Empty: it explains what shows there. Else the earlier steps that may be why: they are if it does not show without
    /// them ([`without`]).
    pub because_of: Vec<usize>,
}

/// The entry of a ledger (by [`Side::index`]) that covers what was found.
#[must_use]
pub fn covering<'a>(ledgers: &'a [Ledger; 2], found: &Found, executed: &Executed) -> Option<Covered<'a>> {
    let (sides, run): (&[Side], _) = match found.key.seen {
        Seen::Divergence { .. } => (&[Side::Right, Side::Left], &executed.runs[0]),
        Seen::Violation { side: Side::Left, .. } | Seen::Failure { side: Side::Left, .. } => {
            (&[Side::Left], &executed.runs[0])
        }
        Seen::Violation { side: Side::Right, .. } | Seen::Failure { side: Side::Right, .. } => {
            (&[Side::Right], &executed.runs[1])
        }
    };
    sides.iter().find_map(|side| {
        let what = match (&found.what, found.key.seen) {
            (What::Divergence(divergence), _) => {
                let (own, other) = match side {
                    Side::Left => (&divergence.left, &divergence.right),
                    Side::Right => (&divergence.right, &divergence.left),
                };
                let rule = other.rules.first().map(|rule| rule.name);
                ledger::What::Divergence { rule, fields: &divergence.fields, answer: &own.emitted }
            }
            (What::Violation(_), Seen::Violation { invariant, .. }) => ledger::What::Violation(invariant),
            (What::Failure(message), _) => ledger::What::Failure(message),
            (What::Violation(_), Seen::Divergence { .. } | Seen::Failure { .. }) => return None,
        };
        // As it was, not what of it is in the key: an entry says itself what matters.
        let met = met_at(run, found.step, Circumstances::at(&run.case.case, found.step));
        let (ledger, version) = (&ledgers[side.index()], &executed.runs[side.index()].version);
        match ledger.cause(&Shown { what, met }, version) {
            Some(entry) => Some(Covered { entry, because_of: Vec::new() }),
            None => earlier_causes(ledger, run, found.step, &what, version),
        }
    })
}

/// What the step is about, as it was.
fn met_at(run: &CaseRun, step: usize, circumstances: Circumstances) -> Met<'_> {
    let (state, event) = met(run, step);
    let (event, segment) = match event {
        EventClass::Fragment(_) => whole(run, step),
        EventClass::Start
        | EventClass::Segment(_)
        | EventClass::Icmp { .. }
        | EventClass::NotTcp
        | EventClass::Call(_)
        | EventClass::Wait => (event, segment(run, step)),
    };
    Met { state, event, segment, circumstances }
}

/// What the fragments of the step that acted last make, if they make a segment: the last one need not be the one that
/// makes it whole.
fn whole(run: &CaseRun, step: usize) -> (EventClass, Option<&CaseSegment>) {
    let acted = acting_step(&run.case.case, step);
    let mut events = run.trace.events.iter().rev().filter(|event| Some(event.step) == acted);
    let whole = events.find_map(|event| match &event.kind {
        EventKind::Injected { class: class @ EventClass::Fragment(Some(_)), segment, .. } => {
            Some((*class, segment.as_ref()))
        }
        EventKind::Injected { .. }
        | EventKind::Emitted { .. }
        | EventKind::EmittedOther { .. }
        | EventKind::Called { .. }
        | EventKind::Explained(_)
        | EventKind::Waited(_) => None,
    });
    whole.unwrap_or((EventClass::Fragment(None), None))
}

/// The events before the one that led to `step` of which what shows there may come, and the entry that covers the first.
fn earlier_causes<'a>(
    ledger: &'a Ledger,
    run: &CaseRun,
    step: usize,
    what: &ledger::What<'_>,
    version: &str,
) -> Option<Covered<'a>> {
    if !ledger.speaks_of_later() {
        return None;
    }
    let case = &run.case.case;
    let before = acting_step(case, step).unwrap_or(0);
    let acts = |(index, _): &(usize, Circumstances)| acting_step(case, *index) == Some(*index);
    let earlier = Circumstances::along(case).enumerate().take(before).filter(acts);
    let mut causes = earlier.filter_map(|(index, circumstances)| {
        let entry = ledger.cause_of_later(&met_at(run, index, circumstances), what, version)?;
        Some((entry, index))
    });
    let (entry, first) = causes.next()?;
    Some(Covered { entry, because_of: std::iter::once(first).chain(causes.map(|(_, index)| index)).collect() })
}

/// A case without some of its steps, and without the looks and demands that were about them: on a live target it would
/// wait in vain, for as long as the case allows, for what only they could bring.
#[must_use]
pub fn without(case: &ConcreteCase, steps: &[usize]) -> ConcreteCase {
    let is_about_one = |index: usize| acting_step(&case.case, index).is_some_and(|acted| steps.contains(&acted));
    let goes = |index: usize| match case.case.steps[index].value.action {
        Action::Inject(_) | Action::Call(_) | Action::Wait(_) => steps.contains(&index),
        Action::Expect(_) | Action::State(_) => steps.contains(&index) || is_about_one(index),
        // What is kept may be compared later.
        Action::Save(_) | Action::Check(_) => steps.contains(&index),
    };
    let mut less = case.clone();
    let mut index = 0;
    less.case.steps.retain(|_| {
        index += 1;
        !goes(index - 1)
    });
    less.prelude -= (0..case.prelude).filter(|index| goes(*index)).count();
    less
}

/// The last segment that was injected by what acted last at or before this step.
fn segment(run: &CaseRun, step: usize) -> Option<&CaseSegment> {
    let acted = acting_step(&run.case.case, step)?;
    run.trace.injected(acted)
}

#[cfg(test)]
mod tests;
