//! The case format: these types *are* the specification, and every example below is loaded by a test.
//!
//! A [`Case`] is what one YAML file holds after its `matrix` has been applied; it is also what the fuzzers generate.
//! [`load`](crate::case::load) reads it, [`print`](crate::case::print) writes it, and a [`ConcreteCase`] is one ready
//! to run, its `given` turned into ordinary steps. Unknown fields and duplicate keys are errors with their line; YAML's
//! anchors, aliases and tags are not part of the format.
//!
//! # A case
//!
//! Only `title`, `clauses` and `steps` are needed.
//!
//! ```yaml
//! title: a RST inside the window but not at RCV.NXT draws a challenge ACK
//! clauses: [U-6, RFC5961#3.2]              # what the verdict rests on: labels of RFC 9293, or sections
//! level: MUST                              # only where no clause has a level of its own
//! origin: RFC 5961, section 3.2            # a figure, an erratum, a finding
//! given: ESTABLISHED                       # any of the 11 states, reached by a standard prelude
//! via: active                              # the prelude connects; passive (it listens) if absent
//! peer: { isn: 2^32-6, win: 8192, mss: none, wscale: 7, sack-ok: true, ts: true }
//! config: { ip: 6, nagle: off, delayed-ack: off, recv-buffer: 8192, msl: 1s }
//! allow: [ack, window-update, retransmission]   # what may come unasked; nothing else ever may
//! steps:
//!   - inject: { flags: RST, seq: RCV.NXT+1 }
//!   - expect: { flags: ACK, seq: SND.NXT, ack: RCV.NXT }
//!   - state: ESTABLISHED
//! ```
//!
//! # Steps
//!
//! A step is one action, and whatever of this belongs to it: `clause` or `clauses` (else the case's), `continue: true`
//! (go on if it fails), `note`. A target that crashes ends the case in that step, with a finding, whatever is expected.
//!
//! ```yaml
//! title: every action
//! clauses: [MUST-3]
//! steps:
//!   - call: listen                                  # the application on the target
//!   - call: { listen: { backlog: 1 } }
//!   - call: connect
//!   - call: { connect: { to: other-peer } }
//!     returns: EHOSTUNREACH
//!   - call: accept
//!     on: b                                         # a connection by name; `listener` is the listening socket
//!   - call: { send: "hello" }                       # text, or 100 (pattern bytes), or { hex: 00ff }
//!     returns: { sent: 1..5 }
//!   - call: { send: { data: 100, urgent: true } }
//!   - call: recv
//!     returns: { data: "hello" }                    # ok, would-block, eof, an errno, { sent: … }, { ready: … }
//!   - call: { recv: 5 }
//!     returns: { either: [would-block, eof] }
//!   - call: { set: { nagle: off } }                 # nagle, keepalive, tos, user-timeout
//!   - call: poll
//!     returns: { ready: { readable: true, urgent: false } }
//!   - call: shutdown                                # the RFC's CLOSE; `close` ends receiving as well; `abort`
//!   - inject: { flags: SYN, ts: { val: 1, ecr: 0 } }   # the peer sends; `Inject` has all fields
//!   - inject: { on: b, from: subnet-broadcast, flags: ACK+PSH, data: { hex: 00ff }, checksum: bad }
//!   - inject: { flags: ACK, sack: [[101, 201]], options: "0101", ip: { ttl: 1, df: false } }
//!   - expect: nothing                               # what the target emitted since the last `expect`
//!   - expect: { flags: ACK+PSH?, ack: 6, win: 1..65535, within: 500ms }
//!   - expect:                                       # in this order
//!       - { flags: ACK, len: 536 }
//!       - { flags: PSH+ACK, data: "rest" }
//!   - expect:
//!       any-order:
//!         - { on: a, flags: RST }
//!         - { on: b, flags: RST }
//!   - expect: { flags: SYN, mss: 536..1460, wscale: none, after: RTO, tolerance: 20, repeat: 3, backoff: 2 }
//!   - inject: { flags: ACK, ts: { val: 2, ecr: TS.VAL } }   # the TSval that the target sent last
//!   - expect: { flags: ACK, sack: [[101, 201]], ts: { val: TS.VAL..TS.VAL+2^31, ecr: 2 } }
//!   - expect:                                       # every allowed answer
//!       either:
//!         - { flags: ACK, clause: MAY-13 }
//!         - { nothing: true, clause: SHLD-31 }
//!         - segments:
//!             - { flags: ACK }
//!             - { flags: RST }
//!           clauses: [U-8, U-9]
//!         - nothing
//!   - state: ESTABLISHED                            # or a list, or { on: b, is: [CLOSED, LISTEN] }
//!   - wait: 2MSL+1s                                 # 500ms, 1.5s, 2m, RTO, 3*RTO, and sums
//!   - save: { isn1: ISS, began: TIME, edge: RCV.NXT }
//!   - save: { isn2: ISS }
//!   - check: "isn2 - isn1 in 1..2^31"
//!     clause: MUST-8
//!     continue: true
//!     note: modulo 2^32
//! ```
//!
//! # ICMP and fragments
//!
//! An `inject` may be an ICMP message instead of a segment: a [name](Message::NAMED), or `type/code`. An error quotes
//! what the target has sent on the connection in hand, the segment at SND.UNA unless `quote` says otherwise; it comes
//! from the peer, or from a router on the way (`from: other-peer`). `fragments` cuts any packet into IP fragments.
//!
//! ```yaml
//! title: ICMP messages and fragments
//! clauses: [MUST-54]
//! given: ESTABLISHED
//! steps:
//!   - inject: { icmp: port-unreachable }
//!   - inject: { from: other-peer, icmp: { message: 3/13, quote: { seq: SND.NXT+1, length: 28 } } }
//!   - inject: { icmp: { message: fragmentation-needed, mtu: 576, checksum: bad } }
//!   - inject: { on: b, icmp: { message: time-exceeded, quote: { length: 4, ip: { protocol: 17 } } } }
//!   - inject: { icmp: { message: parameter-problem, pointer: 20 } }
//!   - inject: { icmp: { message: echo-request, data: "ping" } }
//!   - inject: { flags: ACK, data: 100, fragments: 40 }        # bytes of the IP payload in each, TCP header included
//!   - inject: { flags: ACK, data: 100, fragments: { size: 40, order: reversed } }
//!   - inject: { flags: ACK, data: 100, fragments: { size: 40, order: [3, 1, 1] } }   # the second one is lost
//!   - inject: { flags: ACK, data: 100, ip: { id: 7 }, fragments: { size: 40, overlap: 8, conflict: true } }
//!   - expect: nothing
//! ```
//!
//! What is wrong on purpose in a packet as a whole is written with `raw` and `ip`:
//! `inject: { raw: "0303", ip: { protocol: 1 } }` is an ICMP message of two bytes.
//!
//! # Beside TCP
//!
//! `expect` compares ICMP messages, UDP datagrams and ARP packets as it does segments, and what no step expects breaks
//! it in the same way. A datagram in fragments counts as one packet, once it is whole. Patterns begin with byte 0.
//! `quotes: 8` wants the header and 8 bytes of a packet that the peer has sent, unchanged.
//!
//! ```yaml
//! title: ping, UDP, port unreachable
//! clauses: [RFC1122#3.2.2.6]
//! steps:
//!   - inject: { icmp: { message: echo-request, id: 7, seq: 1, data: "ping" } }
//!   - expect: { to: peer, ip: { ttl: 64 }, icmp: { message: echo-reply, id: 7, seq: 1, data: "ping" } }
//!   - inject: { icmp: { message: echo-request, data: 2000 }, fragments: 1000 }
//!   - expect: { icmp: { message: echo-reply, data: 2000 }, pieces: 2..4 }
//!   - inject: { udp: { data: "hello" } }
//!   - expect: { icmp: { message: port-unreachable, quotes: 8 } }
//!   - call: udp-bind                                # the target's port, which `udp:` speaks to
//!   - inject: { udp: { data: "hello", checksum: 0 } }
//!   - call: udp-recv
//!     returns: { data: "hello" }
//!   - call: { udp-send: "bye" }                     # or { data: "bye", to: off-link }
//!   - expect: { udp: { data: "bye" } }
//!   - call: udp-close
//! ```
//!
//! With `config: { link: ethernet }` packets travel in Ethernet frames, and a target that asks for the peer's station by
//! ARP is answered without a step seeing it, unless `peer: { answers-arp: false }`.
//!
//! ```yaml
//! title: ARP
//! clauses: [RFC826]
//! peer: { answers-arp: false }
//! config: { link: ethernet, address-claim: announce }
//! steps:
//!   - expect: { arp: gratuitous }
//!   - inject: { arp: request }
//!   - expect: { arp: { kind: reply, sender: target, target: peer, sender-mac: target }, frame: { to: peer } }
//!   - inject: { arp: { kind: request, target: other-peer }, frame: { to: limited-broadcast } }
//!   - expect: nothing
//! ```
//!
//! Over IPv6 it asks by neighbor discovery, and is answered in the same way; the steps of a case see that as ICMP messages.
//!
//! ```yaml
//! title: a neighbor is asked for
//! clauses: [RFC4861#7.2.2]
//! peer: { answers-arp: false }
//! config: { link: ethernet, ip: 6 }
//! steps:
//!   - call: connect
//!   - expect: { icmp: { message: neighbor-solicitation, neighbor: { about: peer, group: true } } }
//!   - inject: { icmp: neighbor-advertisement }
//!   - expect: { flags: SYN }
//! ```
//!
//! # IPv4 and IPv6
//!
//! `config: { ip: 6 }` puts IPv6 under the connections, and the matrix key `ip` does so by itself: `matrix: { ip: [4, 6] }`
//! is the same case over both, with ids `file#4` and `file#6`. Names of addresses mean those of the version (`multicast` is
//! ff02::1 then), `ttl` is the hop limit and `tos` the traffic class, an ICMP message is the one of this meaning in ICMPv6.
//! What only IPv4 has is an error when the file is loaded: a broadcast address, `ip: { df, header-length, checksum, options }`
//! and, but for fragments, `id`; source quench and the like.
//!
//! ```yaml
//! title: without an MSS option no segment carries more than $default bytes over IPv$ip
//! clauses: [MUST-15]
//! matrix:
//!   ip:
//!     4: { default: 536 }
//!     6: { default: 1220 }
//! given: ESTABLISHED
//! peer: { mss: none }
//! steps:
//!   - call: { send: 2000 }
//!   - expect: { flags: ACK+PSH?, len: $default }
//! ```
//!
//! # Numbers
//!
//! `seq` and `ack` are relative: both initial numbers are 0. [Symbols](Symbol) are the *target's* variables as the wire
//! shows them; [sums](super::position::Position) of them and of `5`, `0x10`, `2^31` are positions, `low..high` (both
//! included) a range. In an `expect` a symbol means the value just before that segment left, in an `inject` the value
//! now. Without `within` or `after` a segment must come at once.
//!
//! # Matrix
//!
//! `$name` stands for the value of `name`, whatever that is; the case runs once per combination. Ids end with the
//! values: `file#ESTABLISHED,left-edge`. Every variable has to be used; `$$` is a dollar sign.
//!
//! ```yaml
//! title: in $state a RST at the $position of the window
//! clauses: [U-5, U-6]
//! matrix:
//!   state: [ESTABLISHED, FIN-WAIT-1]
//!   position:
//!     left-edge:    { seq: RCV.NXT,   reply: nothing }
//!     outside-left: { seq: RCV.NXT-1, reply: nothing }
//!     inside:       { seq: RCV.NXT+1, reply: { flags: ACK } }
//! given: $state
//! steps:
//!   - inject: { flags: RST, seq: $seq }
//!   - expect: $reply
//! ```

mod arp;
mod call;
mod fragments;
mod header;
mod icmp;
mod neighbor;
mod segment;
mod udp;

use std::{collections::BTreeMap, path::PathBuf, sync::Arc};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use self::{
    arp::{Arp, ArpKind, Claim, ExpectArp, Frame, Medium, UnknownArp},
    call::{Call, CallStep, Errno, Readiness, Returns, SocketSwitch},
    fragments::{Fragments, Order},
    header::{Allow, Config, IpVersion, MssChoice, Peer, Via},
    icmp::{ExpectIcmp, Icmp, Message, Quote, UnknownMessage},
    neighbor::Neighbor,
    segment::{
        AddressName, Alternative, Bytes, Checksum, ConnName, Data, Expect, ExpectIp, ExpectSegment, ExpectTs, Inject,
        Ip, MssBounds, Options, pattern_byte,
    },
    udp::{ExpectUdp, Udp, UdpCall},
};
use super::{
    form::{OneOrMany, one_or_many},
    position::Symbol,
    state::State,
    time::Span,
};
use crate::clause::{ClauseId, Level};

/// One authored (or generated) test.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Case {
    /// One sentence: what the RFC says happens.
    pub title: String,
    /// The clauses the verdict rests on. At least one.
    #[serde(deserialize_with = "one_or_many")]
    #[schemars(with = "OneOrMany<ClauseId>")]
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
    #[serde(default)]
    pub peer: Peer,
    /// Abstract switches; a target maps them or the case is skipped there.
    #[serde(default)]
    pub config: Config,
    /// What may come at any moment without being asked.
    #[serde(default, deserialize_with = "one_or_many")]
    #[schemars(with = "OneOrMany<Allow>")]
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

impl Action {
    /// Whether it has a meaning on Ethernet only.
    #[must_use]
    pub fn speaks_of_frames(&self) -> bool {
        match self {
            Self::Inject(inject) => {
                inject.arp.is_some() || inject.frame != Frame::default() || self.speaks_of_neighbors()
            }
            Self::Expect(expect) => {
                let frames = |segment: &ExpectSegment| segment.arp.is_some() || segment.frame != Frame::default();
                expect.segments().any(frames) || self.speaks_of_neighbors()
            }
            Self::Call(_) | Self::State(_) | Self::Wait(_) | Self::Save(_) | Self::Check(_) => false,
        }
    }
}

impl Action {
    /// Whether it is about neighbor discovery: it has a meaning over IPv6 on Ethernet only.
    #[must_use]
    pub fn speaks_of_neighbors(&self) -> bool {
        match self {
            Self::Inject(inject) => inject.icmp.as_ref().is_some_and(|icmp| icmp.is_neighbor()),
            Self::Expect(expect) => expect.segments().any(|segment| {
                let icmp = segment.icmp.as_ref();
                icmp.is_some_and(|icmp| icmp.neighbor.is_some() || icmp.message.is_some_and(Message::is_neighbor))
            }),
            Self::Call(_) | Self::State(_) | Self::Wait(_) | Self::Save(_) | Self::Check(_) => false,
        }
    }
}

/// `state: ESTABLISHED`, `state: [CLOSED, LISTEN]`, `state: { on: b, is: CLOSED }`.
#[derive(Clone, Debug, PartialEq)]
pub struct StateCheck {
    /// The connection (default: the first one).
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

#[cfg(test)]
mod tests;
