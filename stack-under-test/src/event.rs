//! What the stack tells its owner besides packets: state changes, drops, and the asynchronous
//! reports of RFC9293#3.9.1.8.
//!
//! Collected with [`crate::Stack::poll_event`] in the order they happened.

use core::net::SocketAddr;

use crate::call::SocketId;
use crate::rule::Rule;
use crate::tcp::state::State;

/// Something happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// A connection changed its state. `Closed` stands for "no TCB"; a passive open goes from
    /// `Listen` to `SynReceived`. A listener that opens or closes names the remote `0.0.0.0:0`.
    StateChanged {
        /// Local port.
        local_port: u16,
        /// Remote socket.
        remote: SocketAddr,
        /// The state it left.
        from: State,
        /// The state it entered.
        to: State,
        /// Why.
        rule: Rule,
    },
    /// A packet or segment was discarded; if it was answered, the answer names the rule as well.
    Dropped {
        /// Why.
        rule: Rule,
    },
    /// A report to the user of a socket (MUST-47).
    Notify {
        /// Whose.
        socket: SocketId,
        /// What.
        notice: Notice,
    },
}

/// An asynchronous report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Notice {
    /// The urgent pointer came or moved on (MUST-32).
    Urgent,
    /// The connection was reset (MUST-12).
    Reset,
    /// The connection was refused.
    Refused,
    /// Retransmission, the user timeout or the keep-alives gave up.
    TimedOut,
    /// The remote side has closed: "connection closing" (MUST-12).
    Closing,
    /// An ICMP error says that the path does not lead there now (SHLD-25).
    SoftError,
    /// R1 retransmissions of one segment: there may be a delivery problem (SHLD-9).
    R1Reached,
}
