//! The claim to an address: ask whether someone has it, announce it, defend it (RFC5227#2, RFC4862#5.4).
//!
//! Pure timing and counting; [`super::arp`] and [`super::ndp`] say probe and announcement in their protocol's words. The
//! times that the RFCs draw at random are the middle of their range here, so that a run can be repeated.

use core::time::Duration;

use crate::profile::AddressClaim;
use crate::time::Instant;

/// The constants of RFC5227#1.1.
const PROBES: u32 = 3;
const FIRST_PROBE_WITHIN: Duration = Duration::from_secs(1);
const BETWEEN_PROBES: Duration = Duration::from_millis(1500);
const AFTER_PROBES: Duration = Duration::from_secs(2);
const ANNOUNCEMENTS: u32 = 2;
const BETWEEN_ANNOUNCEMENTS: Duration = Duration::from_secs(2);
const DEFEND_INTERVAL: Duration = Duration::from_secs(10);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// Not ours yet: so many probes have left, the next step is due then.
    Probing(u32, Instant),
    /// Ours; so many announcements have left, the next is due then.
    Announcing(u32, Instant),
    /// Ours.
    Held,
    /// Somebody else's.
    Lost,
}

/// What to send now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Say {
    Probe,
    Announcement,
}

/// What a conflict leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Conflict {
    /// The address is given up.
    GivenUp,
    /// It is announced once more.
    Defended,
    /// Nothing: it was not ours any more.
    Ignored,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Claim {
    phase: Phase,
    defended: Option<Instant>,
}

impl Claim {
    pub(super) fn new(how: AddressClaim, now: Instant) -> Self {
        let phase = match how {
            AddressClaim::Silent => Phase::Held,
            AddressClaim::Announce => Phase::Announcing(0, now),
            AddressClaim::ProbeAndAnnounce => Phase::Probing(0, now + FIRST_PROBE_WITHIN / 2),
        };
        Self { phase, defended: None }
    }

    /// Whether the address may be used.
    pub(super) fn is_held(&self) -> bool {
        match self.phase {
            Phase::Announcing(..) | Phase::Held => true,
            Phase::Probing(..) | Phase::Lost => false,
        }
    }

    pub(super) fn deadline(&self) -> Option<Instant> {
        match self.phase {
            Phase::Probing(_, at) | Phase::Announcing(_, at) => Some(at),
            Phase::Held | Phase::Lost => None,
        }
    }

    /// The next step, if it is due.
    pub(super) fn step(&mut self, now: Instant) -> Option<Say> {
        match self.phase {
            Phase::Probing(sent, at) if at <= now => {
                if sent == PROBES {
                    self.phase = Phase::Announcing(0, now);
                    return self.step(now);
                }
                let pause = if sent + 1 == PROBES { AFTER_PROBES } else { BETWEEN_PROBES };
                self.phase = Phase::Probing(sent + 1, now + pause);
                Some(Say::Probe)
            }
            Phase::Announcing(sent, at) if at <= now => {
                self.phase = if sent + 1 == ANNOUNCEMENTS {
                    Phase::Held
                } else {
                    Phase::Announcing(sent + 1, now + BETWEEN_ANNOUNCEMENTS)
                };
                Some(Say::Announcement)
            }
            Phase::Probing(..) | Phase::Announcing(..) | Phase::Held | Phase::Lost => None,
        }
    }

    /// Another station says that the address is its own (RFC5227#2.1.1, #2.4 (b)): an address in use is defended once in
    /// ten seconds, and given up when that does not help.
    pub(super) fn conflict(&mut self, now: Instant) -> Conflict {
        let lately = self.defended.is_some_and(|at| now.saturating_since(at) < DEFEND_INTERVAL);
        match self.phase {
            Phase::Lost => Conflict::Ignored,
            Phase::Announcing(..) | Phase::Held if !lately => {
                self.defended = Some(now);
                Conflict::Defended
            }
            Phase::Probing(..) | Phase::Announcing(..) | Phase::Held => {
                self.phase = Phase::Lost;
                Conflict::GivenUp
            }
        }
    }
}

#[cfg(test)]
mod tests;
