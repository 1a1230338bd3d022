//! The user calls, as BSD's sockets have them, on smoltcp's.
//!
//! `shutdown` is smoltcp's `close`: its transmit half ends, and it goes on receiving. `close` is the same on a socket
//! that nobody reads any more; smoltcp has no call for that. smoltcp's `InvalidState` becomes what a BSD socket reports
//! in that state.

use smoltcp::{iface::Interface, socket::tcp};

use super::{
    config::{fixed, smol},
    sockets::{Sockets, endpoint},
};
use crate::{
    case::format::{Errno, Readiness, SocketSwitch},
    target::{Handle, Outcome, Pair, SocketCall},
};

impl Sockets {
    /// Makes a call. What it makes smoltcp send leaves with the poll that follows.
    pub(super) fn call(&mut self, interface: &mut Interface, on: Handle, pair: Pair, call: &SocketCall<'_>) -> Outcome {
        match *call {
            SocketCall::Listen { backlog } => return self.open_passive(on, pair, backlog),
            SocketCall::Connect { to } => return self.connect(interface, on, Pair { peer: to, ..pair }),
            SocketCall::Accept if !self.has_listener() => return Outcome::NoSocket,
            SocketCall::Accept => return self.accept(on).map_or(Outcome::WouldBlock, Outcome::Accepted),
            SocketCall::Send { .. }
            | SocketCall::Recv { .. }
            | SocketCall::Shutdown
            | SocketCall::Close
            | SocketCall::Abort
            | SocketCall::Poll
            | SocketCall::Set(_) => {}
            // Cases with UDP are skipped: it is no host here.
            SocketCall::Udp(_) => return Outcome::NoSocket,
        }
        if on == Handle::Listener {
            return self.call_listener(call);
        }
        let Some(place) = self.find(on) else { return Outcome::NoSocket };
        match *call {
            SocketCall::Send { data, urgent } => self.send(place, data, urgent),
            SocketCall::Recv { max } => self.recv(place, max),
            SocketCall::Shutdown => self.shutdown(place),
            SocketCall::Poll => self.readiness(place),
            SocketCall::Set(switch) => self.switch(place, switch),
            SocketCall::Close => {
                self.tcp(place).close();
                self.disown(place);
                Outcome::Ok
            }
            SocketCall::Abort => {
                self.tcp(place).abort();
                self.disown(place);
                Outcome::Ok
            }
            SocketCall::Listen { .. } | SocketCall::Connect { .. } | SocketCall::Accept | SocketCall::Udp(_) => {
                Outcome::NoSocket
            }
        }
    }

    fn call_listener(&mut self, call: &SocketCall<'_>) -> Outcome {
        if !self.has_listener() {
            return Outcome::NoSocket;
        }
        match call {
            SocketCall::Close | SocketCall::Abort => {
                self.stop_listening();
                Outcome::Ok
            }
            SocketCall::Poll => Outcome::Ready(Readiness {
                readable: Some(self.can_accept()),
                writable: Some(false),
                urgent: Some(false),
                hangup: Some(false),
                error: Some(false),
            }),
            SocketCall::Send { .. }
            | SocketCall::Recv { .. }
            | SocketCall::Shutdown
            | SocketCall::Set(_)
            | SocketCall::Listen { .. }
            | SocketCall::Connect { .. }
            | SocketCall::Accept
            | SocketCall::Udp(_) => Outcome::Error(Errno::ENOTCONN),
        }
    }

    fn open_passive(&mut self, on: Handle, pair: Pair, backlog: Option<u32>) -> Outcome {
        if on != Handle::Listener || pair.target.port() == 0 {
            return Outcome::Error(Errno::EINVAL);
        }
        if self.has_listener() {
            return Outcome::Error(Errno::EADDRINUSE);
        }
        let backlog = backlog.map_or(self.options.backlog, |backlog| usize::try_from(backlog).unwrap_or(usize::MAX));
        self.listen(pair.target, backlog);
        Outcome::Ok
    }

    fn connect(&mut self, interface: &mut Interface, on: Handle, pair: Pair) -> Outcome {
        if on == Handle::Listener {
            return Outcome::Error(Errno::EOPNOTSUPP);
        }
        if let Some(place) = self.find(on) {
            match self.tcp(place).state() {
                tcp::State::Closed => self.disown(place),
                tcp::State::SynSent | tcp::State::SynReceived => return Outcome::Error(Errno::EALREADY),
                tcp::State::Listen
                | tcp::State::Established
                | tcp::State::FinWait1
                | tcp::State::FinWait2
                | tcp::State::CloseWait
                | tcp::State::Closing
                | tcp::State::LastAck
                | tcp::State::TimeWait => return Outcome::Error(Errno::EISCONN),
            }
        }
        // smoltcp leaves the choice of the local port to its user, and with it that a pair is free.
        if self.in_use(pair) {
            return Outcome::Error(Errno::EADDRINUSE);
        }
        let mut socket = self.socket();
        match socket.connect(interface.context(), endpoint(pair.peer), endpoint(pair.target)) {
            Ok(()) => {
                self.add(on, socket, pair);
                Outcome::Ok
            }
            Err(tcp::ConnectError::Unaddressable | tcp::ConnectError::InvalidState) => Outcome::Error(Errno::EINVAL),
        }
    }

    fn send(&mut self, place: usize, data: &[u8], urgent: bool) -> Outcome {
        if let Some(error) = self.take_error(place) {
            return Outcome::Error(error);
        }
        if urgent {
            // smoltcp never sets URG.
            return Outcome::Error(Errno::EOPNOTSUPP);
        }
        let socket = self.tcp(place);
        match socket.send_slice(data) {
            Ok(0) if !data.is_empty() => Outcome::WouldBlock,
            Ok(taken) => {
                self.sent(taken);
                Outcome::Sent(taken)
            }
            Err(tcp::SendError::InvalidState) => match socket.state() {
                tcp::State::SynSent | tcp::State::SynReceived => Outcome::WouldBlock,
                tcp::State::Closed
                | tcp::State::Listen
                | tcp::State::Established
                | tcp::State::FinWait1
                | tcp::State::FinWait2
                | tcp::State::CloseWait
                | tcp::State::Closing
                | tcp::State::LastAck
                | tcp::State::TimeWait => Outcome::Error(Errno::EPIPE),
            },
        }
    }

    /// Text on hand first, then the error, then the end of the stream.
    fn recv(&mut self, place: usize, max: usize) -> Outcome {
        if max == 0 {
            return Outcome::Error(Errno::EINVAL);
        }
        let socket = self.tcp(place);
        if socket.can_recv() {
            let mut data = vec![0; socket.recv_queue().min(max)];
            let taken = socket.recv_slice(&mut data).unwrap_or(0);
            data.truncate(taken);
            return if data.is_empty() { Outcome::WouldBlock } else { Outcome::Data(data) };
        }
        let state = socket.state();
        let finished = matches!(socket.recv(|_| (0, ())), Err(tcp::RecvError::Finished));
        if let Some(error) = self.take_error(place) {
            return Outcome::Error(error);
        }
        match state {
            tcp::State::Closed => Outcome::Eof,
            _ if finished => Outcome::Eof,
            _ => Outcome::WouldBlock,
        }
    }

    fn shutdown(&mut self, place: usize) -> Outcome {
        if let Some(error) = self.take_error(place) {
            return Outcome::Error(error);
        }
        let socket = self.tcp(place);
        if socket.state() == tcp::State::Closed {
            return Outcome::Error(Errno::ENOTCONN);
        }
        socket.close();
        Outcome::Ok
    }

    fn readiness(&mut self, place: usize) -> Outcome {
        let error = self.has_error(place);
        let socket = self.tcp(place);
        let closed = socket.state() == tcp::State::Closed;
        let finished = matches!(socket.recv(|_| (0, ())), Err(tcp::RecvError::Finished));
        let both_closed = matches!(
            socket.state(),
            tcp::State::Closed | tcp::State::Closing | tcp::State::LastAck | tcp::State::TimeWait
        );
        Outcome::Ready(Readiness {
            readable: Some(socket.can_recv() || finished || error || closed),
            writable: Some(socket.can_send()),
            urgent: Some(false),
            hangup: Some(both_closed),
            error: Some(error),
        })
    }

    fn switch(&mut self, place: usize, switch: SocketSwitch) -> Outcome {
        let interval = smol(self.options.keepalive_interval);
        let socket = self.tcp(place);
        match switch {
            SocketSwitch::Nagle(on) => socket.set_nagle_enabled(on),
            SocketSwitch::Keepalive(on) => socket.set_keep_alive(on.then_some(interval)),
            SocketSwitch::Tos(0) => {}
            SocketSwitch::Tos(_) => return Outcome::Error(Errno::ENOPROTOOPT),
            SocketSwitch::UserTimeout(span) => match fixed(span, "user-timeout") {
                Ok(timeout) => socket.set_timeout(Some(smol(timeout))),
                Err(_) => return Outcome::Error(Errno::EINVAL),
            },
        }
        Outcome::Ok
    }
}
