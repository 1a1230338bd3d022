//! The application's side: socket calls, and what they give.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{AddressName, ConnName, Data, UdpCall};
use crate::case::{position::Bounds, time::Span};

/// A socket call and what it should give.
#[derive(Clone, Debug, PartialEq)]
pub struct CallStep {
    /// The connection it is made on (default: the first one); `listener` is the listening socket.
    pub on: ConnName,
    /// The call.
    pub call: Call,
    /// What it gives. Absent: any success (for `recv` and `accept`: would-block counts as failure).
    pub returns: Option<Returns>,
}

/// The application's calls. First: the user call of RFC9293#3.9.1 it stands for.
#[derive(Clone, Debug, PartialEq)]
pub enum Call {
    /// passive OPEN: on the target's port. `backlog` overrides `config.backlog`.
    Listen {
        /// Accept queue limit.
        backlog: Option<u32>,
    },
    /// active OPEN: to the peer.
    Connect {
        /// Where to (default: the peer).
        to: Option<AddressName>,
    },
    /// Takes this connection from the accept queue.
    Accept,
    /// SEND.
    Send {
        /// What.
        data: Data,
        /// With the urgent flag.
        urgent: bool,
    },
    /// RECEIVE: at most `max` bytes (absent: all there is).
    Recv {
        /// Limit in bytes.
        max: Option<u32>,
    },
    /// CLOSE: no more data to send; receiving goes on.
    Shutdown,
    /// Full close: no more sending nor receiving (RFC1122#4.2.2.13 half-duplex close).
    Close,
    /// ABORT.
    Abort,
    /// What could be done without blocking, and what is pending.
    Poll,
    /// Changes a switch of a live connection.
    Set(SocketSwitch),
    /// A call on the UDP socket.
    Udp(UdpCall),
}

/// A switch of one live connection.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum SocketSwitch {
    /// Nagle's algorithm on or off (MUST-17).
    Nagle(bool),
    /// Keep-alive on or off (MUST-24).
    Keepalive(bool),
    /// DS field (SHLD-21).
    Tos(u8),
    /// User timeout (MUST-21).
    UserTimeout(Span),
}

/// What a call should give.
#[derive(Clone, Debug, PartialEq)]
pub enum Returns {
    /// Success without a value.
    Ok,
    /// Nothing to be had yet.
    WouldBlock,
    /// The peer closed and all was read.
    Eof,
    /// These bytes.
    Data(Data),
    /// So many bytes were taken.
    Sent(Bounds),
    /// This errno.
    Error(Errno),
    /// `poll` shows at least these and none of the others named `false`.
    Ready(Readiness),
    /// Any of these.
    Either(Vec<Returns>),
}

/// The errors a socket call reports, by their POSIX names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[allow(missing_docs, clippy::upper_case_acronyms)]
pub enum Errno {
    ECONNRESET,
    ECONNREFUSED,
    ECONNABORTED,
    ETIMEDOUT,
    EPIPE,
    ENOTCONN,
    EISCONN,
    EALREADY,
    EADDRINUSE,
    EADDRNOTAVAIL,
    EHOSTUNREACH,
    ENETUNREACH,
    EACCES,
    EINVAL,
    EBADF,
    ENOBUFS,
    ENOPROTOOPT,
    EOPNOTSUPP,
    EPROTO,
}

impl Errno {
    /// All of them.
    pub const ALL: [Self; 19] = [
        Self::ECONNRESET,
        Self::ECONNREFUSED,
        Self::ECONNABORTED,
        Self::ETIMEDOUT,
        Self::EPIPE,
        Self::ENOTCONN,
        Self::EISCONN,
        Self::EALREADY,
        Self::EADDRINUSE,
        Self::EADDRNOTAVAIL,
        Self::EHOSTUNREACH,
        Self::ENETUNREACH,
        Self::EACCES,
        Self::EINVAL,
        Self::EBADF,
        Self::ENOBUFS,
        Self::ENOPROTOOPT,
        Self::EOPNOTSUPP,
        Self::EPROTO,
    ];

    /// The POSIX name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::ECONNRESET => "ECONNRESET",
            Self::ECONNREFUSED => "ECONNREFUSED",
            Self::ECONNABORTED => "ECONNABORTED",
            Self::ETIMEDOUT => "ETIMEDOUT",
            Self::EPIPE => "EPIPE",
            Self::ENOTCONN => "ENOTCONN",
            Self::EISCONN => "EISCONN",
            Self::EALREADY => "EALREADY",
            Self::EADDRINUSE => "EADDRINUSE",
            Self::EADDRNOTAVAIL => "EADDRNOTAVAIL",
            Self::EHOSTUNREACH => "EHOSTUNREACH",
            Self::ENETUNREACH => "ENETUNREACH",
            Self::EACCES => "EACCES",
            Self::EINVAL => "EINVAL",
            Self::EBADF => "EBADF",
            Self::ENOBUFS => "ENOBUFS",
            Self::ENOPROTOOPT => "ENOPROTOOPT",
            Self::EOPNOTSUPP => "EOPNOTSUPP",
            Self::EPROTO => "EPROTO",
        }
    }
}

impl fmt::Display for Errno {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// What `poll` says. In an expectation `None` is not compared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Readiness {
    /// `recv` would give data, EOF or an error.
    pub readable: Option<bool>,
    /// `send` would take at least one byte.
    pub writable: Option<bool>,
    /// Urgent data is pending (MUST-32).
    pub urgent: Option<bool>,
    /// Both directions are closed.
    pub hangup: Option<bool>,
    /// An error is pending.
    pub error: Option<bool>,
}
