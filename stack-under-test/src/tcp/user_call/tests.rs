use core::net::{Ipv4Addr, SocketAddr};

use crate::packet_script::{ACK, FIN_ACK, PEER, PSH_ACK, RST, RST_ACK, SYN, SYN_ACK, Script, given, given_with, seg};
use crate::{
    CallError, Keepalive, Profile, Readiness, Reply, Rule, SocketOption, SocketOptions, State, Status, UserCall,
};

fn listen(port: u16) -> UserCall<'static> {
    UserCall::Listen { port, backlog: 1, options: SocketOptions::default() }
}

fn connect(local_port: u16, remote: SocketAddr) -> UserCall<'static> {
    UserCall::Connect { local_port, remote, options: SocketOptions::default() }
}

#[track_caller]
fn status(s: &mut Script) -> Status {
    let socket = s.socket();
    match s.call(UserCall::Status { socket }) {
        Ok(Reply::Status(status)) => status,
        other => panic!("no status: {other:?}"),
    }
}

#[track_caller]
fn readiness(s: &mut Script) -> Readiness {
    let socket = s.socket();
    match s.call(UserCall::Poll { socket }) {
        Ok(Reply::Readiness(readiness)) => readiness,
        other => panic!("no readiness: {other:?}"),
    }
}

/// MUST-41: a second passive OPEN is an error and changes nothing.
#[test]
fn open_passive_twice() {
    let mut s = given(State::Listen);
    assert_eq!(s.call(listen(80)), Err(CallError::AddressInUse));
    assert_eq!(s.call(listen(0)), Err(CallError::Invalid));
    s.inject(seg(SYN, 0, 0)).expect(&[seg(SYN_ACK, 0, 1)]);
}

/// MUST-42: LISTEN on a port that is in SYN-SENT.
#[test]
fn open_passive_beside_an_active_open() {
    let mut s = given(State::SynSent);
    s.listen().state(State::SynSent);
    let answer = s.inject_from(999, seg(SYN, 0, 0)).take_lines();
    assert_eq!(answer.iter().map(|line| line.flags).collect::<Vec<_>>(), [SYN_ACK]);
}

/// MUST-46: an address that is no host's.
#[test]
fn open_active_to_an_invalid_address() {
    let mut s = given(State::Closed);
    for address in ["255.255.255.255", "192.0.2.255", "224.0.0.1", "240.0.0.1", "0.0.0.0"] {
        let ip: Ipv4Addr = address.parse().expect("an address");
        assert_eq!(s.call(connect(0, SocketAddr::new(ip.into(), 80))), Err(CallError::Invalid), "{address}");
    }
    assert_eq!(s.call(connect(0, SocketAddr::new(PEER.into(), 0))), Err(CallError::Invalid));
    let loopback = SocketAddr::new(Ipv4Addr::LOCALHOST.into(), 80);
    assert_eq!(s.call(connect(0, loopback)), Err(CallError::HostUnreachable));
    s.expect_nothing();
}

/// RFC9293#3.10.1: "connection already exists", in every state it can have.
#[test]
fn open_active_twice() {
    for state in State::ALL {
        if state != State::Closed && state != State::Listen {
            let mut s = given(state);
            assert_eq!(s.call(connect(80, Script::remote())), Err(CallError::AlreadyConnected), "{state}");
            s.expect_nothing().state(state);
        }
    }
}

/// RFC6056#3.3: ports of our choice differ, and are dynamic ones.
#[test]
fn open_active_chooses_ports() {
    let mut s = given(State::Closed);
    let mut ports = Vec::new();
    for _ in 0..3 {
        let Ok(Reply::Socket(socket)) = s.call(connect(0, Script::remote())) else { panic!("no socket") };
        s.socket = Some(socket);
        ports.push(status(&mut s).local.port());
    }
    assert!(ports.iter().all(|&port| port >= 49_152), "{ports:?}");
    ports.dedup();
    assert_eq!(ports.len(), 3);
}

#[test]
fn open_without_resources() {
    let mut none = Profile::rfc9293();
    none.limits.connections = 0;
    assert_eq!(Script::new(none).call(connect(1, Script::remote())), Err(CallError::InsufficientResources));
    let mut none = Profile::rfc9293();
    none.limits.sockets = 0;
    let mut s = Script::new(none);
    assert_eq!(s.call(connect(1, Script::remote())), Err(CallError::InsufficientResources));
    assert_eq!(s.call(listen(1)), Err(CallError::InsufficientResources));
}

#[test]
fn accept_takes_the_oldest() {
    let mut s = given(State::Listen);
    let listener = s.listener.expect("a listener");
    assert_eq!(s.call(UserCall::Accept { listener }), Err(CallError::WouldBlock));
    s.establish_from(5001);
    s.establish_from(5002);
    for port in [5001, 5002] {
        match s.call(UserCall::Accept { listener }) {
            Ok(Reply::Accepted { remote, .. }) => assert_eq!(remote.port(), port),
            other => panic!("accept: {other:?}"),
        }
    }
}

/// A connection may be reset before it is accepted; its user still learns of it.
#[test]
fn accept_a_connection_that_was_reset() {
    let mut s = given(State::SynReceived);
    s.inject(seg(ACK, 1, 1)).inject(seg(RST, 1, 0)).accept().receive_fails(CallError::Reset);
}

/// RFC9293#3.10.2: queued before ESTABLISHED, refused after CLOSE.
#[test]
fn send_state_by_state() {
    for state in State::ALL {
        let mut s = given(state);
        let socket = match state {
            State::Closed => continue,
            State::SynReceived => continue, // nobody's yet
            State::Listen => s.listener.expect("a listener"),
            _ => s.socket(),
        };
        let expected = match state {
            State::SynSent | State::Established | State::CloseWait => Ok(Reply::Sent(2)),
            State::Listen => Err(CallError::NotConnected),
            _ => Err(CallError::Closing),
        };
        assert_eq!(s.call(UserCall::Send { socket, data: b"hi", urgent: false }), expected, "{state}");
    }
}

/// RFC9293#3.10.3.
#[test]
fn receive_state_by_state() {
    for state in State::ALL {
        let mut s = given(state);
        let socket = match state {
            State::Closed | State::SynReceived => continue,
            State::Listen => s.listener.expect("a listener"),
            _ => s.socket(),
        };
        let expected = match state {
            State::Listen => Err(CallError::NotConnected),
            State::SynSent | State::Established | State::FinWait1 | State::FinWait2 => Err(CallError::WouldBlock),
            _ => Ok(Reply::Received(vec![])),
        };
        assert_eq!(s.call(UserCall::Receive { socket, max: 9 }), expected, "{state}");
        assert_eq!(s.call(UserCall::Receive { socket, max: 0 }), Err(CallError::Invalid));
    }
}

/// RFC9293#3.10.4 as Shutdown.
#[test]
fn close_state_by_state() {
    for state in State::ALL {
        let mut s = given(state);
        if matches!(state, State::Closed | State::Listen | State::SynReceived) {
            continue;
        }
        let socket = s.socket();
        let result = s.call(UserCall::Shutdown { socket });
        match state {
            State::SynSent => {
                s.expect_nothing().state(State::Closed).receive_fails(CallError::Closing);
            }
            State::Established => {
                s.expect_for(Rule::OutputFin, seg(FIN_ACK, 1, 1)).state(State::FinWait1);
            }
            State::CloseWait => {
                s.expect(&[seg(FIN_ACK, 1, 2)]).state(State::LastAck);
            }
            _ => {
                s.expect_nothing().state(state);
            }
        }
        let closing = matches!(state, State::Closing | State::LastAck | State::TimeWait);
        assert_eq!(result, if closing { Err(CallError::Closing) } else { Ok(Reply::Done) }, "{state}");
    }
}

/// RFC9293#3.10.4, SYN-RECEIVED: with nothing to send the FIN leaves at once, else it waits.
#[test]
fn close_in_syn_received() {
    let simultaneous = || {
        let mut s = given(State::SynSent);
        s.inject(seg(SYN, 0, 0)).expect(&[seg(SYN_ACK, 0, 1)]);
        s
    };
    let mut s = simultaneous();
    s.shutdown().expect(&[seg(FIN_ACK, 1, 1)]).state(State::FinWait1);
    s.inject(seg(ACK, 1, 1)).state(State::FinWait1).inject(seg(ACK, 1, 2)).state(State::FinWait2);

    let mut s = simultaneous();
    s.send(b"x").shutdown().expect_nothing().state(State::SynReceived);
    s.inject(seg(ACK, 1, 1)).expect(&[seg(FIN_ACK | PSH_ACK, 1, 1).text(b"x")]).state(State::FinWait1);
}

/// RFC9293#3.10.4, LISTEN: the record goes, and with it what nobody accepted.
#[test]
fn close_a_listener() {
    let mut s = given(State::SynReceived);
    let listener = s.listener.expect("a listener");
    s.establish_from(5001);
    assert_eq!(s.call(UserCall::Close { socket: listener }), Ok(Reply::Done));
    assert_eq!(s.take_lines().iter().map(|l| l.flags).collect::<Vec<_>>(), [RST, RST]);
    s.state(State::Closed);
    assert!(!s.stack.is_listening(80));
    assert_eq!(s.call(UserCall::Accept { listener }), Err(CallError::NoSuchSocket));
    s.inject(seg(SYN, 0, 0)).expect(&[seg(RST_ACK, 0, 1)]);
    assert!(matches!(s.call(listen(80)), Ok(Reply::Socket(_))));
}

/// SHLD-3, RFC1122#4.2.2.13: closing over unread data.
#[test]
fn close_with_unread_data() {
    let mut s = given(State::Established);
    s.inject(seg(PSH_ACK, 1, 1).text(b"unread")).close();
    s.expect_for(Rule::CallCloseUnread, seg(RST, 1, 0)).state(State::Closed);

    let mut s = given_with(State::Established, Profile::rfc793(), SocketOptions::default());
    s.inject(seg(PSH_ACK, 1, 1).text(b"unread")).expect(&[seg(ACK, 1, 7)]).close();
    s.expect(&[seg(FIN_ACK, 1, 7)]).state(State::FinWait1);
}

/// What was sent before CLOSE is delivered though nobody is left.
#[test]
fn close_delivers_what_was_sent() {
    let mut s = given(State::Established);
    let socket = s.socket();
    s.inject(seg(ACK, 1, 1).win(0)).send(b"last").close().expect_nothing();
    assert_eq!(s.call(UserCall::Status { socket }), Err(CallError::NoSuchSocket));
    s.inject(seg(ACK, 1, 1)).expect(&[seg(FIN_ACK | PSH_ACK, 1, 1).text(b"last")]);
    s.inject(seg(FIN_ACK, 1, 6)).expect(&[seg(ACK, 6, 2)]).state(State::TimeWait);
}

/// RFC9293#3.10.5: `<SEQ=SND.NXT><CTL=RST>` where the peer may know of the connection.
#[test]
fn abort_state_by_state() {
    for state in State::ALL {
        let mut s = given(state);
        if matches!(state, State::Closed | State::Listen | State::SynReceived) {
            continue;
        }
        let socket = s.socket();
        assert_eq!(s.call(UserCall::Abort { socket }), Ok(Reply::Done));
        match state {
            State::Established | State::CloseWait => s.expect_for(Rule::CallAbort, seg(RST, 1, 0)),
            State::FinWait1 | State::FinWait2 => s.expect_for(Rule::CallAbort, seg(RST, 2, 0)),
            _ => s.expect_nothing(),
        };
        s.state(State::Closed);
        assert_eq!(s.call(UserCall::Status { socket }), Err(CallError::NoSuchSocket));
    }
}

/// RFC9293#3.10.5, SYN-RECEIVED, by way of a simultaneous open.
#[test]
fn abort_in_syn_received() {
    let mut s = given(State::SynSent);
    s.inject(seg(SYN, 0, 0)).expect(&[seg(SYN_ACK, 0, 1)]);
    let socket = s.socket();
    assert_eq!(s.call(UserCall::Abort { socket }), Ok(Reply::Done));
    s.expect(&[seg(RST, 1, 0)]).state(State::Closed);
}

/// RFC9293#3.5, figure 10: after the abort the peer's next segment is reset.
#[test]
fn abort_leaves_nothing() {
    let mut s = given(State::Established);
    s.send(b"in flight").take_lines();
    let socket = s.socket();
    assert_eq!(s.call(UserCall::Abort { socket }), Ok(Reply::Done));
    s.expect(&[seg(RST, 10, 0)]).wait(core::time::Duration::from_secs(300)).expect_nothing();
    s.inject(seg(PSH_ACK, 1, 10).text(b"?")).expect(&[seg(RST, 10, 0)]);
}

/// SO_LINGER with zero.
#[test]
fn linger_zero_aborts() {
    let mut s = given(State::Established);
    let socket = s.socket();
    assert_eq!(s.call(UserCall::SetOption { socket, option: SocketOption::Linger0(true) }), Ok(Reply::Done));
    s.close().expect(&[seg(RST, 1, 0)]).state(State::Closed);
}

/// RFC9293#3.10.6.
#[test]
fn status_tells_the_state() {
    for state in State::ALL {
        let mut s = given(state);
        if matches!(state, State::Closed | State::SynReceived) {
            continue;
        }
        if state == State::Listen {
            s.socket = s.listener;
        }
        assert_eq!(status(&mut s).state, state);
    }
    let mut s = given(State::Established);
    s.send(b"abc").inject(seg(PSH_ACK, 1, 1).text(b"hello").win(777)).take_lines();
    let now = status(&mut s);
    assert_eq!((now.snd_wnd, now.rcv_wnd, now.unacked, now.unread), (777, 65_530, 3, 5));
    assert_eq!(now.snd_nxt.wrapping_sub(now.snd_una), 3);
    assert_eq!((now.remote, now.send_mss), (Script::remote(), 1460));
}

/// MUST-48, MUST-49, SHLD-21, SHLD-22: TTL and Differentiated Services, changed on the way.
#[test]
fn ttl_and_tos() {
    let mut s = given_with(State::SynSent, Profile::rfc9293(), SocketOptions { ttl: 9, tos: 0xb8, ..<_>::default() });
    let socket = s.socket();
    s.stack.handle_timeout(s.now + core::time::Duration::from_secs(1));
    let syn = s.stack.poll_transmit(s.now).expect("the SYN again").packet;
    assert_eq!((syn[8], syn[1]), (9, 0xb8));
    s.inject(seg(SYN_ACK, 0, 1)).take_lines();
    for option in [SocketOption::Ttl(33), SocketOption::Tos(0x20)] {
        assert_eq!(s.call(UserCall::SetOption { socket, option }), Ok(Reply::Done));
    }
    let call = UserCall::Send { socket, data: b"x", urgent: false };
    assert_eq!(s.stack.user_call(s.now, call), Ok(Reply::Sent(1)));
    let text = s.stack.poll_transmit(s.now).expect("the text").packet;
    assert_eq!((text[8], text[1]), (33, 0x20));
}

#[test]
fn options_of_a_listener_are_inherited() {
    let mut s = given(State::Listen);
    let listener = s.listener.expect("a listener");
    let keepalive = Keepalive::default();
    for option in [SocketOption::Tos(0x10), SocketOption::KeepAlive(Some(keepalive))] {
        assert_eq!(s.call(UserCall::SetOption { socket: listener, option }), Ok(Reply::Done));
    }
    s.inject(seg(SYN, 0, 0)).inject(seg(ACK, 1, 1)).accept();
    assert_eq!(status(&mut s).tos, 0x10);
    s.take_lines();
    s.wait(keepalive.idle).expect(&[seg(ACK, 0, 1)]);
}

#[test]
fn poll_says_what_would_not_block() {
    let mut s = given(State::SynSent);
    assert_eq!(readiness(&mut s), Readiness::default());
    let mut s = given(State::Established);
    assert_eq!(readiness(&mut s), Readiness { writable: true, ..Readiness::default() });
    s.inject(seg(PSH_ACK, 1, 1).text(b"x"));
    assert_eq!(readiness(&mut s), Readiness { readable: true, writable: true, ..Readiness::default() });
    s.inject(seg(RST, 2, 0));
    let gone = Readiness { readable: true, writable: true, urgent: false, hangup: true, error: true };
    assert_eq!(readiness(&mut s), gone);
    let mut s = given(State::CloseWait);
    assert_eq!(readiness(&mut s), Readiness { readable: true, writable: true, ..Readiness::default() });
    let mut s = given(State::LastAck);
    assert_eq!(readiness(&mut s), Readiness { readable: true, hangup: true, ..Readiness::default() });
    let mut s = given(State::Listen);
    s.socket = s.listener;
    assert_eq!(readiness(&mut s), Readiness::default());
    s.establish_from(5001);
    assert_eq!(readiness(&mut s), Readiness { readable: true, ..Readiness::default() });
}

/// An error is reported once, by whichever call comes first.
#[test]
fn an_error_is_reported_once() {
    for first in 0..3 {
        let mut s = given(State::Established);
        s.inject(seg(RST, 1, 0));
        let socket = s.socket();
        let calls = [
            UserCall::Send { socket, data: b"x", urgent: false },
            UserCall::Receive { socket, max: 1 },
            UserCall::Status { socket },
        ];
        assert_eq!(s.call(calls[first].clone()), Err(CallError::Reset));
        assert_eq!(s.call(calls[0].clone()), Err(CallError::Closing));
        assert_eq!(s.call(calls[1].clone()), Ok(Reply::Received(vec![])));
    }
}

#[test]
fn every_connection_has_a_status() {
    let mut s = given(State::Listen);
    s.inject(seg(SYN, 0, 0)).inject_from(5000, seg(SYN, 0, 0)).inject(seg(ACK, 1, 1));
    let states: Vec<_> = s.stack.connections(s.now).iter().map(|status| (status.remote.port(), status.state)).collect();
    assert_eq!(states, [(4000, State::Established), (5000, State::SynReceived)]);
}
