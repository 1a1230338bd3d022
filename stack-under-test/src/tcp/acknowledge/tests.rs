use crate::packet_script::{ACK, PSH_ACK, given, given_with, seg};
use crate::{Profile, Reply, Rule, SocketOptions, State, UserCall};

/// SHLD-18, MUST-40: less than half a second.
#[test]
fn a_single_segment_is_acknowledged_late() {
    let mut s = given(State::Established);
    s.inject(seg(PSH_ACK, 1, 1).text(b"a")).expect_nothing().wait_ms(100);
    s.inject(seg(PSH_ACK, 2, 1).text(b"b")).expect_nothing();
    s.wait_ms(99).expect_nothing().wait_ms(1).expect_for(Rule::DelayedAck, seg(ACK, 1, 3));
    s.wait_ms(1000).expect_nothing();
}

/// SHLD-19: the second full-sized segment without an ACK draws one, also if the sender's MTU makes them smaller.
#[test]
fn every_second_full_segment_is_acknowledged() {
    for size in [1460, 536] {
        let mut s = given(State::Established);
        let n = size as u32;
        s.inject(seg(ACK, 1, 1).zeros(size)).expect_nothing();
        s.inject(seg(ACK, 1 + n, 1).zeros(size)).expect_for(Rule::TextSecondSegment, seg(ACK, 1, 1 + 2 * n));
        s.inject(seg(ACK, 1 + 2 * n, 1).zeros(size)).expect_nothing();
    }
}

/// An ACK travels with text that leaves anyway.
#[test]
fn text_carries_the_ack() {
    let mut s = given(State::Established);
    s.inject(seg(PSH_ACK, 1, 1).text(b"ping")).send(b"pong").expect(&[seg(PSH_ACK, 1, 5).text(b"pong")]);
    s.inject(seg(ACK, 5, 5)).wait_ms(1000).expect_nothing();
}

/// The delay is the user's and the profile's choice.
#[test]
fn the_delay_can_be_switched_off() {
    let eager = SocketOptions { delayed_ack: false, ..SocketOptions::default() };
    for (profile, options) in [(Profile::rfc9293(), eager), (Profile::rfc793(), SocketOptions::default())] {
        let mut s = given_with(State::Established, profile, options);
        s.inject(seg(PSH_ACK, 1, 1).text(b"a")).expect_for(Rule::TextInOrder, seg(ACK, 1, 2));
    }
}

/// MUST-39, RFC9293#3.8.6.2.2: the right edge moves by min(RCV.BUFF/2, Eff.snd.MSS) at least, and a
/// closed window reopens with an ACK of its own.
#[test]
fn the_window_does_not_open_in_small_steps() {
    let small = SocketOptions { recv_buffer: 1000, ..SocketOptions::default() };
    let mut s = given_with(State::Established, Profile::rfc9293(), small);
    let socket = s.socket();
    s.inject(seg(PSH_ACK, 1, 1).zeros(1000)).wait_ms(500).expect(&[seg(ACK, 1, 1001).win(0)]);
    assert_eq!(s.call(UserCall::Receive { socket, max: 499 }), Ok(Reply::Received(vec![0; 499])));
    s.expect_nothing();
    assert_eq!(s.call(UserCall::Receive { socket, max: 1 }), Ok(Reply::Received(vec![0; 1])));
    s.expect_for(Rule::WindowUpdate, seg(ACK, 1, 1001).win(500));
}

/// An open window is not announced for every read.
#[test]
fn small_reads_of_an_open_window_are_silent() {
    let mut s = given(State::Established);
    s.inject(seg(PSH_ACK, 1, 1).text(b"hello")).receive(b"hello").expect_nothing();
    s.wait_ms(500).expect(&[seg(ACK, 1, 6).win(65_530)]);
}

/// A reader that keeps up adds no segment to the ACK of every second one; a slow one tells of a quarter of the buffer.
#[test]
fn only_a_large_step_of_an_open_window_is_announced() {
    let mut s = given(State::Established);
    let socket = s.socket();
    let text = |number: u32| seg(PSH_ACK, 1 + number * 1000, 1).zeros(1000);
    for number in (0..10).step_by(2) {
        for number in [number, number + 1] {
            s.inject(text(number));
            if number % 2 == 1 {
                s.expect_for(Rule::TextSecondSegment, seg(ACK, 1, 1001 + number * 1000));
            }
            assert_eq!(s.call(UserCall::Receive { socket, max: 1000 }), Ok(Reply::Received(vec![0; 1000])));
            s.expect_nothing();
        }
    }
    for number in (10..30).step_by(2) {
        s.inject(text(number)).inject(text(number + 1));
        s.expect_for(Rule::TextSecondSegment, seg(ACK, 1, 2001 + number * 1000));
    }
    assert_eq!(s.call(UserCall::Receive { socket, max: 20_000 }), Ok(Reply::Received(vec![0; 20_000])));
    s.expect_for(Rule::WindowUpdate, seg(ACK, 1, 30_001).win(65_535));
}
