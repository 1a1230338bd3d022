//! Two stacks back to back over a link that loses, repeats, delays, reorders and damages packets, in
//! virtual time: what goes in on one side comes out on the other, and both ends close.

use core::net::{IpAddr, Ipv4Addr, SocketAddr};
use core::time::Duration;
use std::collections::BTreeMap;

use crate::{CallError, Cidr, Config, Event, Instant, Profile, Reply, SocketId, SocketOptions, Stack, State, UserCall};

const A: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::new(10, 0, 0, 1)), 4000);
const B: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::new(10, 0, 0, 2)), 80);
const AMOUNT: usize = 100_000;

/// A small generator of the test's own: the stack has no randomness to lend.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % sides
    }
}

/// One side: a stack, its connection, and the application's progress.
struct Side {
    stack: Stack,
    socket: Option<SocketId>,
    listener: Option<SocketId>,
    outgoing: Vec<u8>,
    sent: usize,
    received: Vec<u8>,
    shut_down: bool,
    ended: bool,
}

impl Side {
    fn new(address: SocketAddr, seed: u64, profile: Profile) -> Self {
        let config = Config::new(Cidr::new(address.ip(), 24), seed, profile);
        let outgoing = (0..AMOUNT).map(|i| ((i as u64 * (seed | 1)) >> 3) as u8).collect();
        Self {
            stack: Stack::new(config),
            socket: None,
            listener: None,
            outgoing,
            sent: 0,
            received: Vec::new(),
            shut_down: false,
            ended: false,
        }
    }

    /// What an application does whenever it runs: accept, send, receive, close.
    fn application(&mut self, now: Instant) {
        if let (None, Some(listener)) = (self.socket, self.listener) {
            match self.stack.user_call(now, UserCall::Accept { listener }) {
                Ok(Reply::Accepted { socket, .. }) => self.socket = Some(socket),
                Err(CallError::WouldBlock) => return,
                other => panic!("accept: {other:?}"),
            }
        }
        let Some(socket) = self.socket else { return };
        while self.sent < self.outgoing.len() {
            let data = &self.outgoing[self.sent..];
            match self.stack.user_call(now, UserCall::Send { socket, data, urgent: false }) {
                Ok(Reply::Sent(count)) => self.sent += count,
                Err(CallError::WouldBlock) => break,
                other => panic!("send: {other:?}"),
            }
        }
        if self.sent == self.outgoing.len() && !self.shut_down {
            assert_eq!(self.stack.user_call(now, UserCall::Shutdown { socket }), Ok(Reply::Done));
            self.shut_down = true;
        }
        while !self.ended {
            match self.stack.user_call(now, UserCall::Receive { socket, max: 5000 }) {
                Ok(Reply::Received(text)) if text.is_empty() => self.ended = true,
                Ok(Reply::Received(text)) => self.received.extend(text),
                Err(CallError::WouldBlock) => break,
                other => panic!("receive: {other:?}"),
            }
        }
    }
}

/// Packets under way, by arrival time and number.
type Link = BTreeMap<(Instant, u64), (usize, Vec<u8>)>;

fn transmit(side: usize, sides: &mut [Side; 2], link: &mut Link, dice: &mut Dice, now: Instant) {
    while let Some(transmit) = sides[side].stack.poll_transmit(now) {
        let copies = match dice.roll(100) {
            0..8 => 0,
            8..12 => 2,
            _ => 1,
        };
        for _ in 0..copies {
            let mut packet = transmit.packet.clone();
            if dice.roll(100) < 2 {
                let at = dice.roll(packet.len() as u64) as usize;
                packet[at] ^= 1 << dice.roll(8);
            }
            let delay = Duration::from_micros(10_000 + dice.roll(8) * 2500);
            let number = dice.roll(u64::MAX);
            link.insert((now + delay, number), (1 - side, packet));
        }
    }
    while let Some(event) = sides[side].stack.poll_event() {
        assert!(!matches!(event, Event::StateChanged { to: State::Closed, rule, .. } if rule.name().contains("rst")));
    }
}

/// Runs until both connections are gone; returns how long it took.
fn run(seed: u64, profiles: [Profile; 2]) -> Duration {
    let [first, second] = profiles;
    let mut sides = [Side::new(A, seed, first), Side::new(B, seed + 1, second)];
    let (mut link, mut dice, mut now) = (Link::new(), Dice(2 * seed + 1), Instant::ZERO);
    let options = SocketOptions::default;
    let Ok(Reply::Socket(listener)) =
        sides[1].stack.user_call(now, UserCall::Listen { port: B.port(), backlog: 1, options: options() })
    else {
        panic!("no listener");
    };
    sides[1].listener = Some(listener);
    let call = UserCall::Connect { local_port: A.port(), remote: B, options: options() };
    let Ok(Reply::Socket(socket)) = sides[0].stack.user_call(now, call) else { panic!("no connection") };
    sides[0].socket = Some(socket);

    for _ in 0..100_000 {
        for side in 0..2 {
            sides[side].application(now);
            transmit(side, &mut sides, &mut link, &mut dice, now);
        }
        let arrival = link.keys().next().map(|&(at, _)| at);
        let timers = sides.iter().map(|side| side.stack.poll_timeout());
        let Some(next) = timers.chain([arrival]).flatten().min() else {
            assert!(sides[0].received == sides[1].outgoing, "seed {seed}: {} octets", sides[0].received.len());
            assert!(sides[1].received == sides[0].outgoing, "seed {seed}: {} octets", sides[1].received.len());
            assert_eq!(sides[0].stack.connection_state(A.port(), B), None);
            assert_eq!(sides[1].stack.connection_state(B.port(), A), None);
            return now.saturating_since(Instant::ZERO);
        };
        now = now.max(next);
        while let Some(entry) = link.first_entry().filter(|entry| entry.key().0 <= now) {
            let (side, packet) = entry.remove();
            sides[side].stack.handle_packet(now, &packet);
        }
        for side in &mut sides {
            side.stack.handle_timeout(now);
        }
    }
    panic!("seed {seed}: no end after 100000 steps");
}

#[test]
fn everything_arrives_and_both_ends_close() {
    for seed in 1..12 {
        run(seed, [Profile::rfc9293(), Profile::rfc9293()]);
    }
}

#[test]
fn the_profiles_understand_each_other() {
    for seed in 20..24 {
        run(seed, [Profile::rfc793(), Profile::rfc9293()]);
        run(seed, [Profile::rfc9293(), Profile::rfc793()]);
        run(seed, [Profile::rfc793(), Profile::rfc793()]);
    }
}

/// With all extensions, and the patience to lose one segment six times in a row; a late duplicate that draws a RST does
/// not end TIME-WAIT.
fn extended() -> Profile {
    Profile { r2: Duration::from_secs(600), time_wait_rst_ignored: true, ..Profile::extended() }
}

/// The same with every extension, against itself and against hosts that have none.
#[test]
fn extensions_change_nothing_of_what_arrives() {
    for seed in 50..62 {
        run(seed, [extended(), extended()]);
    }
    for seed in 62..66 {
        run(seed, [extended(), Profile::rfc9293()]);
        run(seed, [Profile::rfc793(), extended()]);
    }
}

/// Without an out-of-order queue it takes longer, but it works.
#[test]
fn a_receiver_that_keeps_nothing_out_of_order() {
    let plain = Profile { out_of_order_queue: false, ..Profile::rfc9293() };
    run(30, [plain.clone(), plain]);
}

/// The same seed gives the same run, to the nanosecond.
#[test]
fn runs_repeat() {
    let profiles = || [Profile::rfc9293(), Profile::rfc9293()];
    assert_eq!(run(40, profiles()), run(40, profiles()));
    assert_ne!(run(40, profiles()), run(41, profiles()));
}
