//! What guides a campaign beside chance: (state, event class, rule) triples seen for the first time.
//!
//! [`triples`] walks one run of the target that tells its rules. Cheap: no text is made.

use std::collections::HashSet;

use crate::{
    case::format::Action,
    judge::event_class::{EventClass, of_call},
    target::{ConnState, Explanation},
    trace::event::{CaseRun, EventKind},
};

/// What a target did with an event in a state.
pub type Triple = (ConnState, EventClass, Option<&'static str>);

/// The triples that were seen. Asked for nearly every event of every run, so it hashes fast; nobody chooses triples to
/// make it slow.
#[derive(Debug, Default)]
pub struct Seen(HashSet<Triple, foldhash::fast::FixedState>);

impl Seen {
    /// Takes in the triples of a run, those that no rule explains left out; `tell` is told of each, and whether it is
    /// new.
    pub fn take(&mut self, run: &CaseRun, tell: &mut dyn FnMut(Triple, bool)) {
        triples(run, &mut |triple| {
            if triple.2.is_some() {
                tell(triple, self.0.insert(triple));
            }
        });
    }

    /// Takes in what somebody else saw.
    pub fn add(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    /// How many.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Gives every triple of a run, in order. The state is that of the connection that changed last: exact where there is
/// one connection.
pub fn triples(run: &CaseRun, take: &mut dyn FnMut(Triple)) {
    let mut state = ConnState::None { listening: false };
    let mut before = state;
    let mut event = EventClass::Start;
    let mut rule = None;
    for observed in &run.trace.events {
        let next = match &observed.kind {
            EventKind::Injected { class, .. } => Some(*class),
            EventKind::Called { .. } => {
                let action = run.case.case.steps.get(observed.step).map(|step| &step.value.action);
                Some(match action {
                    Some(Action::Call(call)) => EventClass::Call(of_call(&call.call)),
                    Some(
                        Action::Inject(_)
                        | Action::Expect(_)
                        | Action::State(_)
                        | Action::Wait(_)
                        | Action::Save(_)
                        | Action::Check(_),
                    )
                    | None => EventClass::Start,
                })
            }
            EventKind::Waited(_) => Some(EventClass::Wait),
            EventKind::EmittedOther { .. } => None,
            EventKind::Emitted { segment, .. } => {
                rule = rule.or(segment.rules.first().map(|rule| rule.name));
                None
            }
            EventKind::Explained(Explanation::Dropped(dropped)) => {
                rule = rule.or(Some(dropped.name));
                None
            }
            EventKind::Explained(Explanation::StateChanged { to, rule: why, .. }) => {
                rule = rule.or(Some(why.name));
                state = ConnState::of(*to);
                None
            }
        };
        if let Some(next) = next {
            take((before, event, rule));
            (before, event, rule) = (state, next, None);
        }
    }
    take((before, event, rule));
}

#[cfg(test)]
mod tests;
