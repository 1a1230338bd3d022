//! States, with and without a descriptor, and what the target emits on the way.

use std::time::Duration;

use super::*;

#[test]
fn every_state_of_a_passive_connection_up_to_time_wait() {
    case(&Config::default(), |script| {
        assert_eq!(script.state(), ConnState::None { listening: false });
        script.listen();
        assert_eq!(script.state(), ConnState::None { listening: true });
        script.inject(Flags::SYN, 0, 0, &[]);
        let answer = script.one(SYN_ACK);
        assert_eq!((answer.ack, answer.options.mss), (ISN + 1, Some(1460)));
        script.is(State::SynReceived);
        script.inject(Flags::ACK, 1, 1, &[]);
        script.nothing();
        script.is(State::Established);
        script.accept();
        script.is(State::Established);
        assert_eq!(script.call(&SocketCall::Shutdown), Outcome::Ok);
        script.one(FIN_ACK);
        script.is(State::FinWait1);
        script.inject(Flags::ACK, 1, 2, &[]);
        script.is(State::FinWait2);
        script.inject(FIN_ACK, 1, 2, &[]);
        assert_eq!(script.one(Flags::ACK).ack, ISN + 2);
        script.is(State::TimeWait);
        assert_eq!(script.call(&SocketCall::Close), Outcome::Ok);
        script.is(State::TimeWait);
        script.nothing();
    });
}

#[test]
fn states_of_an_active_connection_that_the_peer_closes() {
    case(&Config::default(), |script| {
        let to = script.endpoints.peer;
        assert_eq!(script.call(&SocketCall::Connect { to }), Outcome::Ok);
        let syn = script.one(Flags::SYN);
        assert_eq!((syn.source_port, syn.destination_port), (script.endpoints.target.port(), to.port()));
        script.is(State::SynSent);
        script.inject(SYN_ACK, 0, 1, &[]);
        script.one(Flags::ACK);
        script.is(State::Established);
        script.inject(FIN_ACK, 1, 1, &[]);
        script.is(State::CloseWait);
        // Linux may delay the acknowledgement of a FIN on a connection that it opened.
        let limit = script.target.now() + Duration::from_millis(500);
        script.target.advance(limit).unwrap();
        script.one(Flags::ACK);
        assert_eq!(script.call(&SocketCall::Shutdown), Outcome::Ok);
        script.one(FIN_ACK);
        script.is(State::LastAck);
        script.inject(Flags::ACK, 2, 2, &[]);
        assert_eq!(script.state(), ConnState::None { listening: false });
        script.nothing();
    });
}

#[test]
fn states_of_simultaneous_open_and_close() {
    case(&Config::default(), |script| {
        let to = script.endpoints.peer;
        script.call(&SocketCall::Connect { to });
        script.one(Flags::SYN);
        script.inject(Flags::SYN, 0, 0, &[]);
        assert_eq!(script.one(SYN_ACK).seq, script.iss);
        script.is(State::SynReceived);
        script.inject(Flags::ACK, 1, 1, &[]);
        script.is(State::Established);
        script.call(&SocketCall::Shutdown);
        script.one(FIN_ACK);
        script.inject(FIN_ACK, 1, 1, &[]);
        script.one(Flags::ACK);
        script.is(State::Closing);
        script.inject(Flags::ACK, 2, 2, &[]);
        script.is(State::TimeWait);
    });
}

#[test]
fn a_connection_closed_for_good_is_still_seen() {
    case(&Config::default(), |script| {
        script.established();
        assert_eq!(script.call(&SocketCall::Close), Outcome::Ok);
        script.one(FIN_ACK);
        script.is(State::FinWait1);
        script.inject(Flags::ACK, 1, 2, &[]);
        script.is(State::FinWait2);
        assert_eq!(script.call(&SocketCall::Close), Outcome::NoSocket);
    });
}

#[test]
fn a_reset_connection_is_gone_whether_or_not_there_is_a_listener() {
    case(&Config::default(), |script| {
        script.established();
        script.inject(Flags::RST, 1, 0, &[]);
        script.nothing();
        assert_eq!(script.state(), ConnState::None { listening: true });
        let pair = script.pair();
        assert_eq!(script.target.call(Handle::Listener, pair, &SocketCall::Close).unwrap(), Outcome::Ok);
        assert_eq!(script.state(), ConnState::None { listening: false });
    });
}

#[test]
fn a_closed_port_resets_at_once() {
    case(&Config::default(), |script| {
        script.inject(Flags::SYN, 0, 0, &[]);
        let reset = script.one(RST_ACK);
        assert_eq!((reset.seq, reset.ack), (0, ISN + 1));
    });
}

#[test]
fn the_retransmission_timeout_is_told_with_and_without_a_descriptor() {
    case(&Config::default(), |script| {
        let rto = |script: &mut Script<'_>| script.target.rto(Handle::Connection(0), script.pair()).unwrap();
        script.listen();
        assert_eq!(rto(script), None);
        script.inject(Flags::SYN, 0, 0, &[]);
        script.one(SYN_ACK);
        assert_eq!(rto(script).map(|rto| rto.as_millis()), Some(1000));
        script.inject(Flags::ACK, 1, 1, &[]);
        let unaccepted = rto(script).expect("a connection in the queue has a timeout");
        script.accept();
        assert_eq!(rto(script), Some(unaccepted));
        assert!((200..=300).contains(&unaccepted.as_millis()), "{unaccepted:?}");
    });
}

#[test]
fn states_by_the_kernels_numbers_are_the_eleven_of_the_rfc() {
    let known: std::collections::BTreeSet<_> = (0..=u8::MAX).filter_map(tcp_info::state).collect();
    let wanted: std::collections::BTreeSet<_> =
        State::ALL.into_iter().filter(|state| *state != State::Closed).collect();
    assert_eq!(known, wanted);
}
