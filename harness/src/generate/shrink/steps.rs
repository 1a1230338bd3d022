//! Fewer steps: delta debugging over units, then single steps, then pairs; and fewer connections.

use std::{collections::BTreeSet, ops::Range};

use super::Smallest;
use crate::case::format::{Action, At, Case, Expect, Step};

/// Up to so many steps every pair is tried: what opens something and what closes it again go only together.
const MOST_FOR_PAIRS: usize = 12;

/// Leaves out what can be left out; `true` if anything was.
pub(super) fn fewer(smallest: &mut Smallest<'_>) -> bool {
    let units = drop_chunks(smallest, units);
    let single = drop_chunks(smallest, |case| (0..case.steps.len()).map(|index| index..index + 1).collect());
    let pairs = drop_pairs(smallest);
    units || single || pairs
}

/// What acts, with the looks behind it.
fn units(case: &Case) -> Vec<Range<usize>> {
    let mut units: Vec<Range<usize>> = Vec::new();
    for (index, step) in case.steps.iter().enumerate() {
        match units.last_mut() {
            Some(unit) if matches!(step.value.action, Action::Expect(_)) => unit.end = index + 1,
            Some(_) | None => units.push(index..index + 1),
        }
    }
    units
}

/// Tries to leave out halves, quarters … and single pieces, the last ones first: what stands behind the cause goes at
/// once.
fn drop_chunks(smallest: &mut Smallest<'_>, pieces: impl Fn(&Case) -> Vec<Range<usize>>) -> bool {
    let mut dropped = false;
    let mut size = pieces(&smallest.case).len().div_ceil(2);
    while size > 0 {
        let pieces = pieces(&smallest.case);
        let mut end = pieces.len();
        while end > 0 {
            let start = end.saturating_sub(size);
            // Pieces further to the front keep their places when these go.
            let steps = pieces[start].start..pieces[end - 1].end;
            dropped |= smallest.take_with(|case| drop(case.steps.drain(steps)));
            end = start;
        }
        size /= 2;
    }
    dropped
}

fn drop_pairs(smallest: &mut Smallest<'_>) -> bool {
    if smallest.case.steps.len() > MOST_FOR_PAIRS {
        return false;
    }
    let mut dropped = false;
    let mut later = smallest.case.steps.len();
    while later > 0 {
        later -= 1;
        for earlier in (0..later).rev() {
            let gone = smallest.take_with(|case| {
                case.steps.remove(later);
                case.steps.remove(earlier);
            });
            if gone {
                dropped = true;
                later = later.saturating_sub(1);
                break;
            }
        }
    }
    dropped
}

/// Leaves out whole connections; one that cannot go becomes the first one.
pub(super) fn fewer_connections(smallest: &mut Smallest<'_>) -> bool {
    let names: BTreeSet<String> =
        smallest.case.steps.iter().flat_map(|step| names(&step.value)).map(str::to_owned).collect();
    let mut changed = false;
    for name in names.iter().rev() {
        changed |= smallest.take_with(|case| case.steps.retain_mut(|step| !speaks_only_of(step, name)))
            || smallest.take_with(|case| case.steps.iter_mut().for_each(|step| unname(&mut step.value, name)));
    }
    changed
}

/// The connections a step names. `listener` is no connection.
fn names(step: &Step) -> Vec<&str> {
    fn one(name: &Option<String>) -> Vec<&str> {
        name.as_deref().into_iter().filter(|name| *name != "listener").collect()
    }
    match &step.action {
        Action::Inject(inject) => one(&inject.on),
        Action::Expect(expect) => expect.segments().filter_map(|segment| segment.on.as_deref()).collect(),
        Action::Call(call) => one(&call.on),
        Action::State(check) => one(&check.on),
        Action::Wait(_) | Action::Save(_) | Action::Check(_) => Vec::new(),
    }
}

/// Whether a step is about this connection alone; an `expect` about others as well loses what it says of it.
fn speaks_only_of(step: &mut At<Step>, name: &str) -> bool {
    let is_it = |on: &Option<String>| on.as_deref() == Some(name);
    if let Action::Expect(Expect::InOrder(segments) | Expect::AnyOrder(segments)) = &mut step.value.action
        && segments.iter().any(|segment| !is_it(&segment.on))
    {
        segments.retain(|segment| !is_it(&segment.on));
    }
    let names = names(&step.value);
    !names.is_empty() && names.iter().all(|other| *other == name)
}

fn unname(step: &mut Step, name: &str) {
    let unname = |on: &mut Option<String>| {
        if on.as_deref() == Some(name) {
            *on = None;
        }
    };
    match &mut step.action {
        Action::Inject(inject) => unname(&mut inject.on),
        Action::Expect(Expect::InOrder(segments) | Expect::AnyOrder(segments)) => {
            segments.iter_mut().for_each(|segment| unname(&mut segment.on));
        }
        Action::Expect(Expect::Either(alternatives)) => {
            alternatives.iter_mut().flat_map(|one| &mut one.segments).for_each(|segment| unname(&mut segment.on));
        }
        Action::Call(call) => unname(&mut call.on),
        Action::State(check) => unname(&mut check.on),
        Action::Wait(_) | Action::Save(_) | Action::Check(_) => {}
    }
}
