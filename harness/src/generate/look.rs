//! The look: after each step that does something, a step that takes in what came. There traces are compared.
//!
//! Called by [`super::script`], the campaign and the shrinker; nobody else knows what a look is made of.

use crate::case::format::{Action, At, Case, Expect, Step};

/// A look at whatever came. It demands silence but never stops a case: what came is in the trace.
#[must_use]
pub const fn look() -> At<Step> {
    let action = Action::Expect(Expect::InOrder(Vec::new()));
    At { line: 0, value: Step { action, clauses: Vec::new(), continues: true, note: None } }
}

/// Whether a step is one.
#[must_use]
pub fn is_look(step: &Step) -> bool {
    matches!(&step.action, Action::Expect(Expect::InOrder(segments)) if segments.is_empty()) && step.continues
}

/// The case with one look after each step that does something, whatever looks and demands it had before.
#[must_use]
pub fn observed_everywhere(mut case: Case) -> Case {
    let acts = |step: &At<Step>| match step.value.action {
        Action::Inject(_) | Action::Call(_) | Action::Wait(_) => true,
        Action::Expect(_) | Action::State(_) | Action::Save(_) | Action::Check(_) => false,
    };
    case.steps.retain(acts);
    case.steps = case.steps.into_iter().flat_map(|step| [step, look()]).collect();
    case
}
