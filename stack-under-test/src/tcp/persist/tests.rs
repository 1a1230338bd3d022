use core::time::Duration;

use crate::packet_script::{ACK, FIN_ACK, PSH_ACK, given, seg};
use crate::{Rule, State};

fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

/// MUST-36, SHLD-29, SHLD-30: the first probe after an RTO, then with growing distance; one octet.
#[test]
fn a_closed_window_is_probed() {
    let mut s = given(State::Established);
    s.inject(seg(ACK, 1, 1).win(0)).send(b"hello").expect_nothing().wait_ms(999).expect_nothing();
    s.wait_ms(1).expect_for(Rule::ZeroWindowProbe, seg(ACK, 1, 1).text(b"h"));
    for interval in [2, 4, 8] {
        s.wait(seconds(interval) - Duration::from_nanos(1)).expect_nothing();
        s.wait(Duration::from_nanos(1)).expect(&[seg(ACK, 1, 1).text(b"h")]);
    }
}

/// The window opens: the octet it refused leaves again with what follows it.
#[test]
fn a_window_that_opens_lets_everything_out() {
    let mut s = given(State::Established);
    s.inject(seg(ACK, 1, 1).win(0)).send(b"hello").wait_ms(1000).expect(&[seg(ACK, 1, 1).text(b"h")]);
    s.inject(seg(ACK, 1, 1).win(0)).expect_nothing();
    s.inject(seg(ACK, 1, 1).win(1000)).expect_for(Rule::WindowReopened, seg(PSH_ACK, 1, 1).text(b"hello"));
    s.inject(seg(ACK, 1, 6)).wait(seconds(200)).expect_nothing().state(State::Established);
}

/// A receiver may take the octet and stay closed.
#[test]
fn a_probe_may_be_accepted() {
    let mut s = given(State::Established);
    s.inject(seg(ACK, 1, 1).win(0)).send(b"hello").wait_ms(1000).expect(&[seg(ACK, 1, 1).text(b"h")]);
    s.inject(seg(ACK, 1, 2).win(0)).expect_nothing();
    s.wait_ms(2000).expect(&[seg(ACK, 2, 1).text(b"e")]);
    s.inject(seg(ACK, 1, 3).win(100)).expect(&[seg(PSH_ACK, 3, 1).text(b"llo")]);
}

/// MUST-37: as long as the probes are answered, the window may stay closed; MUST-20: else R2 ends it.
#[test]
fn answered_probes_keep_the_connection_open() {
    let mut s = given(State::Established);
    s.inject(seg(ACK, 1, 1).win(0)).send(b"hello");
    for _ in 0..1000 {
        s.wait(seconds(60)).inject(seg(ACK, 1, 1).win(0));
    }
    assert!(s.take_lines().len() >= 1000);
    s.state(State::Established).wait(seconds(200)).state(State::Closed);
}

/// MUST-35, SHLD-17: a window that shrinks to zero over data in flight is probed with that data, and
/// answers keep the connection open.
#[test]
fn a_window_that_shrinks_to_zero_is_probed() {
    let mut s = given(State::Established);
    s.send(b"hello").expect(&[seg(PSH_ACK, 1, 1).text(b"hello")]).inject(seg(ACK, 1, 1).win(0)).expect_nothing();
    s.wait_ms(1000).expect_for(Rule::ZeroWindowProbe, seg(PSH_ACK, 1, 1).text(b"hello"));
    for _ in 0..100 {
        s.wait(seconds(60)).inject(seg(ACK, 1, 1).win(0));
    }
    s.state(State::Established).take_lines();
    s.inject(seg(ACK, 1, 6)).wait(seconds(200)).expect_nothing().state(State::Established);
}

/// A FIN waits for the window too, and probes it.
#[test]
fn a_fin_probes_the_window() {
    let mut s = given(State::CloseWait);
    s.inject(seg(ACK, 2, 1).win(0)).shutdown().expect_nothing().state(State::CloseWait);
    s.wait_ms(1000).expect_for(Rule::ZeroWindowProbe, seg(FIN_ACK, 1, 2)).state(State::LastAck);
    s.inject(seg(ACK, 2, 2).win(0)).state(State::Closed);
}
