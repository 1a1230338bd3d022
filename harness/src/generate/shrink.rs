//! A case that shows something → the smallest case that still shows it.
//!
//! [`shrink`] is pure: it is told by `same` whether a candidate still shows the thing, and knows nothing of targets.
//! Called by the campaign for each new discovery and by `rfc793 shrink`. Start at [`shrink`]: its passes run in turn
//! until a whole round changes nothing, so shrinking a result again changes nothing either.
//!
//! Every candidate is smaller than the case it comes from (fewer steps, fewer fields, numbers nearer to the usual), so
//! it ends; and every candidate is a valid case. Left out: the demands inside an `expect`. They are not made smaller but
//! told anew from a run when the case is written ([`super::told`]).

mod absent;
mod fields;
mod header;
mod steps;

use crate::case::{
    format::{Case, Step},
    validate,
};

/// A minimal case for which `same` still holds, with at most `limit` calls of `same`.
///
/// `same` is taken to hold for `case` itself. Deterministic if `same` is.
pub fn shrink(case: &Case, limit: usize, same: &mut dyn FnMut(&Case) -> bool) -> Case {
    let mut smallest = Smallest { case: case.clone(), checks: validate::checks_anything(case), left: limit, same };
    loop {
        let before = smallest.left;
        // All of them in every round: none may be skipped because one before it changed something.
        let mut changed = steps::fewer(&mut smallest);
        changed |= steps::fewer_connections(&mut smallest);
        changed |= header::plainer(&mut smallest);
        changed |= fields::nearer_the_usual(&mut smallest);
        if !changed || smallest.left == 0 || smallest.left == before {
            return smallest.case;
        }
    }
}

/// The smallest case so far.
struct Smallest<'a> {
    case: Case,
    /// Whether it checks something; then so does everything made of it. A generated case need not: its runner looks.
    checks: bool,
    /// How many calls of `same` are left.
    left: usize,
    same: &'a mut dyn FnMut(&Case) -> bool,
}

impl Smallest<'_> {
    /// Takes the candidate if it is another valid case that still shows the thing.
    fn take(&mut self, candidate: Case) -> bool {
        if self.left == 0 || candidate == self.case || !self.is_valid(&candidate) {
            return false;
        }
        self.left -= 1;
        let taken = (self.same)(&candidate);
        if taken {
            self.case = candidate;
        }
        taken
    }

    fn is_valid(&self, candidate: &Case) -> bool {
        !candidate.steps.is_empty()
            && (!self.checks || validate::checks_anything(candidate))
            && validate::is_consistent(candidate)
    }

    /// Takes the case with one change, if it can be had.
    fn take_with(&mut self, change: impl FnOnce(&mut Case)) -> bool {
        let mut candidate = self.case.clone();
        change(&mut candidate);
        self.take(candidate)
    }

    /// The same for a change of one step.
    fn take_with_step(&mut self, index: usize, change: impl FnOnce(&mut Step)) -> bool {
        self.take_with(|case| {
            if let Some(step) = case.steps.get_mut(index) {
                change(&mut step.value);
            }
        })
    }

    /// Brings a number down from `from` as near to `to` as it will go (`to <= from`): at once, else by halves.
    fn lower(&mut self, from: u64, to: u64, mut change: impl FnMut(&mut Case, u64)) -> bool {
        if from <= to {
            return false;
        }
        if self.take_with(|case| change(case, to)) {
            return true;
        }
        let mut now = from;
        let mut jump = (from - to) / 2;
        while jump > 0 && self.left > 0 {
            if now - to > jump && self.take_with(|case| change(case, now - jump)) {
                now -= jump;
            } else {
                jump /= 2;
            }
        }
        now < from
    }
}

#[cfg(test)]
mod tests;
