use core::time::Duration;

use crate::packet_script::{ACK, FIN_ACK, PSH_ACK, SYN, SYN_ACK, Script, given, given_with, seg};
use crate::profile::{LossRecovery, PartialAckTimer};
use crate::{CallError, Profile, Reply, Rule, SocketOption, SocketOptions, State, UserCall};

fn nodelay() -> SocketOptions {
    SocketOptions { nodelay: true, ..SocketOptions::default() }
}

/// MUST-15, MUST-16: the smaller of the peer's MSS, or 536 without one, and what the MTU allows.
#[test]
fn effective_send_mss() {
    for (announced, effective) in [(None, 536), (Some(100), 100), (Some(1460), 1460), (Some(9000), 1460)] {
        let mut s = given(State::Listen);
        let syn = announced.map_or(seg(SYN, 0, 0), |mss| seg(SYN, 0, 0).mss(mss));
        s.inject(syn).inject(seg(ACK, 1, 1)).accept().take_lines();
        s.send(&[0; 1470]);
        assert_eq!(s.take_lines()[0].text.len(), effective, "{announced:?}");
    }
}

/// SHLD-5, MAY-3, MUST-65: the option is on SYNs only, and RFC 793's profile leaves out the default.
#[test]
fn the_mss_option() {
    let small = SocketOptions { mss: Some(536), ..SocketOptions::default() };
    let mut s = Script::new(Profile::rfc793());
    s.connect_with(small.clone()).expect(&[seg(SYN, 0, 0).no_mss()]);
    let mut s = Script::new(Profile::rfc9293());
    s.connect_with(small).expect(&[seg(SYN, 0, 0).mss(536)]);
    s.inject(seg(SYN_ACK, 0, 1).mss(1460)).expect(&[seg(ACK, 1, 1).no_mss()]);
}

/// MUST-61, SHLD-28: full segments, and PSH on the last.
#[test]
fn full_segments_and_push_on_the_last() {
    let mut s = given_with(State::Established, Profile::rfc9293(), nodelay());
    s.send(&[0; 3000]).expect(&[
        seg(ACK, 1, 1).zeros(1460),
        seg(ACK, 1461, 1).zeros(1460),
        seg(PSH_ACK, 2921, 1).zeros(80),
    ]);
}

/// SHLD-7, MUST-17: while something is in flight, less than a full segment waits.
#[test]
fn nagle() {
    let mut s = given(State::Established);
    s.send(b"a").expect(&[seg(PSH_ACK, 1, 1).text(b"a")]).send(b"b").send(b"c").expect_nothing();
    s.inject(seg(ACK, 1, 2)).expect(&[seg(PSH_ACK, 2, 1).text(b"bc")]);
    s.send(&[0; 1460]).expect(&[seg(PSH_ACK, 4, 1).zeros(1460)]);

    s.send(b"d").expect_nothing();
    let socket = s.socket();
    assert_eq!(s.call(UserCall::SetOption { socket, option: SocketOption::NoDelay(true) }), Ok(Reply::Done));
    s.expect(&[seg(PSH_ACK, 1464, 1).text(b"d")]).send(b"e").expect(&[seg(PSH_ACK, 1465, 1).text(b"e")]);
}

/// MUST-38, RFC9293#3.8.6.2.1: less than half the largest window and less than all waits for the
/// override timeout.
#[test]
fn silly_windows_are_avoided() {
    let mut s = given(State::Established);
    s.inject(seg(ACK, 1, 1).win(100)).send(&[0; 200]).expect_nothing();
    s.wait_ms(499).expect_nothing().wait_ms(1).expect_for(Rule::OutputSwsOverride, seg(ACK, 1, 1).zeros(100));
    // All of it fits: no reason to wait.
    s.inject(seg(ACK, 1, 101).win(100)).expect(&[seg(PSH_ACK, 101, 1).zeros(100)]);
}

/// MUST-34, SHLD-15: a window that shrank below what is in flight lets nothing new out.
#[test]
fn a_shrunken_window_is_respected() {
    let mut s = given_with(State::Established, Profile::rfc9293(), nodelay());
    s.send(&[1; 1000]).expect(&[seg(PSH_ACK, 1, 1).text(&[1; 1000])]);
    s.inject(seg(ACK, 1, 501).win(100)).send(b"new").expect_nothing();
    // SHLD-16: what lies in the window is retransmitted, the rest waits.
    s.wait_ms(1000).expect_for(Rule::RetransmissionTimeout, seg(ACK, 501, 1).text(&[1; 100]));
    s.inject(seg(ACK, 1, 601).win(1000));
    s.expect(&[seg(PSH_ACK, 601, 1).text(&[1; 400]), seg(PSH_ACK, 1001, 1).text(b"new")]);
}

/// MUST-62, MUST-31: URG while the urgent data is outstanding, the pointer behind it, 65535 at most.
#[test]
fn urgent_data_is_pointed_at() {
    let mut s = given_with(State::Established, Profile::rfc9293(), nodelay());
    let socket = s.socket();
    s.send(b"abc").take_lines();
    assert_eq!(s.call(UserCall::Send { socket, data: b"!", urgent: true }), Ok(Reply::Sent(1)));
    s.expect_for(Rule::OutputUrgent, seg(PSH_ACK, 4, 1).text(b"!").urg(1));
    s.send(b"de").expect(&[seg(PSH_ACK, 5, 1).text(b"de")]);

    s.inject(seg(ACK, 1, 7).win(0)).expect_nothing();
    assert_eq!(s.call(UserCall::Send { socket, data: &[b'!'; 65_000], urgent: true }), Ok(Reply::Sent(65_000)));
    // Also a pure ACK tells of it, whatever the window.
    s.inject(seg(PSH_ACK, 1, 7).text(b"?").win(0)).wait_ms(200).expect(&[seg(ACK, 7, 2).urg(65_000)]);

    assert_eq!(s.call(UserCall::Send { socket, data: b"", urgent: true }), Err(CallError::Invalid));
}

/// RFC9293#3.10.4: the FIN follows all data, in the last segment if it is still to be sent.
#[test]
fn the_fin_follows_the_data() {
    let mut s = given(State::Established);
    s.inject(seg(ACK, 1, 1).win(0)).send(b"last").expect_nothing().shutdown().expect_nothing().state(State::FinWait1);
    s.inject(seg(ACK, 1, 1)).expect_for(Rule::OutputFin, seg(FIN_ACK | PSH_ACK, 1, 1).text(b"last"));
}

/// RFC9293#3.10.4, CLOSE-WAIT: LAST-ACK begins when the FIN is sent, not before.
#[test]
fn last_ack_begins_with_the_fin() {
    let mut s = given(State::CloseWait);
    s.inject(seg(ACK, 2, 1).win(0)).send(b"x").shutdown().expect_nothing().state(State::CloseWait);
    let socket = s.socket();
    assert_eq!(s.call(UserCall::Send { socket, data: b"y", urgent: false }), Err(CallError::Closing));
    s.inject(seg(ACK, 2, 1)).expect(&[seg(FIN_ACK | PSH_ACK, 1, 2).text(b"x")]).state(State::LastAck);
}

/// RFC5681#3.1: an initial window of three segments for an MSS of 1460, then slow start.
#[test]
fn the_congestion_window_limits() {
    let mut s = given(State::Established);
    s.send(&[0; 20_000]);
    assert_eq!(s.take_lines().len(), 3);
    s.inject(seg(ACK, 1, 1461));
    assert_eq!(s.take_lines().len(), 2, "one acknowledged, one more in the window");
}

/// RFC5681#3.2: the third duplicate ACK sends the front again at once.
#[test]
fn fast_retransmit() {
    let mut s = given(State::Established);
    s.send(&[0; 4380]).take_lines();
    s.inject(seg(ACK, 1, 1)).inject(seg(ACK, 1, 1)).expect_nothing();
    s.inject(seg(ACK, 1, 1)).expect_for(Rule::FastRetransmit, seg(ACK, 1, 1).zeros(1460));
    s.inject(seg(ACK, 1, 1)).expect_nothing();
    s.inject(seg(ACK, 1, 4381)).wait(Duration::from_secs(5)).expect_nothing();
}

fn newreno() -> Profile {
    Profile { loss_recovery: LossRecovery::NewReno, limited_transmit: true, ..Profile::rfc9293() }
}

/// RFC6582#3.2, RFC3042#2: of four segments the first and the third are lost.
#[test]
fn newreno_repairs_loss_after_loss() {
    let mut s = given_with(State::Established, newreno(), nodelay());
    s.send(&[0; 10 * 1460]).take_lines();
    s.inject(seg(ACK, 1, 1461)).expect(&[seg(ACK, 4381, 1).zeros(1460), seg(ACK, 5841, 1).zeros(1460)]);
    let new = |seq| seg(ACK, seq, 1).zeros(1460);
    s.inject(seg(ACK, 1, 1461)).expect_for(Rule::LimitedTransmit, new(7301));
    s.inject(seg(ACK, 1, 1461)).expect_for(Rule::LimitedTransmit, new(8761));
    s.inject(seg(ACK, 1, 1461)).expect_for(Rule::FastRetransmit, new(1461));
    // ssthresh is two segments: cwnd 5, six are in flight.
    s.inject(seg(ACK, 1, 1461)).expect_nothing();
    s.inject(seg(ACK, 1, 4381));
    let rules: Vec<Rule> = s.take_lines_with_rules().iter().map(|(_, rules)| rules.first()).collect();
    assert_eq!(rules, [Rule::PartialAck, Rule::OutputData], "cwnd is 6 - 2 + 1 segments, and four are in flight");
    s.inject(seg(ACK, 1, 10_221));
    assert_eq!(s.take_lines().len(), 1, "min(ssthresh, SMSS + SMSS), and one is in flight");
}

/// RFC6582#3.2, step 3: only the first partial ACK restarts the timer, or each.
#[test]
fn partial_acks_and_the_timer() {
    for (partial_ack_timer, due) in [(PartialAckTimer::First, 1100), (PartialAckTimer::Every, 1200)] {
        let mut s = given_with(State::Established, Profile { partial_ack_timer, ..newreno() }, nodelay());
        s.send(&[0; 3 * 1460]).take_lines();
        for _ in 0..3 {
            s.inject(seg(ACK, 1, 1));
        }
        s.wait_ms(100).inject(seg(ACK, 1, 1461)).wait_ms(100).inject(seg(ACK, 1, 2921)).take_lines();
        s.wait_ms(due - 200 - 1).expect_nothing().wait_ms(1);
        assert_eq!(s.take_lines().len(), 1, "{partial_ack_timer:?}");
    }
}

/// The send buffer is bounded, and what has room is taken.
#[test]
fn the_send_buffer_is_bounded() {
    let mut s = given_with(State::Established, Profile::rfc9293(), SocketOptions { send_buffer: 10, ..nodelay() });
    let socket = s.socket();
    s.inject(seg(ACK, 1, 1).win(0));
    assert_eq!(s.call(UserCall::Send { socket, data: &[0; 8], urgent: false }), Ok(Reply::Sent(8)));
    assert_eq!(s.call(UserCall::Send { socket, data: &[0; 8], urgent: false }), Ok(Reply::Sent(2)));
    assert_eq!(s.call(UserCall::Send { socket, data: &[0; 8], urgent: false }), Err(CallError::WouldBlock));
}
