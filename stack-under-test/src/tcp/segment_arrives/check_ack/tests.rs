use core::time::Duration;

use crate::packet_script::{ACK, FIN_ACK, PSH_ACK, RST, given, given_with, seg};
use crate::wire::tcp::Flags;
use crate::{Profile, Rule, SocketOptions, State};

/// RFC9293#3.10.7.4, fifth: every segment has to carry an ACK.
#[test]
fn without_ack_the_segment_is_dropped() {
    for state in [State::SynReceived, State::Established, State::FinWait2, State::TimeWait] {
        let mut s = given(state);
        let rcv_nxt = if state == State::TimeWait { 2 } else { 1 };
        s.inject(seg(Flags::PSH, rcv_nxt, 0).text(b"x")).expect_nothing().dropped(Rule::CheckAckMissing).state(state);
    }
}

/// RFC9293#3.10.7.4, fifth, SYN-RECEIVED: SND.UNA < SEG.ACK =< SND.NXT, else `<SEQ=SEG.ACK><CTL=RST>`.
#[test]
fn syn_received_resets_a_bad_ack() {
    let mut s = given(State::SynReceived);
    for ack in [0, 2, 0x8000_0001] {
        s.inject(seg(ACK, 1, ack)).expect_for(Rule::CheckAckReset, seg(RST, ack, 0)).state(State::SynReceived);
    }
    s.inject(seg(ACK, 1, 1)).expect_nothing().state(State::Established);
}

/// U-10, U-11, MAY-12: SND.UNA - MAX.SND.WND =< SEG.ACK =< SND.NXT, for text and FIN as well.
#[test]
fn an_ack_out_of_range_is_answered_and_nothing_of_the_segment_counts() {
    let mut s = given(State::Established);
    s.send(&[0; 1000]).expect(&[seg(PSH_ACK, 1, 1).zeros(1000)]).inject(seg(ACK, 1, 1001)).expect_nothing();
    let oldest = 1001_u32.wrapping_sub(65_535);
    for ack in [oldest.wrapping_sub(1), 1002, 1001 + 0x4000_0000] {
        let line = seg(FIN_ACK, 1, ack).text(b"injected");
        s.inject(line).expect_for(Rule::CheckAckRange, seg(ACK, 1001, 1)).state(State::Established);
    }
    // The oldest that is still within the range.
    s.inject(seg(PSH_ACK, 1, oldest).text(b"fine")).wait_ms(500).expect(&[seg(ACK, 1001, 5)]);
}

/// RFC793#3.9: any old ACK is a mere duplicate, one of unsent data is answered.
#[test]
fn without_rfc_5961_old_acks_are_duplicates() {
    let mut s = given_with(State::Established, Profile::rfc793(), SocketOptions::default());
    s.inject(seg(PSH_ACK, 1, 1_u32.wrapping_sub(0x4000_0000)).text(b"old")).expect(&[seg(ACK, 1, 4)]);
    s.inject(seg(ACK, 4, 2)).expect_for(Rule::CheckAckUnsent, seg(ACK, 1, 4));
}

/// RFC9293#3.10.7.4, fifth: SND.WL1 and SND.WL2 keep an old segment from changing the window.
#[test]
fn an_old_segment_does_not_update_the_window() {
    let mut s = given(State::Established);
    // Out of order: what arrives second was sent first.
    s.inject(seg(PSH_ACK, 4, 1).text(b"def").win(500)).expect(&[seg(ACK, 1, 1)]);
    s.inject(seg(PSH_ACK, 1, 1).text(b"abc").win(100)).expect(&[seg(ACK, 1, 7)]);
    s.send(&[0; 300]).expect(&[seg(PSH_ACK, 1, 7).zeros(300)]);
}

/// RFC9293#3.10.7.4, fifth: FIN-WAIT-1, CLOSING and LAST-ACK move on when our FIN is acknowledged.
#[test]
fn the_ack_of_our_fin_moves_on() {
    for (state, rcv_nxt, after) in [
        (State::FinWait1, 1, State::FinWait2),
        (State::Closing, 2, State::TimeWait),
        (State::LastAck, 2, State::Closed),
    ] {
        let mut s = given(state);
        s.inject(seg(ACK, rcv_nxt, 1)).expect_nothing().state(state);
        s.inject(seg(ACK, rcv_nxt, 2)).expect_nothing().state(after);
    }
}

/// RFC9293#3.10.7.4, eighth, FIN-WAIT-1: one segment may bring the ACK of our FIN and the peer's FIN.
#[test]
fn the_ack_of_our_fin_may_come_with_the_peers() {
    let mut s = given(State::FinWait1);
    s.inject(seg(FIN_ACK, 1, 2)).expect_for(Rule::CheckFinTimeWait, seg(ACK, 2, 2)).state(State::TimeWait);
    s.wait(Duration::from_secs(240)).state(State::Closed);
}

/// RFC9293#3.6, figure 13.
#[test]
fn simultaneous_close() {
    let mut s = given(State::FinWait1);
    s.inject(seg(FIN_ACK, 1, 1)).expect_for(Rule::CheckFinClosing, seg(ACK, 2, 2)).state(State::Closing);
    s.inject(seg(ACK, 2, 2)).expect_nothing().state(State::TimeWait);
}

/// The FIN is not acknowledged before the text in front of it.
#[test]
fn a_part_of_the_outstanding_data_is_not_the_fin() {
    let mut s = given(State::Established);
    s.send(b"bye").expect(&[seg(PSH_ACK, 1, 1).text(b"bye")]).shutdown().expect(&[seg(FIN_ACK, 4, 1)]);
    s.inject(seg(ACK, 1, 4)).state(State::FinWait1).inject(seg(ACK, 1, 5)).state(State::FinWait2);
}
