//! What guides a campaign beside chance: (state, event class, rule) triples seen for the first time.
//!
//! [`triples`] walks one run of the target that tells its rules. Cheap: no text is made.

use std::{collections::HashSet, hash::BuildHasher};

use crate::{
    case::format::Action,
    judge::event_class::{EventClass, of_call},
    target::{ConnState, Explanation},
    trace::event::{CaseRun, EventKind},
};

/// What a target did with an event in a state.
pub type Triple = (ConnState, EventClass, Option<&'static str>);

/// A triple as one number, the same in every run of a program.
#[must_use]
pub fn print(triple: Triple) -> u64 {
    foldhash::quality::FixedState::default().hash_one(triple)
}

/// The triples that were seen, each as 64 bits of a hash: it is asked for nearly every event of every run, and what it
/// keeps of ten thousands of triples has to stay near. One in 10^10 campaigns takes two triples for one, which costs it an
/// input that it would have kept.
#[derive(Debug)]
pub struct Seen {
    all: HashSet<u64, foldhash::fast::FixedState>,
    /// Some of those seen last, each at the place that its low bits name: the set is large, and most come again at once.
    recent: Box<[u64; RECENT]>,
}

const RECENT: usize = 1024;

impl Default for Seen {
    fn default() -> Self {
        Self { all: HashSet::default(), recent: Box::new([0; RECENT]) }
    }
}

impl Seen {
    /// Takes in the triples of a run, those that no rule explains left out; `tell` is told of each, and whether it is
    /// new.
    pub fn take(&mut self, run: &CaseRun, tell: &mut dyn FnMut(Triple, bool)) {
        triples(run, &mut |triple| {
            if triple.2.is_some() {
                let print = print(triple);
                let place = &mut self.recent[print as usize % RECENT];
                // 0 stands for nothing; who has it is asked for each time.
                let is_new = (*place != print || print == 0) && self.all.insert(print);
                *place = print;
                tell(triple, is_new);
            }
        });
    }

    /// Takes in what somebody else saw.
    pub fn add(&mut self, other: Self) {
        self.all.extend(other.all);
    }

    /// How many.
    #[must_use]
    pub fn len(&self) -> usize {
        self.all.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
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
            EventKind::Explained(Explanation::Traced(_)) => None,
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
