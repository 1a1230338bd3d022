//! Bytes as a script for the reference stack alone: packets, user calls and time, in any order.
//!
//! Called by the fuzz target `stack_input` and by a test that replays fixed seeds. It demands what has to hold for any
//! input whatever: no panic, every packet that leaves is well-formed, and no input makes the stack send without end.

mod packet;

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    time::Duration,
};

use stack_under_test::{CallError, Cidr, Config, Instant, Profile, Reply, SocketId, SocketOptions, Stack, UserCall};

use crate::{
    case::format::{Errno, IpVersion},
    judge::invariant::Monitor,
    segment::parse::{NotTcp, parse},
    target::{Endpoints, Handle, Outcome, Pair, SocketCall, Time},
};

const ADDRESS: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1));
const PEER: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::new(192, 0, 2, 2)), 40_000);
const PORT: u16 = 80;
const ICMP: u8 = 1;
/// More packets than this out of one event is a runaway: a full window of 65535 one-byte segments fits.
const MOST_PER_EVENT: usize = 70_000;

/// Reads a script off the front of the bytes; nothing left reads as zeros.
struct Script<'a>(&'a [u8]);

impl<'a> Script<'a> {
    fn byte(&mut self) -> u8 {
        let (first, rest) = self.0.split_first().map_or((0, self.0), |(first, rest)| (*first, rest));
        self.0 = rest;
        first
    }

    fn word(&mut self) -> u32 {
        u32::from_be_bytes([self.byte(), self.byte(), self.byte(), self.byte()])
    }

    fn bytes(&mut self) -> &'a [u8] {
        let len = usize::from(self.byte()).min(self.0.len());
        let (front, rest) = self.0.split_at(len);
        self.0 = rest;
        front
    }
}

/// What the script knows of the stack's numbers, so that a segment can hit a live window.
#[derive(Default)]
struct Wire {
    /// Where the stack's last segment ended.
    snd_nxt: u32,
    /// What it last acknowledged.
    rcv_nxt: u32,
}

/// The stack, what watches it, and what the script knows of it.
struct Bench {
    stack: Stack,
    monitor: Monitor,
    now: Instant,
    wire: Wire,
    /// Every socket with its remote side; a listener has none.
    sockets: Vec<(SocketId, Option<SocketAddr>)>,
}

/// Runs one script.
///
/// # Panics
/// If the stack breaks one of the demands: that is the finding.
pub fn stack_input(data: &[u8]) {
    let mut script = Script(data);
    let profile = if script.byte() & 1 == 0 { Profile::rfc9293() } else { Profile::rfc793() };
    let mut bench = Bench::new(profile);
    while !script.0.is_empty() {
        match script.byte() % 8 {
            0 => bench.packet(script.bytes()),
            1 | 2 => bench.packet(&packet::segment(&mut script, &bench.wire)),
            3 | 4 => bench.user_call(&mut script),
            5 => bench.pass_time(&mut script),
            6 => bench.packet(&packet::icmp(&mut script, &bench.wire)),
            _ => {
                for fragment in packet::fragments(&mut script, &bench.wire) {
                    bench.packet(&fragment);
                    bench.drain();
                }
            }
        }
        bench.drain();
    }
    bench.monitor.end(time(bench.now));
    bench.complain();
}

const fn time(now: Instant) -> Time {
    now.saturating_since(Instant::ZERO)
}

impl Bench {
    fn new(profile: Profile) -> Self {
        let endpoints =
            Endpoints { target: SocketAddr::new(ADDRESS, PORT), peer: PEER, ..Endpoints::documentation(IpVersion::V4) };
        Self {
            stack: Stack::new(Config::new(Cidr::new(ADDRESS, 24), 1, profile)),
            monitor: Monitor::new(endpoints, false),
            now: Instant::ZERO,
            wire: Wire::default(),
            sockets: Vec::new(),
        }
    }

    fn packet(&mut self, packet: &[u8]) {
        self.monitor.given(packet, &parse(packet), time(self.now));
        self.stack.handle_packet(self.now, packet);
    }

    fn user_call(&mut self, script: &mut Script<'_>) {
        let choice = script.byte();
        let mut index = usize::from(choice >> 4) % self.sockets.len().max(1);
        let socket = self.sockets.get(index).copied();
        let remote = socket.and_then(|(_, remote)| remote);
        let options = SocketOptions::default;
        let (call, told) = match (choice & 15, socket.map(|(socket, _)| socket)) {
            (0, _) | (_, None) => {
                let backlog = usize::from(choice >> 4);
                let call = UserCall::Listen { port: PORT, backlog, options: options() };
                (call, SocketCall::Listen { backlog: None })
            }
            (1, _) => {
                let call = UserCall::Connect { local_port: PORT, remote: PEER, options: options() };
                (call, SocketCall::Connect { to: PEER })
            }
            (2 | 3, Some(listener)) => (UserCall::Accept { listener }, SocketCall::Accept),
            (4, Some(socket)) => {
                let max = usize::from(script.byte()) << 8;
                (UserCall::Receive { socket, max }, SocketCall::Recv { max })
            }
            (5..=7, Some(socket)) => {
                let (data, urgent) = (script.bytes(), choice & 15 == 7);
                (UserCall::Send { socket, data, urgent }, SocketCall::Send { data, urgent })
            }
            (8, Some(socket)) => (UserCall::Shutdown { socket }, SocketCall::Shutdown),
            (9, Some(socket)) => (UserCall::Close { socket }, SocketCall::Close),
            (10, Some(socket)) => (UserCall::Abort { socket }, SocketCall::Abort),
            (11, Some(socket)) => (UserCall::Status { socket }, SocketCall::Poll),
            (_, Some(socket)) => (UserCall::Poll { socket }, SocketCall::Poll),
        };
        let reply = self.stack.user_call(self.now, call);
        let remote = match (&reply, &told) {
            (Ok(Reply::Accepted { socket, remote }), _) => {
                let remote = Some(*remote);
                self.sockets.push((*socket, remote));
                remote
            }
            (Ok(Reply::Socket(socket)), SocketCall::Connect { to }) => {
                self.sockets.push((*socket, Some(*to)));
                Some(*to)
            }
            (Ok(Reply::Socket(socket)), _) => {
                self.sockets.push((*socket, None));
                None
            }
            (Ok(_) | Err(_), _) => remote,
        };
        if matches!(reply, Ok(Reply::Accepted { .. } | Reply::Socket(_))) {
            index = self.sockets.len() - 1;
        }
        self.tell_call(index, remote, &told, &outcome(reply));
    }

    fn tell_call(&mut self, index: usize, remote: Option<SocketAddr>, call: &SocketCall<'_>, outcome: &Outcome) {
        let target = SocketAddr::new(ADDRESS, PORT);
        // More sockets than numbers for them: the last number is shared, and told anew with each call.
        let handle = Handle::Connection(u8::try_from(index).unwrap_or(u8::MAX));
        let (on, peer) = remote.map_or((Handle::Listener, PEER), |remote| (handle, remote));
        self.monitor.called(on, Pair { target, peer }, call, outcome, time(self.now));
    }

    /// Up to some seconds, deadline by deadline.
    fn pass_time(&mut self, script: &mut Script<'_>) {
        let until = self.now + Duration::from_millis(u64::from(script.byte()) << (script.byte() % 8));
        // A deadline that does not move on once handled would hang: that is a finding as well.
        let mut same = 0;
        while let Some(deadline) = self.stack.poll_timeout().filter(|deadline| *deadline <= until) {
            same = if deadline > self.now { 0 } else { same + 1 };
            assert!(same < 1000, "a deadline stays due after it was handled");
            self.now = self.now.max(deadline);
            self.stack.handle_timeout(self.now);
            self.drain();
        }
        self.now = until;
    }

    fn drain(&mut self) {
        let mut count = 0;
        while let Some(transmit) = self.stack.poll_transmit(self.now) {
            count += 1;
            assert!(count < MOST_PER_EVENT, "one event made the stack send without end");
            assert!(transmit.rules.iter().next().is_some(), "a packet without a rule");
            match parse(&transmit.packet) {
                Ok(segment) => {
                    let len = u32::try_from(segment.text.len()).unwrap_or(0);
                    self.wire.snd_nxt = segment.seq.wrapping_add(segment.flags.seq_len()).wrapping_add(len);
                    self.wire.rcv_nxt = segment.ack;
                    self.monitor.emitted(&segment, time(self.now));
                }
                // A ping is answered, in parts if it is long, and the source of a packet nobody serves is told.
                Err(NotTcp::Protocol(ICMP) | NotTcp::Fragment) => {}
                Err(problem @ (NotTcp::NotIp | NotTcp::Protocol(_) | NotTcp::TooShort)) => {
                    panic!("neither a TCP segment nor ICMP: {problem}");
                }
            }
        }
        while self.stack.poll_event().is_some() {}
        self.monitor.advanced(time(self.now));
        self.complain();
    }

    /// Panics if an invariant was broken.
    fn complain(&mut self) {
        if let Some(violation) = self.monitor.violations().next() {
            panic!("{violation} ({}: {})", violation.invariant.clause, violation.invariant.rule);
        }
    }
}

/// What the call gave, in the words of targets. Which error it was does not matter here.
pub(super) fn outcome(reply: Result<Reply, CallError>) -> Outcome {
    match reply {
        Ok(Reply::Socket(_) | Reply::Done | Reply::Status(_) | Reply::Readiness(_)) => Outcome::Ok,
        Ok(Reply::Accepted { remote, .. }) => Outcome::Accepted(remote),
        Ok(Reply::Sent(count)) => Outcome::Sent(count),
        Ok(Reply::Received(bytes)) if bytes.is_empty() => Outcome::Eof,
        Ok(Reply::Received(bytes)) => Outcome::Data(bytes),
        Err(CallError::WouldBlock) => Outcome::WouldBlock,
        Err(_) => Outcome::Error(Errno::EINVAL),
    }
}

#[cfg(test)]
mod tests;
