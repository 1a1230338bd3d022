//! Segments: the ones the peer injects, and what the target's should look like.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Arp, ExpectArp, ExpectIcmp, ExpectUdp, Fragments, Frame, Icmp, Udp};
use crate::{
    case::{
        flags::{Flags, FlagsPattern},
        form::{
            inject::{InjectForm, bits_13, nibble},
            segment,
            word_or_map::{WordOrMap, word_or_map},
        },
        position::{Bounds, Position},
        time::Span,
    },
    clause::ClauseId,
};

/// Which connection a step speaks of. `None`: the first one.
pub type ConnName = Option<String>;

/// A segment the peer sends, or an ICMP message, a UDP datagram or an ARP packet instead. What is absent gets its
/// default.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "InjectForm", into = "InjectForm")]
pub struct Inject {
    /// The connection (default: the first one). A new name is a new peer port.
    pub on: ConnName,
    /// The IP source (default: `peer`).
    pub from: Option<AddressName>,
    /// The IP destination (default: `target`).
    pub to: Option<AddressName>,
    /// The control bits (default: none).
    pub flags: Flags,
    /// Relative to the peer's ISN (default: RCV.NXT if the target has acknowledged anything yet, else 0).
    pub seq: Option<Position>,
    /// Relative to the target's ISS (default: SND.NXT if ACK is set and the target has sent anything, else the field is 0 on the wire).
    pub ack: Option<Position>,
    /// The window field, unscaled (default: `peer.win`).
    pub win: Option<u16>,
    /// The urgent pointer field (default: 0).
    pub urg: Option<u16>,
    /// The text (default: none).
    pub data: Option<Data>,
    /// The options, in the order MSS, SACK-permitted, timestamps, window scale, SACK, raw.
    pub options: Options,
    /// The TCP checksum (default: right).
    pub checksum: Option<Checksum>,
    /// The data offset field in 32-bit words (default: right).
    pub data_offset: Option<u8>,
    /// IP header fields (default: right).
    pub ip: Ip,
    /// These bytes are the whole TCP segment, header included; all TCP fields above are ignored.
    pub raw: Option<Bytes>,
    /// An ICMP message instead of a TCP segment; the TCP fields above are absent.
    pub icmp: Option<Box<Icmp>>,
    /// A UDP datagram instead of a TCP segment; the TCP fields above are absent.
    pub udp: Option<Box<Udp>>,
    /// An ARP packet instead of an IP packet; all fields above are absent.
    pub arp: Option<Box<Arp>>,
    /// The Ethernet header (default: right).
    pub frame: Frame,
    /// The packet leaves as IP fragments (default: whole).
    pub fragments: Option<Fragments>,
}

/// Bytes written as hex in YAML.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Bytes(pub Vec<u8>);

/// Text of a segment or of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Data {
    /// `data: "hello"`
    Text(String),
    /// `data: { hex: 00ff }`
    Hex(Bytes),
    /// `data: 100`: so many bytes of the standard pattern. The byte at relative sequence number `s` is
    /// [`pattern_byte`]`(s)`, so segments that overlap agree and what arrives can be checked.
    Pattern(u32),
}

impl Data {
    /// The longest pattern a case may ask for, in bytes: 16 MiB.
    pub const MAX_PATTERN: u32 = 16 << 20;
}

/// The standard pattern: the byte that stands at relative sequence number `s` of either direction.
#[must_use]
pub const fn pattern_byte(s: u32) -> u8 {
    // 251 is prime: no power-of-two shift of the stream looks like the stream.
    (s % 251) as u8
}

/// TCP options of an injected segment.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Options {
    /// Maximum Segment Size (kind 2).
    pub mss: Option<u16>,
    /// Window Scale shift (kind 3).
    pub wscale: Option<u8>,
    /// SACK-permitted (kind 4).
    pub sack_ok: bool,
    /// SACK blocks (kind 5), left and right edge relative to the target's ISS.
    pub sack: Vec<(Position, Position)>,
    /// Timestamps (kind 8): TSval, and TSecr, a number or the target's [`Symbol::TsVal`](crate::case::position::Symbol).
    pub ts: Option<(u32, Position)>,
    /// Raw bytes appended as they are, then padded with zeros to a word.
    pub raw: Option<Bytes>,
}

/// The TCP checksum of an injected segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Checksum {
    /// One bit wrong: `checksum: bad`.
    Bad,
    /// This value.
    Value(u16),
}

/// IP header fields of an injected packet that differ from the usual.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Ip {
    /// Time to live (default: 64).
    pub ttl: Option<u8>,
    /// DS field and ECN (default: 0).
    pub tos: Option<u8>,
    /// Identification (default: a counter).
    pub id: Option<u16>,
    /// Don't Fragment (default: true, false on fragments).
    pub df: Option<bool>,
    /// More Fragments (default: false). For fragments that make up a segment use `fragments`.
    pub mf: Option<bool>,
    /// Fragment offset in units of 8 bytes (default: 0).
    #[serde(deserialize_with = "bits_13")]
    pub fragment_offset: Option<u16>,
    /// Total length (default: right).
    pub length: Option<u16>,
    /// Version (default: 4).
    #[serde(deserialize_with = "nibble")]
    pub version: Option<u8>,
    /// Header length in 32-bit words (default: right).
    #[serde(deserialize_with = "nibble")]
    pub header_length: Option<u8>,
    /// Protocol number (default: 6 for TCP, 1 for ICMP).
    pub protocol: Option<u8>,
    /// Header checksum (default: right).
    pub checksum: Option<Checksum>,
    /// Options, padded with zeros to a word (default: none).
    pub options: Option<Bytes>,
}

/// Addresses by role, so that a case runs on any target.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum AddressName {
    /// The peer's own.
    Peer,
    /// Another host on the peer's network.
    OtherPeer,
    /// The target's own.
    Target,
    /// The broadcast address of the target's subnet.
    SubnetBroadcast,
    /// 255.255.255.255
    LimitedBroadcast,
    /// 224.0.0.1
    Multicast,
    /// 127.0.0.1
    Loopback,
    /// 0.0.0.0
    Unspecified,
    /// The router on the link, beyond which `off-link` lies.
    Gateway,
    /// A host outside the target's subnet.
    OffLink,
}

impl AddressName {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::Peer,
        Self::OtherPeer,
        Self::Target,
        Self::SubnetBroadcast,
        Self::LimitedBroadcast,
        Self::Multicast,
        Self::Loopback,
        Self::Unspecified,
        Self::Gateway,
        Self::OffLink,
    ];

    /// The word of the case format.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Peer => "peer",
            Self::OtherPeer => "other-peer",
            Self::Target => "target",
            Self::SubnetBroadcast => "subnet-broadcast",
            Self::LimitedBroadcast => "limited-broadcast",
            Self::Multicast => "multicast",
            Self::Loopback => "loopback",
            Self::Unspecified => "unspecified",
            Self::Gateway => "gateway",
            Self::OffLink => "off-link",
        }
    }
}

/// What the target should have emitted since the last `expect`.
#[derive(Clone, Debug, PartialEq)]
pub enum Expect {
    /// `expect: nothing`, a single segment, or a list (that order). Empty = nothing.
    InOrder(Vec<ExpectSegment>),
    /// `expect: { any-order: [ … ] }`
    AnyOrder(Vec<ExpectSegment>),
    /// `expect: { either: [ … ] }`: every allowed answer.
    Either(Vec<Alternative>),
}

impl Expect {
    /// Every segment it speaks of, in the order written.
    pub fn segments(&self) -> impl Iterator<Item = &ExpectSegment> {
        let (plain, either) = match self {
            Self::InOrder(segments) | Self::AnyOrder(segments) => (&segments[..], &[][..]),
            Self::Either(alternatives) => (&[][..], &alternatives[..]),
        };
        plain.iter().chain(either.iter().flat_map(|alternative| &alternative.segments))
    }
}

/// One allowed answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Alternative {
    /// The clauses that allow it; empty: the case's.
    pub clauses: Vec<ClauseId>,
    /// In this order. Empty = nothing.
    pub segments: Vec<ExpectSegment>,
}

/// What a segment should look like, or an ICMP message, a UDP datagram or an ARP packet. What is absent is not compared.
///
/// Symbols mean the value just before this segment left.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct ExpectSegment {
    /// The connection it belongs to (default: the first one).
    pub on: ConnName,
    /// The IP source; for all that is not TCP.
    pub from: Option<AddressName>,
    /// The IP destination; for all that is not TCP.
    pub to: Option<AddressName>,
    /// Exactly these control bits (`?` marks those that may be set).
    pub flags: Option<FlagsPattern>,
    /// Relative to the target's ISS.
    pub seq: Option<Bounds>,
    /// Relative to the peer's ISN.
    pub ack: Option<Bounds>,
    /// The window field, unscaled.
    pub win: Option<Bounds>,
    /// The urgent pointer field.
    pub urg: Option<Bounds>,
    /// The text, byte for byte.
    pub data: Option<Data>,
    /// Only the length of the text, in bytes.
    pub len: Option<Bounds>,
    /// The MSS option's value, or that there is none.
    pub mss: Option<MssBounds>,
    /// The window scale option: `Some(None)` = must be absent.
    #[serde(with = "segment::wscale")]
    #[schemars(with = "segment::WscaleSchema")]
    pub wscale: Option<Option<u8>>,
    /// SACK-permitted is there (`true`) or not.
    pub sack_ok: Option<bool>,
    /// The SACK blocks in their order, relative to the peer's ISN; empty: there are none.
    pub sack: Option<Vec<(Position, Position)>>,
    /// Timestamps are there (`true`) or not, or with which values.
    pub ts: Option<ExpectTs>,
    /// IP header fields.
    pub ip: ExpectIp,
    /// An ICMP message: `port-unreachable`, or `{ message: echo-reply, id: 7, … }`.
    #[serde(deserialize_with = "word_or_map")]
    #[schemars(with = "Option<WordOrMap<ExpectIcmp>>")]
    pub icmp: Option<Box<ExpectIcmp>>,
    /// A UDP datagram.
    pub udp: Option<Box<ExpectUdp>>,
    /// An ARP packet: `reply`, or `{ kind: request, target: peer, … }`.
    #[serde(deserialize_with = "word_or_map")]
    #[schemars(with = "Option<WordOrMap<ExpectArp>>")]
    pub arp: Option<Box<ExpectArp>>,
    /// The stations in the Ethernet header.
    pub frame: Frame,
    /// How many IP fragments it comes in (1: whole); for all that is not TCP.
    pub pieces: Option<Bounds>,
    /// Not later than this after the event before it (a step, or the segment before). Absent: at once.
    pub within: Option<Span>,
    /// Not earlier than this after the event before it.
    pub after: Option<Span>,
    /// With `after` alone: how much later than `after` it may come, in percent (default: 12.5, the slack of a timer wheel).
    #[serde(deserialize_with = "segment::percent")]
    pub tolerance: Option<f64>,
    /// So many segments of this kind one after another (default: 1).
    #[serde(deserialize_with = "segment::count")]
    pub repeat: Option<u32>,
    /// With `repeat`: each interval is so many times the one before (default: 1).
    #[serde(deserialize_with = "segment::factor")]
    pub backoff: Option<f64>,
}

impl ExpectSegment {
    /// The key of what it is, if it is no TCP segment.
    #[must_use]
    pub const fn beside_tcp(&self) -> Option<&'static str> {
        match (&self.icmp, &self.udp, &self.arp) {
            (Some(_), ..) => Some("icmp"),
            (None, Some(_), _) => Some("udp"),
            (None, None, Some(_)) => Some("arp"),
            (None, None, None) => None,
        }
    }
}

/// `ts: true`, `ts: false`, or `ts: { val: TS.VAL..TS.VAL+2^31, ecr: 100 }`.
#[derive(Clone, Debug, PartialEq)]
pub enum ExpectTs {
    /// The option is there, or not.
    Present(bool),
    /// It is there with such values; what is absent is not compared.
    Values {
        /// TSval.
        val: Option<Bounds>,
        /// TSecr.
        ecr: Option<Bounds>,
    },
}

/// `mss: 1460`, `mss: 536..1460`, or `mss: none`.
#[derive(Clone, Debug, PartialEq)]
pub enum MssBounds {
    /// The option must not be there.
    None,
    /// The option is there with such a value.
    Value(Bounds),
}

/// IP header fields of an expected segment.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct ExpectIp {
    /// Time to live.
    pub ttl: Option<u8>,
    /// DS field and ECN.
    pub tos: Option<u8>,
    /// Don't Fragment.
    pub df: Option<bool>,
}

impl Options {
    /// How many bytes they take in a header, padded to words.
    #[must_use]
    pub fn wire_len(&self) -> usize {
        let Self { mss, wscale, sack_ok, sack, ts, raw } = self;
        let lengths = [
            mss.map_or(0, |_| 4),
            wscale.map_or(0, |_| 3),
            if *sack_ok { 2 } else { 0 },
            if sack.is_empty() { 0 } else { 2 + 8 * sack.len() },
            ts.as_ref().map_or(0, |_| 10),
            raw.as_ref().map_or(0, |raw| raw.0.len()),
        ];
        lengths.into_iter().sum::<usize>().next_multiple_of(4)
    }
}
