use std::time::Duration;

use super::*;
use crate::{
    case::{
        flags::Flags,
        format::{Errno, SocketSwitch},
        state::State,
        time::Span,
    },
    run::Mode,
    sample::run_on,
    segment::{
        build::{WireSegment, build},
        parse::{Parsed, parse},
    },
};

const LISTENER: Handle = Handle::Listener;
const FIRST: Handle = Handle::Connection(0);
const SECOND: Handle = Handle::Connection(1);

fn open(config: &Config) -> (Smoltcp, Pair) {
    let mut target = Smoltcp::new(1);
    let endpoints = target.begin(config).unwrap();
    (target, Pair { target: endpoints.target, peer: endpoints.peer })
}

/// The pair of the next connection from the same peer.
fn next(pair: Pair) -> Pair {
    Pair { peer: std::net::SocketAddr::new(pair.peer.ip(), pair.peer.port() + 1), ..pair }
}

fn segment(pair: Pair, flags: Flags, seq: u32, ack: u32, data: &[u8]) -> Vec<u8> {
    build(&WireSegment { seq, ack, flags, text: data, win: 65_535, ..WireSegment::empty(pair.peer, pair.target) })
}

fn captured(target: &mut Smoltcp) -> Vec<(Time, Parsed)> {
    let mut emissions = Vec::new();
    target.capture(&mut emissions).unwrap();
    emissions.into_iter().map(|emission| (emission.at, parse(&emission.packet).unwrap())).collect()
}

fn call(target: &mut Smoltcp, on: Handle, pair: Pair, call: SocketCall<'_>) -> Outcome {
    target.call(on, pair, &call).unwrap()
}

fn state(target: &mut Smoltcp, pair: Pair) -> ConnState {
    target.state(FIRST, pair).unwrap()
}

/// Sends a SYN with number 100; the target's next number.
fn syn(target: &mut Smoltcp, pair: Pair) -> u32 {
    target.inject(&segment(pair, Flags::SYN, 100, 0, b"")).unwrap();
    let replies = captured(target);
    assert_eq!((replies.len(), replies[0].1.flags, replies[0].1.ack), (1, Flags::SYN | Flags::ACK, 101));
    replies[0].1.seq.wrapping_add(1)
}

/// An accepted connection, and the target's next number.
fn established(config: &Config) -> (Smoltcp, Pair, u32) {
    let (mut target, pair) = open(config);
    assert_eq!(call(&mut target, LISTENER, pair, SocketCall::Listen { backlog: None }), Outcome::Ok);
    let snd_nxt = syn(&mut target, pair);
    target.inject(&segment(pair, Flags::ACK, 101, snd_nxt, b"")).unwrap();
    assert_eq!(call(&mut target, FIRST, pair, SocketCall::Accept), Outcome::Accepted(pair.peer));
    assert!(captured(&mut target).is_empty());
    (target, pair, snd_nxt)
}

/// Everything sent until then.
fn wait(target: &mut Smoltcp, until: Time) -> Vec<(Time, Parsed)> {
    let mut sent = captured(target);
    while target.now() < until {
        target.advance(until).unwrap();
        sent.extend(captured(target));
    }
    sent
}

#[test]
fn a_handshake_has_its_states_also_before_accept() {
    let (mut target, pair) = open(&Config::default());
    assert_eq!(state(&mut target, pair), ConnState::None { listening: false });
    assert_eq!(call(&mut target, LISTENER, pair, SocketCall::Listen { backlog: None }), Outcome::Ok);
    assert_eq!(state(&mut target, pair), ConnState::None { listening: true });
    let snd_nxt = syn(&mut target, pair);
    assert_eq!(state(&mut target, pair), ConnState::Is(State::SynReceived));
    assert_eq!(call(&mut target, FIRST, pair, SocketCall::Accept), Outcome::WouldBlock);
    target.inject(&segment(pair, Flags::ACK, 101, snd_nxt, b"")).unwrap();
    assert_eq!(state(&mut target, pair), ConnState::Is(State::Established));
    assert_eq!(call(&mut target, FIRST, pair, SocketCall::Accept), Outcome::Accepted(pair.peer));
    assert_eq!(state(&mut target, next(pair)), ConnState::None { listening: true });
}

#[test]
fn a_connection_that_the_user_closed_keeps_its_states() {
    let (mut target, pair, snd_nxt) = established(&Config::default());
    assert_eq!(call(&mut target, FIRST, pair, SocketCall::Close), Outcome::Ok);
    assert_eq!(captured(&mut target)[0].1.flags, Flags::FIN | Flags::ACK);
    assert_eq!(state(&mut target, pair), ConnState::Is(State::FinWait1));
    assert_eq!(call(&mut target, FIRST, pair, SocketCall::Poll), Outcome::NoSocket);
    target.inject(&segment(pair, Flags::ACK, 101, snd_nxt + 1, b"")).unwrap();
    assert_eq!(state(&mut target, pair), ConnState::Is(State::FinWait2));
    target.inject(&segment(pair, Flags::FIN | Flags::ACK, 101, snd_nxt + 1, b"")).unwrap();
    assert_eq!(state(&mut target, pair), ConnState::Is(State::TimeWait));
    let two_msl = target.capabilities().msl * 2;
    wait(&mut target, two_msl - Duration::from_millis(1));
    assert_eq!(state(&mut target, pair), ConnState::Is(State::TimeWait));
    wait(&mut target, two_msl + Duration::from_millis(1));
    assert_eq!(state(&mut target, pair), ConnState::None { listening: true });
}

#[test]
fn a_closed_port_is_reset() {
    let (mut target, pair) = open(&Config::default());
    target.inject(&segment(pair, Flags::SYN, 100, 0, b"")).unwrap();
    let replies = captured(&mut target);
    assert_eq!((replies[0].1.flags, replies[0].1.ack), (Flags::RST | Flags::ACK, 101));
    assert_eq!(state(&mut target, pair), ConnState::None { listening: false });
}

#[test]
fn a_backlog_is_a_pool_of_sockets_that_accept_refills() {
    let (mut target, pair) = open(&Config::default());
    call(&mut target, LISTENER, pair, SocketCall::Listen { backlog: Some(1) });
    let (second, third) = (next(pair), next(next(pair)));
    let snd_nxt = syn(&mut target, pair);
    syn(&mut target, second);
    target.inject(&segment(third, Flags::SYN, 100, 0, b"")).unwrap();
    assert_eq!(captured(&mut target)[0].1.flags, Flags::RST | Flags::ACK, "no socket listens any more");
    target.inject(&segment(pair, Flags::ACK, 101, snd_nxt, b"")).unwrap();
    assert_eq!(call(&mut target, FIRST, pair, SocketCall::Accept), Outcome::Accepted(pair.peer));
    syn(&mut target, third);
    assert_eq!(call(&mut target, LISTENER, pair, SocketCall::Close), Outcome::Ok);
    let resets = captured(&mut target);
    assert_eq!(resets.len(), 2, "what nobody accepted is reset: {resets:?}");
    assert_eq!(state(&mut target, pair), ConnState::Is(State::Established));
}

#[test]
fn accept_gives_the_oldest_established() {
    let (mut target, pair) = open(&Config::default());
    call(&mut target, LISTENER, pair, SocketCall::Listen { backlog: None });
    let second = next(pair);
    let first_nxt = syn(&mut target, pair);
    let second_nxt = syn(&mut target, second);
    target.inject(&segment(second, Flags::ACK, 101, second_nxt, b"")).unwrap();
    target.inject(&segment(pair, Flags::ACK, 101, first_nxt, b"")).unwrap();
    assert_eq!(call(&mut target, SECOND, pair, SocketCall::Accept), Outcome::Accepted(second.peer));
    assert_eq!(call(&mut target, FIRST, pair, SocketCall::Accept), Outcome::Accepted(pair.peer));
}

#[test]
fn errors_are_those_of_a_socket_and_told_once() {
    let (mut target, pair, snd_nxt) = established(&Config::default());
    target.inject(&segment(pair, Flags::PSH | Flags::ACK, 101, snd_nxt, b"hello")).unwrap();
    target.inject(&segment(pair, Flags::RST, 106, 0, b"")).unwrap();
    assert_eq!(state(&mut target, pair), ConnState::None { listening: true });
    let recv = || SocketCall::Recv { max: 100 };
    assert_eq!(call(&mut target, FIRST, pair, recv()), Outcome::Data(b"hello".to_vec()), "what was there can be read");
    assert_eq!(call(&mut target, FIRST, pair, recv()), Outcome::Error(Errno::ECONNRESET));
    assert_eq!(call(&mut target, FIRST, pair, recv()), Outcome::Eof);
    let send = SocketCall::Send { data: b"x", urgent: false };
    assert_eq!(call(&mut target, FIRST, pair, send), Outcome::Error(Errno::EPIPE));

    let (mut target, pair) = open(&Config::default());
    call(&mut target, FIRST, pair, SocketCall::Connect { to: pair.peer });
    let again = SocketCall::Connect { to: pair.peer };
    assert_eq!(call(&mut target, FIRST, pair, again), Outcome::Error(Errno::EALREADY));
    let iss = captured(&mut target)[0].1.seq;
    target.inject(&segment(pair, Flags::RST | Flags::ACK, 0, iss.wrapping_add(1), b"")).unwrap();
    assert_eq!(call(&mut target, FIRST, pair, recv()), Outcome::Error(Errno::ECONNREFUSED));
}

#[test]
fn time_jumps_to_what_is_due_and_stops_there() {
    let (mut target, pair) = open(&Config::default());
    call(&mut target, FIRST, pair, SocketCall::Connect { to: pair.peer });
    assert_eq!(target.rto(FIRST, pair).unwrap(), Some(Duration::from_secs(1)), "RFC6298#2.1");
    let sent: Vec<_> = wait(&mut target, Duration::from_secs(10)).into_iter().map(|(at, _)| at).collect();
    assert_eq!(sent, [0, 1, 3, 7].map(Duration::from_secs));
    assert_eq!(target.now(), Duration::from_secs(10));
    assert_eq!(target.rto(FIRST, pair).unwrap(), Some(Duration::from_secs(8)));
    assert_eq!(target.rto(FIRST, next(pair)).unwrap(), None);
}

#[test]
fn a_silent_peer_times_out() {
    let span = Span { nanos: 2_000_000_000, ..Span::default() };
    let (mut target, pair, _) = established(&Config::default());
    assert_eq!(call(&mut target, FIRST, pair, SocketCall::Set(SocketSwitch::UserTimeout(span))), Outcome::Ok);
    call(&mut target, FIRST, pair, SocketCall::Send { data: b"hello", urgent: false });
    wait(&mut target, Duration::from_secs(3));
    assert_eq!(call(&mut target, FIRST, pair, SocketCall::Recv { max: 1 }), Outcome::Error(Errno::ETIMEDOUT));
}

#[test]
fn a_case_leaves_nothing_for_the_next() {
    let small = Config { recv_buffer: Some(1000), mtu: Some(500), ..Config::default() };
    let (mut target, pair, _) = established(&small);
    target.inject(&segment(pair, Flags::SYN, 5, 0, b"")).unwrap();
    target.end().unwrap();
    target.begin(&Config::default()).unwrap();
    assert!(captured(&mut target).is_empty());
    assert_eq!((target.now(), state(&mut target, pair)), (Time::ZERO, ConnState::None { listening: false }));
    assert_eq!(call(&mut target, FIRST, pair, SocketCall::Accept), Outcome::NoSocket);
    call(&mut target, FIRST, pair, SocketCall::Connect { to: pair.peer });
    assert_eq!(captured(&mut target)[0].1.win, 65_535);
}

#[test]
fn the_same_input_gives_the_same_bytes() {
    let run = |seed: u64| {
        let mut target = Smoltcp::new(seed);
        // Not the first case of the target: what came before must not matter.
        for _ in 0..2 {
            let endpoints = target.begin(&Config { timestamps: Some(true), ..Config::default() }).unwrap();
            let pair = Pair { target: endpoints.target, peer: endpoints.peer };
            call(&mut target, FIRST, pair, SocketCall::Connect { to: pair.peer });
            target.inject(&segment(pair, Flags::SYN, 7, 0, b"")).unwrap();
            while target.now() < Duration::from_secs(5) {
                target.advance(Duration::from_secs(5)).unwrap();
            }
        }
        let mut emissions = Vec::new();
        target.capture(&mut emissions).unwrap();
        emissions
    };
    assert_eq!(run(1), run(1));
    assert_ne!(run(1), run(2), "the seed decides the initial sequence number");
}

#[test]
fn what_smoltcp_lacks_is_refused_by_name() {
    let refused = |config: &Config, name: &str| match Smoltcp::new(1).begin(config) {
        Err(Refusal::Unsupported(reason)) => assert!(reason.contains(name), "{reason}"),
        other => panic!("{name} is not refused: {other:?}"),
    };
    let seconds = |count: i64| Some(Span { nanos: count * 1_000_000_000, ..Span::default() });
    refused(&Config { ecn: Some(true), ..Config::default() }, "ecn");
    refused(&Config { sack: Some(false), ..Config::default() }, "sack");
    refused(&Config { tos: Some(8), ..Config::default() }, "DS");
    refused(&Config { ttl: Some(0), ..Config::default() }, "TTL");
    refused(&Config { mtu: Some(67), ..Config::default() }, "MTU");
    refused(&Config { recv_buffer: Some(u32::MAX), ..Config::default() }, "recv-buffer");
    refused(&Config { msl: seconds(30), ..Config::default() }, "MSL");
    refused(&Config { abort_on_overflow: Some(true), ..Config::default() }, "accept queue");
    refused(&Config { keepalive_idle: seconds(1), keepalive_interval: seconds(2), ..Config::default() }, "keepalive");
    let instant = Some(Span { nanos: 999, ..Span::default() });
    refused(&Config { keepalive_idle: instant, ..Config::default() }, "keep-alive time");
    refused(&Config { syn_retries: Some(1), data_retries: Some(2), ..Config::default() }, "timeout");
    assert!(Smoltcp::new(1).begin(&Config { msl: seconds(5), ..Config::default() }).is_ok());
}

#[test]
fn a_panic_inside_is_reported_with_its_place() {
    let crashed = crash::contain(|| -> () { panic!("on purpose") }).unwrap_err();
    let text = crashed.to_string();
    assert!(matches!(crashed, TargetError::Crashed(_)));
    assert!(text.contains("on purpose") && text.contains("tests.rs"), "{text}");
    assert_eq!(crash::contain(|| 5).unwrap(), 5);
}

#[test]
fn sending_without_end_is_a_crash_and_the_next_case_begins_clean() {
    let (mut target, pair, _) = established(&Config::default());
    // Without a pause between them its keep-alives follow each other in one poll, for ever.
    for (_, socket) in target.sockets.set.iter_mut() {
        let smoltcp::socket::Socket::Tcp(socket) = socket;
        socket.set_keep_alive(Some(smoltcp::time::Duration::ZERO));
    }
    let Err(TargetError::Crashed(words)) = target.advance(Duration::from_secs(1)) else { panic!("it stops") };
    assert_eq!(words, "it does not stop sending: 100000 packets at one moment");
    assert!(captured(&mut target).is_empty(), "nobody looks through them");
    target.begin(&Config::default()).unwrap();
    target.advance(Duration::from_secs(1)).unwrap();
    assert_eq!((captured(&mut target).len(), state(&mut target, pair)), (0, ConnState::None { listening: false }));
}

#[test]
fn cases_run_on_it_and_can_fail() {
    let run = run_on("smoltcp", crate::sample::WRONG, Mode::Judge);
    assert!(run.findings.iter().any(|finding| finding.observed.contains("SYN+ACK")), "{:?}", run.findings);
    assert_eq!(run.version, VERSION);
}

#[test]
fn the_version_is_that_of_the_lock_file() {
    let lock = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../Cargo.lock"));
    assert!(lock.contains(&format!("name = \"smoltcp\"\nversion = \"{VERSION}\"")), "VERSION has to follow Cargo.lock");
}
