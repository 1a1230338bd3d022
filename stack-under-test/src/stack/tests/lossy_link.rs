//! Two stacks back to back over a link that loses, repeats, delays, reorders and damages packets, in
//! virtual time: what goes in on one side comes out on the other, and both ends close.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use core::time::Duration;
use std::collections::BTreeMap;

use crate::tcp::seq::Seq;
use crate::{
    CallError, Cidr, Config, Event, Instant, Profile, Reply, Rule, SocketId, SocketOptions, Stack, State, Status,
    UserCall,
};

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

/// How bad the link is.
#[derive(Clone, Copy)]
struct Faults {
    /// Of 100 packets.
    lost: u64,
    doubled: u64,
    damaged: u64,
    /// Nothing gets through from then until then.
    partition: Option<(Duration, Duration)>,
}

const USUAL: Faults = Faults { lost: 8, doubled: 4, damaged: 2, partition: None };

fn transmit(side: usize, sides: &mut [Side; 2], link: &mut Link, (dice, faults): (&mut Dice, &Faults), now: Instant) {
    let since = now.saturating_since(Instant::ZERO);
    let parted = faults.partition.is_some_and(|(from, until)| (from..until).contains(&since));
    while let Some(transmit) = sides[side].stack.poll_transmit(now) {
        let copies = match dice.roll(100) {
            _ if parted => 0,
            roll if roll < faults.lost => 0,
            roll if roll < faults.lost + faults.doubled => 2,
            _ => 1,
        };
        for _ in 0..copies {
            let mut packet = transmit.packet.clone();
            if dice.roll(100) < faults.damaged {
                let at = dice.roll(packet.len() as u64) as usize;
                packet[at] ^= 1 << dice.roll(8);
            }
            let delay = Duration::from_micros(10_000 + dice.roll(8) * 2500);
            let number = dice.roll(u64::MAX);
            link.insert((now + delay, number), (1 - side, packet));
        }
    }
    while let Some(event) = sides[side].stack.poll_event() {
        // Where everything has been acknowledged a RST may come from a peer that is gone: an old duplicate drew an ACK from
        // TIME-WAIT (RFC1337#2), or the last ACK was lost until 2 MSL were over.
        if let Event::StateChanged { to: State::Closed, rule, .. } = event {
            assert!(
                rule == Rule::CheckRstClosed || !rule.name().contains("rst"),
                "{now:?}: side {side} ends by {rule}"
            );
        }
    }
}

/// What holds between any two events: SND.UNA =< SND.NXT, a timer runs while something is outstanding, and nobody has
/// acknowledged what the other did not send.
fn check(sides: &mut [Side; 2], seed: u64, now: Instant) {
    let mut seen: [Option<Status>; 2] = [None, None];
    for (side, seen) in sides.iter_mut().zip(&mut seen) {
        let timer = side.stack.poll_timeout();
        *seen = side.stack.connections(now).pop();
        let Some(status) = seen else { continue };
        assert!(Seq(status.snd_una).le(Seq(status.snd_nxt)), "seed {seed}: {status:?}");
        let outstanding = status.snd_una != status.snd_nxt && status.state != State::TimeWait;
        assert!(!outstanding || timer.is_some(), "seed {seed}: no timer in {status:?}");
    }
    if let [Some(one), Some(other)] = seen
        && ![one.state, other.state].contains(&State::SynSent)
    {
        assert!(Seq(one.rcv_nxt).le(Seq(other.snd_nxt)), "seed {seed}: {one:?} {other:?}");
        assert!(Seq(other.rcv_nxt).le(Seq(one.snd_nxt)), "seed {seed}: {one:?} {other:?}");
    }
}

fn run(seed: u64, profiles: [Profile; 2]) -> Duration {
    run_over([A, B], seed, profiles, &USUAL)
}

/// Runs until both connections are gone; returns how long it took.
fn run_over([a, b]: [SocketAddr; 2], seed: u64, profiles: [Profile; 2], faults: &Faults) -> Duration {
    let [first, second] = profiles;
    let mut sides = [Side::new(a, seed, first), Side::new(b, seed + 1, second)];
    let (mut link, mut dice, mut now) = (Link::new(), Dice(2 * seed + 1), Instant::ZERO);
    let options = SocketOptions::default;
    let Ok(Reply::Socket(listener)) =
        sides[1].stack.user_call(now, UserCall::Listen { port: b.port(), backlog: 1, options: options() })
    else {
        panic!("no listener");
    };
    sides[1].listener = Some(listener);
    let call = UserCall::Connect { local_port: a.port(), remote: b, options: options() };
    let Ok(Reply::Socket(socket)) = sides[0].stack.user_call(now, call) else { panic!("no connection") };
    sides[0].socket = Some(socket);

    for _ in 0..100_000 {
        for side in 0..2 {
            sides[side].application(now);
            transmit(side, &mut sides, &mut link, (&mut dice, faults), now);
        }
        check(&mut sides, seed, now);
        let arrival = link.keys().next().map(|&(at, _)| at);
        let timers = sides.iter_mut().map(|side| side.stack.poll_timeout());
        let Some(next) = timers.chain([arrival]).flatten().min() else {
            assert!(sides[0].received == sides[1].outgoing, "seed {seed}: {} octets", sides[0].received.len());
            assert!(sides[1].received == sides[0].outgoing, "seed {seed}: {} octets", sides[1].received.len());
            assert_eq!(sides[0].stack.connection_state(a.port(), b), None);
            assert_eq!(sides[1].stack.connection_state(b.port(), a), None);
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

/// Profiles, family and faults from the seed; half of the links are cut for some seconds.
fn run_seed(seed: u64) {
    let mut dice = Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
    for _ in 0..4 {
        dice.roll(2);
    }
    let mut profile = || {
        let named = [Profile::rfc9293(), extended(), Profile::rfc793(), extended()];
        Profile {
            r2: Duration::from_secs(1200),
            user_timeout: None,
            // Without it two full windows that were lost draw ACKs for ever, each the answer to the other.
            unacceptable_ack_interval: Some(Duration::from_millis(500)),
            ..named[dice.roll(4) as usize].clone()
        }
    };
    let profiles = [profile(), profile()];
    let faults = Faults {
        lost: dice.roll(12),
        doubled: dice.roll(10),
        damaged: dice.roll(6),
        partition: (dice.roll(2) == 1).then(|| {
            let from = Duration::from_millis(dice.roll(2000));
            (from, from + Duration::from_millis(dice.roll(8000)))
        }),
    };
    let six = |last| SocketAddr::new(IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, last)), 4000);
    let sockets = if dice.roll(2) == 0 { [A, B] } else { [six(1), six(2)] };
    run_over(sockets, seed, profiles, &faults);
}

/// `SEEDS=FIRST,COUNT` runs others than the usual few.
#[test]
fn any_seed() {
    let seeds = std::env::var("SEEDS").unwrap_or_else(|_| "1000,20".to_owned());
    let (first, count) = seeds.split_once(',').expect("SEEDS=FIRST,COUNT");
    let (first, count): (u64, u64) = (first.parse().expect("a number"), count.parse().expect("a number"));
    for seed in first..first + count {
        if let Err(panic) = std::panic::catch_unwind(|| run_seed(seed)) {
            eprintln!("seed {seed} again: SEEDS={seed},1 cargo test --release -p stack-under-test any_seed");
            std::panic::resume_unwind(panic);
        }
    }
}

/// The same seed gives the same run, to the nanosecond.
#[test]
fn runs_repeat() {
    let profiles = || [Profile::rfc9293(), Profile::rfc9293()];
    assert_eq!(run(40, profiles()), run(40, profiles()));
    assert_ne!(run(40, profiles()), run(41, profiles()));
}
