//! One stack of a pair, its application, and the monitor that watches it.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use stack_under_test::{
    CallError, Cidr, Config, Event, Instant, Notice, Profile, Reply, SocketId, SocketOptions, Stack, State, UserCall,
};

use crate::{
    case::format::{IpVersion, pattern_byte},
    generate::raw::outcome,
    judge::invariant::Monitor,
    segment::parse::{NotTcp, parse},
    target::{Endpoints, Handle, Pair, SocketCall, Time},
};

const LISTENING: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1)), 80);
const CONNECTING: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::new(192, 0, 2, 2)), 40_000);
/// More packets than this out of one event is a runaway: a full window of 65535 one-byte segments fits.
const MOST_PER_EVENT: usize = 70_000;
/// More bytes than this are not sent by one side, so that a script ends soon.
const MOST_SENT: usize = 200_000;

/// How a side opens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    Listens,
    Connects,
}

/// How far the application is.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Progress {
    /// Bytes the stack took.
    pub sent: usize,
    /// Bytes it gave.
    pub received: usize,
    /// The application closed its direction.
    shut_down: bool,
    /// It read the end of the other one.
    ended: bool,
    /// It gave up the socket.
    gave_up: bool,
    /// A call or an event reported an error.
    told: bool,
}

/// A stack, its one connection, and who uses and watches it.
pub(super) struct Side {
    stack: Stack,
    monitor: Monitor,
    pair: Pair,
    listener: Option<SocketId>,
    socket: Option<SocketId>,
    progress: Progress,
}

const fn time(now: Instant) -> Time {
    now.saturating_since(Instant::ZERO)
}

/// The bytes that one side sends from this place of its stream on.
fn stream(from: usize, len: usize) -> Vec<u8> {
    (from..from + len).map(|at| pattern_byte(u32::try_from(at).unwrap_or(u32::MAX))).collect()
}

impl Side {
    pub(super) fn new(role: Role, profile: Profile) -> Self {
        let (own, other, seed) = match role {
            Role::Listens => (LISTENING, CONNECTING, 1),
            Role::Connects => (CONNECTING, LISTENING, 2),
        };
        let endpoints = Endpoints { target: own, peer: other, ..Endpoints::documentation(IpVersion::V4) };
        Self {
            stack: Stack::new(Config::new(Cidr::new(own.ip(), 24), seed, profile)),
            monitor: Monitor::new(endpoints, false),
            pair: Pair { target: own, peer: other },
            listener: None,
            socket: None,
            progress: Progress::default(),
        }
    }

    pub(super) const fn progress(&self) -> Progress {
        self.progress
    }

    /// An error was reported, or the application gave up.
    pub(super) const fn cut_short(&self) -> bool {
        self.progress.told || self.progress.gave_up
    }

    pub(super) fn open(&mut self, now: Instant, options: SocketOptions) {
        let port = self.pair.target.port();
        let (call, told) = if self.pair.target == LISTENING {
            (UserCall::Listen { port, backlog: 1, options }, SocketCall::Listen { backlog: Some(1) })
        } else {
            let remote = self.pair.peer;
            (UserCall::Connect { local_port: port, remote, options }, SocketCall::Connect { to: remote })
        };
        let on = if self.pair.target == LISTENING { Handle::Listener } else { Handle::Connection(0) };
        match self.call(now, on, call, &told) {
            Ok(Reply::Socket(socket)) if on == Handle::Listener => self.listener = Some(socket),
            Ok(Reply::Socket(socket)) => self.socket = Some(socket),
            other => panic!("the first call of a fresh stack gives {other:?}"),
        }
    }

    pub(super) fn accept(&mut self, now: Instant) {
        let (None, Some(listener)) = (self.socket, self.listener) else { return };
        let reply = self.call(now, Handle::Connection(0), UserCall::Accept { listener }, &SocketCall::Accept);
        if let Ok(Reply::Accepted { socket, .. }) = reply {
            self.socket = Some(socket);
        }
    }

    pub(super) fn send(&mut self, now: Instant, len: usize, urgent: bool) {
        let Some(socket) = self.socket.filter(|_| !self.progress.shut_down) else { return };
        let len = len.min(MOST_SENT - self.progress.sent);
        if len == 0 {
            return;
        }
        let data = stream(self.progress.sent, len);
        let told = SocketCall::Send { data: &data, urgent };
        let on = Handle::Connection(0);
        if let Ok(Reply::Sent(count)) = self.call(now, on, UserCall::Send { socket, data: &data, urgent }, &told) {
            self.progress.sent += count;
        }
    }

    /// Returns whether there was something.
    pub(super) fn receive(&mut self, now: Instant, max: usize) -> bool {
        let Some(socket) = self.socket.filter(|_| !self.progress.ended) else { return false };
        let told = SocketCall::Recv { max };
        match self.call(now, Handle::Connection(0), UserCall::Receive { socket, max }, &told) {
            Ok(Reply::Received(text)) if text.is_empty() => self.progress.ended = true,
            Ok(Reply::Received(text)) => {
                let right = stream(self.progress.received, text.len());
                assert!(text == right, "other bytes than were sent, from {} on", self.progress.received);
                self.progress.received += text.len();
                return true;
            }
            Ok(_) | Err(_) => {}
        }
        false
    }

    /// Mostly closes one direction; seldom both, or aborts; seldom before the handshake.
    pub(super) fn end(&mut self, now: Instant, how: u8) {
        let Some(socket) = self.socket else { return };
        let on = Handle::Connection(0);
        match how {
            0..0xe0 => {
                // Before the handshake there is no direction to close: the connection is given up.
                let too_early = self.state() == Some(State::SynSent);
                if too_early && how < 0xc0 {
                    return;
                }
                let shut_down = self.call(now, on, UserCall::Shutdown { socket }, &SocketCall::Shutdown);
                self.progress.shut_down |= shut_down.is_ok();
                self.progress.gave_up |= shut_down.is_ok() && too_early;
            }
            0xe0..0xf0 => {
                let closed = self.call(now, on, UserCall::Close { socket }, &SocketCall::Close);
                self.gave_up(now, closed.is_ok());
            }
            0xf0.. => {
                let aborted = self.call(now, on, UserCall::Abort { socket }, &SocketCall::Abort);
                self.gave_up(now, aborted.is_ok());
            }
        }
    }

    /// The application is gone, and nobody accepts what an old SYN may still open.
    fn gave_up(&mut self, now: Instant, done: bool) {
        if !done {
            return;
        }
        self.progress.gave_up = true;
        self.socket = None;
        if let Some(socket) = self.listener.take() {
            let closed = self.call(now, Handle::Listener, UserCall::Close { socket }, &SocketCall::Close);
            assert!(closed.is_ok(), "a listener cannot be closed: {closed:?}");
        }
    }

    /// What an application does that reads everything and closes once it is connected.
    pub(super) fn run_to_the_end(&mut self, now: Instant) {
        self.accept(now);
        while self.receive(now, 1 << 16) {}
        if self.socket.is_some() && !self.progress.shut_down && self.state() != Some(State::SynSent) {
            self.end(now, 0);
        }
    }

    fn call(
        &mut self,
        now: Instant,
        on: Handle,
        call: UserCall<'_>,
        told: &SocketCall<'_>,
    ) -> Result<Reply, CallError> {
        let reply = self.stack.user_call(now, call);
        self.monitor.called(on, self.pair, told, &outcome(reply.clone()), time(now));
        // What cannot be done yet, or any more, is no report of something lost.
        let lost = |error: &CallError| matches!(error, CallError::Reset | CallError::Refused | CallError::TimedOut);
        self.progress.told |= reply.as_ref().is_err_and(lost);
        reply
    }

    pub(super) fn packet(&mut self, now: Instant, packet: &[u8]) {
        self.monitor.given(packet, &parse(packet), time(now));
        self.stack.handle_packet(now, packet);
    }

    pub(super) fn deadline(&mut self) -> Option<Instant> {
        self.stack.poll_timeout()
    }

    pub(super) fn timeout(&mut self, now: Instant) {
        self.stack.handle_timeout(now);
    }

    /// Hands over what leaves, and looks at what the stack reports.
    pub(super) fn transmit(&mut self, now: Instant, mut leaves: impl FnMut(Vec<u8>)) {
        let mut count = 0;
        while let Some(transmit) = self.stack.poll_transmit(now) {
            count += 1;
            assert!(count < MOST_PER_EVENT, "one event made the stack send without end");
            match parse(&transmit.packet) {
                Ok(segment) => self.monitor.emitted(&segment, time(now)),
                Err(NotTcp::Protocol(_)) => {}
                Err(problem @ (NotTcp::NotIp | NotTcp::Fragment | NotTcp::TooShort)) => {
                    panic!("not a TCP segment: {problem}");
                }
            }
            leaves(transmit.packet);
        }
        while let Some(event) = self.stack.poll_event() {
            self.progress.told |= match event {
                Event::Notify { notice, .. } => match notice {
                    Notice::Reset | Notice::Refused | Notice::TimedOut => true,
                    Notice::Urgent | Notice::Closing | Notice::SoftError | Notice::R1Reached => false,
                },
                Event::StateChanged { .. } | Event::Dropped { .. } => false,
            };
        }
        self.monitor.advanced(time(now));
        self.complain();
    }

    /// What is left of the connection: nothing, if all went well.
    pub(super) fn state(&self) -> Option<State> {
        self.stack.connection_state(self.pair.target.port(), self.pair.peer)
    }

    pub(super) fn watched_to_the_end(&mut self, now: Instant) {
        self.monitor.end(time(now));
        self.complain();
    }

    /// Panics if an invariant was broken.
    fn complain(&mut self) {
        if let Some(violation) = self.monitor.violations().next() {
            let invariant = violation.invariant;
            panic!("{} {violation} ({}: {})", self.pair.target, invariant.clause, invariant.rule);
        }
    }
}
