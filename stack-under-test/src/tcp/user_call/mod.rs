//! The user calls (RFC9293#3.10.1 to #3.10.6), a file each, the states in the RFC's order.
//!
//! [`Tcp::user_call`] finds what the socket stands for: a listener, a connection, or what a deleted
//! connection left. The files do the rest.

mod abort;
mod close;
mod open;
mod receive;
mod send;
mod status;

use super::sockets::Socket;
use super::timer::Timer;
use super::{Environment, Pair, Tcp};
use crate::call::{CallError, Reply, SocketId, SocketOption, SocketOptions, UserCall};

/// What a socket stands for at the moment.
#[derive(Clone, Copy)]
enum Target {
    Listener(u16),
    Connection(Pair),
    Gone,
}

impl Tcp {
    pub(crate) fn user_call(&mut self, call: UserCall<'_>, env: &mut Environment<'_>) -> Result<Reply, CallError> {
        match call {
            UserCall::Listen { port, backlog, options } => self.listen(port, backlog, options, env),
            UserCall::Connect { local_port, remote, options } => self.connect(local_port, remote, options, env),
            UserCall::Accept { listener } => self.accept(listener),
            UserCall::Send { socket, data, urgent } => self.send(socket, data, urgent, env),
            UserCall::Receive { socket, max } => self.receive(socket, max, env),
            UserCall::Shutdown { socket } => self.shutdown(socket, env),
            UserCall::Close { socket } => self.close(socket, env),
            UserCall::Abort { socket } => self.abort(socket, env),
            UserCall::Status { socket } => self.status(socket, env),
            UserCall::SetOption { socket, option } => self.set_option(socket, option, env),
            UserCall::Poll { socket } => self.poll(socket),
        }
    }

    fn target(&self, socket: SocketId) -> Result<Target, CallError> {
        match self.sockets.get(socket) {
            Some(&Socket::Listener(port)) => Ok(Target::Listener(port)),
            Some(&Socket::Connection { pair, .. }) => Ok(Target::Connection(pair)),
            Some(Socket::Gone(_)) => Ok(Target::Gone),
            None => Err(CallError::NoSuchSocket),
        }
    }

    /// The error a deleted connection left, reported once.
    fn take_error(&mut self, socket: SocketId) -> Option<CallError> {
        match self.sockets.get_mut(socket)? {
            Socket::Gone(remains) => remains.error.take(),
            Socket::Connection { error, .. } => error.take(),
            Socket::Listener(_) => None,
        }
    }

    fn set_option(
        &mut self,
        socket: SocketId,
        option: SocketOption,
        env: &mut Environment<'_>,
    ) -> Result<Reply, CallError> {
        match self.target(socket)? {
            Target::Listener(port) => {
                let listener = self.listeners.get_mut(port).ok_or(CallError::NoSuchSocket)?;
                apply(&mut listener.options, option);
            }
            Target::Connection(pair) => {
                self.on_connection(pair, env, |conn, cx| {
                    apply(&mut conn.options, option);
                    match option {
                        SocketOption::KeepAlive(_) => conn.restart_keepalive(cx),
                        // Counted from now; the next output starts it again.
                        SocketOption::UserTimeout(_) => {
                            conn.user_timeout = Timer::STOPPED;
                            conn.user_timeout_option.announce();
                        }
                        SocketOption::NoDelay(_)
                        | SocketOption::DelayedAck(_)
                        | SocketOption::Ttl(_)
                        | SocketOption::Tos(_)
                        | SocketOption::Linger0(_) => {}
                    }
                });
            }
            Target::Gone => {}
        }
        Ok(Reply::Done)
    }
}

fn apply(options: &mut SocketOptions, option: SocketOption) {
    match option {
        SocketOption::NoDelay(on) => options.nodelay = on,
        SocketOption::DelayedAck(on) => options.delayed_ack = on,
        SocketOption::UserTimeout(span) => options.user_timeout = span,
        SocketOption::Ttl(ttl) => options.ttl = ttl,
        SocketOption::Tos(tos) => options.tos = tos,
        SocketOption::KeepAlive(keepalive) => options.keepalive = keepalive,
        SocketOption::Linger0(on) => options.linger0 = on,
    }
}

#[cfg(test)]
mod tests;
