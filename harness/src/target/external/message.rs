//! The lines themselves: requests of the harness, replies of a driver. `docs/external-protocol.md` is the same in words.
//!
//! One JSON object per line, each request answered by just one reply. Packets and data are hex, times nanoseconds since
//! `begin`, addresses `192.0.2.1:80`.

use std::{fmt::Write as _, net::SocketAddr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use serde_json::{Map, Value};

use crate::{
    case::{
        format::{Errno, Readiness, SocketSwitch},
        time::Span,
    },
    target::{Handle, Outcome, SocketCall},
};

/// The version of the protocol spoken here.
pub(super) const PROTOCOL: u32 = 1;

/// What the harness asks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "op", rename_all = "kebab-case")]
pub(super) enum Request {
    /// The first line.
    Hello { protocol: u32 },
    /// Give the packet back: proves the framing before any stack is blamed.
    Echo { packet: Hex },
    /// Start afresh: a new stack at this address, the clock at 0.
    Begin { target: SocketAddr, peer: SocketAddr, prefix: u8, seed: u64, config: Map<String, Value> },
    /// A socket call.
    Call {
        on: On,
        target: SocketAddr,
        peer: SocketAddr,
        #[serde(flatten)]
        call: WireCall,
    },
    /// An IP packet arrives.
    Inject { packet: Hex },
    /// Let time pass until then, or until something was emitted.
    Advance { until: u64 },
    /// The state of a connection.
    State { on: On, target: SocketAddr, peer: SocketAddr },
    /// The case is over.
    End,
}

/// What a driver answers; which fields belong to which request stands in the protocol's page.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Reply {
    /// The driver itself failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) error: Option<String>,
    /// `begin`: the stack has no such switch; the case is skipped.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) unsupported: Option<String>,
    /// `hello`: what the stack is called.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) name: Option<String>,
    /// `hello`: its version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) version: Option<String>,
    /// `hello`: its Maximum Segment Lifetime, in nanoseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) msl: Option<u64>,
    /// `hello`: how coarse the clock of its timers is, in nanoseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) granularity: Option<u64>,
    /// `hello`: its time is real.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) live: Option<bool>,
    /// `echo`: the packet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) packet: Option<Hex>,
    /// Any: the driver's clock.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) now: Option<u64>,
    /// Any: what the stack emitted since the last reply, oldest first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) emitted: Vec<Emitted>,
    /// `call`: what it gave.
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub(super) outcome: Option<WireOutcome>,
    /// `state`: one of the eleven.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) state: Option<String>,
    /// `state`: the retransmission timeout, if it can be seen, in nanoseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) rto: Option<u64>,
}

/// An emitted packet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Emitted {
    /// The IP packet.
    pub(super) packet: Hex,
    /// When; absent: now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) at: Option<u64>,
}

/// Bytes as hex digits.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Hex(pub(super) Vec<u8>);

impl Serialize for Hex {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let digits = self.0.iter().fold(String::with_capacity(self.0.len() * 2), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        });
        serializer.serialize_str(&digits)
    }
}

impl<'de> Deserialize<'de> for Hex {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let digits = String::deserialize(deserializer)?;
        let pairs = digits.as_bytes().chunks(2);
        let bytes = pairs.map(|pair| match pair {
            [high, low] => Some(nibble(*high)? << 4 | nibble(*low)?),
            _ => None,
        });
        bytes.collect::<Option<_>>().map(Self).ok_or_else(|| D::Error::custom("not an even number of hex digits"))
    }
}

fn nibble(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

/// Which socket: `"listener"`, or the number of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub(super) enum On {
    Connection(u8),
    Named(Named),
}

/// The one socket with a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Named {
    Listener,
}

impl From<Handle> for On {
    fn from(handle: Handle) -> Self {
        match handle {
            Handle::Listener => Self::Named(Named::Listener),
            Handle::Connection(number) => Self::Connection(number),
        }
    }
}

impl From<On> for Handle {
    fn from(on: On) -> Self {
        match on {
            On::Named(Named::Listener) => Self::Listener,
            On::Connection(number) => Self::Connection(number),
        }
    }
}

/// A socket call with its arguments.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "call", rename_all = "kebab-case")]
pub(super) enum WireCall {
    Listen {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        backlog: Option<u32>,
    },
    Connect {
        to: SocketAddr,
    },
    Accept,
    Send {
        data: Hex,
        urgent: bool,
    },
    Recv {
        max: usize,
    },
    Shutdown,
    Close,
    Abort,
    Poll,
    Set {
        #[serde(flatten)]
        switch: WireSwitch,
    },
}

/// A switch of a live connection; the user timeout in nanoseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "option", content = "value", rename_all = "kebab-case")]
pub(super) enum WireSwitch {
    Nagle(bool),
    Keepalive(bool),
    Tos(u8),
    UserTimeout(i64),
}

impl WireCall {
    /// As it goes over the wire; `None` if a span in it has no fixed length.
    pub(super) fn new(call: &SocketCall<'_>) -> Option<Self> {
        Some(match *call {
            SocketCall::Listen { backlog } => Self::Listen { backlog },
            SocketCall::Connect { to } => Self::Connect { to },
            SocketCall::Accept => Self::Accept,
            SocketCall::Send { data, urgent } => Self::Send { data: Hex(data.to_vec()), urgent },
            SocketCall::Recv { max } => Self::Recv { max },
            SocketCall::Shutdown => Self::Shutdown,
            SocketCall::Close => Self::Close,
            SocketCall::Abort => Self::Abort,
            SocketCall::Poll => Self::Poll,
            // Cases with UDP are skipped: a driver is asked for TCP alone.
            SocketCall::Udp(_) => return None,
            SocketCall::Set(switch) => Self::Set {
                switch: match switch {
                    SocketSwitch::Nagle(on) => WireSwitch::Nagle(on),
                    SocketSwitch::Keepalive(on) => WireSwitch::Keepalive(on),
                    SocketSwitch::Tos(tos) => WireSwitch::Tos(tos),
                    SocketSwitch::UserTimeout(Span { two_msl: 0, rto: 0, nanos }) => WireSwitch::UserTimeout(nanos),
                    SocketSwitch::UserTimeout(_) => return None,
                },
            },
        })
    }

    /// As a target takes it.
    pub(super) fn as_call(&self) -> SocketCall<'_> {
        match self {
            Self::Listen { backlog } => SocketCall::Listen { backlog: *backlog },
            Self::Connect { to } => SocketCall::Connect { to: *to },
            Self::Accept => SocketCall::Accept,
            Self::Send { data, urgent } => SocketCall::Send { data: &data.0, urgent: *urgent },
            Self::Recv { max } => SocketCall::Recv { max: *max },
            Self::Shutdown => SocketCall::Shutdown,
            Self::Close => SocketCall::Close,
            Self::Abort => SocketCall::Abort,
            Self::Poll => SocketCall::Poll,
            Self::Set { switch } => SocketCall::Set(match *switch {
                WireSwitch::Nagle(on) => SocketSwitch::Nagle(on),
                WireSwitch::Keepalive(on) => SocketSwitch::Keepalive(on),
                WireSwitch::Tos(tos) => SocketSwitch::Tos(tos),
                WireSwitch::UserTimeout(nanos) => {
                    SocketSwitch::UserTimeout(Span { nanos: nanos.max(0), ..Span::default() })
                }
            }),
        }
    }
}

/// What a call gave.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "kebab-case")]
pub(super) enum WireOutcome {
    Ok,
    Accepted { remote: SocketAddr },
    Sent { count: usize },
    Data { data: Hex },
    Eof,
    WouldBlock,
    Error { errno: Errno },
    Ready { ready: Readiness },
    NoSocket,
}

impl From<Outcome> for WireOutcome {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Ok => Self::Ok,
            Outcome::Accepted(remote) => Self::Accepted { remote },
            Outcome::Sent(count) => Self::Sent { count },
            Outcome::Data(bytes) => Self::Data { data: Hex(bytes) },
            Outcome::Eof => Self::Eof,
            Outcome::WouldBlock => Self::WouldBlock,
            Outcome::Error(errno) => Self::Error { errno },
            Outcome::Ready(ready) => Self::Ready { ready },
            Outcome::NoSocket => Self::NoSocket,
        }
    }
}

impl From<WireOutcome> for Outcome {
    fn from(outcome: WireOutcome) -> Self {
        match outcome {
            WireOutcome::Ok => Self::Ok,
            WireOutcome::Accepted { remote } => Self::Accepted(remote),
            WireOutcome::Sent { count } => Self::Sent(count),
            // No bytes is the end of the stream, whatever the driver calls it.
            WireOutcome::Data { data } if data.0.is_empty() => Self::Eof,
            WireOutcome::Data { data } => Self::Data(data.0),
            WireOutcome::Eof => Self::Eof,
            WireOutcome::WouldBlock => Self::WouldBlock,
            WireOutcome::Error { errno } => Self::Error(errno),
            WireOutcome::Ready { ready } => Self::Ready(ready),
            WireOutcome::NoSocket => Self::NoSocket,
        }
    }
}
