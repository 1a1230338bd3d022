use crate::packet_script::{ACK, FIN_ACK, PSH_ACK, RST, SYN, SYN_ACK, Script, given, given_with, seg};
use crate::profile::IllegalOption;
use crate::wire::tcp::Flags;
use crate::{CallError, Notice, Profile, Rule, SocketOptions, State};

use core::time::Duration;

/// The states of §3.10.7.4 with what the target has sent (SND.NXT) and received (RCV.NXT) in each.
const STATES: [(State, u32, u32); 8] = [
    (State::SynReceived, 1, 1),
    (State::Established, 1, 1),
    (State::FinWait1, 2, 1),
    (State::FinWait2, 2, 1),
    (State::CloseWait, 1, 2),
    (State::Closing, 2, 2),
    (State::LastAck, 2, 2),
    (State::TimeWait, 2, 2),
];

fn in_every_state(mut script: impl FnMut(State, Script, u32, u32)) {
    for (state, snd_nxt, rcv_nxt) in STATES {
        script(state, given(state), snd_nxt, rcv_nxt);
    }
}

fn rfc793(state: State) -> Script {
    given_with(state, Profile::rfc793(), SocketOptions::default())
}

/// The first number beyond the window that was offered.
fn right_edge(state: State, rcv_nxt: u32) -> u32 {
    // A FIN has used one number of the window without moving its edge.
    match state {
        State::SynReceived | State::Established | State::FinWait1 | State::FinWait2 => rcv_nxt + 65_535,
        _ => rcv_nxt + 65_534,
    }
}

/// RFC9293#3.10.7.4, first: outside the window on either side, `<SEQ=SND.NXT><ACK=RCV.NXT><CTL=ACK>`.
#[test]
fn first_unacceptable_segments_are_acknowledged() {
    in_every_state(|state, mut s, snd_nxt, rcv_nxt| {
        let beyond = right_edge(state, rcv_nxt);
        for seq in [rcv_nxt - 1, beyond, beyond + 0x4000_0000] {
            s.inject(seg(ACK, seq, snd_nxt)).expect_for(Rule::CheckSequence, seg(ACK, snd_nxt, rcv_nxt)).state(state);
        }
        s.inject(seg(PSH_ACK, rcv_nxt - 1, snd_nxt).text(b"x")).expect(&[seg(ACK, snd_nxt, rcv_nxt)]).state(state);
    });
}

/// RFC9293#3.10.7.4, first: a RST outside the window is dropped without an answer.
#[test]
fn first_unacceptable_resets_are_dropped() {
    in_every_state(|state, mut s, _, rcv_nxt| {
        for seq in [rcv_nxt - 1, right_edge(state, rcv_nxt)] {
            s.inject(seg(RST, seq, 0)).expect_nothing().dropped(Rule::CheckSequenceRst).state(state);
        }
    });
}

/// RFC9293#3.10.7.4, first: what was received before is cut off.
#[test]
fn first_text_is_trimmed_to_the_window() {
    let mut s = given(State::Established);
    s.inject(seg(PSH_ACK, 1, 1).text(b"abc")).inject(seg(PSH_ACK, 2, 1).text(b"bcde")).wait_ms(500);
    s.expect(&[seg(ACK, 1, 6)]).receive(b"abcde");

    let small = SocketOptions { recv_buffer: 4, ..SocketOptions::default() };
    let mut s = given_with(State::Established, Profile::rfc9293(), small);
    s.inject(seg(PSH_ACK | Flags::FIN, 1, 1).text(b"abcdef")).wait_ms(500).expect(&[seg(ACK, 1, 5).win(0)]);
    s.state(State::Established).receive(b"abcd").expect_for(Rule::WindowUpdate, seg(ACK, 1, 5).win(4));
}

/// MUST-66: with a zero window text is refused, but ACK, URG and RST count.
#[test]
fn first_a_zero_window_still_takes_acks_and_resets() {
    let small = SocketOptions { recv_buffer: 4, ..SocketOptions::default() };
    let mut s = given_with(State::Established, Profile::rfc9293(), small);
    s.inject(seg(PSH_ACK, 1, 1).text(b"abcd")).wait_ms(500).expect(&[seg(ACK, 1, 5).win(0)]);
    s.send(b"xyz").expect(&[seg(PSH_ACK, 1, 5).text(b"xyz").win(0)]);
    s.inject(seg(ACK, 5, 4).text(b"!").urg(1)).expect_for(Rule::CheckSequenceZeroWindow, seg(ACK, 4, 5).win(0));
    s.notified(Notice::Urgent).wait(Duration::from_secs(5)).expect_nothing();
    s.inject(seg(RST, 5, 0)).expect_nothing().state(State::Closed);
}

/// U-6, U-7, RFC5961#3.2: in the window, but not at RCV.NXT.
#[test]
fn second_a_reset_elsewhere_in_the_window_draws_a_challenge_ack() {
    in_every_state(|state, mut s, snd_nxt, rcv_nxt| {
        for seq in [rcv_nxt + 1, right_edge(state, rcv_nxt) - 1] {
            s.inject(seg(RST, seq, 0)).expect_for(Rule::CheckRstChallenge, seg(ACK, snd_nxt, rcv_nxt)).state(state);
        }
    });
}

/// U-5 and the state's own consequence; SHLD-2: text in the RST does no harm.
#[test]
fn second_a_reset_at_rcv_nxt_resets() {
    in_every_state(|state, mut s, _, rcv_nxt| {
        s.inject(seg(RST, rcv_nxt, 0).text(b"why")).expect_nothing().state(State::Closed);
        let events = core::mem::take(&mut s.events);
        let reset = events.iter().any(|e| matches!(e, crate::Event::Notify { notice: Notice::Reset, .. }));
        let told = matches!(state, State::Established | State::FinWait1 | State::FinWait2 | State::CloseWait);
        assert_eq!(reset, told, "{state}: {events:?}");
        assert!(s.stack.is_listening(80), "a passive open goes back to LISTEN");
    });
}

/// MUST-12: the user learns it once, after the text that was received.
#[test]
fn second_the_user_learns_of_the_reset() {
    let mut s = given(State::Established);
    s.inject(seg(PSH_ACK, 1, 1).text(b"last words")).inject(seg(RST, 11, 0));
    s.receive(b"last words").receive_fails(CallError::Reset).receive(b"");
}

/// MUST-11, RFC9293#3.10.7.4, second: an active open in SYN-RECEIVED is refused.
#[test]
fn second_a_reset_refuses_a_simultaneous_open() {
    let mut s = given(State::SynSent);
    s.inject(seg(SYN, 0, 0)).expect(&[seg(SYN_ACK, 0, 1)]);
    s.inject(seg(RST, 1, 0)).expect_nothing().state(State::Closed).notified(Notice::Refused);
    s.receive_fails(CallError::Refused);
}

/// RFC793#3.4: any RST in the window resets, if RFC 5961 is not followed.
#[test]
fn second_without_rfc_5961_a_reset_anywhere_in_the_window_resets() {
    rfc793(State::Established).inject(seg(RST, 30_000, 0)).expect_nothing().state(State::Closed);
}

/// RFC1337#3.
#[test]
fn second_time_wait_may_ignore_resets() {
    let careful = Profile { time_wait_rst_ignored: true, ..Profile::rfc9293() };
    let mut s = given_with(State::TimeWait, careful, SocketOptions::default());
    s.inject(seg(RST, 2, 0)).expect_nothing().dropped(Rule::TimeWaitRst).state(State::TimeWait);
}

/// RFC5961#7.
#[test]
fn challenge_acks_can_be_limited() {
    let limited = Profile { challenge_ack_limit: Some((2, Duration::from_secs(5))), ..Profile::rfc9293() };
    let mut s = given_with(State::Established, limited, SocketOptions::default());
    s.inject(seg(RST, 2, 0)).inject(seg(RST, 2, 0)).inject(seg(RST, 2, 0));
    s.expect(&[seg(ACK, 1, 1), seg(ACK, 1, 1)]).dropped(Rule::ChallengeLimit);
    s.wait_ms(5000).inject(seg(RST, 2, 0)).expect(&[seg(ACK, 1, 1)]);
}

/// RFC5961#7: between two answers to segments without text there is a pause; what has text is answered at once.
#[test]
fn first_answers_to_unacceptable_segments_can_be_limited() {
    let limited = Profile { unacceptable_ack_interval: Some(Duration::from_millis(500)), ..Profile::rfc9293() };
    let mut s = given_with(State::Established, limited, SocketOptions::default());
    let outside = seg(ACK, 70_000, 1);
    s.inject(outside.clone()).expect_for(Rule::CheckSequence, seg(ACK, 1, 1));
    s.inject(outside.clone()).expect_nothing().dropped(Rule::UnacceptableLimit);
    s.inject(seg(PSH_ACK, 70_000, 1).text(b"x")).expect(&[seg(ACK, 1, 1)]);
    s.wait_ms(499).inject(outside.clone()).expect_nothing();
    s.wait_ms(1).inject(outside.clone()).expect(&[seg(ACK, 1, 1)]);

    let mut s = given(State::Established);
    s.inject(outside.clone()).inject(outside).expect(&[seg(ACK, 1, 1), seg(ACK, 1, 1)]);
}

/// RFC9293#3.10.7.4, fourth: a passive open in SYN-RECEIVED returns to LISTEN.
#[test]
fn fourth_a_syn_in_syn_received_returns_to_listen() {
    let mut s = given(State::SynReceived);
    s.inject(seg(SYN, 1, 0)).expect_nothing().dropped(Rule::CheckSynListen).state(State::Closed);
    assert!(s.stack.is_listening(80));
    s.new_incarnation();
    s.inject(seg(SYN, 100, 0)).expect(&[seg(SYN_ACK, 0, 101)]).state(State::SynReceived);
}

/// A repeated SYN is an old segment: acknowledged, and its text with it.
#[test]
fn fourth_a_repeated_syn_is_only_old() {
    let mut s = given(State::SynReceived);
    s.inject(seg(SYN, 0, 0)).expect_for(Rule::CheckSequence, seg(ACK, 1, 1)).state(State::SynReceived);
    s.inject(seg(SYN, 0, 0).text(b"abc")).expect_nothing().dropped(Rule::CheckAckMissing).state(State::SynReceived);
}

/// U-8, U-9, RFC5961#4.2: irrespective of the sequence number. TIME-WAIT has its own tests.
#[test]
fn fourth_a_syn_on_a_synchronized_connection_draws_a_challenge_ack() {
    in_every_state(|state, mut s, snd_nxt, rcv_nxt| {
        if state == State::SynReceived || state == State::TimeWait {
            return;
        }
        for seq in [0, rcv_nxt, rcv_nxt + 1000, rcv_nxt + 0x4000_0000] {
            for flags in [SYN, SYN_ACK] {
                let answer = seg(ACK, snd_nxt, rcv_nxt);
                s.inject(seg(flags, seq, snd_nxt)).expect_for(Rule::CheckSynChallenge, answer).state(state);
            }
        }
        // The SYN itself is old, its text is not.
        s.inject(seg(SYN_ACK, rcv_nxt - 1, snd_nxt).text(b"abc")).expect(&[seg(ACK, snd_nxt, rcv_nxt)]).state(state);
    });
}

/// RFC793#3.9: a SYN in the window resets; outside of it the first step answers.
#[test]
fn fourth_without_rfc_5961_a_syn_in_the_window_resets() {
    let mut s = rfc793(State::Established);
    s.inject(seg(SYN, 0, 0)).expect(&[seg(ACK, 1, 1)]).state(State::Established);
    s.inject(seg(SYN, 1, 0)).expect_for(Rule::CheckSynReset, seg(Flags::RST | ACK, 0, 2)).state(State::Closed);
    s.notified(Notice::Reset).receive_fails(CallError::Reset);
    rfc793(State::Established).inject(seg(SYN_ACK, 1, 1)).expect(&[seg(RST, 1, 0)]).state(State::Closed);
}

/// MUST-7: the suggested procedure, after the sequence check.
#[test]
fn an_illegal_option_may_reset_the_connection() {
    let strict = Profile { illegal_option: IllegalOption::Reset, ..Profile::rfc9293() };
    for (profile, after) in [(strict, State::Closed), (Profile::rfc9293(), State::Established)] {
        let mut s = given_with(State::Established, profile, SocketOptions::default());
        let mut packet = s.packet(4000, &seg(ACK, 1, 1));
        packet.extend_from_slice(&[77, 1, 0, 0]);
        crate::packet_script::mend_lengths(&mut packet, 6);
        s.inject_bytes(&packet).state(after);
    }
}

/// RFC9293#3.10.7.4, eighth, for TIME-WAIT: the retransmitted FIN is acknowledged and 2 MSL start anew.
#[test]
fn a_repeated_fin_restarts_time_wait() {
    let mut s = given(State::TimeWait);
    s.wait(Duration::from_secs(200)).inject(seg(FIN_ACK, 1, 2)).expect_for(Rule::TimeWaitFin, seg(ACK, 2, 2));
    s.wait(Duration::from_secs(239)).state(State::TimeWait);
    s.wait(Duration::from_secs(1)).expect_nothing().state(State::Closed);
}

/// Two connections in TIME-WAIT must not answer each other's ACKs for ever.
#[test]
fn an_ack_in_time_wait_is_not_answered() {
    let mut s = given(State::TimeWait);
    s.wait(Duration::from_secs(200)).inject(seg(ACK, 2, 2)).expect_nothing();
    s.wait(Duration::from_secs(40)).state(State::Closed);
}

/// The peer lost our ACK of its FIN: it is acknowledged again in every state after it.
#[test]
fn a_repeated_fin_is_acknowledged_again() {
    for (state, snd_nxt) in [(State::CloseWait, 1), (State::Closing, 2), (State::LastAck, 2)] {
        given(state).inject(seg(FIN_ACK, 1, 1)).expect(&[seg(ACK, snd_nxt, 2)]).state(state);
    }
}
