//! What a campaign counts.
//!
//! Each worker counts for itself; [`Counts::add`] sums them up for the report. Nothing here depends on the time a run
//! took, except [`TargetCounts::busy`].

use std::time::Duration;

use super::{discovery::Compared, key::Side, pair::Executed};
use crate::{
    case::state::State,
    target::{ConnState, Explanation},
    trace::event::{CaseRun, EventKind},
};

/// The sums of a campaign.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Cases run on both targets.
    pub executions: u64,
    /// Steps of those cases that the left target took, their preludes included.
    pub steps: u64,
    /// Executions compared to the end, or up to a divergence.
    pub compared: u64,
    /// Of these: nothing differs.
    pub equal: u64,
    /// Of these: with steps behind a divergence that could not be compared any more.
    pub poisoned: u64,
    /// Those steps.
    pub poisoned_steps: u64,
    /// Executions that a target could not run, or not to the end.
    pub not_compared: u64,
    /// Finds that did not come again when the case was run again.
    pub unstable: u64,
    /// Places of the kernel that an execution reached before all others, if it tells.
    pub places: u64,
    /// Inputs kept because of them.
    pub kept_for_places: u64,
    /// By [`Side::index`].
    pub targets: [TargetCounts; 2],
}

/// What one target was given and gave.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TargetCounts {
    /// Packets injected.
    pub injected: u64,
    /// Packets emitted.
    pub emitted: u64,
    /// The states it was seen in.
    pub states: States,
    /// Time spent in its runs.
    pub busy: Duration,
}

/// A set of states.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct States(u16);

impl States {
    /// Adds one.
    pub fn insert(&mut self, state: State) {
        let place = State::ALL.iter().position(|known| *known == state).unwrap_or(0);
        self.0 |= 1 << place;
    }

    /// Adds what a target answered.
    pub fn see(&mut self, state: ConnState) {
        self.insert(match state {
            ConnState::Is(state) => state,
            ConnState::None { listening: true } => State::Listen,
            ConnState::None { listening: false } => State::Closed,
        });
    }

    /// Those in it, in the RFC's order.
    pub fn iter(self) -> impl Iterator<Item = State> {
        State::ALL.into_iter().enumerate().filter(move |(place, _)| self.0 & 1 << place != 0).map(|(_, state)| state)
    }

    /// Those not in it.
    pub fn missing(self) -> impl Iterator<Item = State> {
        Self(!self.0).iter()
    }

    /// How many.
    #[must_use]
    pub const fn len(self) -> u32 {
        self.0.count_ones()
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }
}

impl Counts {
    /// Counts one execution.
    pub fn execution(&mut self, executed: &Executed, compared: Compared) {
        self.executions += 1;
        self.steps += executed.runs[Side::Left.index()].trace.steps.len() as u64;
        match compared {
            Compared::Equal => (self.compared, self.equal) = (self.compared + 1, self.equal + 1),
            Compared::Parted { poisoned } => {
                self.compared += 1;
                self.poisoned += u64::from(poisoned > 0);
                self.poisoned_steps += poisoned as u64;
            }
            Compared::Not => self.not_compared += 1,
        }
        for (counts, run) in self.targets.iter_mut().zip(&executed.runs) {
            counts.run(run);
        }
    }

    /// Adds what another worker counted.
    pub fn add(&mut self, other: &Self) {
        let Self {
            executions,
            steps,
            compared,
            equal,
            poisoned,
            poisoned_steps,
            not_compared,
            unstable,
            places,
            kept_for_places,
            targets,
        } = other;
        self.executions += executions;
        self.steps += steps;
        self.compared += compared;
        self.equal += equal;
        self.poisoned += poisoned;
        self.poisoned_steps += poisoned_steps;
        self.not_compared += not_compared;
        self.unstable += unstable;
        self.places += places;
        self.kept_for_places += kept_for_places;
        for (own, other) in self.targets.iter_mut().zip(targets) {
            own.injected += other.injected;
            own.emitted += other.emitted;
            own.states.0 |= other.states.0;
            own.busy += other.busy;
        }
    }
}

impl TargetCounts {
    fn run(&mut self, run: &CaseRun) {
        self.busy += run.wall;
        for record in &run.trace.steps {
            record.state.into_iter().for_each(|state| self.states.see(state));
        }
        for event in &run.trace.events {
            match &event.kind {
                EventKind::Injected { .. } => self.injected += 1,
                EventKind::Emitted { .. } | EventKind::EmittedOther { .. } => self.emitted += 1,
                EventKind::Explained(Explanation::StateChanged { to, .. }) => self.states.insert(*to),
                EventKind::Explained(Explanation::Dropped(_) | Explanation::Traced(_))
                | EventKind::Called { .. }
                | EventKind::Waited(_) => {}
            }
        }
    }
}

#[cfg(test)]
mod tests;
