//! OPEN (RFC9293#3.10.1): passive as Listen and Accept, active as Connect.

use core::net::{IpAddr, Ipv4Addr, SocketAddr};

use crate::call::{CallError, Reply, SocketId, SocketOptions};
use crate::event::Event;
use crate::rule::Rule;
use crate::tcp::connection::{Connection, OpenedBy, Owner};
use crate::tcp::listen_queue::Listener;
use crate::tcp::sockets::Socket;
use crate::tcp::state::State;
use crate::tcp::{Environment, Pair, Tcp, output};
use crate::time::Instant;
use crate::wire::tcp::Flags;

use super::Target;

/// The first port the stack chooses itself (RFC6335#6: dynamic ports).
const FIRST_DYNAMIC_PORT: u16 = 49_152;

/// A listener has no remote socket.
pub(super) const UNSPECIFIED: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), 0);

impl Tcp {
    /// Passive OPEN: a record in LISTEN, or an error; never a change to another record (MUST-41).
    pub(super) fn listen(
        &mut self,
        port: u16,
        backlog: usize,
        options: SocketOptions,
        env: &mut Environment<'_>,
    ) -> Result<Reply, CallError> {
        if port == 0 {
            return Err(CallError::Invalid);
        }
        if self.listeners.get(port).is_some() {
            return Err(CallError::AddressInUse);
        }
        let socket = self.sockets.allocate(env.profile.limits.sockets).ok_or(CallError::InsufficientResources)?;
        self.sockets.insert(socket, Socket::Listener(port));
        self.listeners.insert(port, Listener::new(socket, backlog, options, env.profile));
        env.out.event(Event::StateChanged {
            local_port: port,
            remote: UNSPECIFIED,
            from: State::Closed,
            to: State::Listen,
            rule: Rule::CallListen,
        });
        Ok(Reply::Socket(socket))
    }

    /// Active OPEN: `<SEQ=ISS><CTL=SYN>`, SYN-SENT.
    pub(super) fn connect(
        &mut self,
        local_port: u16,
        remote: SocketAddr,
        options: SocketOptions,
        env: &mut Environment<'_>,
    ) -> Result<Reply, CallError> {
        // MUST-46.
        if remote.port() == 0 || remote.ip().is_unspecified() {
            return Err(CallError::Invalid);
        }
        if remote.ip().is_loopback() {
            return Err(CallError::HostUnreachable);
        }
        if !env.host.is_unicast(remote.ip()) {
            return Err(CallError::Invalid);
        }
        let source = env.host.source_for(remote.ip()).ok_or(CallError::HostUnreachable)?;
        env.host.next_hop(remote.ip()).ok_or(CallError::HostUnreachable)?;
        let local_port = match local_port {
            0 => self.choose_port(source, remote).ok_or(CallError::AddressInUse)?,
            port => port,
        };
        let pair = Pair { local: SocketAddr::new(source, local_port), remote };
        if self.connections.contains(&pair) {
            return Err(CallError::AlreadyConnected);
        }
        if self.connections.len() >= env.profile.limits.connections {
            return Err(CallError::InsufficientResources);
        }
        let (connections, mut cx) = self.split(env);
        let socket = cx.sockets.allocate(cx.profile.limits.sockets).ok_or(CallError::InsufficientResources)?;
        cx.sockets.insert(socket, Socket::Connection { pair, error: None });
        let conn = Connection::new(pair, OpenedBy::Active, Owner::Socket(socket), options, &cx);
        let mut conn = cx.spare.hold(conn);
        conn.enter(State::SynSent, Rule::CallOpen, cx.out);
        output::send_syn(&mut conn, Flags::SYN, Rule::CallOpen, &mut cx);
        connections.insert(conn);
        Ok(Reply::Socket(socket))
    }

    /// A free local port towards this remote socket: each remote socket has its own row of ports, which
    /// an outsider cannot guess (RFC6056#3.3.3).
    fn choose_port(&mut self, source: IpAddr, remote: SocketAddr) -> Option<u16> {
        let count = u32::from(u16::MAX - FIRST_DYNAMIC_PORT) + 1;
        let unported = SocketAddr::new(source, 0);
        let offset = self.isn.rfc6528(Instant::ZERO, unported, remote).0 % count;
        for _ in 0..count {
            let place = (offset + u32::from(self.ports_chosen)) % count;
            self.ports_chosen = self.ports_chosen.wrapping_add(1);
            // Below `count`, so it fits.
            let port = FIRST_DYNAMIC_PORT + place as u16;
            let pair = Pair { local: SocketAddr::new(source, port), remote };
            if !self.connections.contains(&pair) && self.listeners.get(port).is_none() {
                return Some(port);
            }
        }
        None
    }

    /// Takes the oldest connection a listener has ready.
    pub(super) fn accept(&mut self, listener: SocketId) -> Result<Reply, CallError> {
        let Target::Listener(port) = self.target(listener)? else { return Err(CallError::Invalid) };
        let listener = self.listeners.get_mut(port).ok_or(CallError::NoSuchSocket)?;
        let socket = listener.next().ok_or(CallError::WouldBlock)?;
        let remote = self.sockets.remote(socket).ok_or(CallError::NoSuchSocket)?;
        Ok(Reply::Accepted { socket, remote })
    }
}
