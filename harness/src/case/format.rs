//! The case format: these types *are* the specification. See `cases/` for examples.
//!
//! A [`Case`] is what one YAML file holds after its `matrix` has been applied; it is also what the fuzzers
//! generate. [`crate::case::load`] reads it, [`crate::case::print`] writes it, [`crate::case::expand`] turns it
//! into [`ConcreteCase`]s whose `given` has become ordinary steps.

use std::{collections::BTreeMap, path::PathBuf, sync::Arc};

use super::{
    flags::{Flags, FlagsPattern},
    position::{Bounds, Position, Symbol},
    state::State,
    time::Span,
};
use crate::clause::{ClauseId, Level};

/// One authored (or generated) test.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Case {
    /// One sentence: what the RFC says happens.
    pub title: String,
    /// The clauses the verdict rests on. At least one.
    pub clauses: Vec<ClauseId>,
    /// Needed only when no clause has a level of its own (`RFC…#…`); MUST if absent.
    pub level: Option<Level>,
    /// Where the case comes from: a figure, an erratum, a finding.
    pub origin: Option<String>,
    /// The state to start from, reached by the standard prelude. Absent: as `CLOSED`.
    pub given: Option<State>,
    /// Which way the prelude takes where there are two. Absent: passive.
    pub via: Option<Via>,
    /// How the scripted peer behaves unless a step says otherwise.
    pub peer: Peer,
    /// Abstract switches; a target maps them or the case is skipped there.
    pub config: Config,
    /// What may come at any moment without being asked.
    pub allow: Vec<Allow>,
    /// The steps, in order. At least one of them checks something.
    pub steps: Vec<At<Step>>,
}

/// A value and the line of the file it came from (1-based; 0 when it came from no file).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct At<T> {
    /// 1-based line.
    pub line: u32,
    /// The value.
    pub value: T,
}

/// How the prelude opens the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Via {
    /// The target listens (`listen`).
    Passive,
    /// The target connects (`connect`); SYN-RECEIVED is then reached by a simultaneous open.
    Active,
}

/// The scripted peer's defaults.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Peer {
    /// The peer's real initial sequence number; case space starts at 0 whatever it is. Absent: a fixed arbitrary number.
    pub isn: Option<u32>,
    /// The window field of injected segments (unscaled 16 bit). Absent: 65535.
    pub win: Option<u16>,
    /// The MSS option on the SYN of the prelude. Absent: 1460. `none`: no option.
    pub mss: Option<MssChoice>,
    /// The window scale option on the SYN of the prelude. Absent: no option.
    pub wscale: Option<u8>,
    /// SACK-permitted on the SYN of the prelude.
    pub sack_ok: bool,
    /// Timestamps on every segment of the prelude.
    pub ts: bool,
}

/// `mss: 1000` or `mss: none`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MssChoice {
    /// No option at all (then the target has to assume 536, MUST-15).
    None,
    /// This value.
    Value(u16),
}

/// Abstract switches. `None` means the target's conformance default.
///
/// Conformance default: no timestamps, no SACK, no window scaling, no ECN, Nagle on, delayed ACK on, Reno,
/// no rate limits, no SYN cookies, overflow drops.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Config {
    /// RFC 7323 timestamps.
    pub timestamps: Option<bool>,
    /// RFC 2018 selective acknowledgements.
    pub sack: Option<bool>,
    /// RFC 7323 window scaling.
    pub wscale: Option<bool>,
    /// RFC 3168 ECN.
    pub ecn: Option<bool>,
    /// Nagle's algorithm (SHLD-7, MUST-17). `false` = nodelay.
    pub nagle: Option<bool>,
    /// Delayed acknowledgements (SHLD-18).
    pub delayed_ack: Option<bool>,
    /// The receive buffer in bytes; bounds the window the target offers.
    pub recv_buffer: Option<u32>,
    /// The send buffer in bytes.
    pub send_buffer: Option<u32>,
    /// Announce at most this MSS.
    pub mss: Option<u16>,
    /// The path's MTU as the target's IP layer knows it.
    pub mtu: Option<u16>,
    /// Maximum Segment Lifetime.
    pub msl: Option<Span>,
    /// The backlog of `listen`.
    pub backlog: Option<u32>,
    /// A full accept queue answers the third segment of a handshake with RST instead of silence.
    pub abort_on_overflow: Option<bool>,
    /// SYN cookies (RFC4987#3.6).
    pub syn_cookies: Option<bool>,
    /// R2 for SYN segments, as a number of retransmissions.
    pub syn_retries: Option<u32>,
    /// R2 for data, as a number of retransmissions.
    pub data_retries: Option<u32>,
    /// RFC 5482 user timeout.
    pub user_timeout: Option<Span>,
    /// TTL of outgoing packets (MUST-49).
    pub ttl: Option<u8>,
    /// DS field of outgoing packets (MUST-48).
    pub tos: Option<u8>,
    /// Keep-alive: idle time before the first probe; on if given (MUST-25: off by default).
    pub keepalive_idle: Option<Span>,
    /// Keep-alive: time between probes.
    pub keepalive_interval: Option<Span>,
    /// Keep-alive: unanswered probes before the connection is dropped.
    pub keepalive_count: Option<u32>,
    /// Received urgent data stays in line (RFC 6093).
    pub urgent_inline: Option<bool>,
}

/// What may come unasked, named once for the whole case; never allowed silently.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Allow {
    /// A pure ACK (no text, no SYN/FIN/RST) that acknowledges what was received, delayed or duplicate.
    Ack,
    /// A pure ACK that repeats the last ack with another window.
    WindowUpdate,
    /// A segment whose text, SYN or FIN had been sent before.
    Retransmission,
}

/// One line of a case.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// What is done or checked.
    pub action: Action,
    /// The clauses this step rests on; empty: the case's.
    pub clauses: Vec<ClauseId>,
    /// Go on with the next step even if this one fails.
    pub continues: bool,
    /// A remark for the reader; shown in reports.
    pub note: Option<String>,
}

/// What a step does or checks.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// The peer sends a segment.
    Inject(Box<Inject>),
    /// The target has emitted this since the last `expect`, and nothing else.
    Expect(Expect),
    /// The application on the target calls the socket interface.
    Call(CallStep),
    /// The connection is in this state.
    State(StateCheck),
    /// Time passes. What comes meanwhile waits for the next `expect`.
    Wait(Span),
    /// Keeps a measured quantity under a name.
    Save(BTreeMap<String, Quantity>),
    /// Compares kept quantities: `isn2 - isn1 in 1..2^31`.
    Check(Comparison),
}

/// Which connection a step speaks of. `None`: the first one.
pub type ConnName = Option<String>;

/// A segment the peer sends. What is absent gets the value in brackets.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Inject {
    /// The connection [the first one]. A new name is a new peer port.
    pub on: ConnName,
    /// The IP source [`peer`].
    pub from: Option<AddressName>,
    /// The IP destination [`target`].
    pub to: Option<AddressName>,
    /// The control bits [none].
    pub flags: Flags,
    /// Relative to the peer's ISN [RCV.NXT if the target has acknowledged anything yet, else 0].
    pub seq: Option<Position>,
    /// Relative to the target's ISS [SND.NXT if ACK is set and the target has sent anything, else the field is 0 on the wire].
    pub ack: Option<Position>,
    /// The window field, unscaled [`peer.win`].
    pub win: Option<u16>,
    /// The urgent pointer field [0].
    pub urg: Option<u16>,
    /// The text [none].
    pub data: Option<Data>,
    /// The options, in the order MSS, SACK-permitted, timestamps, window scale, SACK, raw.
    pub options: Options,
    /// The TCP checksum [right].
    pub checksum: Option<Checksum>,
    /// The data offset field in 32-bit words [right].
    pub data_offset: Option<u8>,
    /// IP header fields [right].
    pub ip: Ip,
    /// These bytes are the whole TCP segment, header included; all TCP fields above are ignored.
    pub raw: Option<Bytes>,
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
    /// Timestamps (kind 8): TSval, TSecr.
    pub ts: Option<(u32, u32)>,
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
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Ip {
    /// Time to live [64].
    pub ttl: Option<u8>,
    /// DS field and ECN [0].
    pub tos: Option<u8>,
    /// Identification [a counter].
    pub id: Option<u16>,
    /// Don't Fragment [true].
    pub df: Option<bool>,
    /// More Fragments [false].
    pub mf: Option<bool>,
    /// Fragment offset in units of 8 bytes [0].
    pub fragment_offset: Option<u16>,
    /// Total length [right].
    pub length: Option<u16>,
    /// Version [4].
    pub version: Option<u8>,
    /// Header length in 32-bit words [right].
    pub header_length: Option<u8>,
    /// Protocol number [6].
    pub protocol: Option<u8>,
    /// Header checksum [right].
    pub checksum: Option<Checksum>,
    /// Options, padded with zeros to a word [none].
    pub options: Option<Bytes>,
}

/// Addresses by role, so that a case runs on any target.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
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

/// One allowed answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Alternative {
    /// The clauses that allow it; empty: the case's.
    pub clauses: Vec<ClauseId>,
    /// In this order. Empty = nothing.
    pub segments: Vec<ExpectSegment>,
}

/// What a segment should look like. What is absent is not compared.
///
/// Symbols mean the value just before this segment left.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ExpectSegment {
    /// The connection it belongs to [the first one].
    pub on: ConnName,
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
    pub wscale: Option<Option<u8>>,
    /// SACK-permitted is there (`true`) or not.
    pub sack_ok: Option<bool>,
    /// Timestamps are there (`true`) or not.
    pub ts: Option<bool>,
    /// IP header fields.
    pub ip: ExpectIp,
    /// Not later than this after the event before it (a step, or the segment before). Absent: at once.
    pub within: Option<Span>,
    /// Not earlier than this after the event before it.
    pub after: Option<Span>,
    /// With `after` alone: how much later than `after` it may come, in percent [12.5, the slack of a timer wheel].
    pub tolerance: Option<f64>,
    /// So many segments of this kind one after another [1].
    pub repeat: Option<u32>,
    /// With `repeat`: each interval is so many times the one before [1].
    pub backoff: Option<f64>,
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
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ExpectIp {
    /// Time to live.
    pub ttl: Option<u8>,
    /// DS field and ECN.
    pub tos: Option<u8>,
    /// Don't Fragment.
    pub df: Option<bool>,
}

/// A socket call and what it should give.
#[derive(Clone, Debug, PartialEq)]
pub struct CallStep {
    /// The connection it is made on [the first one]; `listener` is the listening socket.
    pub on: ConnName,
    /// The call.
    pub call: Call,
    /// What it gives. Absent: any success (for `recv` and `accept`: would-block counts as failure).
    pub returns: Option<Returns>,
}

/// The application's calls. In brackets: the user call of RFC9293#3.9.1 it stands for.
#[derive(Clone, Debug, PartialEq)]
pub enum Call {
    /// [passive OPEN] on the target's port. `backlog` overrides `config.backlog`.
    Listen {
        /// Accept queue limit.
        backlog: Option<u32>,
    },
    /// [active OPEN] to the peer.
    Connect {
        /// Where to [the peer].
        to: Option<AddressName>,
    },
    /// Takes this connection from the accept queue.
    Accept,
    /// [SEND]
    Send {
        /// What.
        data: Data,
        /// With the urgent flag.
        urgent: bool,
    },
    /// [RECEIVE] at most `max` bytes (absent: all there is).
    Recv {
        /// Limit in bytes.
        max: Option<u32>,
    },
    /// [CLOSE] no more data to send; receiving goes on.
    Shutdown,
    /// Full close: no more sending nor receiving (RFC1122#4.2.2.13 half-duplex close).
    Close,
    /// [ABORT]
    Abort,
    /// What could be done without blocking, and what is pending.
    Poll,
    /// Changes a switch of a live connection.
    Set(SocketSwitch),
}

/// A switch of one live connection.
#[derive(Clone, Copy, Debug, PartialEq)]
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
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
}

/// What `poll` says. In an expectation `None` is not compared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
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

/// `state: ESTABLISHED`, `state: [CLOSED, LISTEN]`, `state: { on: b, is: CLOSED }`.
#[derive(Clone, Debug, PartialEq)]
pub struct StateCheck {
    /// The connection [the first one].
    pub on: ConnName,
    /// Any of these. CLOSED: there is no connection. LISTEN: there is no connection, and a listener.
    pub any_of: Vec<State>,
}

/// A measured quantity that `save` keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quantity {
    /// The target's real ISS (not relative). Written `ISS`.
    Iss,
    /// The time since the case began, in microseconds. Written `TIME`.
    Time,
    /// A symbol in case space.
    Symbol(Symbol),
}

/// `left - right in low..high`, modulo 2^32.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comparison {
    /// A kept name.
    pub left: String,
    /// The kept name that is subtracted; absent: nothing is.
    pub right: Option<String>,
    /// Lowest allowed difference.
    pub low: u32,
    /// Highest allowed difference (included).
    pub high: u32,
}

/// A case ready to run: matrix applied, `given` turned into steps.
#[derive(Clone, Debug)]
pub struct ConcreteCase {
    /// The path under the suite's root without `.yaml`, then `#` and the matrix values.
    pub id: String,
    /// The file as the user named it.
    pub file: PathBuf,
    /// The file's text, for snippets.
    pub source: Arc<str>,
    /// The case; its `steps` start with the prelude.
    pub case: Case,
    /// How many of the steps are the prelude's. Authored step numbers start at 1 behind them.
    pub prelude: usize,
}

impl ConcreteCase {
    /// The authored number (from 1) of the step at `index`; `None` for a step of the prelude.
    #[must_use]
    pub fn step_number(&self, index: usize) -> Option<usize> {
        (index >= self.prelude).then(|| index - self.prelude + 1)
    }
}
