//! Which switch of the profile makes the reference's two profiles part.
//!
//! Asked by a campaign between them, and by [`super::profiles`], for each divergence: [`Switches::behind`] tries every
//! switch of [`DIFFERENCES`] alone. It is the reason if it makes `rfc9293` part as early, or if taking it back makes
//! `rfc793` agree so far; what it did earlier and unseen (a window, a timer) is found that way as well.
//! Left out: switches that the two profiles set the same.

use std::sync::Arc;

use stack_under_test::Profile;

use crate::{
    case::format::ConcreteCase,
    judge::{
        diff::{Comparison, Strictness, compare},
        ledger::Ledger,
    },
    run::{Mode, run_case},
    target::reference::Reference,
    trace::event::CaseRun,
};

/// A switch that the two profiles set otherwise.
pub struct Difference {
    /// The field of [`Profile`].
    pub switch: &'static str,
    /// The clause that asks for it, or leaves it open.
    pub clause: &'static str,
    /// What may differ, in one line.
    pub why: &'static str,
    pub(super) set: fn(&mut Profile, &Profile),
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

/// Each listed switch alone.
pub struct Switches {
    /// The one that was the reason last stands first: it often is again.
    alone: Vec<Alone>,
}

impl Switches {
    /// Those of `listed` in which `old` differs from `rfc9293`. `seed` is that of the pair.
    #[must_use]
    pub fn of(old: &Profile, listed: &'static [Difference], seed: u64) -> Self {
        let new = Profile::rfc9293();
        let one = |base: &Profile, from: &Profile, difference: &Difference| {
            let mut profile = base.clone();
            (difference.set)(&mut profile, from);
            Reference::new(profile, seed)
        };
        let alone = |difference: &'static Difference| Alone {
            difference,
            with: one(&new, old, difference),
            without: one(old, &new, difference),
        };
        Self { alone: listed.iter().map(alone).collect() }
    }

    /// The switch that makes `rfc793` part from `rfc9293` (whose run is given) at this step.
    pub fn behind(&mut self, case: &Arc<ConcreteCase>, new: &CaseRun, step: usize) -> Option<&'static Difference> {
        let index = self.alone.iter_mut().position(|alone| alone.explains(case, new, step))?;
        self.alone[..=index].rotate_right(1);
        Some(self.alone[0].difference)
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
