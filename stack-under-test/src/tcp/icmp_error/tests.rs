use core::time::Duration;

use super::*;
use crate::packet_script::{ACK, PSH_ACK, RST, SYN, SYN_ACK, Script, given, given_with, seg};
use crate::{Profile, SocketOptions};

const HOST_UNREACHABLE: (u8, u8) = (3, 1);
const PORT_UNREACHABLE: (u8, u8) = (3, 3);

fn error(s: &mut Script, (kind, code): (u8, u8), seq: u32) -> &mut Script {
    s.icmp(kind, code, seq)
}

/// MUST-56.
#[test]
fn a_soft_error_ends_nothing() {
    for kind in [(3, 0), (3, 1), (3, 5), (11, 0), (11, 1), (12, 0)] {
        let mut s = given(State::SynSent);
        error(&mut s, kind, 0).expect_nothing().state(State::SynSent).dropped(Rule::IcmpSoft);
        let mut s = given(State::SynReceived);
        error(&mut s, kind, 0).expect_nothing().state(State::SynReceived).dropped(Rule::IcmpSoft);
        let mut s = given(State::Established);
        s.send(b"text").expect(&[seg(PSH_ACK, 1, 1).text(b"text")]);
        error(&mut s, kind, 1).expect_nothing().state(State::Established).dropped(Rule::IcmpSoft);
    }
}

/// SHLD-25: now, and when the connection gives up; not if the peer has answered since.
#[test]
fn the_user_hears_of_a_soft_error() {
    let options = SocketOptions { user_timeout: Some(Duration::from_secs(20)), ..SocketOptions::default() };
    for (answered, reported) in [(false, CallError::HostUnreachable), (true, CallError::TimedOut)] {
        let mut s = given_with(State::Established, Profile::rfc9293(), options.clone());
        s.send(b"text").expect(&[seg(PSH_ACK, 1, 1).text(b"text")]);
        error(&mut s, HOST_UNREACHABLE, 1).notified(Notice::SoftError);
        if answered {
            s.inject(seg(ACK, 1, 5)).send(b"more");
        }
        s.wait(Duration::from_secs(60)).state(State::Closed).receive_fails(reported);
    }
}

/// SHLD-26.
#[test]
fn a_hard_error_refuses_an_open() {
    for kind in [(3, 2), PORT_UNREACHABLE] {
        let mut s = given(State::SynSent);
        error(&mut s, kind, 0).expect_nothing().state(State::Closed).receive_fails(CallError::Refused);
    }
}

#[test]
fn a_hard_error_takes_a_passive_open_back_to_listen() {
    let mut s = given(State::SynReceived);
    error(&mut s, PORT_UNREACHABLE, 0).expect_for(Rule::IcmpHard, seg(RST, 1, 0)).state(State::Closed);
    s.new_incarnation();
    s.inject(seg(SYN, 0, 0)).expect(&[seg(SYN_ACK, 0, 1)]);
}

/// RFC5927#5.2, or SHLD-26 to the letter.
#[test]
fn a_synchronized_connection_takes_a_hard_error_as_the_profile_says() {
    let mut s = given(State::Established);
    s.send(b"text").expect(&[seg(PSH_ACK, 1, 1).text(b"text")]);
    error(&mut s, PORT_UNREACHABLE, 1).expect_nothing().dropped(Rule::IcmpHardSoftened).state(State::Established);

    let profile = Profile { icmp_hard_error: IcmpHardError::Aborts, ..Profile::rfc9293() };
    let mut s = given_with(State::Established, profile, SocketOptions::default());
    s.send(b"text").expect(&[seg(PSH_ACK, 1, 1).text(b"text")]);
    error(&mut s, PORT_UNREACHABLE, 1).expect_for(Rule::IcmpHard, seg(RST, 5, 0)).state(State::Closed);
    s.receive_fails(CallError::Refused);
}

/// RFC5927#4.1.
#[test]
fn an_error_about_a_segment_not_in_flight_is_dropped() {
    for (seq, taken) in [(0, false), (1, true), (4, true), (5, false), (1 << 31, false)] {
        let mut s = given(State::Established);
        s.send(b"text").expect(&[seg(PSH_ACK, 1, 1).text(b"text")]);
        let rule = if taken { Rule::IcmpSoft } else { Rule::IcmpSequence };
        error(&mut s, HOST_UNREACHABLE, seq).dropped(rule);
    }
    let mut s = given(State::Established);
    error(&mut s, HOST_UNREACHABLE, 1).dropped(Rule::IcmpSequence);
    let profile = Profile { icmp_sequence_check: false, ..Profile::rfc9293() };
    let mut s = given_with(State::Established, profile, SocketOptions::default());
    error(&mut s, HOST_UNREACHABLE, 1).dropped(Rule::IcmpSoft);
}

#[test]
fn fragmentation_needed_changes_nothing() {
    let mut s = given(State::SynSent);
    error(&mut s, (3, 4), 0).expect_nothing().dropped(Rule::IcmpFragmentationNeeded).state(State::SynSent);
}
