use std::time::Duration;

use super::*;
use crate::{
    case::{flags::Flags, state::State, time::Span},
    segment::{
        build::{WireSegment, build},
        parse::{Parsed, parse},
    },
};

fn open(config: &Config) -> (Reference, Pair) {
    let mut target = Reference::new(Profile::rfc9293(), 1);
    let endpoints = target.begin(config).unwrap();
    (target, Pair { target: endpoints.target, peer: endpoints.peer })
}

fn packet(pair: Pair, flags: Flags, seq: u32, ack: u32) -> Vec<u8> {
    build(&WireSegment { seq, ack, flags, ..WireSegment::empty(pair.peer, pair.target) })
}

fn captured(target: &mut Reference) -> Vec<(Time, Parsed, Vec<RuleNameOnly>)> {
    let mut emissions = Vec::new();
    target.capture(&mut emissions).unwrap();
    let one = |emission: Emission| {
        let rules = emission.rules.iter().map(|rule| rule.name).collect();
        (emission.at, parse(&emission.packet).unwrap(), rules)
    };
    emissions.into_iter().map(one).collect()
}

type RuleNameOnly = &'static str;

const LISTENER: Handle = Handle::Listener;
const FIRST: Handle = Handle::Connection(0);

#[test]
fn a_handshake_has_its_states_rules_and_accepted_socket() {
    let (mut target, pair) = open(&Config::default());
    assert_eq!(target.state(FIRST, pair).unwrap(), ConnState::None { listening: false });
    assert_eq!(target.call(LISTENER, pair, &SocketCall::Listen { backlog: None }).unwrap(), Outcome::Ok);
    assert_eq!(target.state(FIRST, pair).unwrap(), ConnState::None { listening: true });
    target.inject(&packet(pair, Flags::SYN, 100, 0)).unwrap();
    let replies = captured(&mut target);
    let (_, syn_ack, rules) = &replies[0];
    assert_eq!((syn_ack.flags, syn_ack.ack, replies.len()), (Flags::SYN | Flags::ACK, 101, 1));
    assert!(!rules.is_empty(), "every reply names its rule");
    assert_eq!(target.state(FIRST, pair).unwrap(), ConnState::Is(State::SynReceived));
    assert_eq!(target.call(FIRST, pair, &SocketCall::Accept).unwrap(), Outcome::WouldBlock);
    target.inject(&packet(pair, Flags::ACK, 101, syn_ack.seq.wrapping_add(1))).unwrap();
    assert!(captured(&mut target).is_empty());
    assert_eq!(target.call(FIRST, pair, &SocketCall::Accept).unwrap(), Outcome::Accepted(pair.peer));
    assert_eq!(target.state(FIRST, pair).unwrap(), ConnState::Is(State::Established));
    let mut why = Vec::new();
    target.explain(&mut why);
    assert!(
        why.iter().any(|explanation| matches!(explanation, Explanation::StateChanged { to: State::Established, .. }))
    );
}

#[test]
fn time_jumps_to_what_is_due_and_stops_there() {
    let (mut target, pair) = open(&Config::default());
    target.call(FIRST, pair, &SocketCall::Connect { to: pair.peer }).unwrap();
    assert_eq!(captured(&mut target)[0].1.flags, Flags::SYN);
    assert_eq!(target.rto(FIRST, pair).unwrap(), Some(Duration::from_secs(1)), "RFC6298#2.1");
    let until = Duration::from_secs(10);
    let mut sent = Vec::new();
    while target.now() < until {
        target.advance(until).unwrap();
        sent.extend(captured(&mut target).into_iter().map(|(at, ..)| at));
    }
    assert_eq!(sent, [1, 3, 7].map(Duration::from_secs));
    assert_eq!(target.now(), until);
}

#[test]
fn a_case_leaves_nothing_for_the_next() {
    let (mut target, pair) = open(&Config { msl: Some(Span { nanos: 5, ..Span::default() }), ..Config::default() });
    target.call(LISTENER, pair, &SocketCall::Listen { backlog: None }).unwrap();
    target.end().unwrap();
    target.begin(&Config::default()).unwrap();
    assert_eq!(target.state(FIRST, pair).unwrap(), ConnState::None { listening: false });
    assert_eq!(target.mapped.profile, Profile::rfc9293());
    assert_eq!(target.call(FIRST, pair, &SocketCall::Accept).unwrap(), Outcome::NoSocket);
}

#[test]
fn what_the_stack_lacks_is_refused_by_name() {
    let mut target = Reference::new(Profile::rfc9293(), 1);
    let refused = target.begin(&Config { urgent_inline: Some(false), ..Config::default() });
    assert!(matches!(refused, Err(Refusal::Unsupported(reason)) if reason.contains("urgent")));
    assert!(target.begin(&Config { urgent_inline: Some(true), ..Config::default() }).is_ok());
}

#[test]
fn retries_count_retransmissions() {
    let (mut target, pair) = open(&Config { syn_retries: Some(2), ..Config::default() });
    target.call(FIRST, pair, &SocketCall::Connect { to: pair.peer }).unwrap();
    let mut syns = 0;
    while target.now() < Duration::from_secs(300) {
        syns += captured(&mut target).len();
        target.advance(Duration::from_secs(300)).unwrap();
    }
    assert_eq!(syns, 3, "one and two retransmissions");
    let outcome = target.call(FIRST, pair, &SocketCall::Recv { max: 1 }).unwrap();
    assert_eq!(outcome, Outcome::Error(crate::case::format::Errno::ETIMEDOUT));
}
