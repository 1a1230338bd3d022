use crate::packet_script::{ACK, FIN_ACK, PSH_ACK, RST, RST_ACK, SYN, SYN_ACK, Script, given, given_with, seg};
use crate::wire::tcp::Flags;
use crate::{CallError, Notice, Profile, Rule, SocketOptions, State};

/// RFC9293#3.10.7.3, first: SEG.ACK =< ISS or SEG.ACK > SND.NXT (figures 8 and 9).
#[test]
fn first_a_bad_ack_is_reset() {
    let mut s = given(State::SynSent);
    for ack in [0, 2, 0x8000_0000, u32::MAX] {
        s.inject(seg(ACK, 9, ack)).expect_for(Rule::SynSentBadAck, seg(RST, ack, 0)).state(State::SynSent);
        s.inject(seg(SYN_ACK, 9, ack)).expect(&[seg(RST, ack, 0)]).state(State::SynSent);
    }
    s.inject(seg(RST_ACK, 9, 2)).expect_nothing().dropped(Rule::SynSentBadAckRst).state(State::SynSent);
}

/// RFC9293#3.10.7.3, second.
#[test]
fn second_a_reset_with_a_good_ack_refuses() {
    let mut s = given(State::SynSent);
    s.inject(seg(RST, 0, 0)).expect_nothing().dropped(Rule::SynSentRst).state(State::SynSent);
    s.inject(seg(RST_ACK, 0, 1)).expect_nothing().state(State::Closed).notified(Notice::Refused);
    s.receive_fails(CallError::Refused).receive(b"");
}

/// U-3: the number must be RCV.NXT, which is zero before any SYN came.
#[test]
fn second_a_reset_may_have_to_be_at_rcv_nxt() {
    let strict = Profile { syn_sent_rst_exact: true, ..Profile::rfc9293() };
    let mut s = given_with(State::SynSent, strict, SocketOptions::default());
    s.inject(seg(RST_ACK, 0, 1)).expect_nothing().dropped(Rule::SynSentRstSequence).state(State::SynSent);
    // Four after the peer's ISN the absolute number is zero.
    s.inject(seg(RST_ACK, 4, 1)).expect_nothing().state(State::Closed);
}

/// RFC9293#3.10.7.3, fourth: ESTABLISHED, `<SEQ=SND.NXT><ACK=RCV.NXT><CTL=ACK>`.
#[test]
fn fourth_a_syn_with_our_ack_establishes() {
    let mut s = given(State::SynSent);
    s.inject(seg(SYN_ACK, 0, 1)).expect_for(Rule::SynSentSynAck, seg(ACK, 1, 1)).state(State::Established);
}

/// U-4: what was queued leaves with the ACK of the SYN.
#[test]
fn fourth_queued_text_travels_with_the_ack() {
    let mut s = given(State::SynSent);
    s.send(b"hi").expect_nothing();
    s.inject(seg(SYN_ACK, 0, 1)).expect_for(Rule::SynSentSynAck, seg(PSH_ACK, 1, 1).text(b"hi"));
}

/// RFC9293#3.10.7.3, fourth: text and FIN of the SYN,ACK are processed from the sixth step on.
#[test]
fn fourth_text_and_fin_of_the_syn_ack_count() {
    let mut s = given(State::SynSent);
    s.inject(seg(SYN_ACK, 0, 1).text(b"abc")).expect(&[seg(ACK, 1, 4)]).receive(b"abc");
    let mut s = given(State::SynSent);
    s.inject(seg(SYN_ACK | Flags::FIN, 0, 1).text(b"abc")).expect(&[seg(ACK, 1, 5)]).state(State::CloseWait);
    s.receive(b"abc").receive(b"");
}

/// MUST-10, RFC9293#3.5, figure 7. The SYN,ACK that crosses ours is acknowledged by the first step of
/// §3.10.7.4 as well.
#[test]
fn fourth_simultaneous_open() {
    let mut s = given(State::SynSent);
    s.inject(seg(SYN, 0, 0)).expect_for(Rule::SynSentSyn, seg(SYN_ACK, 0, 1)).state(State::SynReceived);
    s.inject(seg(SYN_ACK, 0, 1)).expect_for(Rule::CheckSequenceCrossingSyn, seg(ACK, 1, 1)).state(State::Established);
}

/// The same without figure 7's SYN,ACK: an ACK will do.
#[test]
fn fourth_simultaneous_open_by_a_plain_ack() {
    let plain = Profile { crossing_syn_ack: false, ..Profile::rfc9293() };
    let mut s = given_with(State::SynSent, plain, SocketOptions::default());
    s.inject(seg(SYN, 0, 0).text(b"early")).expect(&[seg(SYN_ACK, 0, 1)]);
    s.inject(seg(SYN_ACK, 0, 1)).expect_for(Rule::CheckSequence, seg(ACK, 1, 1)).state(State::SynReceived);
    s.inject(seg(ACK, 1, 1)).state(State::Established).wait_ms(500).expect(&[seg(ACK, 1, 6)]).receive(b"early");
}

/// RFC9293#3.10.7.3, fifth: without SYN and RST a segment means nothing here.
#[test]
fn fifth_anything_else_is_dropped() {
    let mut s = given(State::SynSent);
    s.inject(seg(ACK, 1, 1)).expect_nothing().dropped(Rule::SynSentOther).state(State::SynSent);
    s.inject(seg(FIN_ACK, 1, 1).text(b"x")).expect_nothing().dropped(Rule::SynSentOther).state(State::SynSent);
    s.inject(seg(Flags::NONE, 1, 0)).expect_nothing().dropped(Rule::SynSentOther);
}

/// RFC9293#3.5, figure 9: the old connection's ACK is reset, and the open goes on.
#[test]
fn half_open_discovery() {
    let mut s: Script = given(State::SynSent);
    s.inject(seg(ACK, 300, 100)).expect(&[seg(RST, 100, 0)]).state(State::SynSent);
    s.wait_ms(1000).expect(&[seg(SYN, 0, 0)]);
}
