//! The values that fields stand for: boundaries first, plain ones where chance would miss them.
//!
//! A table's length is a power of two, so that every byte stands for something and all rows come as often as they are
//! written. [`super::super::seeds`] looks values up backwards; a value that stands several times is found at its first.

use crate::case::{
    flags::Flags,
    format::{AddressName, Message, MssChoice},
    position::Symbol,
    state::State,
};

const ACK: Flags = Flags::ACK;
const SYN_ACK: Flags = Flags(0x012);
const FIN_ACK: Flags = Flags(0x011);
const PSH_ACK: Flags = Flags(0x018);

/// Where the state machine is entered.
pub(in crate::generate) const GIVEN: [State; 16] = [
    State::Established,
    State::Closed,
    State::Listen,
    State::SynSent,
    State::SynReceived,
    State::FinWait1,
    State::FinWait2,
    State::CloseWait,
    State::Closing,
    State::LastAck,
    State::TimeWait,
    State::Established,
    State::Established,
    State::Listen,
    State::SynReceived,
    State::FinWait2,
];

/// The peer's real ISN; near the wrap of the number space and of its sign.
pub(in crate::generate) const ISN: [Option<u32>; 16] = [
    None,
    None,
    None,
    None,
    None,
    Some(0),
    Some(1),
    Some(u32::MAX),
    Some(u32::MAX - 1),
    Some(u32::MAX - 5),
    Some(u32::MAX - 49),
    Some(u32::MAX - 1499),
    Some(u32::MAX - 65_535),
    Some((1 << 31) - 1),
    Some(1 << 31),
    Some(1000),
];

/// The window of the peer: absent means the default.
pub(in crate::generate) const PEER_WIN: [Option<u16>; 16] = [
    None,
    None,
    None,
    None,
    None,
    None,
    None,
    None,
    Some(0),
    Some(1),
    Some(100),
    Some(500),
    Some(536),
    Some(1000),
    Some(8192),
    Some(20_000),
];

/// The MSS that the peer's SYN carries.
pub(in crate::generate) const PEER_MSS: [Option<MssChoice>; 16] = [
    None,
    None,
    None,
    None,
    None,
    None,
    None,
    Some(MssChoice::None),
    Some(MssChoice::Value(0)),
    Some(MssChoice::Value(1)),
    Some(MssChoice::Value(64)),
    Some(MssChoice::Value(100)),
    Some(MssChoice::Value(536)),
    Some(MssChoice::Value(1000)),
    Some(MssChoice::Value(9000)),
    Some(MssChoice::Value(65_535)),
];

/// Window scale shifts: the largest that counts is 14 (RFC7323#2.3).
pub(in crate::generate) const SHIFT: [u8; 8] = [0, 7, 1, 2, 13, 14, 15, 255];

/// Control bits worth more than chance gives them.
pub(in crate::generate) const FLAGS: [Flags; 16] = [
    ACK,
    PSH_ACK,
    FIN_ACK,
    Flags::RST,
    Flags(0x014),
    Flags::SYN,
    SYN_ACK,
    Flags(0x038),
    Flags::FIN,
    Flags(0x003),
    Flags(0),
    Flags(0x030),
    ACK,
    ACK,
    PSH_ACK,
    PSH_ACK,
];

/// What SEG.SEQ is measured from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::generate) enum SeqFrom {
    /// RCV.NXT: the window's left edge.
    Next,
    /// RCV.NXT+RCV.WND: one past its right edge.
    End,
    /// The text ends at RCV.NXT.
    EndsAtNext,
    /// Half of the text lies before RCV.NXT.
    HalfBeforeNext,
    /// The text ends at the right edge.
    EndsAtEnd,
    /// Half of the text lies beyond the right edge.
    HalfBeyondEnd,
    /// One segment is missing before it.
    Hole,
    /// RCV.NXT+2^31.
    FarNext,
    /// RCV.NXT+RCV.WND+2^31.
    FarEnd,
    /// A number in case space: 0 is the peer's ISN.
    Number,
    /// What the peer would send next.
    Usual,
}

/// What SEG.SEQ is measured from: four bits.
pub(in crate::generate) const SEQ_FROM: [SeqFrom; 16] = [
    SeqFrom::Usual,
    SeqFrom::Next,
    SeqFrom::End,
    SeqFrom::EndsAtNext,
    SeqFrom::HalfBeforeNext,
    SeqFrom::EndsAtEnd,
    SeqFrom::HalfBeyondEnd,
    SeqFrom::Hole,
    SeqFrom::FarNext,
    SeqFrom::FarEnd,
    SeqFrom::Number,
    SeqFrom::Next,
    SeqFrom::Next,
    SeqFrom::End,
    SeqFrom::End,
    SeqFrom::HalfBeforeNext,
];

/// What SEG.ACK is measured from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::generate) enum AckFrom {
    /// A symbol plus an offset.
    Symbol(Symbol, i64),
    /// SND.UNA-SND.WND: the oldest that RFC5961#5.2 takes.
    OldestAllowed,
    /// A number in case space: 0 is the target's ISS.
    Number,
    /// All that was sent.
    Usual,
}

/// What SEG.ACK is measured from: four bits.
pub(in crate::generate) const ACK_FROM: [AckFrom; 16] = [
    AckFrom::Usual,
    AckFrom::Symbol(Symbol::SndUna, 0),
    AckFrom::Symbol(Symbol::SndNxt, 0),
    AckFrom::Symbol(Symbol::SndUna, -(1 << 31)),
    AckFrom::Symbol(Symbol::SndNxt, 1 << 31),
    AckFrom::OldestAllowed,
    AckFrom::Number,
    AckFrom::Symbol(Symbol::SndNxt, 65_536),
    AckFrom::Symbol(Symbol::SndUna, -65_536),
    AckFrom::Symbol(Symbol::SndUna, 1000),
    AckFrom::Symbol(Symbol::SndUna, 0),
    AckFrom::Symbol(Symbol::SndUna, 0),
    AckFrom::Symbol(Symbol::SndNxt, 0),
    AckFrom::Symbol(Symbol::SndNxt, 0),
    AckFrom::Usual,
    AckFrom::Usual,
];

/// How far from an edge.
pub(in crate::generate) const NEAR: [i16; 8] = [0, 1, -1, 2, -2, 3, 100, -100];

/// Lengths of text: six bits. Few are long: such a text costs as much as several executions.
pub(in crate::generate) const TEXT: [u16; 64] = [
    1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 15, 16, 17, 19, 20, 30, 32, 40, 50, 64, 100, 128, 130, 150, 200, 250, 251, 255,
    256, 300, 400, 500, 512, 535, 536, 537, 600, 999, 1000, 1001, 1023, 1024, 1072, 1100, 1459, 1460, 1461, 1500, 1600,
    2000, 2500, 2919, 2920, 2921, 3000, 4000, 4096, 5840, 6000, 8192, 14_000, 20_000, 65_495,
];

/// The window field of a segment: four bits.
pub(in crate::generate) const WINDOW: [Option<u16>; 16] = [
    None,
    None,
    None,
    None,
    None,
    None,
    Some(0),
    Some(1),
    Some(100),
    Some(500),
    Some(535),
    Some(1000),
    Some(1460),
    Some(20_000),
    Some(32_768),
    Some(65_535),
];

/// The urgent pointer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::generate) enum UrgentPointer {
    /// Not given.
    Usual,
    /// This value.
    Value(u16),
    /// This far from the end of the text.
    FromEnd(i8),
}

/// The urgent pointer: four bits.
pub(in crate::generate) const URGENT: [UrgentPointer; 16] = [
    UrgentPointer::Usual,
    UrgentPointer::Usual,
    UrgentPointer::Usual,
    UrgentPointer::Usual,
    UrgentPointer::Usual,
    UrgentPointer::Usual,
    UrgentPointer::Value(0),
    UrgentPointer::Value(1),
    UrgentPointer::FromEnd(-1),
    UrgentPointer::FromEnd(0),
    UrgentPointer::FromEnd(1),
    UrgentPointer::Value(3),
    UrgentPointer::Value(10),
    UrgentPointer::Value(1000),
    UrgentPointer::Value(0x8000),
    UrgentPointer::Value(0xffff),
];

/// Values of the MSS option.
pub(in crate::generate) const MSS: [u16; 8] = [1460, 0, 1, 100, 536, 1000, 9000, 65_535];

/// Timestamps relative to the last ones sent.
pub(in crate::generate) const TIMESTAMP: [i64; 8] = [1, 0, -1, 2, 1000, 1 << 31, -(1 << 31), (1 << 31) - 1];

/// Options written byte by byte, valid and broken: lengths cut, zero or past the header, unknown kinds, twice the same.
pub(in crate::generate) const RAW_OPTIONS: [&[u8]; 32] = [
    &[1],
    &[1, 1],
    &[1, 1, 1, 1, 2, 4, 3, 0xe8],
    &[0],
    &[0, 3, 0, 2, 4, 3, 0xe8],
    &[0, 1, 1, 1],
    &[2],
    &[2, 0, 0, 0],
    &[2, 1, 0, 0],
    &[2, 2],
    &[2, 3, 5, 1],
    &[2, 5, 5, 0xb4, 0],
    &[2, 4, 5],
    &[2, 4, 3, 0xe8, 2, 4, 2, 0x18],
    &[2, 40, 5, 0xb4],
    &[3, 2],
    &[3, 4, 7, 7],
    &[4, 3, 0],
    &[5, 2],
    &[5, 9, 0, 0, 0, 1, 0, 0, 0],
    &[8, 2],
    &[8, 9, 0, 0, 0, 1, 0, 0, 0],
    &[8, 255, 0, 0],
    &[19, 18, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16],
    &[34, 2],
    &[34, 10, 1, 2, 3, 4, 5, 6, 7, 8],
    &[253, 4, 0xab, 0xcd],
    &[253, 2, 2, 4, 3, 0xe8],
    &[253, 0, 0, 0],
    &[253, 40, 0, 0],
    &[200, 3, 0xaa, 2, 4, 3, 0xe8],
    &[
        1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
        1, 1, 1,
    ],
];

/// Addresses an injected packet may come from or go to instead of the usual ones.
pub(in crate::generate) const ADDRESS: [AddressName; 8] = [
    AddressName::OtherPeer,
    AddressName::SubnetBroadcast,
    AddressName::LimitedBroadcast,
    AddressName::Multicast,
    AddressName::Loopback,
    AddressName::Unspecified,
    AddressName::Target,
    AddressName::Peer,
];

/// IP total lengths around the ends of both headers.
pub(in crate::generate) const IP_LENGTH: [u16; 8] = [0, 19, 20, 39, 40, 41, 1500, 65_535];

/// IP options: no operation, end, record route with and without room, timestamp, unknown kinds. None that is broken, and no
/// source route: what becomes of these is IP's matter, and hosts differ in it.
pub(in crate::generate) const IP_OPTIONS: [&[u8]; 8] = [
    &[1],
    &[0],
    &[7, 7, 4, 0, 0, 0, 0],
    &[7, 3, 4],
    &[68, 8, 5, 0, 0, 0, 0, 0],
    &[30, 4, 1, 2],
    &[1, 1, 1, 0],
    &[222, 4, 0, 0],
];

/// Whole TCP segments too short to be one.
pub(in crate::generate) const RAW_SEGMENT: [&[u8]; 4] =
    [&[], &[4, 0, 0, 80], &[4, 0, 0, 80, 0, 0, 0, 1, 0, 0, 0, 0, 0x50, 2, 4, 0, 0, 0, 0], &[0; 20]];

const fn message(kind: u8, code: u8) -> Message {
    Message { kind, code }
}

/// ICMP messages: those that a TCP has to tell apart (MUST-54 to MUST-56, SHLD-25), and a few that are none of its business.
pub(in crate::generate) const MESSAGE: [Message; 16] = [
    message(3, 3),
    message(3, 0),
    message(3, 1),
    message(3, 2),
    message(3, 4),
    message(3, 5),
    message(3, 13),
    message(4, 0),
    message(5, 1),
    message(8, 0),
    message(11, 0),
    message(11, 1),
    message(12, 0),
    message(3, 4),
    message(3, 1),
    message(0, 0),
];

/// The next hop's MTU: below what IPv4 allows, its least, plausible ones.
pub(in crate::generate) const MTU: [u16; 8] = [0, 1, 68, 296, 576, 1000, 1500, 65_535];

/// How much of the segment an ICMP error quotes; absent: the usual eight bytes.
pub(in crate::generate) const QUOTE: [Option<u16>; 8] =
    [None, None, None, Some(0), Some(4), Some(7), Some(20), Some(548)];

/// Bytes in a fragment.
pub(in crate::generate) const PIECE: [u16; 8] = [8, 16, 24, 40, 64, 104, 552, 1480];
