use core::time::Duration;

use crate::packet_script::{ACK, FIN_ACK, PSH_ACK, SYN, SYN_ACK, Script, given, given_with, seg};
use crate::{CallError, Notice, Profile, Reply, Rule, SocketOption, SocketOptions, State, UserCall};

fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

/// RFC9293#3.10.8, RFC6298#2.1, #5.5: after 1, 2, 4 … seconds, at most 60; MUST-20, SHLD-9 to SHLD-11: R1
/// after three retransmissions, R2 after 100 seconds.
#[test]
fn data_is_retransmitted_until_r2() {
    let mut s = given(State::Established);
    s.send(b"x").expect(&[seg(PSH_ACK, 1, 1).text(b"x")]);
    let mut told = None;
    for (count, interval) in [1, 2, 4, 8, 16, 32].into_iter().enumerate() {
        s.wait(seconds(interval) - Duration::from_nanos(1)).expect_nothing();
        s.wait(Duration::from_nanos(1));
        s.expect_for(Rule::RetransmissionTimeout, seg(PSH_ACK, 1, 1).text(b"x"));
        let r1 = |e: &crate::Event| matches!(e, crate::Event::Notify { notice: Notice::R1Reached, .. });
        if s.events.drain(..).any(|e| r1(&e)) {
            told = Some(count + 1);
        }
    }
    assert_eq!(told, Some(3));
    // 63 seconds have passed; the RTO is at its bound.
    s.wait(seconds(59)).expect_nothing().state(State::Established);
    s.wait(seconds(1)).expect_nothing().state(State::Closed).notified(Notice::TimedOut);
    s.receive_fails(CallError::TimedOut).receive(b"");
}

/// MUST-23: a SYN is retransmitted for at least three minutes.
#[test]
fn a_syn_is_retransmitted_for_three_minutes() {
    let mut s = given(State::SynSent);
    s.wait(seconds(179)).state(State::SynSent);
    assert_eq!(s.take_lines().len(), 7, "after 1, 3, 7, 15, 31, 63 and 123 seconds");
    s.wait(seconds(5)).expect_nothing().state(State::Closed).receive_fails(CallError::TimedOut);
}

/// MUST-22: the SYN,ACK in the same way; its connection just goes.
#[test]
fn a_syn_ack_is_retransmitted() {
    let mut s = given(State::SynReceived);
    s.wait_ms(1000).expect(&[seg(SYN_ACK, 0, 1).mss(1460)]).wait(seconds(200)).state(State::Closed);
    assert!(s.stack.is_listening(80));
}

/// MUST-21: the application sets R2, RFC9293#3.10.8: the user timeout.
#[test]
fn the_user_timeout_aborts() {
    let hasty = SocketOptions { user_timeout: Some(seconds(5)), ..SocketOptions::default() };
    let mut s = given_with(State::Established, Profile::rfc9293(), hasty);
    s.wait(seconds(60)).state(State::Established).send(b"x").wait_ms(4999).state(State::Established);
    s.wait_ms(1).state(State::Closed).receive_fails(CallError::TimedOut);
}

/// The user timeout counts from the last progress.
#[test]
fn progress_puts_off_the_user_timeout() {
    let mut s = given(State::Established);
    let socket = s.socket();
    let option = SocketOption::UserTimeout(Some(seconds(5)));
    assert_eq!(s.call(UserCall::SetOption { socket, option }), Ok(Reply::Done));
    s.send(b"ab").wait(seconds(4)).inject(seg(ACK, 1, 2)).wait(seconds(4)).state(State::Established);
    s.wait(seconds(1)).state(State::Closed);
}

/// RFC6298#2.2, MUST-18: RTO <- SRTT + max(G, 4*RTTVAR), not below its minimum; Karn: not from a segment
/// sent twice.
#[test]
fn the_rto_follows_the_round_trip_time() {
    let quick = Profile { min_rto: Duration::from_millis(10), ..Profile::rfc9293() };
    let rto = |s: &Script| s.stack.connection_rto(80, Script::remote()).expect("a connection");
    let mut s = given_with(State::SynSent, quick, SocketOptions::default());
    s.wait_ms(100).inject(seg(SYN_ACK, 0, 1)).take_lines();
    assert_eq!(rto(&s), Duration::from_millis(300));
    s.send(b"x").wait_ms(300).take_lines();
    assert_eq!(rto(&s), Duration::from_millis(600), "backed off");
    s.inject(seg(ACK, 1, 2)).send(b"y").take_lines();
    assert_eq!(rto(&s), Duration::from_millis(600), "an ambiguous sample is none");
    s.wait_ms(100).inject(seg(ACK, 1, 3));
    assert!(rto(&s) < Duration::from_millis(300), "{:?}", rto(&s));
}

/// RFC6298#5.7: after a lost SYN data starts with three seconds.
#[test]
fn after_a_lost_syn_the_rto_is_three_seconds() {
    let mut s = given(State::SynSent);
    s.wait_ms(1000).expect(&[seg(SYN, 0, 0)]).inject(seg(SYN_ACK, 0, 1)).take_lines();
    s.send(b"x").expect(&[seg(PSH_ACK, 1, 1).text(b"x")]).wait_ms(2999).expect_nothing();
    s.wait_ms(1).expect(&[seg(PSH_ACK, 1, 1).text(b"x")]);
}

/// RFC5681#3.1: after a timeout the front alone, then as slow start allows.
#[test]
fn slow_start_after_a_timeout() {
    let mut s = given(State::Established);
    s.send(&[0; 4380]).take_lines();
    s.wait_ms(1000).expect_for(Rule::RetransmissionTimeout, seg(ACK, 1, 1).zeros(1460));
    s.inject(seg(ACK, 1, 1461));
    s.expect(&[seg(ACK, 1461, 1).zeros(1460), seg(PSH_ACK, 2921, 1).zeros(1460)]);
    s.inject(seg(ACK, 1, 4381)).wait(seconds(100)).expect_nothing().state(State::Established);
}

/// The FIN is retransmitted as data are.
#[test]
fn a_fin_is_retransmitted() {
    let mut s = given(State::FinWait1);
    s.wait_ms(1000).expect(&[seg(FIN_ACK, 1, 1)]).wait(seconds(200)).state(State::Closed);
}

/// MUST-13.
#[test]
fn time_wait_lasts_two_msl() {
    let short = Profile { msl: seconds(1), ..Profile::rfc9293() };
    let mut s = given_with(State::TimeWait, short, SocketOptions::default());
    s.wait_ms(1999).state(State::TimeWait).wait_ms(1).expect_nothing().state(State::Closed);
}

/// FIN-WAIT-2 has no timeout of its own in RFC 9293.
#[test]
fn fin_wait_2_waits() {
    let mut s = given(State::FinWait2);
    s.wait(seconds(100_000)).expect_nothing().state(State::FinWait2);
}

/// MUST-20: R2 measures "the same segment": one that waited behind a lost one begins when it is the
/// oldest.
#[test]
fn r2_counts_from_the_last_progress() {
    let profile = Profile { max_rto: seconds(2), ..Profile::rfc9293() };
    let mut s = given_with(State::Established, profile, SocketOptions { nodelay: true, ..<_>::default() });
    s.send(b"a").send(b"b").wait(seconds(99)).inject(seg(ACK, 1, 2)).wait(seconds(99)).state(State::Established);
    s.wait(seconds(3)).state(State::Closed);
}

/// SHLD-10, MUST-20: R2 is beyond R1 also when the RTO is so long that 100 seconds see fewer
/// retransmissions.
#[test]
fn r2_is_beyond_r1() {
    let slow = Profile { min_rto: seconds(60), ..Profile::rfc9293() };
    let mut s = given_with(State::Established, slow, SocketOptions::default());
    s.send(b"x").take_lines();
    s.wait(seconds(299)).state(State::Established);
    assert_eq!(s.take_lines().len(), 4);
    s.wait(seconds(1)).state(State::Closed);
}
