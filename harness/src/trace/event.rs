//! The record of one run, and the segment as it looks in case space.
//!
//! Written by [`crate::run`], read by [`crate::judge`] and the reports. Nothing here judges.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::{
    case::{
        flags::Flags,
        format::{Call, ConcreteCase},
        time::Span,
    },
    clause::{ClauseId, Level},
    name::{self, Name},
    segment::ethernet,
    target::{ConnState, Endpoints, Explanation, Outcome, RuleNames, Text, Time, Traced},
    trace::{event_class::EventClass, packet::CasePacket},
};

/// One case, one target, one run.
#[derive(Clone, Debug)]
pub struct CaseRun {
    /// What ran.
    pub case: Arc<ConcreteCase>,
    /// On what.
    pub target: String,
    /// The target's version.
    pub version: String,
    /// What was seen.
    pub trace: Trace,
    /// What the judges remarked, in step order.
    pub findings: Vec<Finding>,
    /// The sum.
    pub verdict: Verdict,
    /// Real time the run took.
    pub wall: std::time::Duration,
}

impl CaseRun {
    /// The result of a case that never began.
    #[must_use]
    pub fn never_began(case: &Arc<ConcreteCase>, target: &str, version: &str, verdict: Verdict) -> Self {
        Self {
            case: Arc::clone(case),
            target: target.to_owned(),
            version: version.to_owned(),
            trace: Trace::default(),
            findings: Vec::new(),
            verdict,
            wall: std::time::Duration::ZERO,
        }
    }

    /// The finding that the TCP under test broke down; the run ends with it.
    #[must_use]
    pub fn crash(&self) -> Option<&Finding> {
        self.findings.last().filter(|finding| finding.kind == FindingKind::Crash)
    }
}

/// The sum of a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Verdict {
    /// Every check held.
    Pass,
    /// A MUST was broken.
    Fail,
    /// A SHOULD or MAY was not followed.
    Deviates,
    /// It fails or deviates exactly as the ledger says.
    Known(String),
    /// The ledger says it fails, but it passes: an error, the entry has to go.
    Fixed(String),
    /// The target cannot run it.
    Skip(String),
    /// The run says nothing about the clause.
    Inconclusive(String),
    /// The harness itself or its environment failed.
    Error(String),
}

/// Everything observed, in order.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Trace {
    /// The addresses of the run; `None` if it never began.
    pub endpoints: Option<Endpoints>,
    /// Packets, calls and rules, time-stamped.
    pub events: Vec<Event>,
    /// One entry for each step reached (prelude included), in order.
    pub steps: Vec<StepRecord>,
    /// All that the console of a target said which broke down, if it has one.
    pub console: Option<String>,
}

impl Trace {
    /// The last segment that this step injected.
    #[must_use]
    pub fn injected(&self, step: usize) -> Option<&CaseSegment> {
        let behind = self.events.partition_point(|event| event.step <= step);
        self.events[..behind].iter().rev().take_while(|event| event.step == step).find_map(|event| match &event.kind {
            EventKind::Injected { segment, .. } => segment.as_ref(),
            EventKind::Emitted { .. }
            | EventKind::EmittedOther { .. }
            | EventKind::Called { .. }
            | EventKind::Explained(_)
            | EventKind::Waited(_) => None,
        })
    }

    /// What the target's own tracing told among some events.
    pub fn traced(events: &[Event]) -> impl Iterator<Item = (usize, Traced)> + '_ {
        events.iter().filter_map(|event| match &event.kind {
            EventKind::Explained(Explanation::Traced(traced)) => Some((event.step, *traced)),
            EventKind::Explained(Explanation::Dropped(_) | Explanation::StateChanged { .. })
            | EventKind::Injected { .. }
            | EventKind::Emitted { .. }
            | EventKind::EmittedOther { .. }
            | EventKind::Called { .. }
            | EventKind::Waited(_) => None,
        })
    }

    /// What the target's own tracing told of what the peer or the application did last, up to the end of this step.
    #[must_use]
    pub fn traced_last(&self, step: usize) -> Vec<Traced> {
        let end = self.events.partition_point(|event| event.step <= step);
        let done = |event: &Event| match &event.kind {
            EventKind::Injected { .. } | EventKind::Called { .. } | EventKind::Waited(_) => true,
            EventKind::Emitted { .. } | EventKind::EmittedOther { .. } | EventKind::Explained(_) => false,
        };
        let last = self.events[..end].iter().rposition(done).unwrap_or(0);
        Self::traced(&self.events[last..end]).map(|(_, traced)| traced).collect()
    }
}

/// One thing that happened.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Event {
    /// When.
    pub at: Time,
    /// During which step (index into the concrete case's steps).
    pub step: usize,
    /// What.
    pub kind: EventKind,
    /// The header of the Ethernet frame around its packet; `None` on a bare IP link, and for what is no packet.
    pub frame: Option<ethernet::Header>,
}

/// What can happen.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum EventKind {
    /// The peer sent this IP packet, or this ARP packet.
    Injected {
        /// The bytes, without an Ethernet header; none after a run that compares ([`Mode`](crate::run::Mode)).
        packet: Vec<u8>,
        /// In case space; `None` if it does not parse as TCP (raw or broken on purpose), and for ICMP. Of fragments
        /// the one that makes the segment complete has it.
        segment: Option<CaseSegment>,
        /// What it was, relative to the connection it met.
        class: EventClass,
        /// What it is in words, if it is no TCP segment in one packet: `ICMP port-unreachable about seq=1`.
        /// Left out where the packets are.
        note: Option<String>,
    },
    /// The target sent this IP packet.
    Emitted {
        /// The bytes; none after a run that compares ([`Mode`](crate::run::Mode)).
        packet: Vec<u8>,
        /// In case space.
        segment: CaseSegment,
    },
    /// The target sent this packet, which is no TCP segment: ICMP, UDP, ARP, a fragment.
    EmittedOther {
        /// The bytes: an IP packet, or what is behind the Ethernet header of ARP.
        packet: Vec<u8>,
        /// In case space.
        seen: Box<CasePacket>,
    },
    /// The application called.
    Called {
        /// The call as the case has it; a record has it from there.
        #[serde(skip, default = "call_of_the_case")]
        call: Call,
        /// What it gave.
        outcome: Outcome,
    },
    /// The target told why.
    Explained(Explanation),
    /// Time passed on purpose.
    Waited(Span),
}

/// Stands for a call until [`super::record`] puts the one of the case there.
const fn call_of_the_case() -> Call {
    Call::Accept
}

/// What one step left behind.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct StepRecord {
    /// When the step began.
    pub began: Time,
    /// When it was over.
    pub ended: Time,
    /// What the call of this step gave.
    pub outcome: Option<Outcome>,
    /// The state of the connection in hand after the step; `None` if nobody asked for it.
    pub state: Option<ConnState>,
    /// Which alternative of an `either` the target chose.
    pub alternative: Option<usize>,
}

/// A segment in case space: relative numbers, names instead of addresses.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CaseSegment {
    /// When it left or arrived.
    pub at: Time,
    /// Which connection of the case; `None` if it belongs to none.
    pub on: Option<u8>,
    /// Control bits.
    pub flags: Flags,
    /// Relative to its sender's initial sequence number.
    pub seq: u32,
    /// Relative to the other side's initial sequence number; meaningful with ACK, else the raw field.
    pub ack: u32,
    /// The window field, unscaled.
    pub win: u16,
    /// The urgent pointer field.
    pub urg: u16,
    /// MSS option.
    pub mss: Option<u16>,
    /// Window scale option.
    pub wscale: Option<u8>,
    /// SACK-permitted.
    pub sack_ok: bool,
    /// SACK blocks, relative numbers.
    pub sack: Vec<(u32, u32)>,
    /// Timestamps.
    pub ts: Option<(u32, u32)>,
    /// Kinds of options other than these, EOL and NOP.
    pub other_options: Vec<u8>,
    /// The text.
    pub data: Text,
    /// IP time to live.
    pub ttl: u8,
    /// IP DS field and ECN.
    pub tos: u8,
    /// IP Don't Fragment.
    pub df: bool,
    /// The rules that produced it, if the target can tell.
    pub rules: RuleNames,
    /// What is wrong with it whatever the case expects (bad checksum, bad options …), with the clause.
    #[serde(deserialize_with = "name::read_faults")]
    pub faults: Vec<(String, Name)>,
}

impl CaseSegment {
    /// SEG.LEN: text plus SYN plus FIN.
    #[must_use]
    pub fn seq_len(&self) -> u32 {
        self.flags.seq_len().wrapping_add(u32::try_from(self.data.len()).unwrap_or(u32::MAX))
    }
}

/// One remark of one judge on one step.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Finding {
    /// Index of the step.
    pub step: usize,
    /// What kind.
    pub kind: FindingKind,
    /// How much it counts.
    pub level: Level,
    /// The clauses it rests on.
    pub clauses: Vec<ClauseId>,
    /// What the case wants, in one line.
    pub expected: String,
    /// What was seen, in the short form ledgers use: `RST seq=1`, `nothing`, `state CLOSED`, `returns ECONNRESET`,
    /// `crash: attempt to subtract … (tcp.rs:73)`.
    pub observed: String,
    /// Every field that differs.
    pub differences: Vec<Difference>,
    /// The whole segment that came, if one did.
    pub segment: Option<CaseSegment>,
}

impl Finding {
    /// What a crash breaks: software has to deal with every conceivable error.
    pub const CRASH_CLAUSE: &'static str = "RFC1122#1.2.2";

    /// The TCP under test broke down in this step with these words, whatever the case is about.
    #[must_use]
    pub fn crash(step: usize, words: &str) -> Self {
        Self {
            step,
            kind: FindingKind::Crash,
            level: Level::Must,
            clauses: Self::CRASH_CLAUSE.parse().into_iter().collect(),
            expected: "no crash".to_owned(),
            observed: format!("crash: {}", words.split_whitespace().collect::<Vec<_>>().join(" ")),
            differences: Vec::new(),
            segment: None,
        }
    }
}

/// One field that differs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Difference {
    /// Its name in the case format.
    #[serde(deserialize_with = "name::read")]
    pub field: Name,
    /// What the case wants.
    pub expected: String,
    /// What came.
    pub got: String,
}

/// Kinds of findings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum FindingKind {
    /// A segment came, but another one was expected.
    Mismatch,
    /// A segment was expected, none came.
    Missing,
    /// A segment came, none was expected.
    Unexpected,
    /// It came before its time.
    Early,
    /// It came after its time.
    Late,
    /// The connection is in another state.
    State,
    /// A call gave something else.
    Outcome,
    /// Kept quantities do not compare as demanded.
    Comparison,
    /// What came is no TCP segment at all.
    Malformed,
    /// A rule was broken that holds in any trace (see [`crate::judge::invariant`]).
    Invariant,
    /// The TCP under test itself broke down: a panic, a failed assertion, sending without end.
    Crash,
}
