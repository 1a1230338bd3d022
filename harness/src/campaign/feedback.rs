//! What guides a campaign beside chance: (state, event class, rule) triples seen for the first time.
//!
//! [`triples`] walks one run of the target that tells its rules. Cheap: no text is made.

use crate::{
    case::format::Action,
    judge::event_class::{EventClass, of_call},
    target::{ConnState, Explanation},
    trace::event::{CaseRun, EventKind},
};

/// What a target did with an event in a state.
pub type Triple = (ConnState, EventClass, Option<&'static str>);

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
