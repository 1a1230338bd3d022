//! What can be tested: the [`Target`] trait.
//!
//! A target is driven by [`crate::run`] only. It knows sockets and packets, nothing of cases: numbers, names and
//! expectations are resolved before they get here. Implementations: `reference` and `smoltcp` (in process,
//! virtual time), `kernel` (this host's Linux, real time), `external` (a driver behind a pipe).

pub mod device;
pub mod external;
#[cfg(test)]
pub(crate) mod faulty;
pub mod kernel;
#[cfg(feature = "lwip")]
pub mod lwip;
pub mod reference;
pub mod rule_name;
#[cfg(feature = "smoltcp")]
pub mod smoltcp;
pub mod spec;

use std::{
    borrow::Cow,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    time::Duration,
};

use serde::{Deserialize, Serialize};

use crate::{
    case::{
        format::{AddressName, Config, Data, Errno, IpVersion, Readiness, SocketSwitch, pattern_byte},
        state::State,
    },
    name::{self, Name},
};

pub use rule_name::{RuleName, RuleNames};

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

    /// One IP packet arrives; with `link: ethernet` one frame. When this returns, everything that the target answers at once can be captured.
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

    /// Whether cases that begin from now on are to be explained ([`explain`](Self::explain)) even where that costs
    /// something. Targets whose explanations are free always give them.
    fn set_tracing(&mut self, on: bool) {
        let _ = on;
    }

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
    /// Its timers are kept in a wheel, as Linux does: besides, they may fire an eighth of their time late.
    pub wheel: bool,
    /// Maximum Segment Lifetime unless `config.msl` says otherwise.
    pub msl: Duration,
    /// It is a whole host, with ICMP, UDP and IP around TCP. Where it is not, cases about these are skipped.
    pub host: bool,
}

/// The addresses of one case, all of one version of IP.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Endpoints {
    /// The target's address and the port it listens on or connects from.
    pub target: SocketAddr,
    /// The peer's address and the port of its first connection; further ones count up from there.
    pub peer: SocketAddr,
    /// Another host on the peer's network.
    pub other_peer: IpAddr,
    /// The broadcast address of the target's subnet. IPv6 has none.
    pub subnet_broadcast: Option<Ipv4Addr>,
}

/// All nodes of the link (RFC4291#2.7.1).
const ALL_NODES: Ipv6Addr = Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 1);

impl Endpoints {
    /// The prefix of the subnet of [`Self::documentation`], bits.
    #[must_use]
    pub const fn documentation_prefix(version: IpVersion) -> u8 {
        match version {
            IpVersion::V4 => 24,
            IpVersion::V6 => 64,
        }
    }

    /// What a target has that is on no real network: 192.0.2.0/24 (RFC 5737), or 2001:db8::/64 (RFC 3849).
    #[must_use]
    pub const fn documentation(version: IpVersion) -> Self {
        const fn host(version: IpVersion, last: u8) -> IpAddr {
            match version {
                IpVersion::V4 => IpAddr::V4(Ipv4Addr::new(192, 0, 2, last)),
                IpVersion::V6 => IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, last as u16)),
            }
        }
        Self {
            target: SocketAddr::new(host(version, 1), 8079),
            peer: SocketAddr::new(host(version, 2), 40_000),
            other_peer: host(version, 3),
            subnet_broadcast: match version {
                IpVersion::V4 => Some(Ipv4Addr::new(192, 0, 2, 255)),
                IpVersion::V6 => None,
            },
        }
    }

    /// Which version of IP the case speaks.
    #[must_use]
    pub const fn version(&self) -> IpVersion {
        match self.target {
            SocketAddr::V4(_) => IpVersion::V4,
            SocketAddr::V6(_) => IpVersion::V6,
        }
    }

    /// The address a name stands for. A case over IPv6 that names a broadcast address is refused when it is loaded;
    /// one that was made otherwise gets what comes nearest, all nodes.
    #[must_use]
    pub const fn address(&self, name: AddressName) -> IpAddr {
        const fn either(version: IpVersion, v4: Ipv4Addr, v6: Ipv6Addr) -> IpAddr {
            match version {
                IpVersion::V4 => IpAddr::V4(v4),
                IpVersion::V6 => IpAddr::V6(v6),
            }
        }
        let version = self.version();
        match name {
            AddressName::Peer => self.peer.ip(),
            AddressName::OtherPeer => self.other_peer,
            AddressName::Target => self.target.ip(),
            AddressName::SubnetBroadcast => match self.subnet_broadcast {
                Some(address) => IpAddr::V4(address),
                None => either(version, Ipv4Addr::BROADCAST, ALL_NODES),
            },
            AddressName::LimitedBroadcast => either(version, Ipv4Addr::BROADCAST, ALL_NODES),
            AddressName::Multicast => either(version, Ipv4Addr::new(224, 0, 0, 1), ALL_NODES),
            AddressName::Loopback => either(version, Ipv4Addr::LOCALHOST, Ipv6Addr::LOCALHOST),
            AddressName::Unspecified => either(version, Ipv4Addr::UNSPECIFIED, Ipv6Addr::UNSPECIFIED),
            AddressName::Gateway => match self.target.ip() {
                // Where targets have their way out: the host 254 of the network of 256 that the target is in.
                IpAddr::V4(address) => {
                    let [a, b, c, _] = address.octets();
                    IpAddr::V4(Ipv4Addr::new(a, b, c, 254))
                }
                IpAddr::V6(_) => IpAddr::V6(Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 0xfe)),
            },
            // TEST-NET-2 (RFC 5737), or another part of 2001:db8::/32 (RFC 3849): in no target's subnet.
            AddressName::OffLink => {
                either(version, Ipv4Addr::new(198, 51, 100, 7), Ipv6Addr::new(0x2001, 0xdb8, 0xffff, 0, 0, 0, 0, 7))
            }
        }
    }
}

/// A pair of sockets, seen from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Pair {
    /// The target's side.
    pub target: SocketAddr,
    /// The peer's side.
    pub peer: SocketAddr,
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
        to: SocketAddr,
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
    /// A call on the UDP socket of the pair's target side; no case makes one where [`Capabilities::host`] is `false`.
    Udp(UdpSocketCall<'a>),
}

/// A call on a UDP socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UdpSocketCall<'a> {
    /// Bind the port.
    Bind,
    /// Send a datagram.
    Send {
        /// What it carries.
        data: &'a [u8],
        /// Where to.
        to: SocketAddr,
    },
    /// Take the next datagram, or a pending error.
    Recv,
    /// Give the socket up.
    Close,
}

/// What a socket call gave.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Outcome {
    /// Success without a value. A `connect` that is under way counts as success.
    Ok,
    /// A connection was accepted; this is its remote side.
    Accepted(SocketAddr),
    /// So many bytes were taken.
    Sent(usize),
    /// These bytes were received; none of them only from UDP.
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
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
    /// The IP packet; with `link: ethernet` the frame.
    pub packet: Vec<u8>,
    /// The rules that produced it, if the target can tell.
    pub rules: RuleNames,
}

/// Why something happened that sent nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
    /// The target's own tracing told something.
    Traced(Traced),
}

/// What a kernel's tracepoints told. It explains, and nothing is ever judged or compared by it: which reasons there are
/// and how a kernel passes through its states is its own affair.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Traced {
    /// A packet was discarded.
    Dropped {
        /// The kernel's name for the reason: `TCP_OLD_SEQUENCE`.
        #[serde(deserialize_with = "name::read")]
        reason: Name,
        /// The function that did it, if the kernel lets functions be named.
        #[serde(deserialize_with = "name::read_optional")]
        place: Option<Name>,
    },
    /// A connection changed its state.
    Transition {
        /// The number of the connection in its case.
        on: u8,
        /// Before.
        from: State,
        /// After.
        to: State,
    },
}

impl std::fmt::Display for Traced {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Dropped { reason, place: Some(place) } => write!(f, "kernel dropped it: {reason} ({place})"),
            Self::Dropped { reason, place: None } => write!(f, "kernel dropped it: {reason}"),
            Self::Transition { on: 0, from, to } => write!(f, "kernel: {from} → {to}"),
            Self::Transition { on, from, to } => write!(f, "kernel: {from} → {to} on connection {}", on + 1),
        }
    }
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

/// Octets of a segment: most are a piece of the pattern, which is there once for all.
pub type Text = Cow<'static, [u8]>;

/// The bytes a [`Data`] stands for when its first byte has relative sequence number `at`.
#[must_use]
pub fn data_bytes(data: &Data, at: u32) -> Text {
    match data {
        Data::Text(text) => Cow::Owned(text.as_bytes().to_vec()),
        Data::Hex(bytes) => Cow::Owned(bytes.0.clone()),
        Data::Pattern(len) => pattern(at, *len),
    }
}

/// So many bytes of the pattern from relative sequence number `at` on.
fn pattern(at: u32, len: u32) -> Text {
    /// How often it comes round.
    const PERIOD: usize = 251;
    /// From any place in the period on there is more than a packet holds.
    static PATTERN: [u8; PERIOD + u16::MAX as usize] = {
        let mut bytes = [0; PERIOD + u16::MAX as usize];
        let mut s = 0;
        while s < bytes.len() {
            bytes[s] = pattern_byte(s as u32);
            s += 1;
        }
        bytes
    };
    let piece = |s: u32, len: usize| {
        // The period breaks off where the numbers wrap.
        let until_wrap = (u32::MAX - s) as usize + 1;
        let behind = &PATTERN[s as usize % PERIOD..];
        &behind[..len.min(until_wrap).min(behind.len())]
    };
    let len = len as usize;
    let first = piece(at, len);
    if first.len() == len {
        return Cow::Borrowed(first);
    }
    let mut bytes = Vec::with_capacity(len);
    while bytes.len() < len {
        bytes.extend_from_slice(piece(at.wrapping_add(bytes.len() as u32), len - bytes.len()));
    }
    Cow::Owned(bytes)
}

#[cfg(test)]
mod tests;
