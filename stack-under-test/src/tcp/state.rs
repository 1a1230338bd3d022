//! The states of a connection (RFC9293#3.3.2).
//!
//! [`State`] is only the name. What an event does in each state is in `user_call`, `segment_arrives` and
//! `timeout`.

use core::fmt;
use core::str::FromStr;

/// The state of a connection. `Closed` stands for "there is no TCB".
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum State {
    /// No connection at all.
    Closed,
    /// Waiting for a SYN from any remote socket.
    Listen,
    /// A SYN was sent, none came yet.
    SynSent,
    /// A SYN came and one was sent; the acknowledgment of ours is missing.
    SynReceived,
    /// Open: data flows both ways.
    Established,
    /// We closed first; our FIN is not acknowledged yet.
    FinWait1,
    /// Our FIN is acknowledged; the remote FIN is missing.
    FinWait2,
    /// The remote side closed; our user has not.
    CloseWait,
    /// Both closed at once; the acknowledgment of our FIN is missing.
    Closing,
    /// The remote side closed first, then we; the acknowledgment of our FIN is missing.
    LastAck,
    /// Waiting 2 MSL, so that the remote side got the acknowledgment of its FIN.
    TimeWait,
}

impl State {
    /// All eleven, in the order of RFC9293#3.3.2 with CLOSED first.
    pub const ALL: [Self; 11] = [
        Self::Closed,
        Self::Listen,
        Self::SynSent,
        Self::SynReceived,
        Self::Established,
        Self::FinWait1,
        Self::FinWait2,
        Self::CloseWait,
        Self::Closing,
        Self::LastAck,
        Self::TimeWait,
    ];

    /// The RFC's name: `SYN-RECEIVED`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Closed => "CLOSED",
            Self::Listen => "LISTEN",
            Self::SynSent => "SYN-SENT",
            Self::SynReceived => "SYN-RECEIVED",
            Self::Established => "ESTABLISHED",
            Self::FinWait1 => "FIN-WAIT-1",
            Self::FinWait2 => "FIN-WAIT-2",
            Self::CloseWait => "CLOSE-WAIT",
            Self::Closing => "CLOSING",
            Self::LastAck => "LAST-ACK",
            Self::TimeWait => "TIME-WAIT",
        }
    }

    /// Both sides have seen each other's SYN (group 3 of RFC9293#3.5.2).
    pub const fn is_synchronized(self) -> bool {
        match self {
            Self::Closed | Self::Listen | Self::SynSent | Self::SynReceived => false,
            Self::Established
            | Self::FinWait1
            | Self::FinWait2
            | Self::CloseWait
            | Self::Closing
            | Self::LastAck
            | Self::TimeWait => true,
        }
    }

    /// Text can still arrive: the remote FIN has not been processed (RFC9293#3.10.7.4, seventh).
    pub const fn receives_text(self) -> bool {
        match self {
            Self::Established | Self::FinWait1 | Self::FinWait2 => true,
            Self::Closed
            | Self::Listen
            | Self::SynSent
            | Self::SynReceived
            | Self::CloseWait
            | Self::Closing
            | Self::LastAck
            | Self::TimeWait => false,
        }
    }

    /// The remote FIN has been processed.
    pub const fn remote_has_closed(self) -> bool {
        match self {
            Self::CloseWait | Self::Closing | Self::LastAck | Self::TimeWait => true,
            Self::Closed
            | Self::Listen
            | Self::SynSent
            | Self::SynReceived
            | Self::Established
            | Self::FinWait1
            | Self::FinWait2 => false,
        }
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// The text is not the RFC's name of a state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnknownState;

impl fmt::Display for UnknownState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a connection state of RFC 9293")
    }
}

impl core::error::Error for UnknownState {}

impl FromStr for State {
    type Err = UnknownState;

    fn from_str(text: &str) -> Result<Self, UnknownState> {
        Self::ALL.into_iter().find(|state| state.name() == text).ok_or(UnknownState)
    }
}
