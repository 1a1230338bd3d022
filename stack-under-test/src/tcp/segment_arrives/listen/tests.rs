use crate::packet_script::{ACK, FIN_ACK, PSH_ACK, RST, RST_ACK, SYN, SYN_ACK, Script, given, given_with, seg};
use crate::profile::{IllegalOption, Overflow};
use crate::wire::tcp::Flags;
use crate::{Event, Profile, Rule, SocketOptions, State};

/// RFC9293#3.10.7.2, first: also before the ACK is looked at.
#[test]
fn first_a_reset_is_ignored() {
    let mut s = given(State::Listen);
    s.inject(seg(RST, 0, 0)).expect_nothing().dropped(Rule::ListenRst);
    s.inject(seg(RST_ACK, 0, 5)).expect_nothing().dropped(Rule::ListenRst);
}

/// RFC9293#3.10.7.2, second: also before the SYN is looked at (figure 11).
#[test]
fn second_any_acknowledgment_is_reset() {
    let mut s = given(State::Listen);
    s.inject(seg(ACK, 3, 55)).expect_for(Rule::ListenAck, seg(RST, 55, 0));
    s.inject(seg(SYN_ACK, 0, 55)).expect(&[seg(RST, 55, 0)]);
    s.inject(seg(FIN_ACK, 0, 55)).expect(&[seg(RST, 55, 0)]);
}

/// RFC9293#3.10.7.2, third: `<SEQ=ISS><ACK=RCV.NXT><CTL=SYN,ACK>`; MUST-41: the listener stays.
#[test]
fn third_a_syn_enters_syn_received() {
    let mut s = given(State::Listen);
    s.inject(seg(SYN, 0, 0)).expect_for(Rule::ListenSyn, seg(SYN_ACK, 0, 1).win(65_535)).state(State::SynReceived);
    let (local_port, remote) = (80, Script::remote());
    let change =
        Event::StateChanged { local_port, remote, from: State::Listen, to: State::SynReceived, rule: Rule::ListenSyn };
    assert!(s.events.contains(&change), "{:?}", s.events);
    assert!(s.stack.is_listening(80));
}

/// RFC9293#3.10.7.2, third: what else the SYN carries is kept.
#[test]
fn text_and_fin_of_a_syn_wait_for_the_handshake() {
    let mut s = given(State::Listen);
    s.inject(seg(SYN | Flags::FIN, 0, 0).text(b"early")).expect(&[seg(SYN_ACK, 0, 1)]).state(State::SynReceived);
    s.inject(seg(ACK, 1, 1)).expect(&[seg(ACK, 1, 7)]).state(State::CloseWait);
    s.accept().receive(b"early").receive(b"");
}

/// RFC9293#3.10.7.2, fourth.
#[test]
fn fourth_anything_else_is_dropped() {
    let mut s = given(State::Listen);
    s.inject(seg(Flags::NONE, 0, 0).text(b"?")).expect_nothing().dropped(Rule::ListenOther);
    s.inject(seg(Flags::FIN, 0, 0)).expect_nothing().dropped(Rule::ListenOther);
}

/// MUST-7: an impossible option length resets the open, or what comes before it counts.
#[test]
fn illegal_option_lengths() {
    let broken = |s: &Script| {
        // MSS 1000, then a kind with length zero.
        let mut packet = s.packet(4000, &seg(SYN, 0, 0).mss(1000));
        packet.extend_from_slice(&[3, 0, 0, 0]);
        crate::packet_script::mend_lengths(&mut packet, 7);
        packet
    };
    let mut s = given(State::Listen);
    let packet = broken(&s);
    s.inject_bytes(&packet).expect(&[seg(SYN_ACK, 0, 1)]);
    s.inject(seg(ACK, 1, 1)).accept().send(&[0; 1500]).expect(&[seg(ACK, 1, 1).zeros(1000)]);

    let strict = Profile { illegal_option: IllegalOption::Reset, ..Profile::rfc9293() };
    let mut s = given_with(State::Listen, strict, SocketOptions::default());
    let packet = broken(&s);
    s.inject_bytes(&packet).expect_for(Rule::TcpIllegalOptionReset, seg(RST_ACK, 0, 1)).state(State::Closed);
}

/// The SYN queue: handshakes under way count against the backlog, here 1 and the slack.
#[test]
fn a_full_syn_queue_drops_or_resets_the_syn() {
    for (syn_overflow, answer) in [(Overflow::Drop, None), (Overflow::Reset, Some(seg(RST_ACK, 0, 1)))] {
        let mut s = Script::new(Profile { syn_overflow, ..Profile::rfc9293() });
        s.listen_with(1, SocketOptions::default());
        s.inject_from(5001, seg(SYN, 0, 0)).inject_from(5002, seg(SYN, 0, 0));
        s.take_lines();
        s.inject_from(5003, seg(SYN, 0, 0)).expect(answer.as_slice());
        // A handshake that ends makes room.
        s.inject_from(5001, seg(RST, 1, 0)).inject_from(5003, seg(SYN, 0, 0));
        assert_eq!(s.take_lines().len(), 1);
    }
}

/// The accept queue: the handshake's last ACK is dropped, or answered by a RST; ACCEPT makes room.
#[test]
fn a_full_accept_queue_drops_or_resets_the_last_ack() {
    for backlog_overflow in [Overflow::Drop, Overflow::Reset] {
        let mut s = Script::new(Profile { backlog_overflow, backlog_slack: 0, ..Profile::rfc9293() });
        s.listen_with(2, SocketOptions::default());
        s.inject(seg(SYN, 0, 0)).expect(&[seg(SYN_ACK, 0, 1)]);
        s.establish_from(5000);
        s.establish_from(5001);
        s.inject(seg(ACK, 1, 1));
        match backlog_overflow {
            Overflow::Drop => {
                s.expect_nothing().dropped(Rule::AcceptOverflowDrop).state(State::SynReceived);
                s.accept_any();
                s.wait_ms(1000).expect_for(Rule::RetransmissionTimeout, seg(SYN_ACK, 0, 1));
                s.inject(seg(PSH_ACK, 1, 1).text(b"x")).state(State::Established);
            }
            Overflow::Reset => {
                s.expect_for(Rule::AcceptOverflowReset, seg(RST, 1, 0)).state(State::Closed);
            }
        }
    }
}
