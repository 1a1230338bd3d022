//! Two reference stacks over a faulty link: bytes say who calls what, and which packet is lost, comes twice, late, out of
//! order or damaged.
//!
//! Called by the fuzz target `stack_pair` and by a test that replays fixed seeds. Whatever the link does, bytes arrive
//! once and in order, or somebody is told of an error; no panic, no packet without end, and no invariant is broken on
//! either side. Start at [`stack_pair`]; [`side`] is one stack with its application. Left out: a third host, fragments.

mod side;

use std::{collections::VecDeque, time::Duration};

use stack_under_test::{Instant, Profile, SocketOptions, State};

use self::side::{Role, Side};

/// More bytes than this are not read.
const MOST_BYTES: usize = 4096;
/// After the script everything has to come to an end within so many rounds of a sound link.
const MOST_ROUNDS: usize = 20_000;
/// How long a packet is under way once the link is sound.
const LATENCY: Duration = Duration::from_millis(10);

/// A packet under way.
#[derive(Clone)]
struct Packet {
    bytes: Vec<u8>,
    /// A bit was changed; a second change might make the checksum right again.
    damaged: bool,
}

/// Reads the script; nothing left reads as zeros.
struct Script<'a>(&'a [u8]);

impl Script<'_> {
    fn byte(&mut self) -> u8 {
        let (first, rest) = self.0.split_first().map_or((0, self.0), |(first, rest)| (*first, rest));
        self.0 = rest;
        first
    }
}

/// What came of a script.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// Bytes that arrived, both ways.
    pub arrived: usize,
    /// An error was reported, or somebody gave up the connection.
    pub cut_short: bool,
    /// Packets that the link did not carry as they were.
    pub faults: usize,
}

/// Runs one script.
///
/// # Panics
/// If one of the demands is not met: that is the finding.
pub fn stack_pair(data: &[u8]) -> Outcome {
    let mut script = Script(&data[..data.len().min(MOST_BYTES)]);
    let mut bench = Bench::new(&mut script);
    while !script.0.is_empty() {
        bench.step(&mut script);
    }
    bench.finish();
    bench.judge()
}

struct Bench {
    sides: [Side; 2],
    /// Packets to each side, the oldest first.
    link: [VecDeque<Packet>; 2],
    now: Instant,
    faults: usize,
}

impl Bench {
    fn new(script: &mut Script<'_>) -> Self {
        let (profiles, options) = (script.byte(), script.byte());
        let profile = |bit: u8| Profile {
            // Without it two full windows that were lost draw ACKs for ever, each the answer to the other.
            unacceptable_ack_interval: Some(Duration::from_millis(500)),
            ..if profiles & bit == 0 { Profile::rfc9293() } else { Profile::rfc793() }
        };
        let buffer = |bits: u8| [65_535, 1000, 536, 100][usize::from(bits & 3)];
        let socket = |bits: u8| SocketOptions {
            nodelay: bits & 4 != 0,
            delayed_ack: bits & 8 == 0,
            recv_buffer: buffer(bits),
            ..SocketOptions::default()
        };
        let mut bench = Self {
            sides: [Side::new(Role::Listens, profile(1)), Side::new(Role::Connects, profile(2))],
            link: Default::default(),
            now: Instant::ZERO,
            faults: 0,
        };
        bench.sides[0].open(bench.now, socket(options));
        bench.sides[1].open(bench.now, socket(options >> 4));
        bench.transmit();
        bench
    }

    fn step(&mut self, script: &mut Script<'_>) {
        let choice = script.byte();
        let at = usize::from(choice & 1);
        match choice >> 1 & 15 {
            0..=2 => self.sides[at].send(self.now, usize::from(script.byte()) * 16 + 1, false),
            3 => self.sides[at].send(self.now, usize::from(script.byte() & 15) + 1, true),
            4 | 5 => drop(self.sides[at].receive(self.now, usize::from(script.byte()) * 32 + 1)),
            6 => self.sides[at].end(self.now, script.byte()),
            7 | 8 => self.deliver(at, 1),
            9 | 10 => self.deliver(at, usize::MAX),
            15 => self.pass(script),
            fault => self.disturb(at, fault, script),
        }
        self.sides[at].accept(self.now);
        self.transmit();
    }

    /// The oldest packet to this side is lost, comes twice, comes after all others, or is damaged.
    fn disturb(&mut self, at: usize, fault: u8, script: &mut Script<'_>) {
        let Some(mut packet) = self.link[at].pop_front() else { return };
        self.faults += 1;
        match fault {
            11 => {}
            12 => {
                self.link[at].push_back(packet.clone());
                self.link[at].push_front(packet);
            }
            13 => self.link[at].push_back(packet),
            _ => {
                let bit = usize::from(script.byte()) * 8 + usize::from(script.byte() & 7);
                let len = packet.bytes.len();
                if !packet.damaged {
                    packet.bytes[bit / 8 % len] ^= 1 << (bit % 8);
                    packet.damaged = true;
                }
                self.link[at].push_front(packet);
            }
        }
    }

    /// One by one: each answer leaves before the next packet comes.
    fn deliver(&mut self, at: usize, most: usize) {
        for _ in 0..self.link[at].len().min(most) {
            let Some(packet) = self.link[at].pop_front() else { return };
            self.sides[at].packet(self.now, &packet.bytes);
            self.transmit();
        }
    }

    /// What both have to send goes on the link.
    fn transmit(&mut self) {
        let [listens, connects] = &mut self.sides;
        let [to_first, to_second] = &mut self.link;
        for (side, link) in [(listens, to_second), (connects, to_first)] {
            side.transmit(self.now, |bytes| link.push_back(Packet { bytes, damaged: false }));
        }
    }

    fn pass(&mut self, script: &mut Script<'_>) {
        let (base, shift) = (u64::from(script.byte()), script.byte() % 12);
        self.pass_until(self.now + Duration::from_millis(base << shift));
    }

    /// Deadline by deadline; packets stay where they are.
    fn pass_until(&mut self, until: Instant) {
        let mut same = 0;
        while let Some(deadline) = self.deadline().filter(|deadline| *deadline <= until) {
            same = if deadline > self.now { 0 } else { same + 1 };
            assert!(same < 1000, "a deadline stays due after it was handled");
            self.now = self.now.max(deadline);
            for side in &mut self.sides {
                side.timeout(self.now);
            }
            self.transmit();
        }
        self.now = self.now.max(until);
    }

    fn deadline(&mut self) -> Option<Instant> {
        self.sides.iter_mut().filter_map(Side::deadline).min()
    }

    /// From here on the link is sound, and both applications read everything and then close.
    fn finish(&mut self) {
        for _ in 0..MOST_ROUNDS {
            for at in 0..2 {
                self.deliver(at, usize::MAX);
                self.sides[at].run_to_the_end(self.now);
            }
            self.transmit();
            if self.link.iter().any(|link| !link.is_empty()) {
                self.pass_until(self.now + LATENCY);
            } else if let Some(deadline) = self.deadline() {
                self.pass_until(deadline.max(self.now));
            } else {
                return;
            }
        }
        panic!("no end after {MOST_ROUNDS} rounds of a sound link: {:?}", self.sides.each_ref().map(Side::progress));
    }

    fn judge(&mut self) -> Outcome {
        let [listens, connects] = &self.sides;
        let cut_short = listens.cut_short() || connects.cut_short();
        for (from, to) in [(listens, connects), (connects, listens)] {
            let all = from.progress().sent == to.progress().received;
            assert!(
                all || cut_short,
                "{} bytes were sent and {} arrived, and nobody was told of an error",
                from.progress().sent,
                to.progress().received
            );
        }
        for side in &mut self.sides {
            // Who waits for the FIN of a peer that is gone has no timer that would tell: a lost RST is not sent again.
            let waits_for_ever = cut_short && side.state() == Some(State::FinWait2);
            let over = side.state().is_none() || waits_for_ever;
            assert!(over, "everything is closed and acknowledged, and one is still in {:?}", side.state());
            side.watched_to_the_end(self.now);
        }
        let arrived = self.sides.iter().map(|side| side.progress().received).sum();
        Outcome { arrived, cut_short, faults: self.faults }
    }
}

#[cfg(test)]
mod tests;
