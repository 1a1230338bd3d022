//! User calls and what they report.

use std::net::SocketAddr;

use super::*;
use crate::case::format::{AddressName, Errno, Readiness, SocketSwitch};

#[test]
fn data_goes_both_ways_and_the_end_is_seen() {
    case(&Config::default(), |script| {
        script.established();
        assert_eq!(script.call(&SocketCall::Recv { max: 100 }), Outcome::WouldBlock);
        script.inject(PSH_ACK, 1, 1, b"hello");
        assert_eq!(script.call(&SocketCall::Recv { max: 2 }), Outcome::Data(b"he".to_vec()));
        assert_eq!(script.call(&SocketCall::Recv { max: 100 }), Outcome::Data(b"llo".to_vec()));
        script.emitted();
        assert_eq!(script.call(&SocketCall::Send { data: b"hi", urgent: false }), Outcome::Sent(2));
        assert_eq!(*script.one(PSH_ACK).text, *b"hi");
        script.inject(FIN_ACK, 6, 3, &[]);
        assert_eq!(script.call(&SocketCall::Recv { max: 100 }), Outcome::Eof);
    });
}

#[test]
fn errors_have_their_posix_names() {
    case(&Config::default(), |script| {
        script.established();
        let to = script.endpoints.peer;
        assert_eq!(script.call(&SocketCall::Connect { to }), Outcome::Error(Errno::EISCONN));
        script.inject(Flags::RST, 1, 0, &[]);
        assert_eq!(script.call(&SocketCall::Recv { max: 1 }), Outcome::Error(Errno::ECONNRESET));
        assert_eq!(script.call(&SocketCall::Send { data: b"x", urgent: false }), Outcome::Error(Errno::EPIPE));
        assert_eq!(script.call(&SocketCall::Shutdown), Outcome::Error(Errno::ENOTCONN));
        script.on(1);
        assert_eq!(script.call(&SocketCall::Recv { max: 1 }), Outcome::NoSocket);
    });
}

#[test]
fn connecting_is_refused_by_a_reset() {
    case(&Config::default(), |script| {
        let to = script.endpoints.peer;
        script.call(&SocketCall::Connect { to });
        script.one(Flags::SYN);
        assert_eq!(script.call(&SocketCall::Connect { to }), Outcome::Error(Errno::EALREADY));
        script.inject(RST_ACK, 0, 1, &[]);
        assert_eq!(script.call(&SocketCall::Recv { max: 1 }), Outcome::Error(Errno::ECONNREFUSED));
        assert_eq!(script.state(), ConnState::None { listening: false });
    });
}

#[test]
fn a_connection_that_is_there_is_not_opened_again() {
    case(&Config::default(), |script| {
        let to = script.endpoints.peer;
        script.call(&SocketCall::Connect { to });
        script.one(Flags::SYN);
        script.inject(Flags::SYN | Flags::ACK, 0, 1, &[]);
        assert_eq!(script.call(&SocketCall::Connect { to }), Outcome::Error(Errno::EISCONN));
    });
}

#[test]
fn one_port_listens_and_connects_but_listens_only_once() {
    case(&Config::default(), |script| {
        script.listen();
        assert_eq!(script.call(&SocketCall::Listen { backlog: None }), Outcome::Error(Errno::EADDRINUSE));
        let to = script.endpoints.peer;
        assert_eq!(script.call(&SocketCall::Connect { to }), Outcome::Ok);
        assert_eq!(script.one(Flags::SYN).source_port, script.endpoints.target.port());
        script.on(1).handshake();
        script.accept();
        script.is(State::Established);
        script.on(0).is(State::SynSent);
    });
    // And the other way round.
    case(&Config::default(), |script| {
        let to = script.endpoints.peer;
        assert_eq!(script.call(&SocketCall::Connect { to }), Outcome::Ok);
        script.one(Flags::SYN);
        script.listen();
        script.on(1).handshake();
        script.is(State::Established);
    });
}

#[test]
fn connections_are_accepted_by_their_peer_in_any_order() {
    case(&Config::default(), |script| {
        script.listen();
        script.on(0).handshake();
        script.on(1).handshake();
        script.on(1).accept();
        assert_eq!(script.on(2).call(&SocketCall::Accept), Outcome::WouldBlock);
        script.on(0).accept();
        let pair = script.pair();
        assert_eq!(script.target.state(Handle::Connection(0), pair).unwrap(), ConnState::Is(State::Established));
        assert_eq!(script.call(&SocketCall::Accept), Outcome::WouldBlock);
        // Each handle has its own socket: aborting one resets that one.
        assert_eq!(script.on(1).call(&SocketCall::Abort), Outcome::Ok);
        assert_eq!(script.one(RST_ACK).destination_port, script.pair().peer.port());
        script.on(0).is(State::Established);
    });
}

#[test]
fn a_full_accept_queue_keeps_the_last_connection_waiting() {
    case(&Config { backlog: Some(1), ..Config::default() }, |script| {
        script.listen();
        // Linux lets in one more than the backlog says.
        for connection in 0..2 {
            script.on(connection).handshake();
            script.is(State::Established);
        }
        script.on(2).inject(Flags::SYN, 0, 0, &[]);
        script.nothing();
        assert_eq!(script.state(), ConnState::None { listening: true });
        script.on(0).accept();
        script.on(2).handshake();
        script.is(State::Established);
    });
}

#[test]
fn abort_resets_and_close_finishes() {
    case(&Config::default(), |script| {
        script.established();
        assert_eq!(script.call(&SocketCall::Abort), Outcome::Ok);
        assert_eq!(script.one(RST_ACK).seq, script.iss.wrapping_add(1));
        assert_eq!(script.call(&SocketCall::Abort), Outcome::NoSocket);
        assert_eq!(script.state(), ConnState::None { listening: true });
    });
}

#[test]
fn readiness_says_what_a_call_would_do() {
    let ready = |script: &mut Script<'_>| match script.call(&SocketCall::Poll) {
        Outcome::Ready(readiness) => readiness,
        other => panic!("poll gave {other:?}"),
    };
    let say = |readable, writable, urgent, hangup, error| Readiness {
        readable: Some(readable),
        writable: Some(writable),
        urgent: Some(urgent),
        hangup: Some(hangup),
        error: Some(error),
    };
    case(&Config::default(), |script| {
        script.established();
        assert_eq!(ready(script), say(false, true, false, false, false));
        script.inject(PSH_ACK, 1, 1, b"x");
        assert_eq!(ready(script), say(true, true, false, false, false));
        assert_eq!(script.call(&SocketCall::Shutdown), Outcome::Ok);
        assert_eq!(ready(script), say(true, false, false, false, false));
        script.inject(RST_ACK, 2, 1, &[]);
        assert_eq!(ready(script), say(true, false, false, true, true));
    });
}

#[test]
fn switches_of_a_live_connection() {
    case(&Config::default(), |script| {
        script.established();
        assert_eq!(script.call(&SocketCall::Set(SocketSwitch::Tos(0x48))), Outcome::Ok);
        script.call(&SocketCall::Send { data: b"a", urgent: false });
        assert_eq!(script.one(PSH_ACK).tos, 0x48);
        // Nagle holds the second small segment back until the first is acknowledged ...
        script.call(&SocketCall::Send { data: b"b", urgent: false });
        script.nothing();
        // ... unless it is off.
        assert_eq!(script.call(&SocketCall::Set(SocketSwitch::Nagle(false))), Outcome::Ok);
        assert_eq!(*script.one(PSH_ACK).text, *b"b");
        assert_eq!(script.call(&SocketCall::Set(SocketSwitch::Keepalive(true))), Outcome::Ok);
    });
}

#[test]
fn urgent_data_is_announced_and_kept_in_line() {
    case(&Config::default(), |script| {
        script.established();
        assert_eq!(script.call(&SocketCall::Send { data: b"ab!", urgent: true }), Outcome::Sent(3));
        let segment = script.one(Flags(PSH_ACK.0 | Flags::URG.0));
        // The octet after the urgent data (RFC9293#3.8.5).
        assert_eq!((&*segment.text, segment.urg), (&b"ab!"[..], 3));
    });
}

#[test]
fn received_urgent_data_is_pending_until_it_is_read() {
    let urgent = |script: &mut Script<'_>| match script.call(&SocketCall::Poll) {
        Outcome::Ready(readiness) => readiness.urgent,
        other => panic!("poll gave {other:?}"),
    };
    case(&Config::default(), |script| {
        script.established();
        assert_eq!(urgent(script), Some(false));
        // Two octets are urgent, the third is not.
        script.inject_urgent(Flags(PSH_ACK.0 | Flags::URG.0), 1, 1, 2, b"ab.");
        assert_eq!(urgent(script), Some(true));
        // In line, and beyond the mark at which one `recv` of Linux stops.
        assert_eq!(script.call(&SocketCall::Recv { max: 100 }), Outcome::Data(b"ab.".to_vec()));
        assert_eq!(urgent(script), Some(false));
    });
    case(&Config { urgent_inline: Some(false), ..Config::default() }, |script| {
        script.established();
        script.inject_urgent(Flags(PSH_ACK.0 | Flags::URG.0), 1, 1, 2, b"ab.");
        assert_eq!(script.call(&SocketCall::Recv { max: 100 }), Outcome::Data(b"a".to_vec()));
        assert_eq!(script.call(&SocketCall::Recv { max: 100 }), Outcome::Data(b".".to_vec()));
    });
}

#[test]
fn opening_to_no_single_host_is_an_error() {
    case(&Config::default(), |script| {
        let port = script.endpoints.peer.port();
        for to in [AddressName::SubnetBroadcast, AddressName::LimitedBroadcast, AddressName::Multicast] {
            let to = script.endpoints.address(to);
            let outcome = script.call(&SocketCall::Connect { to: SocketAddr::new(to, port) });
            assert_eq!(outcome, Outcome::Error(Errno::ENETUNREACH), "{to}");
        }
        script.nothing();
    });
}

#[test]
fn an_error_after_data_waits_for_its_own_call() {
    case(&Config::default(), |script| {
        script.established();
        script.inject(PSH_ACK, 1, 1, b"last words");
        script.inject(Flags::RST, 11, 0, &[]);
        assert_eq!(script.call(&SocketCall::Recv { max: 100 }), Outcome::Data(b"last words".to_vec()));
        assert_eq!(script.call(&SocketCall::Recv { max: 100 }), Outcome::Error(Errno::ECONNRESET));
    });
}

#[test]
fn an_urgent_pointer_is_pending_before_its_octet_arrives() {
    let urgent = |script: &mut Script<'_>| match script.call(&SocketCall::Poll) {
        Outcome::Ready(readiness) => readiness.urgent,
        other => panic!("poll gave {other:?}"),
    };
    case(&Config::default(), |script| {
        script.established();
        script.on(1).handshake();
        script.accept();
        script.on(0).inject(Flags::ACK, 1, 1, &[]);
        script.emitted();
        script.on(1).inject_urgent(Flags(PSH_ACK.0 | Flags::URG.0), 1, 1, 4, b"ab");
        assert_eq!(urgent(script), Some(true));
        assert_eq!(script.call(&SocketCall::Recv { max: 100 }), Outcome::Data(b"ab".to_vec()));
        assert_eq!(urgent(script), Some(true), "still to come");
        script.inject_urgent(Flags(PSH_ACK.0 | Flags::URG.0), 3, 1, 2, b"cd");
        assert_eq!(script.call(&SocketCall::Recv { max: 100 }), Outcome::Data(b"cd".to_vec()));
        assert_eq!(urgent(script), Some(false), "read");
        script.on(0);
        assert_eq!(urgent(script), Some(false), "another connection's");
    });
}

#[test]
fn a_syn_from_no_single_host_draws_nothing() {
    case(&Config::default(), |script| {
        script.listen();
        let broadcast = script.endpoints.address(AddressName::SubnetBroadcast);
        script.endpoints.peer.set_ip(broadcast);
        script.inject(Flags::SYN, 0, 0, &[]);
        script.nothing();
    });
}
