use core::time::Duration;

use crate::packet_script::{ACK, PSH_ACK, given, given_with, seg};
use crate::{CallError, Keepalive, Profile, Reply, Rule, SocketOption, SocketOptions, State, UserCall};

const KEEPALIVE: Keepalive = Keepalive { idle: Duration::from_secs(7200), interval: Duration::from_secs(75), count: 3 };

fn kept_alive() -> SocketOptions {
    SocketOptions { keepalive: Some(KEEPALIVE), ..SocketOptions::default() }
}

/// MUST-25, MUST-28: off by default, two hours if not told otherwise.
#[test]
fn off_by_default() {
    assert_eq!(SocketOptions::default().keepalive, None);
    assert!(Keepalive::default().idle >= Duration::from_secs(7200));
    given(State::Established).wait(Duration::from_secs(1_000_000)).expect_nothing().state(State::Established);
}

/// SHLD-12: `SEG.SEQ = SND.NXT-1`, no text; MUST-26: after an idle interval only.
#[test]
fn an_idle_connection_is_probed() {
    let mut s = given_with(State::Established, Profile::rfc9293(), kept_alive());
    s.wait(Duration::from_secs(7000)).inject(seg(ACK, 1, 1)).wait(Duration::from_secs(7199)).expect_nothing();
    s.wait(Duration::from_secs(1)).expect_for(Rule::KeepaliveProbe, seg(ACK, 0, 1));
    s.inject(seg(ACK, 1, 1)).wait(Duration::from_secs(7199)).expect_nothing();
}

/// MUST-29: one unanswered probe is not the end, a whole row is.
#[test]
fn a_row_of_unanswered_probes_ends_it() {
    let mut s = given_with(State::Established, Profile::rfc9293(), kept_alive());
    s.wait(Duration::from_secs(7200 + 150)).expect(&[seg(ACK, 0, 1), seg(ACK, 0, 1), seg(ACK, 0, 1)]);
    s.wait(Duration::from_secs(74)).state(State::Established).wait(Duration::from_secs(1)).state(State::Closed);
    s.receive_fails(CallError::TimedOut);
}

/// MUST-26: never while data is outstanding.
#[test]
fn no_probe_beside_data() {
    let hasty = Keepalive { idle: Duration::from_millis(1500), ..KEEPALIVE };
    let options = SocketOptions { keepalive: Some(hasty), ..SocketOptions::default() };
    let mut s = given_with(State::Established, Profile::rfc9293(), options);
    s.send(b"x").wait_ms(2000).expect(&[seg(PSH_ACK, 1, 1).text(b"x"), seg(PSH_ACK, 1, 1).text(b"x")]);
}

/// MUST-24: on and off at any time.
#[test]
fn switched_on_and_off() {
    let mut s = given(State::Established);
    let socket = s.socket();
    let switch = |s: &mut crate::packet_script::Script, value| {
        assert_eq!(s.call(UserCall::SetOption { socket, option: SocketOption::KeepAlive(value) }), Ok(Reply::Done));
    };
    switch(&mut s, Some(KEEPALIVE));
    s.wait(Duration::from_secs(7200)).expect(&[seg(ACK, 0, 1)]);
    switch(&mut s, None);
    s.wait(Duration::from_secs(1_000_000)).expect_nothing().state(State::Established);
}
