//! The life of a connection, as its peer sees it; two stacks that talk over a bad link or to themselves;
//! what no input may do; and the table of states and events.

mod ipv6;
mod loopback;
mod lossy_link;
mod robustness;
mod state_table;

use crate::packet_script::{ACK, FIN_ACK, PSH_ACK, SYN, SYN_ACK, Script, given, seg};
use crate::{Profile, State};

/// RFC9293#3.5, figure 6, from the listener's side.
#[test]
fn passive_open_transfer_and_close() {
    let mut s = Script::new(Profile::rfc9293());
    s.listen().inject(seg(SYN, 0, 0).mss(1460)).expect(&[seg(SYN_ACK, 0, 1).mss(1460)]).state(State::SynReceived);
    s.inject(seg(ACK, 1, 1)).expect_nothing().state(State::Established);
    s.accept().inject(seg(PSH_ACK, 1, 1).text(b"hello")).expect_nothing();
    s.wait_ms(499).expect(&[seg(ACK, 1, 6)]);
    s.receive(b"hello").send(b"world").expect(&[seg(PSH_ACK, 1, 6).text(b"world")]);
    s.inject(seg(FIN_ACK, 6, 6)).expect(&[seg(ACK, 6, 7)]).state(State::CloseWait);
    s.receive(b"").close().expect(&[seg(FIN_ACK, 6, 7)]).state(State::LastAck);
    s.inject(seg(ACK, 7, 7)).expect_nothing().state(State::Closed);
}

/// RFC9293#3.5, figure 6, from the caller's side; MUST-13.
#[test]
fn active_open_and_close() {
    let mut s = Script::new(Profile::rfc9293());
    s.connect().expect(&[seg(SYN, 0, 0).mss(1460)]).state(State::SynSent);
    s.inject(seg(SYN_ACK, 0, 1).mss(1000)).expect(&[seg(ACK, 1, 1).no_mss()]).state(State::Established);
    s.shutdown().expect(&[seg(FIN_ACK, 1, 1)]).state(State::FinWait1);
    s.inject(seg(ACK, 1, 2)).expect_nothing().state(State::FinWait2);
    s.inject(seg(FIN_ACK, 1, 2)).expect(&[seg(ACK, 2, 2)]).state(State::TimeWait);
    s.wait_ms(239_999).state(State::TimeWait).wait_ms(1).expect_nothing().state(State::Closed);
}

#[test]
fn every_state_is_within_reach() {
    for state in State::ALL {
        let s = given(state);
        let here = s.stack.connection_state(crate::packet_script::TARGET_PORT, Script::remote());
        match state {
            State::Closed => assert_eq!((here, s.stack.is_listening(80)), (None, false)),
            State::Listen => assert_eq!((here, s.stack.is_listening(80)), (None, true)),
            other => assert_eq!(here, Some(other)),
        }
    }
}
