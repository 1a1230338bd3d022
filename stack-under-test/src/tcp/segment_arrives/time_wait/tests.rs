use core::time::Duration;

use crate::packet_script::{ACK, RST, SYN, SYN_ACK, given, given_with, seg};
use crate::profile::Isn;
use crate::{Profile, Rule, SocketOptions, State};

/// MAY-2, RFC6191#2: a SYN beyond the old FIN opens a new incarnation, with a larger ISS also when the
/// generator's choice is smaller.
#[test]
fn a_newer_syn_reopens() {
    for isn in [Isn::Rfc6528, Isn::Clock793] {
        let profile = Profile { isn, ..Profile::rfc9293() };
        let mut s = given_with(State::TimeWait, profile, SocketOptions::default());
        let old = s.target_isn().expect("it has sent its SYN");
        s.new_incarnation();
        s.inject(seg(SYN, 2, 0)).expect_for(Rule::ListenSyn, seg(SYN_ACK, 0, 3)).state(State::SynReceived);
        let new = s.target_isn().expect("it has sent another");
        assert!(new.gt(old + 2), "ISS {new} is not beyond the old SND.NXT {}", old + 2);
        s.inject(seg(ACK, 3, 1)).expect_nothing().state(State::Established).accept();
    }
}

/// RFC9293#3.10.7.4, fourth: an older SYN, or any without a listener, is challenged.
#[test]
fn an_older_syn_does_not_reopen() {
    let mut s = given(State::TimeWait);
    for seq in [1, 0x8000_0003] {
        s.inject(seg(SYN, seq, 0)).expect_for(Rule::CheckSynChallenge, seg(ACK, 2, 2)).state(State::TimeWait);
    }
    let never = Profile { time_wait_reopen: false, ..Profile::rfc9293() };
    let mut s = given_with(State::TimeWait, never, SocketOptions::default());
    s.inject(seg(SYN, 1000, 0)).expect(&[seg(ACK, 2, 2)]).state(State::TimeWait);
}

/// MAY-2 (2): the old incarnation comes back when its successor's SYN was stale, for 2 MSL.
#[test]
fn an_old_duplicate_gives_way_to_time_wait() {
    let mut s = given(State::TimeWait);
    s.wait(Duration::from_secs(200));
    s.new_incarnation();
    s.inject(seg(SYN, 500, 0)).expect(&[seg(SYN_ACK, 0, 501)]);
    s.inject(seg(RST, 501, 0)).expect_nothing().state(State::TimeWait);
    s.wait(Duration::from_secs(239)).state(State::TimeWait).wait(Duration::from_secs(1)).state(State::Closed);
    // The listener has its room back.
    s.new_incarnation();
    s.inject(seg(SYN, 900, 0)).expect(&[seg(SYN_ACK, 0, 901)]);
}

/// The user of the old incarnation keeps what it has received.
#[test]
fn the_old_user_keeps_its_socket() {
    let mut s = given(State::TimeWait);
    s.new_incarnation();
    s.inject(seg(SYN, 2, 0)).expect(&[seg(SYN_ACK, 0, 3)]).receive(b"").close();
    s.state(State::SynReceived);
}
