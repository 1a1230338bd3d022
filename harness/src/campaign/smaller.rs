//! A finding made smaller: what it shows, and the smallest case that still shows it, told anew.
//!
//! Called by `rfc793 shrink` and `rfc793 promote`. [`shown`] says what a case shows on a pair, [`smaller`] shrinks while
//! the key stays the same and confirms the result. Left out: judging whether what is shown is allowed or known.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use super::{
    discovery::{Found, Kind, What, found},
    key::{Key, Side},
    pair::{Executed, Pair},
};
use crate::{
    case::format::{Case, ConcreteCase},
    generate::{look::observed_everywhere, shrink::shrink, told::told},
    run::Mode,
    target::{ConnState, TargetError},
};

/// One thing a case shows, with the runs that show it.
#[derive(Debug)]
pub struct Shown {
    /// The case on both targets.
    pub executed: Executed,
    /// The thing.
    pub found: Found,
}

/// What a case shows on a pair. `key` says which thing, in words ([`Key`]'s), if it may show several; else, and if it
/// does not show that one, it is the one that shows first.
///
/// # Errors
/// If a target that broke cannot be opened again.
pub fn shown(pair: &mut Pair, case: &Arc<ConcreteCase>, key: Option<&str>) -> Result<Option<Shown>, TargetError> {
    let (executed, mut all) = execute(pair, case)?;
    let named = key.and_then(|key| all.iter().position(|found| found.key.to_string() == key));
    let first = || (0..all.len()).min_by_key(|&index| all[index].step);
    let index = named.or_else(first);
    Ok(index.map(|index| Shown { executed, found: all.swap_remove(index) }))
}

/// The thing with this key, if the case shows it.
///
/// # Errors
/// If a target that broke cannot be opened again.
pub fn shows(pair: &mut Pair, case: &Arc<ConcreteCase>, key: Key) -> Result<Option<Shown>, TargetError> {
    let (executed, all) = execute(pair, case)?;
    Ok(all.into_iter().find(|found| found.key == key).map(|found| Shown { executed, found }))
}

fn execute(pair: &mut Pair, case: &Arc<ConcreteCase>) -> Result<(Executed, Vec<Found>), TargetError> {
    let executed = pair.run(case, Mode::Record)?;
    let mut all = Vec::new();
    let _ = found(&executed, &mut all);
    Ok((executed, all))
}

/// A finding after shrinking.
#[derive(Debug)]
pub struct Smaller {
    /// The case that shows it, with what the left target did as the demand.
    pub case: Case,
    /// What it shows, and the runs of `case` that confirmed it.
    pub shown: Shown,
    /// How many times a case was run on the pair.
    pub runs: usize,
    /// How long it took.
    pub wall: Duration,
}

/// Shrinks a case with at most `limit` runs of the pair, until `stop` is raised. `None`: it shows nothing.
///
/// `key` is that of [`shown`].
///
/// # Errors
/// If a target that broke cannot be opened again.
pub fn smaller(
    pair: &mut Pair,
    case: &Arc<ConcreteCase>,
    key: Option<&str>,
    limit: usize,
    stop: &AtomicBool,
) -> Result<Option<Smaller>, TargetError> {
    let began = Instant::now();
    let authored = case.authored();
    let bare = observed_everywhere(authored.clone());
    let shown_as_it_is = shown(pair, case, key)?;
    let shown_bare = match &shown_as_it_is {
        Some(first) => shows(pair, &runnable(&bare, case), first.found.key)?,
        None => shown(pair, &runnable(&bare, case), key)?,
    };
    // Its demands would go stale while it shrinks; they stay only if it shows nothing without them.
    let (start, first) = match (shown_bare, shown_as_it_is) {
        (Some(first), _) => (bare, first),
        (None, Some(first)) => (authored, first),
        (None, None) => return Ok(None),
    };
    let key = first.found.key;
    let (mut runs, mut broke) = (2, None);
    let smallest = shrink(&start, limit, &mut |candidate| {
        if broke.is_some() || stop.load(Ordering::Relaxed) {
            return false;
        }
        runs += 1;
        shows(pair, &runnable(candidate, case), key)
            .unwrap_or_else(|error| {
                broke = Some(error);
                None
            })
            .is_some()
    });
    if let Some(error) = broke {
        return Err(error);
    }
    // Confirmed: first as it was shrunk, then as it will be written.
    let Some(shown) = shows(pair, &runnable(&smallest, case), key)? else { return Ok(None) };
    let written = demanding(&shown, &smallest);
    let (case, shown) = match shows(pair, &runnable(&written, case), key)? {
        Some(again) => (written, again),
        None => (smallest, shown),
    };
    Ok(Some(Smaller { case, shown, runs: runs + 2, wall: began.elapsed() }))
}

/// The case with what the left target did as the demand. Its words stay if it is about a rule that holds everywhere,
/// for then the left target's last rule is not what it is about.
pub(super) fn demanding(shown: &Shown, case: &Case) -> Case {
    let told = told(&shown.executed.runs[Side::Left.index()], shown.found.step, other_state(shown));
    match shown.found.key.kind() {
        Kind::Divergence => Case { origin: case.origin.clone(), level: case.level, ..told },
        Kind::Violation | Kind::Failure => Case {
            title: case.title.clone(),
            clauses: case.clauses.clone(),
            level: case.level,
            origin: case.origin.clone(),
            ..told
        },
    }
}

/// The state of the right target where the two part.
#[must_use]
pub fn other_state(shown: &Shown) -> Option<ConnState> {
    match &shown.found.what {
        What::Divergence(divergence) => divergence.right.state,
        What::Violation(_) | What::Failure(_) => None,
    }
}

/// Ready to run, under the name of the case it is made of.
pub(super) fn runnable(case: &Case, of: &ConcreteCase) -> Arc<ConcreteCase> {
    // `via` never contradicts `given` in what is made of a case that loaded.
    let ready = ConcreteCase::from_case(of.id.clone(), case.clone());
    Arc::new(ready.unwrap_or_else(|_| of.clone()))
}

#[cfg(test)]
mod tests;
