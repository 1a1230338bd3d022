//! What a segment costs with 1, 1,000 and 100,000 open connections, and what an idle connection holds.
//!
//! `cargo run --release -p stack-under-test --example scale [-- CONNECTIONS…]`
//!
//! Each connection is opened by a handshake and accepted. Then segments of text arrive, each is read, and what that draws
//! leaves: an acknowledgment of every second one. What is timed is the stack alone. `in turn` visits all connections one
//! after the other, so with many of them nothing of a connection is in a cache any more when its turn comes; `one busy`
//! sends everything to a single one among them, which leaves what the tables themselves cost. `memory` is no TCP at all:
//! what it takes to read and write one line in each of as many blocks of a connection's size, in the same order.
//!
//! Under callgrind, `--toggle-collect='*exchange*'` counts the instructions of the stack alone.

use std::hint::black_box;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant as Clock};

use stack_under_test::profile::Limits;
use stack_under_test::tcp::seq::Seq;
use stack_under_test::wire::ipv4::{Ipv4Packet, Ipv4Repr, PROTOCOL_TCP};
use stack_under_test::wire::tcp::{Flags, TcpRepr, TcpSegment};
use stack_under_test::wire::tcp_options::TcpOptions;
use stack_under_test::{Cidr, Config, Instant, Profile, Reply, SocketId, SocketOptions, Stack, UserCall};

const OURS: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 1);
const PORT: u16 = 80;
const SEGMENTS: usize = 100_000;
/// Octets of text in a segment: full-sized for the peer.
const TEXT: usize = 1000;
/// Segments that are built before they are timed: few enough to stay in the cache.
const BATCH: usize = 32;
/// Time between two segments: little, so that it is the same events that happen with any number of connections.
const STEP: Duration = Duration::from_nanos(1);
/// With few connections the allocator's own memory counts as theirs.
const MOST_HELD: usize = 2048;
/// Octets of a cache line.
const LINE: usize = 64;

/// A connection from outside.
#[derive(Clone, Copy)]
struct Peer {
    address: Ipv4Addr,
    seq: Seq,
    ack: Seq,
    socket: SocketId,
}

impl Peer {
    fn packet(&self, flags: Flags, text: &[u8], bytes: &mut Vec<u8>) {
        let options = TcpOptions { mss: flags.contains(Flags::SYN).then_some(1460), ..TcpOptions::default() };
        let (seq, ack) = (self.seq, self.ack);
        let repr =
            TcpRepr { src_port: 4000, dst_port: PORT, seq, ack, flags, window: 65_535, urgent: 0, options, text };
        bytes.clear();
        Ipv4Repr::new(self.address, OURS, PROTOCOL_TCP).emit(repr.wire_len(), bytes).expect("it fits");
        repr.emit(self.address, OURS, bytes);
    }
}

/// The stack, its peers and the time.
struct World {
    stack: Stack,
    peers: Vec<Peer>,
    now: Instant,
    packets: Vec<(Vec<u8>, SocketId)>,
}

impl World {
    fn new(connections: usize) -> Self {
        let room = connections + 16;
        let limits = Limits { connections: room, sockets: room, ..Limits::default() };
        let profile = Profile { limits, ..Profile::extended() };
        let mut stack = Stack::new(Config::new(Cidr::new(OURS, 8), 1, profile));
        let now = Instant::ZERO + Duration::from_secs(1);
        let listen = UserCall::Listen { port: PORT, backlog: 8, options: SocketOptions::default() };
        let Ok(Reply::Socket(listener)) = stack.user_call(now, listen) else { panic!("no listener") };
        let peers = (0..connections).map(|number| open(&mut stack, listener, number as u32, now)).collect();
        Self { stack, peers, now, packets: vec![(Vec::new(), listener); BATCH] }
    }

    /// Segments for connections in this order; what one of them costs: the median, as other programs run too.
    fn segments(&mut self, mut order: impl Iterator<Item = usize>, count: usize) -> Duration {
        let mut taken = Vec::new();
        for _ in 0..count.div_ceil(BATCH) {
            for (packet, socket) in &mut self.packets {
                let peer = &mut self.peers[order.next().expect("it goes round")];
                peer.packet(Flags::PSH | Flags::ACK, &[0; TEXT], packet);
                peer.seq += TEXT as u32;
                *socket = peer.socket;
            }
            let began = Clock::now();
            for (packet, socket) in &self.packets {
                self.now += STEP;
                exchange(&mut self.stack, self.now, packet, *socket);
            }
            taken.push(began.elapsed() / BATCH as u32);
        }
        taken.sort_unstable();
        taken[taken.len() / 2]
    }
}

fn open(stack: &mut Stack, listener: SocketId, number: u32, now: Instant) -> Peer {
    let address = Ipv4Addr::from(0x0a01_0000 + number);
    let mut peer = Peer { address, seq: Seq(0), ack: Seq(0), socket: listener };
    let mut bytes = Vec::new();
    peer.packet(Flags::SYN, &[], &mut bytes);
    stack.handle_packet(now, &bytes);
    let answer = stack.poll_transmit(now).expect("a SYN,ACK");
    let ip = Ipv4Packet::parse(&answer.packet).expect("our own packet");
    let tcp = TcpSegment::parse(ip.source(), ip.destination(), ip.payload()).expect("our own segment");
    (peer.seq, peer.ack) = (Seq(1), tcp.seq() + 1);
    peer.packet(Flags::ACK, &[], &mut bytes);
    stack.handle_packet(now, &bytes);
    assert!(stack.poll_transmit(now).is_none());
    while stack.poll_event().is_some() {}
    let Ok(Reply::Accepted { socket, remote }) = stack.user_call(now, UserCall::Accept { listener }) else {
        panic!("connection {number} was not accepted");
    };
    assert_eq!(remote, SocketAddr::new(IpAddr::V4(address), 4000));
    Peer { socket, ..peer }
}

/// A segment arrives and is read; what is due leaves.
#[inline(never)]
fn exchange(stack: &mut Stack, now: Instant, packet: &[u8], socket: SocketId) {
    stack.handle_packet(now, packet);
    let reply = stack.user_call(now, UserCall::Receive { socket, max: 1 << 16 });
    assert!(matches!(reply, Ok(Reply::Received(text)) if text.len() == TEXT));
    while let Some(transmit) = stack.poll_transmit(now) {
        black_box(transmit);
    }
    while stack.poll_event().is_some() {}
    if stack.poll_timeout().is_some_and(|at| at <= now) {
        stack.handle_timeout(now);
    }
}

/// What it takes to read and write a line of the next of `count` blocks, each of so many octets.
fn bare_line(count: usize, octets: usize) -> Duration {
    let mut blocks: Vec<Box<[u8]>> = (0..count).map(|_| vec![0; octets.max(LINE)].into()).collect();
    let order: Vec<usize> = in_turn(count).take(SEGMENTS).collect();
    let lines = (octets / LINE).max(1);
    let (mut carried, mut taken) = (0, Vec::new());
    for batch in order.chunks(BATCH) {
        let began = Clock::now();
        for &at in batch {
            for line in 0..lines {
                // Where the next one lies follows from what was read, as in a table.
                let octet = &mut blocks[at][line * LINE + usize::from(carried)];
                *octet = octet.wrapping_add(carried);
                carried = *octet;
            }
        }
        taken.push(began.elapsed() / (batch.len() * lines) as u32);
    }
    black_box(carried);
    taken.sort_unstable();
    taken[taken.len() / 2]
}

/// All of them again and again, by a step that shares no factor with their number, so that no prefetch guesses the next.
fn in_turn(count: usize) -> impl Iterator<Item = usize> {
    (0..).map(move |number: usize| number * 7919 % count)
}

/// Resident memory, octets; zero where there is no such file.
fn resident() -> usize {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    statm.split(' ').nth(1).and_then(|pages| pages.parse::<usize>().ok()).unwrap_or(0) * 4096
}

fn measure(connections: usize) {
    let before = resident();
    let mut world = World::new(connections);
    let held = resident().saturating_sub(before) / connections;
    // Each has had its first segments then, and the buffers it needs.
    world.segments(in_turn(connections), 2 * connections);
    let turns = world.segments(in_turn(connections), SEGMENTS);
    let busy = world.segments(std::iter::repeat(connections / 2), SEGMENTS);
    drop(world);
    let line = bare_line(connections, held.min(MOST_HELD));
    println!("{connections:>7} {turns:>12?} {busy:>12?} {line:>12?} {held:>10}");
}

fn main() {
    println!("connections    in turn     one busy       memory     octets of an idle connection");
    let chosen: Vec<usize> = std::env::args().skip(1).filter_map(|word| word.parse().ok()).collect();
    for connections in if chosen.is_empty() { vec![1, 1_000, 100_000] } else { chosen } {
        measure(connections);
    }
}
