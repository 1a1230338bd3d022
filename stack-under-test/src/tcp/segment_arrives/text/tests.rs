use core::time::Duration;

use crate::packet_script::{ACK, FIN_ACK, PSH_ACK, RST, given, given_with, seg};
use crate::{Notice, Profile, Readiness, Reply, Rule, SocketOptions, State, UserCall};

/// MUST-32: told when urgent data begins and when the pointer moves on, not for each segment.
#[test]
fn sixth_the_user_is_told_of_urgent_data() {
    let mut s = given(State::Established);
    s.inject(seg(PSH_ACK, 1, 1).text(b"ab").urg(4)).notified(Notice::Urgent);
    s.inject(seg(PSH_ACK, 3, 1).text(b"cd").urg(2));
    assert_eq!(s.events, [], "the pointer has not moved");
    s.inject(seg(PSH_ACK, 5, 1).text(b"ef").urg(1)).notified(Notice::Urgent);
}

/// MUST-33, RFC9293#3.9.1.3: how much is left can be learned, and the mark is between two RECEIVEs.
#[test]
fn sixth_the_urgent_mark_is_between_two_receives() {
    let mut s = given(State::Established);
    s.inject(seg(PSH_ACK, 1, 1).text(b"stop!go on").urg(5));
    let socket = s.socket();
    let Ok(Reply::Status(status)) = s.call(UserCall::Status { socket }) else { panic!("no status") };
    assert_eq!((status.urgent, status.urgent_left, status.unread), (true, 5, 10));
    s.receive(b"stop!");
    let Ok(Reply::Readiness(Readiness { urgent: false, readable: true, .. })) = s.call(UserCall::Poll { socket })
    else {
        panic!("still urgent");
    };
    s.receive(b"go on");
}

/// MUST-62: the pointer names the octet that follows; under RFC 1122's reading the last one.
#[test]
fn sixth_the_pointer_follows_the_urgent_data() {
    let old = Profile { urgent_pointer: crate::profile::UrgentPointer::LastOctet, ..Profile::rfc9293() };
    for (profile, pointer) in [(Profile::rfc9293(), 1), (old, 0)] {
        let mut s = given_with(State::Established, profile, SocketOptions::default());
        let mut line = seg(PSH_ACK, 1, 1).text(b"!x").urg(1);
        line.urg = pointer;
        s.inject(line).receive(b"!").receive(b"x");
    }
}

/// RFC9293#3.10.7.4, sixth: after the FIN urgent means nothing.
#[test]
fn sixth_urgent_is_ignored_after_the_fin() {
    let mut s = given(State::CloseWait);
    s.inject(seg(ACK, 2, 1).urg(9));
    assert!(!s.events.iter().any(|e| matches!(e, crate::Event::Notify { .. })), "{:?}", s.events);
}

/// SHLD-31, MAY-13, RFC5681#4.2: held for later; each draws a duplicate ACK at once, the filled gap too.
#[test]
fn seventh_text_beyond_a_gap_is_held() {
    let mut s = given(State::Established);
    s.inject(seg(PSH_ACK, 4, 1).text(b"def")).expect_for(Rule::TextOutOfOrder, seg(ACK, 1, 1));
    s.inject(seg(PSH_ACK, 7, 1).text(b"ghi")).expect(&[seg(ACK, 1, 1)]);
    s.inject(seg(PSH_ACK, 1, 1).text(b"abc")).expect_for(Rule::TextGapFilled, seg(ACK, 1, 10)).receive(b"abcdefghi");
}

/// A duplicate ACK for each, also when they arrive in one go: the sender counts them.
#[test]
fn seventh_duplicate_acks_are_not_merged() {
    let mut s = given(State::Established);
    s.inject_at_once(&[seg(ACK, 4, 1).text(b"d"), seg(ACK, 5, 1).text(b"e"), seg(ACK, 6, 1).text(b"f")]);
    s.expect(&[seg(ACK, 1, 1), seg(ACK, 1, 1), seg(ACK, 1, 1)]);
}

/// MUST-58, MUST-59: segments that arrive in one go are all processed before an ACK leaves.
#[test]
fn seventh_acks_are_aggregated() {
    let mut s = given(State::Established);
    let lines: Vec<_> = (0..4).map(|i| seg(ACK, 1 + i * 1460, 1).zeros(1460)).collect();
    s.inject_at_once(&lines).expect(&[seg(ACK, 1, 5841)]);
}

/// Without SHLD-31 the sender has to repeat it.
#[test]
fn seventh_without_a_queue_text_beyond_a_gap_is_lost() {
    let plain = Profile { out_of_order_queue: false, ..Profile::rfc9293() };
    let mut s = given_with(State::Established, plain, SocketOptions::default());
    s.inject(seg(PSH_ACK, 4, 1).text(b"def")).expect(&[seg(ACK, 1, 1)]).dropped(Rule::TextNotQueued);
    s.inject(seg(PSH_ACK, 1, 1).text(b"abc")).wait_ms(500).expect(&[seg(ACK, 1, 4)]).receive(b"abc");
}

/// SHLD-14: what is received and not read narrows the window, its right edge stays.
#[test]
fn seventh_the_right_window_edge_stays() {
    let mut s = given(State::Established);
    s.inject(seg(ACK, 1, 1).zeros(1460)).inject(seg(ACK, 1461, 1).zeros(1460));
    s.expect(&[seg(ACK, 1, 2921).win(65_535 - 2920)]);
}

/// RFC9293#3.10.7.4, seventh: after the FIN text is ignored.
#[test]
fn seventh_text_after_the_fin_is_ignored() {
    let mut s = given(State::CloseWait);
    s.inject(seg(PSH_ACK, 2, 1).text(b"more")).expect_nothing().dropped(Rule::TextAfterFin).state(State::CloseWait);
}

/// SHLD-3, RFC1122#4.2.2.13: text for a user who is gone.
#[test]
fn seventh_text_after_close_draws_a_reset() {
    let mut s = given(State::Established);
    s.close().expect(&[seg(FIN_ACK, 1, 1)]).inject(seg(ACK, 1, 2)).state(State::FinWait2);
    s.inject(seg(PSH_ACK, 1, 2).text(b"lost")).expect_for(Rule::TextAfterClose, seg(RST, 2, 0)).state(State::Closed);

    let mut s = given_with(State::Established, Profile::rfc793(), SocketOptions::default());
    s.close().expect(&[seg(FIN_ACK, 1, 1)]).inject(seg(PSH_ACK, 1, 2).text(b"lost")).expect(&[seg(ACK, 2, 5)]);
}

/// RFC9293#3.6.1: half closed, the other direction goes on.
#[test]
fn seventh_text_after_shutdown_is_received() {
    let mut s = given(State::FinWait2);
    s.inject(seg(PSH_ACK, 1, 2).text(b"still here")).wait_ms(500).expect(&[seg(ACK, 2, 11)]).receive(b"still here");
}

/// RFC9293#3.10.7.4, eighth: "connection closing", RCV.NXT moves over the FIN, which is acknowledged at
/// once. RECEIVE then reports the end of the stream.
#[test]
fn eighth_a_fin_closes_the_remote_side() {
    let mut s = given(State::Established);
    s.inject(seg(FIN_ACK, 1, 1).text(b"bye")).expect_for(Rule::CheckFinCloseWait, seg(ACK, 1, 5));
    s.state(State::CloseWait).notified(Notice::Closing).receive(b"bye").receive(b"");
}

/// A FIN beyond a gap counts when the gap is filled.
#[test]
fn eighth_a_fin_out_of_order_waits() {
    let mut s = given(State::Established);
    s.inject(seg(FIN_ACK, 4, 1)).expect(&[seg(ACK, 1, 1)]).state(State::Established);
    s.inject(seg(PSH_ACK, 1, 1).text(b"abc")).expect(&[seg(ACK, 1, 5)]).state(State::CloseWait);
    s.receive(b"abc").receive(b"");
}

/// RFC9293#3.10.7.4, eighth, FIN-WAIT-2.
#[test]
fn eighth_a_fin_in_fin_wait_2_starts_time_wait() {
    let mut s = given(State::FinWait2);
    s.inject(seg(FIN_ACK, 1, 2)).expect(&[seg(ACK, 2, 2)]).state(State::TimeWait);
    s.wait(Duration::from_secs(240)).expect_nothing().state(State::Closed).receive(b"");
}
