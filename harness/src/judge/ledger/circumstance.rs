//! Circumstances: what a case has said before an event that a cause needs beside it.
//!
//! An entry's `covers` names them in `when`; a campaign notes which hold for a step with [`Circumstances::at`]. They are
//! read from the case alone, never from what a target did.

use crate::case::format::{Action, Call, Case, MssChoice, SocketSwitch};

/// The least MSS that smoltcp and Linux take from a peer.
const LEAST_MSS: u16 = 48;

/// One circumstance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Circumstance {
    /// Keep-alive is on.
    Keepalive,
    /// The application, or the number of retries, bounds how long a connection is tried.
    Timeout,
    /// The peer has offered a window of 0.
    ClosedWindow,
    /// The peer has announced an MSS below 48.
    SmallMss,
    /// Another connection than the first has been spoken of.
    OtherConnection,
    /// The application listens.
    Listener,
}

impl Circumstance {
    const ALL: [(&'static str, Self); 6] = [
        ("keepalive", Self::Keepalive),
        ("timeout", Self::Timeout),
        ("closed-window", Self::ClosedWindow),
        ("small-mss", Self::SmallMss),
        ("other-connection", Self::OtherConnection),
        ("listener", Self::Listener),
    ];

    /// By its word in a ledger.
    pub(super) fn by_name(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|(name, _)| *name == word).map(|(_, circumstance)| circumstance)
    }

    fn of_header(self, case: &Case) -> bool {
        let config = &case.config;
        match self {
            Self::Keepalive => config.keepalive_idle.is_some(),
            Self::Timeout => {
                config.user_timeout.is_some() || config.syn_retries.is_some() || config.data_retries.is_some()
            }
            Self::ClosedWindow => case.peer.win == Some(0),
            Self::SmallMss => matches!(case.peer.mss, Some(MssChoice::Value(mss)) if mss < LEAST_MSS),
            Self::OtherConnection | Self::Listener => false,
        }
    }

    fn of_step(self, action: &Action) -> bool {
        match (self, action) {
            (_, Action::Inject(inject)) => match self {
                Self::ClosedWindow => inject.win == Some(0),
                Self::SmallMss => inject.options.mss.is_some_and(|mss| mss < LEAST_MSS),
                Self::OtherConnection => inject.on.is_some(),
                Self::Keepalive | Self::Timeout | Self::Listener => false,
            },
            (Self::Listener, Action::Call(call)) => matches!(call.call, Call::Listen { .. }),
            (Self::Keepalive, Action::Call(call)) => matches!(call.call, Call::Set(SocketSwitch::Keepalive(true))),
            (Self::Timeout, Action::Call(call)) => matches!(call.call, Call::Set(SocketSwitch::UserTimeout(_))),
            (Self::OtherConnection, Action::Call(call)) => call.on.as_deref().is_some_and(|on| on != "listener"),
            (Self::ClosedWindow | Self::SmallMss, Action::Call(_))
            | (_, Action::Expect(_) | Action::State(_) | Action::Wait(_) | Action::Save(_) | Action::Check(_)) => false,
        }
    }
}

/// Those that hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Circumstances(u8);

impl Circumstances {
    /// Those that hold for the step at `index`, it included.
    #[must_use]
    pub fn at(case: &Case, index: usize) -> Self {
        let holds = |circumstance: Circumstance| {
            let mut before = case.steps.iter().take(index + 1);
            circumstance.of_header(case) || before.any(|step| circumstance.of_step(&step.value.action))
        };
        let all = Circumstance::ALL.into_iter().filter(|(_, circumstance)| holds(*circumstance));
        all.fold(Self::default(), |set, (_, circumstance)| Self(set.0 | Self::bit(circumstance)))
    }

    /// Whether one holds.
    #[must_use]
    pub const fn has(self, circumstance: Circumstance) -> bool {
        self.0 & Self::bit(circumstance) != 0
    }

    const fn bit(circumstance: Circumstance) -> u8 {
        1 << circumstance as u8
    }
}

#[cfg(test)]
mod tests;
