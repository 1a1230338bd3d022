//! The reference's two profiles against each other: they may differ only in what [`DIFFERENCES`] lists.
//!
//! Called by the fuzz target `differential_profiles`. Start at [`Profiles::execute`]. Where the profiles part, each listed
//! switch is tried alone: the divergence is listed if one of them makes `rfc9293` part as early, or if taking it back
//! makes `rfc793` agree so far. What one switch did earlier and unseen (a window, a timer) is found that way as well.
//! Left out: switches of the reference that the two profiles set the same.

use std::sync::Arc;

use stack_under_test::Profile;

use super::{
    discovery::{What, found},
    feedback::{Triple, triples},
    pair::{Executed, Pair},
};
use crate::{
    case::{format::Case, format::ConcreteCase, print},
    generate::{
        script::{Scope, Script},
        shrink::shrink,
    },
    judge::{
        diff::{Comparison, Strictness, compare},
        ledger::Ledger,
    },
    run::{Mode, run_case},
    target::{Target, TargetError, reference::Reference},
    trace::event::CaseRun,
};

/// At most so many runs to make a case smaller.
const SHRINK_LIMIT: usize = 400;
/// What a case may do. Where the profiles part, every switch runs it again: short ones.
const SCOPE: Scope = Scope { steps: 16, ..Scope::VIRTUAL };

/// A switch that the two profiles set otherwise.
pub struct Difference {
    /// The field of [`Profile`].
    pub switch: &'static str,
    /// The clause that asks for it, or leaves it open.
    pub clause: &'static str,
    /// What may differ, in one line.
    pub why: &'static str,
    set: fn(&mut Profile, &Profile),
}

macro_rules! differences {
    ($($switch:ident $clause:literal $why:literal;)*) => {
        /// All switches in which `rfc793` and `rfc9293` differ.
        pub static DIFFERENCES: &[Difference] = &[$(Difference {
            switch: stringify!($switch),
            clause: $clause,
            why: $why,
            set: |to, from| to.$switch = from.$switch.clone(),
        }),*];
    };
}

differences! {
    challenge_ack_rst "U-6" "a RST in the window but not at its left edge resets, or is challenged";
    challenge_ack_syn "U-8" "a SYN in the window of a synchronized state resets, or is challenged";
    ack_validation "MAY-12" "an ACK older than the largest window is a duplicate, or is refused";
    isn "SHLD-1" "the initial number is the clock alone, or a hash of the sockets as well";
    icmp_sequence_check "RFC5927#4.1" "any ICMP error that quotes the sockets counts, or only one about a number in flight";
    icmp_hard_error "RFC5927#5.2" "a hard error ends any connection, or only one whose handshake is not done";
    time_wait_reopen "MAY-2" "a new SYN meets TIME-WAIT, or opens a new connection";
    user_timeout "RFC9293#3.9.1.1" "unacknowledged data ends the connection after five minutes, or only by R2";
    r2 "SHLD-11" "how long a segment is sent again";
    r2_syn "MUST-23" "how long a SYN is sent again";
    congestion_control "MUST-19" "the peer's window alone limits what is sent, or a congestion window as well";
    mss_option_always "MAY-3" "a SYN names the default segment size, or leaves it out";
    nagle "SHLD-7" "small segments leave at once, or wait for an ACK";
    sender_sws_avoidance "MUST-38" "what a small window allows is sent at once, or waits for more";
    delayed_ack "SHLD-18" "an ACK leaves at once, or waits for company";
    receiver_sws_avoidance "MUST-39" "the window opens byte by byte, or in steps that are worth a segment";
    close_unread_rst "SHLD-3" "data that nobody will read is lost, or told of by a RST";
}

/// One listed switch alone.
struct Alone {
    difference: &'static Difference,
    /// `rfc9293` with this switch of `rfc793`.
    with: Reference,
    /// `rfc793` with this switch of `rfc9293`.
    without: Reference,
}

/// What an execution came to.
#[derive(Clone, Copy)]
pub enum Parted {
    /// The profiles do the same, or the case cannot be run.
    No,
    /// They part, and this switch is why.
    By(&'static Difference),
}

/// Both profiles, and each listed switch alone.
pub struct Profiles {
    pair: Pair,
    alone: Vec<Alone>,
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
        let new = Profile::rfc9293();
        let one = |base: &Profile, from: &Profile, difference: &Difference| {
            let mut profile = base.clone();
            (difference.set)(&mut profile, from);
            Reference::new(profile, 0)
        };
        let alone = |difference: &'static Difference| Alone {
            difference,
            with: one(&new, old, difference),
            without: one(old, &new, difference),
        };
        let [left, right] = [new.clone(), old.clone()].map(|profile| -> super::pair::Opener {
            Arc::new(move || Ok(Box::new(Reference::new(profile.clone(), 0)) as Box<dyn Target>))
        });
        Ok(Self { pair: Pair::of(left, right)?, alone: listed.iter().map(alone).collect() })
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
                    let (left, step) = (&executed.runs[0], divergence.step);
                    let mut alone = self.alone.iter_mut();
                    let why = alone.find_map(|alone| alone.explains(case, left, step).then_some(alone.difference));
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

impl Alone {
    /// Whether this switch is why `rfc793` parts from `rfc9293` (whose run is given) at this step.
    fn explains(&mut self, case: &Arc<ConcreteCase>, new: &CaseRun, step: usize) -> bool {
        let parts_at = |target: &mut Reference| {
            let run = run_case(target, case, Mode::Compare);
            let none = Ledger::default();
            match compare(new, &run, Strictness::Key, [&none, &none]) {
                Comparison::Divergent(divergence) => Some(divergence.step),
                Comparison::Equal | Comparison::Skipped(_) | Comparison::Failed(_) => None,
            }
        };
        parts_at(&mut self.with).is_some_and(|at| at <= step) || parts_at(&mut self.without).is_none_or(|at| at > step)
    }
}

#[cfg(test)]
mod tests;
