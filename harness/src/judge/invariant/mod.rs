//! Rules that hold for any conforming TCP in any trace, judged without a reference and without standing in a case.
//!
//! A [`Monitor`] watches one target during one case: what is injected, what it emits, the calls and their outcomes, the
//! states. [`crate::run`] feeds it on every run, [`crate::generate::raw`] on every fuzz execution. Start at [`table`]
//! for the rules, at [`flow`](Flow) for what is kept of a connection; the groups beside this file hold the checks.
//!
//! It prefers silence to a false alarm: where the wire leaves doubt (a socket pair used again, several SYNs, a live
//! target's late readings) a rule is not judged. A packet that is broken on purpose counts as not sent if no stack may
//! accept it; if some may, it counts as sent for what the target *may* do and as not sent for what it *must* do.
//!
//! Left out: fragments that overlap or disagree (they make the monitor blind, see [`Monitor::blind`]).

mod ack_policy;
mod acknowledgement;
mod addresses;
mod application;
mod backoff;
mod fin;
mod flow;
mod fragments;
mod header;
mod idle;
mod options;
mod received;
mod reset;
mod sack;
mod sending;
mod states;
mod syn;
pub mod table;
mod timestamps;
mod window;

use std::{net::SocketAddr, time::Duration};

use flow::Flow;
use fragments::{Fragments, Taken, is_fragment};
pub use table::{INVARIANTS, Invariant};

use crate::{
    case::flags::Flags,
    segment::parse::{NotTcp, Parsed, parse},
    target::{ConnState, Endpoints, Handle, Outcome, Pair, SocketCall, Time},
};

/// More pairs of sockets than this are not watched.
const MOST_FLOWS: usize = 4096;
/// The memory of no more than so many is kept: few cases have as many.
const MOST_SPARE: usize = 8;
const ICMP: u8 = 1;
const ICMPV6: u8 = 58;

/// An invariant was broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Violation {
    /// Which.
    pub invariant: &'static Invariant,
    /// How, in words that are the same in every run.
    pub how: &'static str,
    /// When it was seen.
    pub at: Time,
}

impl std::fmt::Display for Violation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "breaks {}: {}", self.invariant.name, self.how)
    }
}

/// Where the groups put what they find.
#[derive(Debug, Default)]
pub(crate) struct Report {
    at: Time,
    violations: Vec<Violation>,
}

impl Report {
    fn breaks(&mut self, invariant: &'static Invariant, how: &'static str) {
        let violation = Violation { invariant, how, at: self.at };
        if !self.violations.iter().any(|known| (known.invariant, known.how) == (invariant, how)) {
            self.violations.push(violation);
        }
    }
}

/// What every check may look at beside the segment and its connection.
#[derive(Clone, Copy, Debug)]
struct Context {
    at: Time,
    live: bool,
    /// A timer may fire so much of its time late.
    late: f64,
    /// And so much more.
    granularity: Duration,
}

/// Watches one target during one case.
#[derive(Debug)]
pub struct Monitor {
    endpoints: Endpoints,
    live: bool,
    late: f64,
    granularity: Duration,
    blind: bool,
    fragments: Fragments,
    flows: Vec<Flow>,
    /// Flows of earlier cases: their memory serves again.
    spare: Vec<Flow>,
    /// The flow of the last segment: the next one is most often of the same.
    latest: usize,
    now: Time,
    /// Some flow may owe an acknowledgement.
    debts: bool,
    keepalive: bool,
    /// Whom each socket of the application is connected to: `accept` takes whatever connection is next.
    sockets: Vec<(Handle, SocketAddr)>,
    report: Report,
}

impl Monitor {
    /// A monitor of a target that is about to begin. `live`: its readings of the clock may be late.
    #[must_use]
    pub fn new(endpoints: Endpoints, live: bool) -> Self {
        Self {
            endpoints,
            live,
            late: 0.0,
            granularity: Duration::ZERO,
            blind: false,
            fragments: Fragments::default(),
            flows: Vec::new(),
            spare: Vec::new(),
            latest: 0,
            now: Time::ZERO,
            debts: false,
            keepalive: false,
            sockets: Vec::new(),
            report: Report::default(),
        }
    }

    /// As new, in the memory of the case before.
    pub fn again(&mut self, endpoints: Endpoints, live: bool) {
        let [mut flows, mut spare] = [&mut self.flows, &mut self.spare].map(std::mem::take);
        let mut sockets = std::mem::take(&mut self.sockets);
        spare.append(&mut flows);
        spare.truncate(MOST_SPARE);
        sockets.clear();
        *self = Self { flows, spare, sockets, ..Self::new(endpoints, live) };
    }

    /// The target's timers are in a wheel whose clock has this tick: an eighth late, and as much more.
    pub fn with_wheel(&mut self, tick: Duration) {
        self.late = super::expect::WHEEL_SLACK / 100.0;
        self.granularity = tick;
    }

    fn context(&self, at: Time) -> Context {
        Context { at, live: self.live, late: self.late, granularity: self.granularity }
    }

    /// Keep-alive is on from the start.
    pub fn with_keepalive(&mut self) {
        self.keepalive = true;
    }

    /// The target was given something that may mean this or that: fragments that overlap. Only what one segment shows by itself
    /// is judged from here on.
    pub fn blind(&mut self) {
        (self.blind, self.debts) = (true, false);
    }

    /// An ICMP error or the like arrived: the target may end connections.
    pub fn disturbed(&mut self, at: Time) {
        self.settle(at);
        for flow in &mut self.flows {
            flow.happened(at);
            (flow.may_restart, flow.broken) = (true, true);
            flow.causes |= states::OTHER;
        }
    }

    /// Whether there is something to tell.
    #[must_use]
    pub fn has_violations(&self) -> bool {
        !self.report.violations.is_empty()
    }

    /// The violations so far, oldest first; each is told once.
    pub fn violations(&mut self) -> std::vec::Drain<'_, Violation> {
        self.report.violations.drain(..)
    }

    /// A packet is about to be given to the target; `parsed` is what it says.
    pub fn given(&mut self, packet: &[u8], parsed: &Result<Parsed, NotTcp>, at: Time) {
        match parsed {
            _ if is_fragment(packet) => self.fragment_given(packet, at),
            Ok(parsed) => self.injected(parsed, at),
            Err(NotTcp::Protocol(ICMP | ICMPV6)) => self.disturbed(at),
            Err(NotTcp::NotIp | NotTcp::Protocol(_) | NotTcp::Fragment | NotTcp::TooShort) => {}
        }
    }

    /// Nobody has to accept what comes in fragments: it counts as sent for what the target may do.
    fn fragment_given(&mut self, packet: &[u8], at: Time) {
        match self.fragments.take(packet) {
            Taken::Waiting => {}
            Taken::Doubt => self.blind(),
            Taken::Whole(packet) => {
                let parsed = parse(&packet).map(|mut parsed| {
                    parsed.faults.push(("in fragments".to_owned(), "RFC1122#3.3.2"));
                    parsed
                });
                self.given(&packet, &parsed, at);
            }
        }
    }

    /// A segment is about to be given to the target.
    pub fn injected(&mut self, seg: &Parsed, at: Time) {
        self.settle(at);
        if header::no_stack_accepts(seg) || self.blind {
            return;
        }
        let target = SocketAddr::new(seg.destination, seg.destination_port);
        let peer = SocketAddr::new(seg.source, seg.source_port);
        if target.ip() != self.endpoints.target.ip() || addresses::is_of_a_group(peer.ip(), &self.endpoints) {
            return;
        }
        let (live, pair) = (self.live, Pair { target, peer });
        if is_to_itself(pair) {
            return;
        }
        let Some(flow) = self.flow(pair) else { return };
        flow.causes |= states::causes_of(seg);
        flow.note_injected(seg, at, live);
        self.debts |= flow.owes_ack.is_some() || flow.full_sized > 1;
    }

    /// The target has emitted a segment.
    pub fn emitted(&mut self, seg: &Parsed, at: Time) {
        self.clock(at);
        header::check(seg, &mut self.report);
        let pair = Pair {
            target: SocketAddr::new(seg.source, seg.source_port),
            peer: SocketAddr::new(seg.destination, seg.destination_port),
        };
        if addresses::is_of_a_group(pair.peer.ip(), &self.endpoints) {
            return self.report.breaks(&table::NEVER_TO_A_GROUP, "a segment to no single host");
        }
        if self.blind || !seg.faults.is_empty() || is_to_itself(pair) {
            return;
        }
        let Some(index) = self.find(pair) else {
            if self.flows.len() < MOST_FLOWS {
                self.report.breaks(&table::OF_A_CONNECTION, "a segment between sockets nobody spoke of");
            }
            return;
        };
        let context = self.context(at);
        judge(&mut self.flows[index], seg, context, &mut self.report);
    }

    /// The application has called.
    pub fn called(&mut self, on: Handle, pair: Pair, call: &SocketCall<'_>, outcome: &Outcome, at: Time) {
        self.settle(at);
        if on == Handle::Listener {
            return self.listener_called(call, at);
        }
        match (call, outcome) {
            (SocketCall::Connect { to }, Outcome::Ok) => {
                self.bind_socket(on, *to);
                self.flow(Pair { peer: *to, ..pair });
            }
            (SocketCall::Accept, Outcome::Accepted(remote)) => self.bind_socket(on, *remote),
            _ => {}
        }
        let pair = Pair { peer: self.remote_of(on).unwrap_or(pair.peer), ..pair };
        let Some(index) = self.find(pair).filter(|_| !self.blind && !is_to_itself(pair)) else { return };
        application::called(&mut self.flows[index], call, outcome, at, &mut self.report);
    }

    fn bind_socket(&mut self, on: Handle, remote: SocketAddr) {
        self.sockets.retain(|(socket, _)| *socket != on);
        self.sockets.push((on, remote));
    }

    fn remote_of(&self, on: Handle) -> Option<SocketAddr> {
        self.sockets.iter().find(|(socket, _)| *socket == on).map(|(_, remote)| *remote)
    }

    fn listener_called(&mut self, call: &SocketCall<'_>, at: Time) {
        let ends = match call {
            SocketCall::Close | SocketCall::Abort | SocketCall::Shutdown => true,
            SocketCall::Listen { .. }
            | SocketCall::Connect { .. }
            | SocketCall::Accept
            | SocketCall::Send { .. }
            | SocketCall::Recv { .. }
            | SocketCall::Poll
            | SocketCall::Set(_)
            | SocketCall::Udp(_) => false,
        };
        for flow in self.flows.iter_mut().filter(|_| ends) {
            flow.happened(at);
            // Connections that wait to be accepted end with their listener, by FIN or RST.
            (flow.may_restart, flow.broken, flow.close_called, flow.app_in_doubt) = (true, true, true, true);
            flow.causes |= states::CLOSE | states::ABORT;
        }
    }

    /// The state of a connection, as the target tells it; `on` is the socket that it was asked of.
    pub fn state(&mut self, on: Handle, pair: Pair, state: ConnState, at: Time) {
        self.report.at = at;
        let another = self.remote_of(on).is_some_and(|remote| remote != pair.peer);
        if self.blind || another || is_to_itself(pair) {
            return;
        }
        let live = self.live;
        if let Some(flow) = self.find(pair).map(|index| &mut self.flows[index]) {
            states::observed(flow, state, live, &mut self.report);
        }
    }

    /// Time has passed, and everything emitted meanwhile has been told.
    pub fn advanced(&mut self, now: Time) {
        self.settle(now);
    }

    /// The case is over.
    pub fn end(&mut self, now: Time) {
        self.settle(now);
    }

    /// The clock stands here now.
    fn clock(&mut self, at: Time) {
        self.report.at = at;
        if at > self.now {
            self.now = at;
            for flow in &mut self.flows {
                flow.causes |= states::TIME;
            }
        }
    }

    /// What had to be answered before this moment.
    fn settle(&mut self, at: Time) {
        self.clock(at);
        if !self.debts {
            return;
        }
        let context = self.context(at);
        for flow in &mut self.flows {
            ack_policy::settle(flow, context, &mut self.report);
        }
        self.debts = self.flows.iter().any(|flow| flow.owes_ack.is_some());
    }

    fn find(&mut self, pair: Pair) -> Option<usize> {
        if self.flows.get(self.latest).is_some_and(|flow| flow.pair == pair) {
            return Some(self.latest);
        }
        self.latest = self.flows.iter().position(|flow| flow.pair == pair)?;
        Some(self.latest)
    }

    /// The flow of a pair, made if there is none; `None` if there are too many.
    fn flow(&mut self, pair: Pair) -> Option<&mut Flow> {
        if self.find(pair).is_none() {
            if self.flows.len() >= MOST_FLOWS {
                return None;
            }
            self.latest = self.flows.len();
            let mut flow = match self.spare.pop() {
                Some(spare) => spare.again(pair),
                None => Flow::new(pair),
            };
            flow.keepalive = self.keepalive;
            self.flows.push(flow);
        }
        self.flows.get_mut(self.latest)
    }
}

/// A connection to oneself need not be on the wire: of what passes between the two ends only a part may be seen.
fn is_to_itself(pair: Pair) -> bool {
    pair.peer.ip() == pair.target.ip()
}

/// All groups on one segment of a known pair of sockets, then the segment is entered.
fn judge(flow: &mut Flow, seg: &Parsed, context: Context, report: &mut Report) {
    reset::answer_to_reset(flow, seg, context, report);
    if seg.flags.contains(Flags::RST) {
        reset::check(flow, seg, context, report);
        reset::note(flow, context.at);
        // Who resets has left the connection; whether it might is not for its state to say.
        flow.causes |= states::RST;
        return;
    }
    syn::check(flow, seg, context, report);
    if flow.iss.is_none() {
        return report.breaks(&table::BEGINS_WITH_SYN, "a segment of a connection that sent no SYN");
    }
    // A connection that left TIME-WAIT for a SYN returns there when that turns out to be an old duplicate (MAY-2):
    // whose number a segment carries then cannot be told.
    if flow.reopened {
        return;
    }
    acknowledgement::check(flow, seg, report);
    options::check(flow, seg, report);
    timestamps::check(flow, seg, report);
    sack::check(flow, seg, context, report);
    window::check(flow, seg, report);
    sending::check(flow, seg, report);
    fin::check(flow, seg, report);
    ack_policy::check(flow, context, report);
    idle::check(flow, seg, context, report);
    backoff::check(flow, seg, context, report);
    flow.note_emitted(seg, context.at);
}

#[cfg(test)]
mod tests;
