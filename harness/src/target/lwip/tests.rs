use super::*;
use crate::{
    case::{flags::Flags, format::Errno, time::Span},
    segment::{
        build::{WireSegment, build},
        parse::{Parsed, parse},
    },
};

const LISTENER: Handle = Handle::Listener;
const FIRST: Handle = Handle::Connection(0);

fn open(config: &Config) -> (Lwip, Pair) {
    let mut target = Lwip::new(1);
    let endpoints = target.begin(config).unwrap();
    (target, Pair { target: endpoints.target, peer: endpoints.peer })
}

fn packet(pair: Pair, flags: Flags, seq: u32, ack: u32, text: &[u8]) -> Vec<u8> {
    build(&WireSegment { seq, ack, flags, text, ..WireSegment::empty(pair.peer, pair.target) })
}

fn captured(target: &mut Lwip) -> Vec<(Time, Parsed)> {
    let mut emissions = Vec::new();
    target.capture(&mut emissions).unwrap();
    emissions.into_iter().map(|emission| (emission.at, parse(&emission.packet).unwrap())).collect()
}

/// A connection that the peer opened; the peer's next number is 101. lwIP's next number.
fn established(target: &mut Lwip, pair: Pair) -> u32 {
    assert_eq!(target.call(LISTENER, pair, &SocketCall::Listen { backlog: None }).unwrap(), Outcome::Ok);
    target.inject(&packet(pair, Flags::SYN, 100, 0, b"")).unwrap();
    let iss = captured(target)[0].1.seq;
    target.inject(&packet(pair, Flags::ACK, 101, iss.wrapping_add(1), b"")).unwrap();
    assert_eq!(target.call(FIRST, pair, &SocketCall::Accept).unwrap(), Outcome::Accepted(pair.peer));
    assert_eq!(target.state(FIRST, pair).unwrap(), ConnState::Is(State::Established));
    iss.wrapping_add(1)
}

#[test]
fn text_both_ways_and_a_delayed_ack_on_the_next_tick() {
    let (mut target, pair) = open(&Config::default());
    let next = established(&mut target, pair);
    target.advance(Duration::from_millis(100)).unwrap();
    target.inject(&packet(pair, Flags::PSH | Flags::ACK, 101, next, b"hello")).unwrap();
    assert!(captured(&mut target).is_empty(), "the acknowledgement is delayed");
    target.advance(Duration::from_secs(9)).unwrap();
    let (at, ack) = captured(&mut target).remove(0);
    assert_eq!((at, ack.flags, ack.ack), (FAST_INTERVAL, Flags::ACK, 106));
    assert_eq!(target.now(), FAST_INTERVAL, "an emission ends the wait");
    let recv = target.call(FIRST, pair, &SocketCall::Recv { max: 100 }).unwrap();
    assert_eq!(recv, Outcome::Data(b"hello".to_vec()));
    let sent = target.call(FIRST, pair, &SocketCall::Send { data: b"bye", urgent: false }).unwrap();
    assert_eq!(sent, Outcome::Sent(3));
    assert_eq!(&*captured(&mut target)[0].1.text, b"bye");
}

#[test]
fn a_wait_ends_where_it_was_told_to() {
    let (mut target, _) = open(&Config::default());
    target.advance(Duration::from_millis(1_001)).unwrap();
    assert_eq!(target.now(), Duration::from_millis(1_001));
    target.advance(Duration::from_millis(900)).unwrap();
    assert_eq!(target.now(), Duration::from_millis(1_001), "time does not go back");
}

#[test]
fn a_reset_is_told_once_and_a_refusal_is_none() {
    let (mut target, pair) = open(&Config::default());
    let next = established(&mut target, pair);
    target.inject(&packet(pair, Flags::RST, 101, 0, b"")).unwrap();
    assert_eq!(target.state(FIRST, pair).unwrap(), ConnState::None { listening: true });
    let recv = SocketCall::Recv { max: 1 };
    assert_eq!(target.call(FIRST, pair, &recv).unwrap(), Outcome::Error(Errno::ECONNRESET));
    assert_eq!(target.call(FIRST, pair, &recv).unwrap(), Outcome::Eof);
    target.begin(&Config::default()).unwrap();
    assert_eq!(target.call(FIRST, pair, &SocketCall::Connect { to: pair.peer }).unwrap(), Outcome::Ok);
    let syn = captured(&mut target).remove(0).1;
    assert_ne!(syn.seq, next, "the next ISS differs");
    target.inject(&packet(pair, Flags::RST | Flags::ACK, 0, syn.seq.wrapping_add(1), b"")).unwrap();
    assert_eq!(target.call(FIRST, pair, &recv).unwrap(), Outcome::Error(Errno::ECONNREFUSED));
}

#[test]
fn nothing_of_one_case_is_seen_in_the_next() {
    let (mut target, pair) = open(&Config::default());
    established(&mut target, pair);
    target.call(FIRST, pair, &SocketCall::Send { data: b"unacknowledged", urgent: false }).unwrap();
    // Not ended: `begin` is enough.
    target.begin(&Config::default()).unwrap();
    assert_eq!(target.state(FIRST, pair).unwrap(), ConnState::None { listening: false });
    target.advance(Duration::from_secs(600)).unwrap();
    assert_eq!(target.now(), Duration::from_secs(600));
    assert!(captured(&mut target).is_empty());
    assert_eq!(target.call(FIRST, pair, &SocketCall::Poll).unwrap(), Outcome::NoSocket);
}

#[test]
fn the_same_seed_gives_the_same_packets_and_another_one_another_iss() {
    let iss = |seed| {
        let mut target = Lwip::new(seed);
        let endpoints = target.begin(&Config::default()).unwrap();
        let pair = Pair { target: endpoints.target, peer: endpoints.peer };
        target.call(FIRST, pair, &SocketCall::Connect { to: pair.peer }).unwrap();
        captured(&mut target)[0].1.seq
    };
    assert_eq!(iss(7), iss(7));
    assert_ne!(iss(7), iss(8));
}

#[test]
fn what_was_fixed_when_lwip_was_compiled_is_refused_unless_it_is_wanted() {
    let mut target = Lwip::new(0);
    let mut refused = |config: Config| match target.begin(&config) {
        Ok(_) => None,
        Err(Refusal::Unsupported(reason)) => Some(reason),
        Err(Refusal::Failed(error)) => panic!("{error}"),
    };
    let minute = Span { nanos: 60_000_000_000, ..Span::default() };
    assert_eq!(
        refused(Config { msl: Some(minute), data_retries: Some(12), sack: Some(false), ..Config::default() }),
        None
    );
    for config in [
        Config { sack: Some(true), ..Config::default() },
        Config { wscale: Some(false), ..Config::default() },
        Config { data_retries: Some(2), ..Config::default() },
        Config { backlog: Some(1), ..Config::default() },
        Config { user_timeout: Some(minute), ..Config::default() },
    ] {
        assert!(refused(config.clone()).is_some(), "{config:?}");
    }
}

/// Any bytes at all, behind a right IP header, in every state that is easily reached.
#[test]
fn no_packet_ends_the_process() {
    let mut numbers = 0x2545_F491_4F6C_DD1D_u64;
    let mut random = move || {
        numbers ^= numbers << 13;
        numbers ^= numbers >> 7;
        numbers ^= numbers << 17;
        numbers
    };
    for round in 0..200_u32 {
        let (mut target, pair) = open(&Config::default());
        let next = established(&mut target, pair);
        for _ in 0..30 {
            let (seq, ack) = (101_u32.wrapping_add(random() as u32 % 8), next.wrapping_add(random() as u32 % 8));
            let text = vec![7; random() as usize % 1600];
            let flags = Flags(random() as u16 & if round % 2 == 0 { 0x3f } else { 0x39 });
            let mut bytes = packet(pair, flags, seq, ack, &text);
            if random() % 4 == 0 {
                let at = random() as usize % bytes.len();
                bytes[at] ^= random() as u8;
            }
            target.inject(&bytes).unwrap();
            target.inject(&bytes[..random() as usize % bytes.len()]).unwrap();
            target.call(FIRST, pair, &SocketCall::Send { data: b"text", urgent: false }).unwrap();
            target.advance(target.now() + Duration::from_millis(random() % 4000)).unwrap();
        }
        target.call(FIRST, pair, &SocketCall::Close).unwrap();
        target.advance(target.now() + Duration::from_secs(300)).unwrap();
    }
}

#[test]
fn a_failed_assertion_is_a_crash_and_leaves_nothing_behind() {
    let (mut target, pair) = open(&Config::default());
    let next = established(&mut target, pair);
    for _ in 0..3 {
        let crash = target.inject(&packet(pair, Flags::FIN | Flags::ACK, 101_u32.wrapping_add(1 << 31), next, b""));
        let Err(TargetError::Crashed(words)) = crash else { panic!("{crash:?}") };
        assert_eq!(words, "Assertion \"insane offset!\" failed at line 1430 in ./src/core/tcp_in.c");
        target.begin(&Config::default()).unwrap();
        assert!(captured(&mut target).is_empty());
        assert_eq!(target.state(FIRST, pair).unwrap(), ConnState::None { listening: false });
        assert_eq!(established(&mut target, pair), next, "the next case is as the first");
    }
}
