//! What the suite knows already: the keys of the divergences and violations that its cases show.
//!
//! At the start of a campaign, every case under `regressions/` and every case a ledger names runs on the pair; what it
//! shows there is known under its id and stops nobody. Cases that wait in real time are left out: they would hold the
//! campaign up, and generated cases do not wait on live targets.

use std::{collections::HashMap, sync::Arc};

use super::{
    discovery::found,
    key::{Key, Side},
    pair::Pair,
};
use crate::{
    case::format::ConcreteCase, judge::ledger::Ledger, pool::estimate::longest_wait, run::Mode, target::TargetError,
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

#[cfg(test)]
mod tests;
