//! What a segment costs with 1, 1,000 and 100,000 open connections, and what an idle connection holds.
//!
//! `cargo run --release -p stack-under-test --example scale`
//!
//! Each connection is opened by a handshake and accepted. Then segments of text arrive for connections all over the
//! table, and each is read and acknowledged.

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
const SEGMENTS: u32 = 100_000;

/// A connection from outside.
struct Peer {
    address: Ipv4Addr,
    seq: Seq,
    ack: Seq,
    socket: SocketId,
}

fn packet(peer: Ipv4Addr, seq: Seq, ack: Seq, flags: Flags, text: &[u8]) -> Vec<u8> {
    let options = TcpOptions::default();
    let repr = TcpRepr { src_port: 4000, dst_port: PORT, seq, ack, flags, window: 65_535, urgent: 0, options, text };
    let mut bytes = Vec::new();
    Ipv4Repr::new(peer, OURS, PROTOCOL_TCP).emit(repr.wire_len(), &mut bytes).expect("it fits");
    repr.emit(peer, OURS, &mut bytes);
    bytes
}

fn drain(stack: &mut Stack, now: Instant) -> Option<(Seq, Seq)> {
    let mut last = None;
    while let Some(transmit) = stack.poll_transmit(now) {
        let ip = Ipv4Packet::parse(&transmit.packet).expect("our own packet");
        let tcp = TcpSegment::parse(ip.source(), ip.destination(), ip.payload()).expect("our own segment");
        last = Some((tcp.seq(), tcp.ack()));
    }
    while stack.poll_event().is_some() {}
    last
}

fn open(stack: &mut Stack, listener: SocketId, number: u32, now: Instant) -> Peer {
    let address = Ipv4Addr::from(0x0a01_0000 + number);
    stack.handle_packet(now, &packet(address, Seq(0), Seq(0), Flags::SYN, &[]));
    let (iss, _) = drain(stack, now).expect("a SYN,ACK");
    stack.handle_packet(now, &packet(address, Seq(1), iss + 1, Flags::ACK, &[]));
    drain(stack, now);
    let Ok(Reply::Accepted { socket, remote }) = stack.user_call(now, UserCall::Accept { listener }) else {
        panic!("connection {number} was not accepted");
    };
    assert_eq!(remote, SocketAddr::new(IpAddr::V4(address), 4000));
    Peer { address, seq: Seq(1), ack: iss + 1, socket }
}

/// Resident memory, octets; zero where there is no such file.
fn resident() -> u64 {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    statm.split(' ').nth(1).and_then(|pages| pages.parse::<u64>().ok()).unwrap_or(0) * 4096
}

fn measure(connections: u32) {
    let room = connections as usize + 16;
    let limits = Limits { connections: room, sockets: room, ..Limits::default() };
    let profile = Profile { limits, ..Profile::extended() };
    let before = resident();
    let mut stack = Stack::new(Config::new(Cidr::new(OURS, 8), 1, profile));
    let mut now = Instant::ZERO + Duration::from_secs(1);
    let listen = UserCall::Listen { port: PORT, backlog: 8, options: SocketOptions::default() };
    let Ok(Reply::Socket(listener)) = stack.user_call(now, listen) else { panic!("no listener") };
    let mut peers: Vec<Peer> = (0..connections).map(|number| open(&mut stack, listener, number, now)).collect();
    let held = resident().saturating_sub(before) / u64::from(connections);

    let began = Clock::now();
    let mut at = 0;
    for _ in 0..SEGMENTS {
        // A step that shares no factor with the number visits all of them.
        at = (at + 7919) % peers.len();
        let peer = &mut peers[at];
        now += Duration::from_micros(1);
        stack.handle_packet(now, &packet(peer.address, peer.seq, peer.ack, Flags::PSH | Flags::ACK, &[0; 100]));
        peer.seq += 100;
        let reply = stack.user_call(now, UserCall::Receive { socket: peer.socket, max: 1000 });
        assert!(matches!(reply, Ok(Reply::Received(text)) if text.len() == 100));
        drain(&mut stack, now);
        std::hint::black_box(stack.poll_timeout());
    }
    let each = began.elapsed() / SEGMENTS;
    println!("{connections:>7} connections: {each:?} for a segment; {held} octets resident for a connection");
}

fn main() {
    for connections in [1, 1_000, 100_000] {
        measure(connections);
    }
}
