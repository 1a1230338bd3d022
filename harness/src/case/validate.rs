//! What a case must have beyond fields of the right type: a clause, something it checks, names that exist.
//!
//! Called by [`crate::case::load`] on each typed case, and by [`crate::generate::shrink`] on what it makes of one.

use std::collections::BTreeSet;

use super::{
    error::{Fault, Mark},
    format::{Action, Case, Comparison, Data},
    suggest::did_you_mean,
    tree::{Content, Node},
};

/// What an injected segment's text may be at most: the IP length field has 16 bits.
const MAX_SEGMENT_TEXT: u32 = 65_535 - 20 - 20;

/// More connections than this in one case are refused; a run numbers them with a byte.
const MAX_CONNECTIONS: usize = 200;

/// Checks a case that was read from `tree`.
pub(super) fn check(case: &Case, tree: &Node) -> Result<(), Box<Fault>> {
    if case.title.trim().is_empty() {
        return Err(
            Fault::at(tree.entry_mark("title"), "an empty title").help("one sentence: what the RFC says happens")
        );
    }
    if case.clauses.is_empty() {
        return Err(Fault::at(tree.entry_mark("clauses"), "no clause")
            .help("name the requirements the verdict rests on: `clauses: [MUST-13]`"));
    }
    if !checks_anything(case) {
        return Err(Fault::at(tree.entry_mark("steps"), "a case that checks nothing")
            .help("add an `expect`, a `state`, a `check`, or a `call` with `returns`"));
    }
    check_steps(case, tree)
}

/// Whether any step checks something.
pub(crate) fn checks_anything(case: &Case) -> bool {
    case.steps.iter().any(|step| checks_something(&step.value.action))
}

/// Whether the steps fit together, for a case that stands in no file.
pub(crate) fn is_consistent(case: &Case) -> bool {
    check_steps(case, &Node::plain("")).is_ok()
}

fn check_steps(case: &Case, tree: &Node) -> Result<(), Box<Fault>> {
    check_names(case, tree)?;
    check_connections(case, tree)?;
    check_lengths(case, tree)
}

fn checks_something(action: &Action) -> bool {
    match action {
        Action::Expect(_) | Action::State(_) | Action::Check(_) => true,
        Action::Call(call) => call.returns.is_some(),
        Action::Inject(_) | Action::Wait(_) | Action::Save(_) => false,
    }
}

/// `check` speaks of names that a `save` above has kept.
fn check_names(case: &Case, tree: &Node) -> Result<(), Box<Fault>> {
    let mut kept: BTreeSet<&str> = BTreeSet::new();
    for (index, step) in case.steps.iter().enumerate() {
        match &step.value.action {
            Action::Save(names) => kept.extend(names.keys().map(String::as_str)),
            Action::Check(Comparison { left, right, .. }) => {
                let unknown = std::iter::once(left).chain(right).find(|name| !kept.contains(name.as_str()));
                if let Some(name) = unknown {
                    let help = did_you_mean(name, kept.iter().copied())
                        .unwrap_or_else(|| format!("keep it in a step above: `save: {{ {name}: ISS }}`"));
                    let message = format!("no `save` above keeps `{name}`");
                    return Err(Fault::at(step_mark(tree, index, "check"), message).help(help));
                }
            }
            Action::Inject(_) | Action::Expect(_) | Action::Call(_) | Action::State(_) | Action::Wait(_) => {}
        }
    }
    Ok(())
}

/// No more connections than a run can tell apart.
fn check_connections(case: &Case, tree: &Node) -> Result<(), Box<Fault>> {
    let mut names: BTreeSet<&str> = BTreeSet::new();
    for (index, step) in case.steps.iter().enumerate() {
        let (key, named): (_, Vec<&str>) = match &step.value.action {
            Action::Inject(inject) => ("inject", inject.on.iter().map(String::as_str).collect()),
            Action::Expect(expect) => {
                ("expect", expect.segments().filter_map(|segment| segment.on.as_deref()).collect())
            }
            Action::Call(call) => ("call", call.on.iter().map(String::as_str).collect()),
            Action::State(check) => ("state", check.on.iter().map(String::as_str).collect()),
            Action::Wait(_) | Action::Save(_) | Action::Check(_) => continue,
        };
        names.extend(named);
        if names.len() > MAX_CONNECTIONS {
            let message = format!("more than {MAX_CONNECTIONS} connections in one case");
            return Err(Fault::at(step_mark(tree, index, key), message));
        }
    }
    Ok(())
}

/// An injected segment fits an IP packet, and its options fit the header.
fn check_lengths(case: &Case, tree: &Node) -> Result<(), Box<Fault>> {
    for (index, step) in case.steps.iter().enumerate() {
        let Action::Inject(inject) = &step.value.action else { continue };
        let text = match &inject.data {
            None => 0,
            Some(Data::Text(text)) => u32::try_from(text.len()).unwrap_or(u32::MAX),
            Some(Data::Hex(bytes)) => u32::try_from(bytes.0.len()).unwrap_or(u32::MAX),
            Some(Data::Pattern(len)) => *len,
        };
        let mark = || step_mark(tree, index, "inject");
        if text > MAX_SEGMENT_TEXT {
            return Err(Fault::at(
                mark(),
                format!("{text} bytes of text in one segment; at most {MAX_SEGMENT_TEXT} fit"),
            ));
        }
        let options = inject.options.wire_len();
        if options > 40 {
            return Err(Fault::at(mark(), format!("{options} bytes of TCP options; the header has room for 40")));
        }
    }
    Ok(())
}

/// The place of the value under `key` in a step.
fn step_mark(tree: &Node, index: usize, key: &str) -> Mark {
    let step = tree.get("steps").and_then(|steps| match &steps.content {
        Content::List(items) => items.get(index),
        Content::Scalar { .. } | Content::Map(_) => None,
    });
    step.map_or(tree.mark, |step| step.get(key).unwrap_or(step).mark)
}
