//! The reference beside smoltcp, through the same trait: segments through one connection, and connections opened and
//! closed. Processor time of one thread; what a target does for its caller (sockets, states, rules) is part of it.
//!
//! Both sides check and make all checksums, copy what the user reads, and are asked for what leaves (and why, if they can
//! tell) after each packet, as the runner does; how many packets those are is shown, for it is the stack's own choice how
//! often it acknowledges. The two are measured in
//! turns, round by round, and their ratio is that of a round: other programs then disturb both alike.
//!
//! Connections are opened and closed one after the other on a stack that stays: what it allocates once (tables, buffers)
//! is warm after the first few. Nothing is left of a connection that is over: the peer closes first, so nobody waits in
//! TIME-WAIT, and smoltcp's target takes the dead socket out of smoltcp's set, as a program would.

use std::{net::SocketAddr, time::Duration};

use harness::{
    case::{flags::Flags, format::Config},
    segment::{
        build::{WireSegment, build},
        parse::parse,
    },
    target::{
        Emission, Explanation, Handle, Outcome, Pair, SocketCall, Target, TargetError,
        spec::{TargetOptions, TargetSpec},
    },
};

/// Text of a segment, octets.
const TEXT: usize = 1000;
/// Segments of a round, connections of a round, and rounds; the median counts.
const SEGMENTS: usize = 20_000;
const CYCLES: usize = 2_000;
/// Connections that one case opens, one after the other: smoltcp's target keeps the buffers of all of them until the case
/// ends.
const OF_A_CASE: usize = 200;
/// So many of them before the clock runs: no table grows after that.
const WARM_UP: usize = 20;
const ROUNDS: usize = 25;
const FIRST_PORT: u16 = 10_000;
/// The option of an ordinary SYN.
const MSS_1460: [u8; 4] = [2, 4, 0x05, 0xb4];

const NAMES: [&str; 2] = ["reference", "smoltcp"];

/// Both rates of both stacks, and how they compare.
pub(super) fn side_by_side() {
    let mut targets = NAMES.map(|name| {
        let spec: TargetSpec = name.parse().expect("a target of this build");
        spec.open(TargetOptions::default()).expect("it opens")
    });
    let mut sent = [0; 2];
    let segments = rounds(|which| segments(targets[which].as_mut(), &mut sent[which]));
    let cycles = rounds(|which| cycles(targets[which].as_mut()));
    for (which, name) in NAMES.iter().enumerate() {
        let answers = sent[which] as f64 / SEGMENTS as f64;
        println!(
            "{name:<12} {:>12.0} segments/s through one connection ({answers:.2} answers each), \
             {:>10.0} connections/s",
            segments.rates[which], cycles.rates[which]
        );
    }
    println!(
        "reference beside smoltcp: {:.2} of its segments, {:.2} of its connections (at least 1)",
        segments.ratio, cycles.ratio
    );
}

/// Medians of the rounds.
struct Compared {
    /// Of each target.
    rates: [f64; 2],
    /// Of the first to the second, in one round.
    ratio: f64,
}

fn rounds(mut rate: impl FnMut(usize) -> Result<f64, TargetError>) -> Compared {
    let mut of_round = || [0, 1].map(|which| rate(which).expect("the target works"));
    let rounds: Vec<[f64; 2]> = (0..ROUNDS).map(|_| of_round()).collect();
    let median = |of: fn(&[f64; 2]) -> f64| {
        let mut values: Vec<f64> = rounds.iter().map(of).collect();
        values.sort_unstable_by(f64::total_cmp);
        values[ROUNDS / 2]
    };
    Compared {
        rates: [median(|round| round[0]), median(|round| round[1])],
        ratio: median(|[ours, other]| ours / other),
    }
}

/// A target with a listener, and a wire to it.
struct Wire<'a> {
    target: &'a mut dyn Target,
    pair: Pair,
    emissions: Vec<Emission>,
    why: Vec<Explanation>,
}

impl<'a> Wire<'a> {
    fn new(target: &'a mut dyn Target) -> Result<Self, TargetError> {
        let endpoints = target.begin(&Config::default()).map_err(|refusal| TargetError::Broken(refusal.to_string()))?;
        let pair = Pair { target: endpoints.target, peer: endpoints.peer };
        target.call(Handle::Listener, pair, &SocketCall::Listen { backlog: None })?;
        Ok(Self { target, pair, emissions: Vec::new(), why: Vec::new() })
    }

    /// From another port of the peer.
    fn from(&mut self, port: u16) {
        self.pair.peer = SocketAddr::new(self.pair.peer.ip(), port);
    }

    /// A SYN names the usual MSS.
    fn packet(&self, flags: Flags, seq: u32, ack: u32, text: &[u8]) -> Vec<u8> {
        let options: &[u8] = if flags.contains(Flags::SYN) { &MSS_1460 } else { &[] };
        build(&WireSegment {
            options,
            seq,
            ack,
            flags,
            win: u16::MAX,
            text,
            ..WireSegment::empty(self.pair.peer, self.pair.target)
        })
    }

    /// A packet arrives, and what it draws leaves.
    fn give(&mut self, packet: &[u8]) -> Result<(), TargetError> {
        self.target.inject(packet)?;
        self.take()
    }

    fn take(&mut self) -> Result<(), TargetError> {
        self.emissions.clear();
        self.target.capture(&mut self.emissions)?;
        self.why.clear();
        self.target.explain(&mut self.why);
        Ok(())
    }

    /// The handshake; returns the target's ISS.
    fn open(&mut self, on: Handle) -> Result<u32, TargetError> {
        self.give(&self.packet(Flags::SYN, 0, 0, &[]))?;
        let answer = self.emissions.first().and_then(|emission| parse(&emission.packet).ok());
        let iss = answer.ok_or_else(|| TargetError::Broken("no SYN,ACK".to_owned()))?.seq;
        self.give(&self.packet(Flags::ACK, 1, iss.wrapping_add(1), &[]))?;
        match self.target.call(on, self.pair, &SocketCall::Accept)? {
            Outcome::Accepted(_) => Ok(iss),
            other => Err(TargetError::Broken(format!("accept gives {other:?}"))),
        }
    }
}

/// Segments of text a second: each is read, and what it draws is taken. How many packets that was goes into `sent`.
fn segments(target: &mut dyn Target, sent: &mut usize) -> Result<f64, TargetError> {
    let on = Handle::Connection(0);
    let mut wire = Wire::new(target)?;
    let iss = wire.open(on)?;
    let text = [7; TEXT];
    let at = |number: usize| u32::try_from(1 + number * TEXT).unwrap_or(0);
    let flags = Flags::PSH | Flags::ACK;
    let packets: Vec<_> =
        (0..SEGMENTS).map(|number| wire.packet(flags, at(number), iss.wrapping_add(1), &text)).collect();
    let began = super::rates::processor_time();
    let mut read = 0;
    *sent = 0;
    for packet in &packets {
        wire.give(packet)?;
        *sent += wire.emissions.len();
        if let Outcome::Data(data) = wire.target.call(on, wire.pair, &SocketCall::Recv { max: 1 << 16 })? {
            read += data.len();
        }
    }
    let taken = super::rates::processor_time() - began;
    assert_eq!(read, SEGMENTS * TEXT, "everything arrives");
    wire.target.end()?;
    Ok(rate(SEGMENTS, taken))
}

/// Connections a second: handshake, the peer's FIN, ours, and the last ACK.
fn cycles(target: &mut dyn Target) -> Result<f64, TargetError> {
    let on = Handle::Connection(0);
    let mut taken = Duration::ZERO;
    for _ in 0..CYCLES / OF_A_CASE {
        let mut wire = Wire::new(target)?;
        let mut began = super::rates::processor_time();
        for number in 0..WARM_UP + OF_A_CASE {
            if number == WARM_UP {
                began = super::rates::processor_time();
            }
            wire.from(FIRST_PORT + u16::try_from(number).unwrap_or(0));
            let iss = wire.open(on)?;
            wire.give(&wire.packet(Flags::FIN | Flags::ACK, 1, iss.wrapping_add(1), &[]))?;
            wire.target.call(on, wire.pair, &SocketCall::Close)?;
            wire.take()?;
            wire.give(&wire.packet(Flags::ACK, 2, iss.wrapping_add(2), &[]))?;
        }
        taken += super::rates::processor_time() - began;
        wire.target.end()?;
    }
    Ok(rate(CYCLES, taken))
}

fn rate(count: usize, taken: Duration) -> f64 {
    count as f64 / taken.as_secs_f64()
}
