//! What can be tested: the [`Target`] trait.
//!
//! A target is driven by [`crate::run`] only. It knows sockets and packets, nothing of cases: numbers, names and
//! expectations are resolved before they get here. Implementations: `reference` and `smoltcp` (in process,
//! virtual time), `kernel` (this host's Linux, real time), `external` (a driver behind a pipe).

pub mod external;
#[cfg(test)]
pub(crate) mod faulty;
pub mod kernel;
#[cfg(feature = "lwip")]
pub mod lwip;
pub mod reference;
#[cfg(feature = "smoltcp")]
pub mod smoltcp;
pub mod spec;

use std::{
    net::{Ipv4Addr, SocketAddrV4},
    time::Duration,
};

use crate::case::{
    format::{AddressName, Config, Data, Errno, Readiness, SocketSwitch, pattern_byte},
    state::State,
};

/// Time since [`Target::begin`].
pub type Time = Duration;

/// A TCP under test.
///
/// One case at a time: [`begin`](Target::begin), then any of the others in any order, then [`end`](Target::end).
pub trait Target {
    /// As the user named it: `reference:rfc793`, `kernel`.
    fn name(&self) -> &str;

    /// What it is and can do.
    fn capabilities(&self) -> &Capabilities;

    /// Starts a case: nothing of an earlier case is left to see, the switches are set, the clock stands at 0.
    ///
    /// # Errors
    /// [`Refusal::Unsupported`] if a switch cannot be mapped (the case is skipped), [`Refusal::Failed`] if the target broke.
    fn begin(&mut self, config: &Config) -> Result<Endpoints, Refusal>;

    /// The target's clock.
    fn now(&self) -> Time;

    /// A socket call, never blocking. `pair` says which connection; for [`SocketCall::Listen`] only its target side counts.
    ///
    /// # Errors
    /// Only if the harness or its environment broke; what the call itself reports is an [`Outcome`].
    fn call(&mut self, on: Handle, pair: Pair, call: &SocketCall<'_>) -> Result<Outcome, TargetError>;

    /// One IP packet arrives. When this returns, everything that the target answers at once can be captured.
    ///
    /// # Errors
    /// Only if the harness or its environment broke.
    fn inject(&mut self, packet: &[u8]) -> Result<(), TargetError>;

    /// Appends everything emitted since the last capture, oldest first, without waiting.
    ///
    /// # Errors
    /// Only if the harness or its environment broke.
    fn capture(&mut self, into: &mut Vec<Emission>) -> Result<(), TargetError>;

    /// Lets time pass until `until`, or until the target has emitted something to capture, whichever is first.
    ///
    /// # Errors
    /// Only if the harness or its environment broke.
    fn advance(&mut self, until: Time) -> Result<(), TargetError>;

    /// The state of one connection.
    ///
    /// # Errors
    /// Only if the harness or its environment broke.
    fn state(&mut self, on: Handle, pair: Pair) -> Result<ConnState, TargetError>;

    /// The retransmission timeout of one connection as the target sees it now; `None` if there is none to see.
    ///
    /// # Errors
    /// Only if the harness or its environment broke.
    fn rto(&mut self, on: Handle, pair: Pair) -> Result<Option<Duration>, TargetError>;

    /// Appends why things happened since the last call: drops and state changes with their rules. Targets that
    /// cannot tell append nothing.
    fn explain(&mut self, into: &mut Vec<Explanation>) {
        let _ = into;
    }

    /// Ends the case and frees what it used.
    ///
    /// # Errors
    /// Only if the harness or its environment broke.
    fn end(&mut self) -> Result<(), TargetError>;
}

/// What a target is and can do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Capabilities {
    /// The version reports and ledgers speak of: `6.18.44`, the crate's version for the reference.
    pub version: String,
    /// Time is real: waiting costs, and a late event may be the machine's fault.
    pub live: bool,
    /// Asking for the state costs a system call or a message: where nobody looks at it, it is not asked for.
    pub state_is_dear: bool,
    /// How coarse the clock of its timers is (G in RFC6298#2; 0 if no coarser than the harness can see): a timer may
    /// fire so much later than it says, and never earlier.
    pub granularity: Duration,
    /// Maximum Segment Lifetime unless `config.msl` says otherwise.
    pub msl: Duration,
}

/// The addresses of one case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Endpoints {
    /// The target's address and the port it listens on or connects from.
    pub target: SocketAddrV4,
    /// The peer's address and the port of its first connection; further ones count up from there.
    pub peer: SocketAddrV4,
    /// Another host on the peer's network.
    pub other_peer: Ipv4Addr,
    /// The broadcast address of the target's subnet.
    pub subnet_broadcast: Ipv4Addr,
}

impl Endpoints {
    /// The address a name stands for.
    #[must_use]
    pub const fn address(&self, name: AddressName) -> Ipv4Addr {
        match name {
            AddressName::Peer => *self.peer.ip(),
            AddressName::OtherPeer => self.other_peer,
            AddressName::Target => *self.target.ip(),
            AddressName::SubnetBroadcast => self.subnet_broadcast,
            AddressName::LimitedBroadcast => Ipv4Addr::BROADCAST,
            AddressName::Multicast => Ipv4Addr::new(224, 0, 0, 1),
            AddressName::Loopback => Ipv4Addr::LOCALHOST,
            AddressName::Unspecified => Ipv4Addr::UNSPECIFIED,
        }
    }
}

/// A pair of sockets, seen from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Pair {
    /// The target's side.
    pub target: SocketAddrV4,
    /// The peer's side.
    pub peer: SocketAddrV4,
}

/// Which socket of the case a call is made on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Handle {
    /// The listening socket.
    Listener,
    /// The socket of the n-th connection of the case.
    Connection(u8),
}

/// A call with everything resolved: bytes instead of patterns, addresses instead of names.
#[derive(Clone, Debug, PartialEq)]
pub enum SocketCall<'a> {
    /// Listen on the pair's target side.
    Listen {
        /// Limit of the accept queue; `None`: the target's default, large.
        backlog: Option<u32>,
    },
    /// Connect from the pair's target side to this address.
    Connect {
        /// Where to.
        to: SocketAddrV4,
    },
    /// Take a connection from the accept queue; it becomes the socket of the handle.
    Accept,
    /// Send these bytes.
    Send {
        /// The bytes.
        data: &'a [u8],
        /// With the urgent flag (`MSG_OOB`).
        urgent: bool,
    },
    /// Receive at most so many bytes.
    Recv {
        /// Limit in bytes.
        max: usize,
    },
    /// No more data to send.
    Shutdown,
    /// Full close.
    Close,
    /// Reset the connection.
    Abort,
    /// What could be done without blocking.
    Poll,
    /// Change a switch.
    Set(SocketSwitch),
}

/// What a socket call gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Success without a value. A `connect` that is under way counts as success.
    Ok,
    /// A connection was accepted; this is its remote side.
    Accepted(SocketAddrV4),
    /// So many bytes were taken.
    Sent(usize),
    /// These bytes were received (never empty).
    Data(Vec<u8>),
    /// The peer closed and all was read.
    Eof,
    /// Nothing to be had yet.
    WouldBlock,
    /// An error.
    Error(Errno),
    /// What `poll` says.
    Ready(Readiness),
    /// The case has no such socket (never opened, or already closed).
    NoSocket,
}

/// The state of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ConnState {
    /// There is one, in this state (never CLOSED or LISTEN).
    Is(State),
    /// There is none.
    None {
        /// Its port has a listener.
        listening: bool,
    },
}

impl ConnState {
    /// What a target answers for a connection in this state.
    #[must_use]
    pub const fn of(state: State) -> Self {
        match state {
            State::Closed => Self::None { listening: false },
            State::Listen => Self::None { listening: true },
            State::SynSent
            | State::SynReceived
            | State::Established
            | State::FinWait1
            | State::FinWait2
            | State::CloseWait
            | State::Closing
            | State::LastAck
            | State::TimeWait => Self::Is(state),
        }
    }

    /// Whether a case that names `state` is right.
    #[must_use]
    pub fn matches(self, state: State) -> bool {
        match self {
            Self::Is(is) => is == state,
            Self::None { listening } => state == State::Closed || (listening && state == State::Listen),
        }
    }
}

impl std::fmt::Display for ConnState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Is(state) => state.fmt(f),
            Self::None { listening: true } => f.pad("LISTEN"),
            Self::None { listening: false } => f.pad("CLOSED"),
        }
    }
}

/// A packet the target sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Emission {
    /// When: exactly for virtual targets, not before it happened for live ones.
    pub at: Time,
    /// The IP packet.
    pub packet: Vec<u8>,
    /// The rules that produced it, if the target can tell.
    pub rules: Vec<RuleName>,
}

/// A rule of the reference stack, by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RuleName {
    /// `check-rst-challenge-ack`
    pub name: &'static str,
    /// The clause behind it.
    pub clause: &'static str,
    /// One line in plain words.
    pub text: &'static str,
}

/// Why something happened that sent nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Explanation {
    /// A packet was discarded.
    Dropped(RuleName),
    /// A connection changed its state.
    StateChanged {
        /// Before.
        from: State,
        /// After.
        to: State,
        /// Why.
        rule: RuleName,
    },
}

/// Why a case could not begin.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// The target cannot do what the case's `config` asks.
    #[error("{0}")]
    Unsupported(String),
    /// The target broke.
    #[error(transparent)]
    Failed(#[from] TargetError),
}

/// The harness or its environment broke; says nothing about the TCP under test (but for [`Crashed`](Self::Crashed)).
#[derive(Debug, thiserror::Error)]
pub enum TargetError {
    /// A right is missing. The text says what to do. Exit code 3.
    #[error("{0}")]
    Permission(String),
    /// A system call failed.
    #[error("failed to {doing}: {source}")]
    Io {
        /// What was being done, as a verb phrase.
        doing: String,
        /// The system's word.
        source: std::io::Error,
    },
    /// This program was built without the target. Exit code 3.
    #[error(
        "this rfc793 was built without the target `{target}`: build it with `--features {feature}`{}",
        needs(feature)
    )]
    NotBuilt {
        /// As the user named it.
        target: String,
        /// The cargo feature of the crate `harness` that has it.
        feature: &'static str,
    },
    /// The TCP under test itself broke down: a panic, an abort, sending without end. That *is* a finding about it
    /// ([`FindingKind::Crash`](crate::trace::event::FindingKind::Crash)).
    #[error("the target crashed: {0}")]
    Crashed(String),
    /// Anything else that must not happen.
    #[error("{0}")]
    Broken(String),
}

impl TargetError {
    /// The cargo feature that has this target is off.
    #[must_use]
    pub fn not_built(target: &spec::TargetSpec, feature: &'static str) -> Self {
        Self::NotBuilt { target: target.to_string(), feature }
    }
}

/// What building with a cargo feature takes besides it.
fn needs(feature: &str) -> &'static str {
    if feature == "lwip" { " (needs Debian's package liblwip-dev)" } else { "" }
}

/// The bytes a [`Data`] stands for when its first byte has relative sequence number `at`.
#[must_use]
pub fn data_bytes(data: &Data, at: u32) -> Vec<u8> {
    match data {
        Data::Text(text) => text.as_bytes().to_vec(),
        Data::Hex(bytes) => bytes.0.clone(),
        Data::Pattern(len) => pattern(at, *len),
    }
}

/// So many bytes of the pattern from relative sequence number `at` on.
fn pattern(at: u32, len: u32) -> Vec<u8> {
    /// A multiple of the pattern's period.
    static PERIODS: [u8; 251 * 16] = {
        let mut bytes = [0; 251 * 16];
        let mut s = 0;
        while s < bytes.len() {
            bytes[s] = pattern_byte(s as u32);
            s += 1;
        }
        bytes
    };
    let mut bytes = Vec::with_capacity(len as usize);
    while bytes.len() < len as usize {
        let s = at.wrapping_add(bytes.len() as u32);
        let behind = &PERIODS[s as usize % PERIODS.len()..];
        // The period breaks off where the numbers wrap.
        let until_wrap = (u32::MAX - s) as usize + 1;
        let take = behind.len().min(len as usize - bytes.len()).min(until_wrap);
        bytes.extend_from_slice(&behind[..take]);
    }
    bytes
}
