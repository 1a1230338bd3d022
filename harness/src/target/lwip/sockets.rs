//! The socket calls of a case on lwIP's raw API, with the outcomes that a BSD layer gives.
//!
//! lwIP's codes lack two differences that a user of sockets sees. A connection that ends with `ERR_RST` was refused if
//! it was never established and reset otherwise. `ERR_ABRT` to a user who did not abort means that one of lwIP's
//! timers gave up: ETIMEDOUT. The limit of `listen` is ignored, as lwIP's own socket layer ignores it in this build.
//! Urgent data cannot be sent.

use std::{collections::BTreeMap, net::SocketAddr};

use lwip::{CallError, Code, Options, Socket, Stack, Status, TcpState};

use super::{broken, v4};
use crate::{
    case::format::{Errno, Readiness, SocketSwitch},
    target::{Handle, Outcome, Pair, SocketCall, TargetError},
};

/// The sockets of one case.
pub(super) struct Sockets {
    options: Options,
    listener: Option<Socket>,
    connections: BTreeMap<u8, Connection>,
}

#[derive(Clone, Copy)]
struct Connection {
    socket: Socket,
    /// The user has no more data to send.
    shut: bool,
}

impl Sockets {
    /// None yet; each will get these options.
    pub(super) const fn new(options: Options) -> Self {
        Self { options, listener: None, connections: BTreeMap::new() }
    }

    /// Makes a call.
    pub(super) fn call(
        &mut self,
        stack: &mut Stack,
        on: Handle,
        pair: Pair,
        call: &SocketCall<'_>,
    ) -> Result<Outcome, TargetError> {
        let number = match (call, on) {
            // Cases with UDP are skipped: it is no host here.
            (SocketCall::Udp(_), _) => return Ok(Outcome::NoSocket),
            (SocketCall::Listen { .. }, _) => return self.listen(stack, pair.target),
            (_, Handle::Listener) => return self.on_listener(stack, call),
            (_, Handle::Connection(number)) => number,
        };
        match call {
            SocketCall::Connect { to } => return self.connect(stack, number, pair.target, *to),
            SocketCall::Accept => return Ok(self.accept(stack, number)),
            SocketCall::Listen { .. }
            | SocketCall::Send { .. }
            | SocketCall::Recv { .. }
            | SocketCall::Shutdown
            | SocketCall::Close
            | SocketCall::Abort
            | SocketCall::Poll
            | SocketCall::Set(_)
            | SocketCall::Udp(_) => {}
        }
        let Some(&connection) = self.connections.get(&number) else { return Ok(Outcome::NoSocket) };
        let Some(status) = stack.status(connection.socket) else { return Ok(Outcome::NoSocket) };
        let socket = connection.socket;
        match call {
            SocketCall::Send { data, urgent } => send(stack, connection, &status, data, *urgent),
            SocketCall::Recv { max } => recv(stack, socket, &status, *max),
            SocketCall::Shutdown => self.shutdown(stack, number, socket, &status),
            SocketCall::Close => {
                self.connections.remove(&number);
                stack.close(socket).map(outcome).map_err(broken)
            }
            SocketCall::Abort => {
                self.connections.remove(&number);
                stack.abort(socket).map(outcome).map_err(broken)
            }
            SocketCall::Poll => Ok(Outcome::Ready(ready(connection, &status))),
            SocketCall::Set(switch) => set(stack, socket, *switch),
            SocketCall::Listen { .. } | SocketCall::Connect { .. } | SocketCall::Accept | SocketCall::Udp(_) => {
                Err(TargetError::Broken("a call was dispatched twice".to_owned()))
            }
        }
    }

    fn listen(&mut self, stack: &mut Stack, at: SocketAddr) -> Result<Outcome, TargetError> {
        Ok(match stack.listen(v4(at)?, &self.options).map_err(broken)? {
            Ok(socket) => {
                self.listener = Some(socket);
                Outcome::Ok
            }
            Err(error) => failed(error),
        })
    }

    fn on_listener(&mut self, stack: &mut Stack, call: &SocketCall<'_>) -> Result<Outcome, TargetError> {
        let Some(socket) = self.listener else { return Ok(Outcome::NoSocket) };
        match call {
            SocketCall::Close | SocketCall::Abort => {
                self.listener = None;
                stack.close(socket).map(outcome).map_err(broken)
            }
            SocketCall::Poll => {
                let waiting = stack.status(socket).map_or(0, |status| status.unread);
                Ok(Outcome::Ready(Readiness {
                    readable: Some(waiting > 0),
                    writable: Some(false),
                    urgent: Some(false),
                    hangup: Some(false),
                    error: Some(false),
                }))
            }
            SocketCall::Set(switch) => set(stack, socket, *switch),
            SocketCall::Connect { .. } => Ok(Outcome::Error(Errno::EOPNOTSUPP)),
            SocketCall::Accept => Ok(Outcome::Error(Errno::EINVAL)),
            SocketCall::Listen { .. }
            | SocketCall::Send { .. }
            | SocketCall::Recv { .. }
            | SocketCall::Shutdown
            | SocketCall::Udp(_) => Ok(Outcome::Error(Errno::ENOTCONN)),
        }
    }

    fn connect(
        &mut self,
        stack: &mut Stack,
        number: u8,
        from: SocketAddr,
        to: SocketAddr,
    ) -> Result<Outcome, TargetError> {
        if let Some(connection) = self.connections.get(&number)
            && let Some(status) = stack.status(connection.socket)
        {
            return Ok(match take_error(stack, connection.socket, &status) {
                Some(errno) => Outcome::Error(errno),
                None if status.connected => Outcome::Error(Errno::EISCONN),
                None => Outcome::Error(Errno::EALREADY),
            });
        }
        Ok(match stack.connect(v4(from)?, v4(to)?, &self.options).map_err(broken)? {
            Ok(socket) => {
                self.connections.insert(number, Connection { socket, shut: false });
                Outcome::Ok
            }
            Err(error) => failed(error),
        })
    }

    fn accept(&mut self, stack: &mut Stack, number: u8) -> Outcome {
        let Some(listener) = self.listener else { return Outcome::NoSocket };
        match stack.accept(listener) {
            Some((socket, remote)) => {
                self.connections.insert(number, Connection { socket, shut: false });
                Outcome::Accepted(remote.into())
            }
            None => Outcome::WouldBlock,
        }
    }

    fn shutdown(
        &mut self,
        stack: &mut Stack,
        number: u8,
        socket: Socket,
        status: &Status,
    ) -> Result<Outcome, TargetError> {
        if let Some(errno) = take_error(stack, socket, status) {
            return Ok(Outcome::Error(errno));
        }
        let done = stack.shutdown(socket).map_err(broken)?;
        if done.is_ok()
            && let Some(connection) = self.connections.get_mut(&number)
        {
            connection.shut = true;
        }
        Ok(outcome(done))
    }
}

fn send(
    stack: &mut Stack,
    connection: Connection,
    status: &Status,
    data: &[u8],
    urgent: bool,
) -> Result<Outcome, TargetError> {
    if let Some(errno) = take_error(stack, connection.socket, status) {
        return Ok(Outcome::Error(errno));
    }
    if connection.shut || status.state.is_none() {
        return Ok(Outcome::Error(Errno::EPIPE));
    }
    if urgent {
        return Ok(Outcome::Error(Errno::EOPNOTSUPP));
    }
    if data.is_empty() {
        return Ok(Outcome::Sent(0));
    }
    if status.free == 0 {
        return Ok(Outcome::WouldBlock);
    }
    Ok(match stack.send(connection.socket, data).map_err(broken)? {
        Ok(taken) => Outcome::Sent(taken),
        Err(CallError::Code(Code::NoMemory)) => Outcome::WouldBlock,
        Err(error) => failed(error),
    })
}

/// Text on hand first; then the error that ended the connection, once; then the end of the stream.
fn recv(stack: &mut Stack, socket: Socket, status: &Status, max: usize) -> Result<Outcome, TargetError> {
    if status.unread > 0 {
        return stack.recv(socket, max.max(1)).map(Outcome::Data).map_err(broken);
    }
    if let Some(errno) = take_error(stack, socket, status) {
        return Ok(Outcome::Error(errno));
    }
    Ok(if status.eof || status.state.is_none() { Outcome::Eof } else { Outcome::WouldBlock })
}

fn ready(connection: Connection, status: &Status) -> Readiness {
    let gone = status.state.is_none();
    let may_send = match status.state {
        Some(TcpState::Established | TcpState::CloseWait) => !connection.shut && status.free > 0,
        Some(
            TcpState::Closed
            | TcpState::Listen
            | TcpState::SynSent
            | TcpState::SynReceived
            | TcpState::FinWait1
            | TcpState::FinWait2
            | TcpState::Closing
            | TcpState::LastAck
            | TcpState::TimeWait,
        ) => false,
        None => true,
    };
    Readiness {
        readable: Some(status.unread > 0 || status.eof || gone),
        writable: Some(may_send),
        urgent: Some(false),
        hangup: Some(gone || (status.eof && connection.shut)),
        error: Some(status.error.and_then(|code| ended_by(code, status.connected)).is_some()),
    }
}

fn set(stack: &mut Stack, socket: Socket, switch: SocketSwitch) -> Result<Outcome, TargetError> {
    match switch {
        SocketSwitch::Nagle(on) => stack.set_nodelay(socket, !on),
        SocketSwitch::Keepalive(on) => stack.set_keepalive(socket, on),
        SocketSwitch::Tos(tos) => stack.set_tos(socket, tos),
        SocketSwitch::UserTimeout(_) => return Ok(Outcome::Error(Errno::ENOPROTOOPT)),
    }
    .map(|()| Outcome::Ok)
    .map_err(broken)
}

/// The error that ended the connection, which is told once.
fn take_error(stack: &mut Stack, socket: Socket, status: &Status) -> Option<Errno> {
    stack.take_error(socket).and_then(|code| ended_by(code, status.connected))
}

/// What the end of a connection is to its user; `None` if it is just closed.
const fn ended_by(code: Code, was_connected: bool) -> Option<Errno> {
    match code {
        Code::Closed => None,
        Code::Reset if !was_connected => Some(Errno::ECONNREFUSED),
        Code::Aborted => Some(Errno::ETIMEDOUT),
        Code::Reset
        | Code::NoMemory
        | Code::NoRoute
        | Code::InUse
        | Code::Connected
        | Code::NotConnected
        | Code::Other(_) => Some(errno_of(code)),
    }
}

fn outcome(result: Result<(), CallError>) -> Outcome {
    result.map_or_else(failed, |()| Outcome::Ok)
}

const fn failed(error: CallError) -> Outcome {
    match error {
        CallError::Code(code) => Outcome::Error(errno_of(code)),
        CallError::NoConnection => Outcome::Error(Errno::ENOTCONN),
    }
}

/// What a call's result is to a user of sockets.
const fn errno_of(code: Code) -> Errno {
    match code {
        Code::NoMemory => Errno::ENOBUFS,
        Code::NoRoute => Errno::EHOSTUNREACH,
        Code::InUse => Errno::EADDRINUSE,
        Code::Connected => Errno::EISCONN,
        Code::NotConnected | Code::Closed => Errno::ENOTCONN,
        Code::Aborted => Errno::ECONNABORTED,
        Code::Reset => Errno::ECONNRESET,
        Code::Other(_) => Errno::EINVAL,
    }
}
