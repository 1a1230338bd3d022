//! Script: what a fuzzer's bytes mean. A header, then one fixed-size record per step.
//!
//! Start at [`Script::decode`] (any bytes are a script) and [`Script::to_case`] (any script is a valid [`Case`]). Fields
//! have fixed places and are looked up in tables of boundary values, so a changed byte changes one field, and to insert,
//! drop or swap a step is to move whole records ([`super::mutate`]). [`super::seeds`] goes the other way, from a case of
//! the suite to a script. Called by the campaign and by the targets under `fuzz/`.
//!
//! Left out: expectations. What has to follow is for the judges to say; a script only acts, and looks after each act.
//!
//! [`Case`]: crate::case::format::Case

mod act;
mod handshake;
mod header;
mod icmp;
mod place;
mod scope;
mod segment;
mod tables;
mod to_case;

use arbitrary::{Arbitrary, Unstructured};

pub use self::scope::{Scope, Switches};
pub(super) use self::{
    act::{CALL, CallKind, EXACT_LENGTH, EXACT_SPAN, SPAN},
    header::{HeaderField, MASK},
    icmp::{FROM_ROUTER, TYPE_AND_CODE},
    place::{NEAR_BY, WIDE},
    segment::{
        FIRST_OPTION, FIRST_RAW_OPTION, FIRST_WRONG, FLAGS_AS_THEY_ARE, FLAGS_RESERVED_TOO, HAS_TEXT, OPTION,
        OptionKind, WRONG, Wrong,
    },
    tables::{
        ACK_FROM, ADDRESS, AckFrom, FLAGS, GIVEN, IP_LENGTH, IP_OPTIONS, ISN, MESSAGE, MSS, MTU, NEAR, PEER_MSS,
        PEER_WIN, PIECE, QUOTE, RAW_OPTIONS, RAW_SEGMENT, SEQ_FROM, SHIFT, SeqFrom, TEXT, URGENT, UrgentPointer,
        WINDOW,
    },
};

/// Bytes of the header, and of each record.
pub const RECORD: usize = 16;
/// More records than this are cut off.
pub const MOST_STEPS: usize = 64;
/// The longest script in bytes.
pub const MOST_BYTES: usize = RECORD * (MOST_STEPS + 1);

/// A header and the records of the steps.
///
/// ```
/// use harness::generate::script::{Scope, Script};
///
/// let script = Script::decode(b"any bytes are a script");
/// assert_eq!(Script::decode(&script.encode()), script);
/// let case = script.to_case(&Scope::VIRTUAL);
/// assert!(harness::case::print::to_yaml(&case).is_ok());
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Script {
    /// Where it starts, and how the peer and the target are set.
    pub header: Header,
    /// One per step, at most [`MOST_STEPS`].
    pub records: Vec<Record>,
}

/// The first bytes: given state, peer, switches. See [`HeaderField`] for the places.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Header(pub [u8; RECORD]);

/// One step. See [`Field`] for the places; what they mean depends on [`Record::kind`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Record(pub [u8; RECORD]);

/// The places of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Field {
    /// What the step is: see [`Kind`].
    Kind = 0,
    /// Which connection.
    Connection = 1,
    /// The control bits; the call; the span; the handshake.
    What = 2,
    /// How [`Field::What`] is read: from a table or as it is.
    Mode = 3,
    /// What SEG.SEQ is measured from.
    Seq = 4,
    /// How far from it, low byte; of calls and waits: a plain number.
    SeqNear = 5,
    /// High byte.
    SeqFar = 6,
    /// What SEG.ACK is measured from.
    Ack = 7,
    /// How far from it, low byte.
    AckNear = 8,
    /// High byte.
    AckFar = 9,
    /// Whether there is text, and its length.
    Text = 10,
    /// Window and urgent pointer, four bits each.
    Window = 11,
    /// Which options.
    Option = 12,
    /// What is in them.
    OptionValue = 13,
    /// What is wrong or unusual in the headers.
    Wrong = 14,
    /// By which value.
    WrongValue = 15,
}

impl Field {
    /// In the order of their places.
    pub const ALL: [Self; RECORD] = [
        Self::Kind,
        Self::Connection,
        Self::What,
        Self::Mode,
        Self::Seq,
        Self::SeqNear,
        Self::SeqFar,
        Self::Ack,
        Self::AckNear,
        Self::AckFar,
        Self::Text,
        Self::Window,
        Self::Option,
        Self::OptionValue,
        Self::Wrong,
        Self::WrongValue,
    ];
}

/// What a step does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A segment with the numbers a well-behaved peer would use.
    Proper,
    /// SEG.SEQ is placed on purpose.
    OddSeq,
    /// SEG.ACK is placed on purpose.
    OddAck,
    /// Both are.
    OddBoth,
    /// The application calls.
    Call,
    /// Several segments and calls that open or close a connection.
    Handshake,
    /// Time passes.
    Wait,
    /// An ICMP message arrives.
    Icmp,
}

impl Kind {
    /// Upper ends of the kinds' ranges of the first byte: shares of chance.
    const ENDS: [(u8, Self); 8] = [
        (0x2f, Self::Proper),
        (0x57, Self::OddSeq),
        (0x7f, Self::OddAck),
        (0xa7, Self::OddBoth),
        (0xd7, Self::Call),
        (0xe7, Self::Handshake),
        (0xf7, Self::Wait),
        (0xff, Self::Icmp),
    ];

    /// The byte that stands for it.
    #[must_use]
    pub const fn byte(self) -> u8 {
        match self {
            Self::Proper => 0,
            Self::OddSeq => 0x30,
            Self::OddAck => 0x58,
            Self::OddBoth => 0x80,
            Self::Call => 0xa8,
            Self::Handshake => 0xd8,
            Self::Wait => 0xe8,
            Self::Icmp => 0xf8,
        }
    }
}

impl Record {
    /// What the step does.
    #[must_use]
    pub fn kind(&self) -> Kind {
        let byte = self.get(Field::Kind);
        Kind::ENDS.iter().find(|(end, _)| byte <= *end).map_or(Kind::Icmp, |(_, kind)| *kind)
    }

    /// A record of this kind with zeros behind.
    #[must_use]
    pub const fn new(kind: Kind) -> Self {
        let mut bytes = [0; RECORD];
        bytes[0] = kind.byte();
        Self(bytes)
    }

    /// One field.
    #[must_use]
    pub const fn get(&self, field: Field) -> u8 {
        self.0[field as usize]
    }

    /// Sets one field.
    pub const fn set(&mut self, field: Field, value: u8) {
        self.0[field as usize] = value;
    }

    /// The same with one field set.
    #[must_use]
    pub const fn with(mut self, field: Field, value: u8) -> Self {
        self.set(field, value);
        self
    }
}

impl Script {
    /// Any bytes; what is missing at the end reads as zeros, what is too much is cut off.
    #[must_use]
    pub fn decode(bytes: &[u8]) -> Self {
        let mut blocks = bytes.chunks(RECORD).take(MOST_STEPS + 1).map(|chunk| {
            let mut block = [0; RECORD];
            block[..chunk.len()].copy_from_slice(chunk);
            block
        });
        let header = Header(blocks.next().unwrap_or_default());
        Self { header, records: blocks.map(Record).collect() }
    }

    /// The bytes that [`Script::decode`] reads the same script from.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let records = self.records.iter().take(MOST_STEPS).flat_map(|record| record.0);
        self.header.0.into_iter().chain(records).collect()
    }
}

impl<'a> Arbitrary<'a> for Script {
    fn arbitrary(bytes: &mut Unstructured<'a>) -> arbitrary::Result<Self> {
        let len = bytes.len().min(MOST_BYTES);
        bytes.bytes(len).map(Self::decode)
    }

    fn size_hint(_: usize) -> (usize, Option<usize>) {
        (0, Some(MOST_BYTES))
    }
}

#[cfg(test)]
mod tests;
