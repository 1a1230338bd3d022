//! Packets to our own address never leave the host.

use core::time::Duration;

use crate::packet_script::{Script, TARGET, TARGET_PORT};
use crate::{CallError, Profile, Reply, Rule, SocketId, SocketOptions, State, UserCall};
use std::net::SocketAddr;

fn connect(s: &mut Script, local_port: u16, remote_port: u16) -> SocketId {
    let remote = SocketAddr::new(TARGET.into(), remote_port);
    match s.call(UserCall::Connect { local_port, remote, options: SocketOptions::default() }) {
        Ok(Reply::Socket(socket)) => socket,
        other => panic!("connect: {other:?}"),
    }
}

fn state(s: &Script, local_port: u16, remote_port: u16) -> State {
    s.stack.connection_state(local_port, SocketAddr::new(TARGET.into(), remote_port)).unwrap_or(State::Closed)
}

/// A connection from a socket to itself is a simultaneous open with one participant (RFC9293#A.2).
#[test]
fn a_socket_talks_to_itself() {
    for profile in [Profile::rfc9293(), Profile::rfc793()] {
        let mut s = Script::new(profile);
        s.socket = Some(connect(&mut s, 7, 7));
        assert_eq!(state(&s, 7, 7), State::Established);
        s.send(b"echo").receive(b"echo").receive_fails(CallError::WouldBlock);
        s.shutdown().wait_ms(500).expect_nothing();
        assert_eq!(state(&s, 7, 7), State::TimeWait);
        s.receive(b"").wait(Duration::from_secs(240));
        assert_eq!(state(&s, 7, 7), State::Closed);
    }
}

/// A client and a server on one host.
#[test]
fn two_sockets_of_one_host() {
    let mut s = Script::new(Profile::rfc9293());
    s.listen();
    let client = connect(&mut s, 5000, TARGET_PORT);
    let listener = s.listener.expect("a listener");
    let Ok(Reply::Accepted { socket: server, remote }) = s.call(UserCall::Accept { listener }) else {
        panic!("nothing to accept");
    };
    assert_eq!(remote, SocketAddr::new(TARGET.into(), 5000));
    s.socket = Some(client);
    s.send(&[7; 5000]).wait_ms(1000);
    s.socket = Some(server);
    s.receive(&[7; 5000]).expect_nothing();
    assert_eq!(s.call(UserCall::Abort { socket: client }), Ok(Reply::Done));
    s.receive_fails(CallError::Reset).expect_nothing();
}

/// Nobody listens: the reset finds its way back.
#[test]
fn refused_by_ourselves() {
    let mut s = Script::new(Profile::rfc9293());
    s.socket = Some(connect(&mut s, 5000, 99));
    s.receive_fails(CallError::Refused).expect_nothing();
}

/// Two of our own endpoints cannot keep each other busy for ever at one instant: what is too much is
/// dropped, and retransmission gets over it.
#[test]
fn packets_to_ourselves_are_limited_per_instant() {
    let mut profile = Profile::rfc9293();
    profile.limits.loopback_per_instant = 1;
    let mut s = Script::new(profile);
    s.socket = Some(connect(&mut s, 7, 7));
    s.dropped(Rule::LoopbackOverrun);
    assert_eq!(state(&s, 7, 7), State::SynReceived);
    s.wait_ms(1000);
    assert_eq!(state(&s, 7, 7), State::Established);
}
