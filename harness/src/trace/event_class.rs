//! What a step was, relative to the connection it met: the event class, kept beside each injected packet.
//!
//! Worked out by [`crate::judge::event_class`] from what the wire showed at that moment, read by the campaign (keys of
//! discoveries, feedback) and the reports. Small and `Copy`: it is made for every packet. [`Display`](fmt::Display)
//! puts it in plain words. Left out: bits and options that no rule of RFC 9293 looks at (PSH, ECN, reserved bits).

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::case::flags::Flags;

/// What was done to the target.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum EventClass {
    /// Nothing yet: the case begins.
    Start,
    /// A whole TCP segment.
    Segment(SegmentClass),
    /// A fragment of an IP datagram, or one that says more follow; of the one that makes a segment whole, what that is.
    Fragment(Option<SegmentClass>),
    /// An ICMP message.
    Icmp {
        /// Its type.
        kind: u8,
        /// Its code.
        code: u8,
    },
    /// Anything else: no IP, another protocol, less than a TCP header.
    NotTcp,
    /// The application called.
    Call(CallClass),
    /// Time passed.
    Wait,
}

/// A TCP segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct SegmentClass {
    /// SYN, ACK, FIN, RST and URG; others are not kept.
    pub flags: ControlBits,
    /// Where SEG.SEQ lies.
    pub seq: SeqPosition,
    /// Where SEG.ACK lies.
    pub ack: AckPosition,
    /// Whether it carries text.
    pub text: bool,
    /// What is wrong with it.
    pub broken: Option<Broken>,
}

/// The control bits that rules of RFC 9293 §3.10.7 look at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ControlBits(u16);

impl ControlBits {
    const MASK: u16 = Flags::SYN.0 | Flags::ACK.0 | Flags::FIN.0 | Flags::RST.0 | Flags::URG.0;

    /// Those of `flags` that count.
    #[must_use]
    pub const fn of(flags: Flags) -> Self {
        Self(flags.0 & Self::MASK)
    }

    /// As flags.
    #[must_use]
    pub const fn flags(self) -> Flags {
        Flags(self.0)
    }
}

/// Where SEG.SEQ lies, by the names that positions have in cases.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum SeqPosition {
    /// The target has not shown RCV.NXT yet.
    Unknown,
    /// Behind RCV.NXT.
    OutsideLeft,
    /// RCV.NXT itself.
    LeftEdge,
    /// In the window, at neither edge.
    Inside,
    /// The last number of the window.
    RightEdge,
    /// Beyond the window.
    OutsideRight,
}

/// Where SEG.ACK lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum AckPosition {
    /// No ACK bit.
    None,
    /// The target has sent nothing yet that could be acknowledged.
    Unknown,
    /// Behind SND.UNA.
    Old,
    /// SND.UNA, with something outstanding.
    SndUna,
    /// Between SND.UNA and SND.NXT.
    Inside,
    /// SND.NXT.
    SndNxt,
    /// Beyond SND.NXT.
    Ahead,
}

/// What is wrong with a segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Broken {
    /// The IP or the TCP checksum.
    Checksum,
    /// A length or an offset.
    Length,
    /// The options.
    Options,
}

/// Which call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum CallClass {
    /// Passive OPEN.
    Listen,
    /// Active OPEN.
    Connect,
    /// Takes a connection from the accept queue.
    Accept,
    /// SEND.
    Send,
    /// SEND with the urgent flag.
    SendUrgent,
    /// RECEIVE.
    Recv,
    /// CLOSE of the sending side.
    Shutdown,
    /// Full close.
    Close,
    /// ABORT.
    Abort,
    /// A look at what is pending.
    Poll,
    /// A switch is set.
    Set,
    /// Any call on a UDP socket.
    Udp,
}

impl EventClass {
    /// The segment, in one packet or in fragments of which this is the last one missing.
    #[must_use]
    pub const fn segment(&self) -> Option<&SegmentClass> {
        match self {
            Self::Segment(segment) | Self::Fragment(Some(segment)) => Some(segment),
            Self::Start | Self::Fragment(None) | Self::Icmp { .. } | Self::NotTcp | Self::Call(_) | Self::Wait => None,
        }
    }
}

impl fmt::Display for EventClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Start => f.write_str("the start"),
            Self::Segment(segment) => segment.fmt(f),
            Self::Fragment(_) => f.write_str("IP fragment"),
            Self::Icmp { kind, code } => write!(f, "ICMP type {kind} code {code}"),
            Self::NotTcp => f.write_str("packet that is no TCP segment"),
            Self::Call(call) => call.fmt(f),
            Self::Wait => f.write_str("wait"),
        }
    }
}

impl fmt::Display for SegmentClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let flags = self.flags.flags();
        if flags == Flags::default() {
            f.write_str("segment without flags")?
        } else {
            flags.fmt(f)?
        }
        if self.text {
            f.write_str(" with text")?;
        }
        let seq = match self.seq {
            SeqPosition::Unknown => "",
            SeqPosition::OutsideLeft => " left of the window",
            SeqPosition::LeftEdge => " at the left edge",
            SeqPosition::Inside => " inside the window",
            SeqPosition::RightEdge => " at the right edge",
            SeqPosition::OutsideRight => " right of the window",
        };
        f.write_str(seq)?;
        let ack = match self.ack {
            AckPosition::None | AckPosition::SndNxt => "",
            AckPosition::Unknown => " that acknowledges something before anything was sent",
            AckPosition::Old => " with an old ACK",
            AckPosition::SndUna => " with a duplicate ACK",
            AckPosition::Inside => " that acknowledges a part",
            AckPosition::Ahead => " with an ACK of something never sent",
        };
        f.write_str(ack)?;
        f.write_str(match self.broken {
            None => "",
            Some(Broken::Checksum) => ", checksum wrong",
            Some(Broken::Length) => ", length wrong",
            Some(Broken::Options) => ", options broken",
        })
    }
}

impl fmt::Display for CallClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Listen => "call listen",
            Self::Connect => "call connect",
            Self::Accept => "call accept",
            Self::Send => "call send",
            Self::SendUrgent => "call send urgent",
            Self::Recv => "call recv",
            Self::Shutdown => "call shutdown",
            Self::Close => "call close",
            Self::Abort => "call abort",
            Self::Poll => "call poll",
            Self::Set => "call set",
            Self::Udp => "call udp",
        })
    }
}
