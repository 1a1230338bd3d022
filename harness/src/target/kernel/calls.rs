//! The user calls, as socket calls that never block.
//!
//! OPEN is `listen` or `connect`, SEND `send`, RECEIVE `recv`, CLOSE `shutdown` or `close`, ABORT a close with a
//! linger time of zero; STATUS is [`super::tcp_info`].

use std::{
    collections::{BTreeMap, BTreeSet},
    io::{self, ErrorKind},
    net::{Ipv4Addr, SocketAddr},
    time::Duration,
};

use nix::poll::PollFlags;

use super::{
    config::{SocketOptions, ds_field, milliseconds},
    errno,
    listener::Spare,
    sock_diag::Sighting,
    socket::{Socket, SocketOption},
    tcp_info::{self, TcpInfo},
    udp::UdpSocket,
    urgent,
};
use crate::{
    case::{
        format::{IpVersion, Readiness, SocketSwitch},
        state::State,
    },
    fiber::{self, Call},
    target::{Handle, Outcome, Pair, SocketCall, TargetError},
};

/// The most one `recv` takes: more than any window without scaling, twice over.
const RECV_LIMIT: usize = 1 << 20;

/// The sockets of one case.
pub(super) struct Sockets {
    options: SocketOptions,
    listener: Option<Socket>,
    /// The listener of an earlier case, for this one to use.
    spare: Option<Spare>,
    /// The listener is as every usual case wants it.
    listener_is_usual: bool,
    connections: BTreeMap<u8, Connection>,
    /// Connections with an urgent pointer that `poll` does not show yet.
    announced: BTreeSet<u8>,
    /// Accepted on the way to the connection that was asked for.
    parked: Vec<(SocketAddr, Socket)>,
    udp: UdpSocket,
}

/// A connected socket, or one that connects.
struct Connection {
    remote: SocketAddr,
    socket: Socket,
    /// Notices of urgent data come to this thread.
    has_notices: bool,
}

impl Connection {
    const fn new(remote: SocketAddr, socket: Socket) -> Self {
        Self { remote, socket, has_notices: false }
    }
}

/// What the sockets of a case leave behind.
pub(super) struct Left {
    /// The listener, for a later case.
    pub(super) spare: Option<Spare>,
    /// Peers whose connections are gone for sure.
    pub(super) gone: Vec<SocketAddr>,
}

impl Sockets {
    /// None yet; each will get these options. `spare` is for cases without switches of their own only.
    pub(super) const fn new(options: SocketOptions, usual: bool, spare: Option<Spare>) -> Self {
        Self {
            options,
            listener: None,
            spare,
            listener_is_usual: usual,
            connections: BTreeMap::new(),
            announced: BTreeSet::new(),
            parked: Vec::new(),
            udp: UdpSocket::none(),
        }
    }

    /// Whether the case has a listening socket.
    pub(super) const fn has_listener(&self) -> bool {
        self.listener.is_some()
    }

    /// What `TCP_INFO` says of a socket; `None` without a socket.
    pub(super) fn info(&self, on: Handle) -> Result<Option<Sighting>, TargetError> {
        let read = |socket| tcp_info::read(socket).map_err(|errno| errno::io("read TCP_INFO", errno));
        self.socket(on).map(read).transpose()
    }

    /// Makes a call.
    pub(super) fn call(&mut self, on: Handle, pair: Pair, call: &SocketCall<'_>) -> Result<Outcome, TargetError> {
        match call {
            SocketCall::Listen { backlog } => return self.listen(on, pair.target, *backlog),
            SocketCall::Connect { to } => return self.connect(on, pair.target, *to),
            SocketCall::Accept => return self.accept(on, pair.peer),
            SocketCall::Close => return Ok(self.take(on).map_or(Outcome::NoSocket, |_closed| Outcome::Ok)),
            SocketCall::Abort => return self.take(on).map_or(Ok(Outcome::NoSocket), abort),
            SocketCall::Send { .. }
            | SocketCall::Recv { .. }
            | SocketCall::Shutdown
            | SocketCall::Poll
            | SocketCall::Set(_) => {}
            SocketCall::Udp(call) => return self.udp.call(pair.target, call),
        }
        let announced = self.urgent_announced_still(on)?;
        let Some(socket) = self.socket(on) else { return Ok(Outcome::NoSocket) };
        match call {
            SocketCall::Send { data, urgent } => send_bytes(socket, data, *urgent),
            SocketCall::Recv { max } => recv_bytes(socket, *max),
            SocketCall::Shutdown => outcome("shut a socket down", socket.stop_writing()),
            SocketCall::Poll => ready(socket, on, announced),
            SocketCall::Set(switch) => {
                let outcome = set(socket, self.options.version, *switch);
                self.listener_is_usual &= on != Handle::Listener;
                outcome
            }
            SocketCall::Listen { .. }
            | SocketCall::Connect { .. }
            | SocketCall::Accept
            | SocketCall::Close
            | SocketCall::Abort
            | SocketCall::Udp(_) => Err(TargetError::Broken("a call was dispatched twice".to_owned())),
        }
    }

    /// Sets the user timeout of a socket (MUST-21).
    pub(super) fn set_user_timeout(&mut self, on: Handle, timeout: Duration) -> Result<Outcome, TargetError> {
        let Some(socket) = self.socket(on) else { return Ok(Outcome::NoSocket) };
        let outcome = outcome("set the user timeout", socket.set(SocketOption::USER_TIMEOUT, milliseconds(timeout)));
        self.listener_is_usual &= on != Handle::Listener;
        outcome
    }

    /// Lets the kernel announce urgent pointers on every connection there is; whether there is one.
    pub(super) fn own_notices(&mut self) -> Result<bool, TargetError> {
        for connection in self.connections.values_mut().filter(|connection| !connection.has_notices) {
            urgent::own(&connection.socket).map_err(|error| errno::io("ask for notices of urgent data", error))?;
            connection.has_notices = true;
        }
        Ok(!self.connections.is_empty())
    }

    /// The kernel gave notice of an urgent pointer on the connection with this remote side.
    pub(super) fn urgent_announced(&mut self, peer: SocketAddr) {
        let is_it = |socket: &Socket| socket.peer().is_ok_and(|address| address.as_socket() == Some(peer));
        let connections = self.connections.iter().filter(|(_, connection)| is_it(&connection.socket));
        self.announced.extend(connections.map(|(&number, _)| number));
    }

    /// Whether an urgent pointer was announced and its octet is yet to come; when it has come, `poll` knows better.
    fn urgent_announced_still(&mut self, on: Handle) -> Result<bool, TargetError> {
        let Handle::Connection(number) = on else { return Ok(false) };
        if !self.announced.contains(&number) {
            return Ok(false);
        }
        let arrived = match self.socket(on) {
            Some(socket) => events(socket)?.contains(PollFlags::POLLPRI),
            None => true,
        };
        if arrived {
            self.announced.remove(&number);
        }
        Ok(!arrived)
    }

    /// Ends the case: no connection with a descriptor is left, nor anything that they would still send, and nobody
    /// listens.
    pub(super) fn abort_all(self, port: u16) -> Left {
        let connections = self.connections.into_values().map(|connection| (connection.remote, connection.socket));
        let (remotes, sockets): (Vec<_>, Vec<_>) = connections.chain(self.parked).unzip();
        let mut infos: Vec<_> = sockets.iter().map(|_| TcpInfo::new()).collect();
        let mut calls = Vec::with_capacity(3 * sockets.len() + 1);
        for (socket, info) in sockets.into_iter().zip(&mut infos) {
            calls.extend([socket.resetting_at_close(), info.asking(&socket), socket.closing()]);
        }
        let (usual, other) = if self.listener_is_usual { (self.listener, None) } else { (None, self.listener) };
        calls.extend(usual.as_ref().map(Socket::stopping_to_read));
        // SAFETY: the listener and the room for answers are there until the calls are made; those on other sockets end with
        // their closing.
        unsafe { fiber::make(&mut calls) };
        drop(other);
        let (ends, stopped) = calls.split_at(3 * infos.len());
        let (ends, _) = ends.as_chunks::<3>();
        // A connection that its descriptor still has ends with it; else something may live on without one.
        let is_gone = |info: &TcpInfo, [reset, asked, _]: &[Call; 3]| {
            reset.result().is_ok() && info.told(asked).is_ok_and(|sighting| sighting.state.is_some())
        };
        let told = remotes.into_iter().zip(infos.iter().zip(ends));
        let gone = told.filter(|(_, (info, calls))| is_gone(info, calls)).map(|(remote, _)| remote).collect();
        let spare = match usual {
            Some(listener) => {
                let stopped = stopped.iter().all(|call| call.result().is_ok());
                stopped.then(|| Spare::new(listener, self.options.version, port))
            }
            None => self.spare,
        };
        Left { spare, gone }
    }

    fn socket(&self, on: Handle) -> Option<&Socket> {
        match on {
            Handle::Listener => self.listener.as_ref(),
            Handle::Connection(number) => self.connections.get(&number).map(|connection| &connection.socket),
        }
    }

    fn take(&mut self, on: Handle) -> Option<Socket> {
        match on {
            Handle::Listener => self.listener.take(),
            Handle::Connection(number) => self.connections.remove(&number).map(|connection| connection.socket),
        }
    }

    fn listen(&mut self, on: Handle, at: SocketAddr, backlog: Option<u32>) -> Result<Outcome, TargetError> {
        if on != Handle::Listener {
            return Err(TargetError::Broken("only the listener can listen".to_owned()));
        }
        let backlog = i32::try_from(backlog.unwrap_or(self.options.backlog)).unwrap_or(i32::MAX);
        // One listener per port: a second one must not share the port, as it otherwise could.
        let first = self.listener.is_none();
        let listening = match self.spare.take_if(|spare| first && spare.port() == at.port()) {
            Some(spare) => spare.listen(backlog),
            None => match self.bound(at, first)? {
                Ok(socket) => socket.listen(backlog).map(|()| socket),
                Err(outcome) => return Ok(outcome),
            },
        };
        match listening {
            Ok(socket) => {
                if self.options.pingpong {
                    delay_acks(&socket)?;
                }
                self.listener = Some(socket);
                Ok(Outcome::Ok)
            }
            Err(error) => Ok(Outcome::Error(errno::of_call("listen", error)?)),
        }
    }

    fn connect(&mut self, on: Handle, from: SocketAddr, to: SocketAddr) -> Result<Outcome, TargetError> {
        let Handle::Connection(number) = on else {
            return Err(TargetError::Broken("the listener cannot connect".to_owned()));
        };
        if let Some(Connection { socket, .. }) = self.connections.get(&number) {
            // Linux first tells that the connection asked for earlier is there, whatever is asked for now.
            let told = socket.connect(to);
            return connect_outcome(if told.is_ok() { socket.connect(to) } else { told });
        }
        let socket = match self.bound(from, true)? {
            Ok(socket) => socket,
            Err(outcome) => return Ok(outcome),
        };
        if self.options.pingpong {
            delay_acks(&socket)?;
        }
        let outcome = connect_outcome(socket.connect(to))?;
        if outcome == Outcome::Ok {
            self.connections.insert(number, Connection::new(to, socket));
        }
        Ok(outcome)
    }

    /// A new socket with the case's options and an address. Inside: what `bind` reported.
    fn bound(&self, at: SocketAddr, share: bool) -> Result<Result<Socket, Outcome>, TargetError> {
        let socket = Socket::new(self.options.version).map_err(|error| errno::io("make a socket", error))?;
        // A listener and connections from the same port have to get along (MUST-42); Linux asks each to agree.
        let sharing = [
            ("right to reuse an address", SocketOption::REUSE_ADDRESS, 1),
            ("right to share a port", SocketOption::REUSE_PORT, share.into()),
        ];
        self.options
            .apply(&socket, &sharing)
            .map_err(|(option, error)| errno::io(&format!("set the {option} of a socket"), error))?;
        Ok(match socket.bind(at) {
            Ok(()) => Ok(socket),
            Err(error) => Err(Outcome::Error(errno::of_call("bind", error)?)),
        })
    }

    /// Takes the connection from this peer. Others that come before it in the queue are kept for their turn.
    fn accept(&mut self, on: Handle, from: SocketAddr) -> Result<Outcome, TargetError> {
        let Handle::Connection(number) = on else {
            return Err(TargetError::Broken("a connection cannot be accepted as the listener".to_owned()));
        };
        let found = match self.parked.iter().position(|(remote, _)| *remote == from) {
            Some(index) => self.parked.swap_remove(index).1,
            None => match self.accept_from(from)? {
                Ok(socket) => socket,
                Err(outcome) => return Ok(outcome),
            },
        };
        if self.options.pingpong {
            delay_acks(&found)?;
        }
        self.announced.remove(&number);
        if let Some(earlier) = self.connections.insert(number, Connection::new(from, found)) {
            // It stays open, as it would in a program that has lost its descriptor, and is aborted with the case.
            self.parked.push((SocketAddr::new(Ipv4Addr::UNSPECIFIED.into(), 0), earlier.socket));
        }
        Ok(Outcome::Accepted(from))
    }

    fn accept_from(&mut self, from: SocketAddr) -> Result<Result<Socket, Outcome>, TargetError> {
        let Some(listener) = &self.listener else { return Ok(Err(Outcome::NoSocket)) };
        loop {
            let (socket, remote) = match listener.accept() {
                Ok(accepted) => accepted,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(Err(Outcome::WouldBlock)),
                Err(error) => return Ok(Err(Outcome::Error(errno::of_call("accept", error)?))),
            };
            match remote.as_socket() {
                Some(remote) if remote == from => return Ok(Ok(socket)),
                Some(remote) => self.parked.push((remote, socket)),
                None => return Err(TargetError::Broken("an accepted connection is not IP".to_owned())),
            }
        }
    }
}

fn abort(socket: Socket) -> Result<Outcome, TargetError> {
    outcome("set the linger time", socket.reset_at_close())
}

fn outcome(doing: &str, result: io::Result<()>) -> Result<Outcome, TargetError> {
    match result {
        Ok(()) => Ok(Outcome::Ok),
        Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(Outcome::WouldBlock),
        Err(error) => Ok(Outcome::Error(errno::of_call(doing, error)?)),
    }
}

/// A `connect` that is under way counts as success.
fn connect_outcome(result: io::Result<()>) -> Result<Outcome, TargetError> {
    match result {
        Err(error) if error.raw_os_error() == Some(libc::EINPROGRESS) => Ok(Outcome::Ok),
        result => outcome("connect", result),
    }
}

fn send_bytes(socket: &Socket, data: &[u8], urgent: bool) -> Result<Outcome, TargetError> {
    match socket.send(data, urgent) {
        Ok(sent) => Ok(Outcome::Sent(sent)),
        Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(Outcome::WouldBlock),
        Err(error) => Ok(Outcome::Error(errno::of_call("send", error)?)),
    }
}

/// Receives all there is, up to `max`: one `recv` may stop short at an urgent mark.
fn recv_bytes(socket: &Socket, max: usize) -> Result<Outcome, TargetError> {
    let max = max.clamp(1, RECV_LIMIT);
    let mut data = Vec::new();
    loop {
        // Only what is known to be there: another try would take an error, or the end, that belongs to the next call.
        let waiting = socket.unread().map_err(|error| errno::io("ask for unread bytes", error))?;
        let filled = data.len();
        let room = waiting.max(usize::from(filled == 0)).min(max - filled);
        if room == 0 {
            return Ok(Outcome::Data(data));
        }
        data.resize(filled + room, 0);
        match socket.recv(&mut data[filled..]) {
            Ok(0) if filled == 0 => return Ok(Outcome::Eof),
            Ok(len) => data.truncate(filled + len),
            Err(error) if error.kind() == ErrorKind::WouldBlock && filled == 0 => return Ok(Outcome::WouldBlock),
            Err(error) if error.kind() == ErrorKind::WouldBlock => data.truncate(filled),
            Err(error) => return Ok(Outcome::Error(errno::of_call("recv", error)?)),
        }
        if data.len() == filled {
            return Ok(Outcome::Data(data));
        }
    }
}

fn events(socket: &Socket) -> Result<PollFlags, TargetError> {
    socket.events().map_err(|error| errno::io("poll a socket", error))
}

fn ready(socket: &Socket, on: Handle, urgent_announced: bool) -> Result<Outcome, TargetError> {
    let events = events(socket)?;
    // Linux calls a socket writable also when a write would only bring an error.
    let open_to_send = match on {
        Handle::Listener => false,
        Handle::Connection(_) => {
            let info = tcp_info::read(socket).map_err(|errno| errno::io("read TCP_INFO", errno))?;
            matches!(info.state, Some(State::Established | State::CloseWait))
        }
    };
    Ok(Outcome::Ready(Readiness {
        readable: Some(events.contains(PollFlags::POLLIN)),
        writable: Some(open_to_send && events.contains(PollFlags::POLLOUT)),
        urgent: Some(urgent_announced || events.contains(PollFlags::POLLPRI)),
        hangup: Some(events.contains(PollFlags::POLLHUP)),
        error: Some(events.contains(PollFlags::POLLERR)),
    }))
}

fn set(socket: &Socket, version: IpVersion, switch: SocketSwitch) -> Result<Outcome, TargetError> {
    match switch {
        SocketSwitch::Nagle(on) => outcome("set TCP_NODELAY", socket.set(SocketOption::NO_DELAY, (!on).into())),
        SocketSwitch::Keepalive(on) => outcome("set SO_KEEPALIVE", socket.set(SocketOption::KEEP_ALIVE, on.into())),
        SocketSwitch::Tos(tos) => outcome("set the DS field", socket.set(ds_field(version), tos.into())),
        SocketSwitch::UserTimeout(_) => Err(TargetError::Broken("a user timeout was not resolved".to_owned())),
    }
}

/// Linux acknowledges the first segments of a connection at once; this makes it delay from the first one on.
fn delay_acks(socket: &Socket) -> Result<(), TargetError> {
    socket.set(SocketOption::QUICK_ACK, 0).map_err(|error| errno::io("switch quick acknowledgements off", error))
}
