//! The user interface: what an application may ask (RFC9293#3.9.1) and what it is told.
//!
//! The calls are the RFC's under the names of BSD sockets, and they never block: what an RFC 793
//! user would wait for answers [`CallError::WouldBlock`]. They arrive through
//! [`crate::Stack::user_call`] and are carried out in `tcp::user_call`.
//!
//! | RFC 9293 | here |
//! | --- | --- |
//! | passive OPEN | [`UserCall::Listen`], then [`UserCall::Accept`] |
//! | active OPEN | [`UserCall::Connect`] |
//! | SEND, RECEIVE | [`UserCall::Send`], [`UserCall::Receive`] |
//! | CLOSE | [`UserCall::Shutdown`]: receiving goes on |
//! | CLOSE of a half-duplex host (MAY-1) | [`UserCall::Close`] |
//! | ABORT, STATUS | [`UserCall::Abort`], [`UserCall::Status`] |
//!
//! Left out: source routes (MUST-51), FLUSH (MAY-14) and the PUSH flag: without it the last segment
//! of the queue carries PSH (MUST-61).

use core::fmt;
use core::net::SocketAddr;
use core::time::Duration;

use crate::tcp::state::State;

/// The local connection name: a listener or a connection of one user. Never used twice by one stack.
#[derive(Copy, Clone, Eq, PartialEq, Hash, Debug, Ord, PartialOrd)]
pub struct SocketId(pub(crate) u32);

impl fmt::Display for SocketId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{}", self.0)
    }
}

/// One call of an application.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UserCall<'a> {
    /// Passive OPEN (RFC9293#3.10.1). Answers [`Reply::Socket`], a listener.
    Listen {
        /// Local port, not 0.
        port: u16,
        /// How many connections may wait to be accepted.
        backlog: usize,
        /// What the connections accepted here start with.
        options: SocketOptions,
    },
    /// Active OPEN (RFC9293#3.10.1). Answers [`Reply::Socket`] at once; the handshake's outcome
    /// shows in the next calls.
    Connect {
        /// Local port; 0 lets the stack choose one (RFC6056).
        local_port: u16,
        /// Whom to call.
        remote: SocketAddr,
        /// What the connection starts with.
        options: SocketOptions,
    },
    /// Takes the oldest established connection of a listener. Answers [`Reply::Accepted`].
    Accept {
        /// The listener.
        listener: SocketId,
    },
    /// SEND (RFC9293#3.10.2). Answers [`Reply::Sent`], which may be less than was offered.
    Send {
        /// The connection.
        socket: SocketId,
        /// The octets.
        data: &'a [u8],
        /// The urgent pointer is set behind the last octet that was taken.
        urgent: bool,
    },
    /// RECEIVE (RFC9293#3.10.3). Answers [`Reply::Received`]; what precedes the urgent mark is
    /// returned alone, so the mark is between two calls.
    Receive {
        /// The connection.
        socket: SocketId,
        /// At most so many octets, not 0.
        max: usize,
    },
    /// CLOSE (RFC9293#3.10.4): there is no more data to send. Receiving goes on.
    Shutdown {
        /// The connection.
        socket: SocketId,
    },
    /// Closes both directions and gives up the socket. Data unread, or arriving later, is lost and
    /// the peer is told by a RST (SHLD-3). A listener stops, and connections not yet accepted are
    /// reset.
    Close {
        /// The socket; it is gone afterwards.
        socket: SocketId,
    },
    /// ABORT (RFC9293#3.10.5): a RST, and the socket is gone.
    Abort {
        /// The socket; it is gone afterwards.
        socket: SocketId,
    },
    /// STATUS (RFC9293#3.10.6). Answers [`Reply::Status`].
    Status {
        /// The socket.
        socket: SocketId,
    },
    /// Changes one option of a connection, or of those a listener will accept.
    SetOption {
        /// The socket.
        socket: SocketId,
        /// The new value.
        option: SocketOption,
    },
    /// What would not block now. Answers [`Reply::Readiness`].
    Poll {
        /// The socket.
        socket: SocketId,
    },
}

/// What a call that succeeded brings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// A new listener or connection.
    Socket(SocketId),
    /// A connection a listener received.
    Accepted {
        /// Its name.
        socket: SocketId,
        /// Who called.
        remote: SocketAddr,
    },
    /// So many octets are queued.
    Sent(usize),
    /// The next octets of the stream; none if the remote side has closed.
    Received(Vec<u8>),
    /// It is done.
    Done,
    /// The state of things.
    Status(Status),
    /// What would not block.
    Readiness(Readiness),
}

/// Why a call failed. Reads after "failed to …:". The RFC's "error: …" each one stands for is named.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CallError {
    /// Nothing to do yet; an RFC 793 host would queue the call.
    WouldBlock,
    /// No socket has this name ("connection does not exist").
    NoSuchSocket,
    /// The call makes no sense on this socket, or an argument is illegal: port 0, an address that
    /// is no host's (MUST-46), no octets ("connection illegal for this process").
    Invalid,
    /// Another listener has the port (MUST-41), or there is no free local port.
    AddressInUse,
    /// The two sockets already have a connection ("connection already exists").
    AlreadyConnected,
    /// The socket is a listener, so there is no remote side ("remote socket unspecified").
    NotConnected,
    /// The user has closed the sending side, or the connection is over ("connection closing").
    Closing,
    /// The connection was reset ("connection reset").
    Reset,
    /// The handshake was answered by a RST ("connection refused").
    Refused,
    /// R2, the user timeout or the keep-alives gave up ("connection aborted due to user timeout").
    TimedOut,
    /// There is no way to the remote address from here.
    HostUnreachable,
    /// A table or buffer is full ("insufficient resources").
    InsufficientResources,
}

impl fmt::Display for CallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::WouldBlock => "the call would block",
            Self::NoSuchSocket => "no such socket",
            Self::Invalid => "invalid call or argument",
            Self::AddressInUse => "address in use",
            Self::AlreadyConnected => "connection already exists",
            Self::NotConnected => "not connected",
            Self::Closing => "connection closing",
            Self::Reset => "connection reset",
            Self::Refused => "connection refused",
            Self::TimedOut => "connection timed out",
            Self::HostUnreachable => "host unreachable",
            Self::InsufficientResources => "insufficient resources",
        })
    }
}

impl core::error::Error for CallError {}

/// What a connection starts with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SocketOptions {
    /// Switches the Nagle algorithm off (MUST-17).
    pub nodelay: bool,
    /// Lets ACKs wait (SHLD-18), if the profile does.
    pub delayed_ack: bool,
    /// Receive buffer, octets; at most 65535 are offered without window scaling.
    pub recv_buffer: usize,
    /// Send buffer, octets.
    pub send_buffer: usize,
    /// Announce at most this MSS, and send no larger segments either.
    pub mss: Option<u16>,
    /// Gives up when data stays unacknowledged for so long; also takes the place of R2 (MUST-21).
    pub user_timeout: Option<Duration>,
    /// IP time to live (MUST-49).
    pub ttl: u8,
    /// IP type of service, the Differentiated Services field (MUST-48).
    pub tos: u8,
    /// Keep-alives; off unless asked for (MUST-25).
    pub keepalive: Option<Keepalive>,
    /// [`UserCall::Close`] aborts, as SO_LINGER with zero does.
    pub linger0: bool,
}

impl Default for SocketOptions {
    fn default() -> Self {
        Self {
            nodelay: false,
            delayed_ack: true,
            recv_buffer: 65_535,
            send_buffer: 65_536,
            mss: None,
            user_timeout: None,
            ttl: 64,
            tos: 0,
            keepalive: None,
            linger0: false,
        }
    }
}

/// An option to change on a socket that exists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SocketOption {
    /// See [`SocketOptions::nodelay`].
    NoDelay(bool),
    /// See [`SocketOptions::delayed_ack`].
    DelayedAck(bool),
    /// See [`SocketOptions::user_timeout`].
    UserTimeout(Option<Duration>),
    /// See [`SocketOptions::ttl`].
    Ttl(u8),
    /// See [`SocketOptions::tos`] (SHLD-21).
    Tos(u8),
    /// See [`SocketOptions::keepalive`] (MUST-24).
    KeepAlive(Option<Keepalive>),
    /// See [`SocketOptions::linger0`].
    Linger0(bool),
}

/// When an idle connection is probed (MUST-27).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Keepalive {
    /// Idle time before the first probe; two hours by default (MUST-28).
    pub idle: Duration,
    /// Time between probes.
    pub interval: Duration,
    /// Unanswered probes after which the connection is given up (MUST-29).
    pub count: u32,
}

impl Default for Keepalive {
    fn default() -> Self {
        Self { idle: Duration::from_secs(7200), interval: Duration::from_secs(75), count: 9 }
    }
}

/// What would not block.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Readiness {
    /// Receive or Accept has an answer, be it the end of the stream or an error.
    pub readable: bool,
    /// Send takes at least one octet.
    pub writable: bool,
    /// Urgent data remains to be read (MUST-33).
    pub urgent: bool,
    /// Both sides have closed, or the connection is over.
    pub hangup: bool,
    /// An error waits to be reported.
    pub error: bool,
}

/// The answer to STATUS (RFC9293#3.9.1.5). Sequence numbers are raw, counts are octets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Status {
    /// The connection's state; `Closed` if only the socket is left.
    pub state: State,
    /// Local socket; a listener names port only, it listens on all our addresses.
    pub local: SocketAddr,
    /// Remote socket; unspecified for a listener.
    pub remote: SocketAddr,
    /// Send window, SND.WND.
    pub snd_wnd: u32,
    /// Receive window as offered, RCV.WND.
    pub rcv_wnd: u32,
    /// SND.UNA.
    pub snd_una: u32,
    /// SND.NXT.
    pub snd_nxt: u32,
    /// RCV.NXT.
    pub rcv_nxt: u32,
    /// Octets sent or queued that await acknowledgment.
    pub unacked: usize,
    /// Octets received that the user has not read; for a listener, connections to accept.
    pub unread: usize,
    /// Urgent data remains to be read.
    pub urgent: bool,
    /// Octets up to the urgent mark (MUST-33).
    pub urgent_left: usize,
    /// Effective send MSS (MUST-16), octets.
    pub send_mss: u16,
    /// Retransmission timeout, back-off included.
    pub rto: Duration,
    /// Congestion window, octets.
    pub cwnd: u32,
    /// The Differentiated Services field in use.
    pub tos: u8,
    /// The user timeout in force.
    pub user_timeout: Option<Duration>,
}
