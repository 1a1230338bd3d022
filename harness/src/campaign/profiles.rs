//! The reference's two profiles against each other: they may differ only in what [`DIFFERENCES`] lists.
//!
//! Called by the fuzz target `differential_profiles`. Start at [`Profiles::execute`]. Where the profiles part,
//! [`super::switches`] says why. Left out: campaigns with a report (`rfc793 fuzz --right reference:rfc793`).

use std::sync::Arc;

use stack_under_test::Profile;

use super::{
    discovery::{What, found},
    feedback::{Triple, triples},
    pair::{Executed, Pair},
    switches::{DIFFERENCES, Difference, Switches},
};
use crate::{
    case::{format::Case, format::ConcreteCase, print},
    generate::{
        script::{Scope, Script},
        shrink::shrink,
    },
    run::Mode,
    target::{Target, TargetError, reference::Reference},
};

/// At most so many runs to make a case smaller.
const SHRINK_LIMIT: usize = 400;
/// What a case may do. Where the profiles part, every switch runs it again: short ones.
const SCOPE: Scope = Scope { steps: 16, ..Scope::VIRTUAL };

/// What an execution came to.
#[derive(Clone, Copy)]
pub enum Parted {
    /// The profiles do the same, or the case cannot be run.
    No,
    /// They part, and this switch is why.
    By(&'static Difference),
}

/// Both profiles, and what may part them.
pub struct Profiles {
    pair: Pair,
    switches: Switches,
}

impl Profiles {
    /// Opens them.
    ///
    /// # Errors
    /// None known: targets in process always open.
    pub fn open() -> Result<Self, TargetError> {
        Self::of(&Profile::rfc793(), DIFFERENCES)
    }

    fn of(old: &Profile, listed: &'static [Difference]) -> Result<Self, TargetError> {
        let [left, right] = [Profile::rfc9293(), old.clone()].map(|profile| -> super::pair::Opener {
            Arc::new(move || Ok(Box::new(Reference::new(profile.clone(), 0)) as Box<dyn Target>))
        });
        Ok(Self { pair: Pair::of(left, right)?, switches: Switches::of(old, listed, 0) })
    }

    /// Runs one input on both. `seen` is called with each triple.
    ///
    /// # Panics
    /// If the profiles part and no listed switch is why, or one of them is wrong: that is the fuzzer's finding.
    pub fn execute(&mut self, bytes: &[u8], seen: &mut dyn FnMut(Triple)) -> Parted {
        let Ok(case) = ConcreteCase::from_case("generated", Script::decode(bytes).to_case(&SCOPE)) else {
            return Parted::No;
        };
        let case = Arc::new(case);
        let executed = self.pair.run(&case, Mode::Compare).expect("a target in process opens");
        executed.runs.iter().for_each(|run| triples(run, seen));
        match self.judged(&case, &executed) {
            Ok(parted) => parted,
            Err(wrong) => panic!("{wrong}\n{}", self.smaller(&case)),
        }
    }

    /// Why they part; what is wrong, in words, if something is.
    fn judged(&mut self, case: &Arc<ConcreteCase>, executed: &Executed) -> Result<Parted, String> {
        let mut all = Vec::new();
        let _ = found(executed, &mut all);
        let mut parted = Parted::No;
        for found in all {
            match found.what {
                What::Divergence(divergence) => {
                    let why = self.switches.behind(case, &executed.runs[0], divergence.step);
                    let unlisted = || format!("the profiles part for no reason listed: {}", found.key);
                    parted = Parted::By(why.ok_or_else(unlisted)?);
                }
                What::Violation(violation) => return Err(format!("{}: {}", found.key, violation.observed)),
                What::Failure(message) => return Err(message),
            }
        }
        Ok(parted)
    }

    /// The smallest case found with which something is still wrong, as YAML.
    fn smaller(&mut self, case: &Arc<ConcreteCase>) -> String {
        let small = shrink(&case.authored(), SHRINK_LIMIT, &mut |candidate: &Case| {
            let Ok(concrete) = ConcreteCase::from_case("generated", candidate.clone()).map(Arc::new) else {
                return false;
            };
            let executed = self.pair.run(&concrete, Mode::Compare);
            executed.is_ok_and(|executed| self.judged(&concrete, &executed).is_err())
        });
        print::to_yaml(&small).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests;
