//! STATUS (RFC9293#3.10.6), and Poll, its short form.

use core::net::SocketAddr;

use super::Target;
use super::open::UNSPECIFIED;
use crate::call::{CallError, Readiness, Reply, SocketId, Status};
use crate::tcp::connection::{Connection, Context};
use crate::tcp::sockets::Socket;
use crate::tcp::state::State;
use crate::tcp::{Environment, Pair, Tcp};

impl Tcp {
    pub(super) fn status(&mut self, socket: SocketId, env: &mut Environment<'_>) -> Result<Reply, CallError> {
        let status = match self.target(socket)? {
            Target::Connection(pair) => {
                let (connections, cx) = self.split(env);
                of_connection(connections.get(&pair).ok_or(CallError::NoSuchSocket)?, &cx)
            }
            Target::Listener(port) => {
                let waiting = self.listeners.get(port).map_or(0, |listener| listener.waiting());
                let pair = Pair { local: SocketAddr::new(UNSPECIFIED.ip(), port), remote: UNSPECIFIED };
                Status { unread: waiting, ..without_tcb(State::Listen, pair) }
            }
            Target::Gone => {
                if let Some(error) = self.take_error(socket) {
                    return Err(error);
                }
                let Some(Socket::Gone(remains)) = self.sockets.get(socket) else {
                    return Err(CallError::NoSuchSocket);
                };
                Status { unread: remains.unread.len(), ..without_tcb(State::Closed, remains.pair) }
            }
        };
        Ok(Reply::Status(status))
    }

    /// STATUS of every connection, whoever's it is, in the order of their sockets.
    pub(crate) fn all_connections(&mut self, env: &mut Environment<'_>) -> Vec<Status> {
        let (connections, cx) = self.split(env);
        connections.sorted(|_| true).into_iter().map(|conn| of_connection(conn, &cx)).collect()
    }

    pub(super) fn poll(&self, socket: SocketId) -> Result<Reply, CallError> {
        let readiness = match self.sockets.get(socket).ok_or(CallError::NoSuchSocket)? {
            Socket::Listener(port) => {
                let readable = self.listeners.get(*port).is_some_and(|listener| listener.waiting() > 0);
                Readiness { readable, ..Readiness::default() }
            }
            Socket::Connection { pair, .. } => readiness_of(self.connections.get(pair).ok_or(CallError::NoSuchSocket)?),
            Socket::Gone(remains) => Readiness {
                readable: true,
                writable: true,
                urgent: false,
                hangup: true,
                error: remains.error.is_some(),
            },
        };
        Ok(Reply::Readiness(readiness))
    }
}

fn of_connection(conn: &Connection, cx: &Context<'_>) -> Status {
    let tcb = &conn.tcb;
    let urgent_left = conn.urgent_left() as usize;
    Status {
        state: tcb.state,
        local: tcb.local,
        remote: tcb.remote,
        snd_wnd: tcb.snd.wnd,
        rcv_wnd: tcb.rcv.wnd,
        snd_una: tcb.snd.una.0,
        snd_nxt: tcb.snd.nxt.0,
        rcv_nxt: tcb.rcv.nxt.0,
        unacked: conn.send.len(),
        unread: conn.unread.len(),
        urgent: urgent_left > 0,
        urgent_left,
        // At most the MTU, which is 16 bits wide.
        send_mss: conn.effective_send_mss(cx) as u16,
        rto: conn.rto.rto(),
        cwnd: conn.congestion.window(),
        tos: conn.options.tos,
        user_timeout: conn.user_timeout_span(cx.profile),
    }
}

fn without_tcb(state: State, pair: Pair) -> Status {
    Status {
        state,
        local: pair.local,
        remote: pair.remote,
        snd_wnd: 0,
        rcv_wnd: 0,
        snd_una: 0,
        snd_nxt: 0,
        rcv_nxt: 0,
        unacked: 0,
        unread: 0,
        urgent: false,
        urgent_left: 0,
        send_mss: 0,
        rto: core::time::Duration::ZERO,
        cwnd: 0,
        tos: 0,
        user_timeout: None,
    }
}

/// A Send is never refused for want of an open window: the buffer is what counts.
fn readiness_of(conn: &Connection) -> Readiness {
    let at_end = conn.state().remote_has_closed();
    let may_send = match conn.state() {
        State::Established | State::CloseWait => !conn.user_has_closed(),
        State::Closed
        | State::Listen
        | State::SynSent
        | State::SynReceived
        | State::FinWait1
        | State::FinWait2
        | State::Closing
        | State::LastAck
        | State::TimeWait => false,
    };
    Readiness {
        readable: !conn.unread.is_empty() || at_end,
        writable: may_send && conn.send.free() > 0,
        urgent: conn.urgent_left() > 0,
        hangup: at_end && conn.user_has_closed(),
        error: false,
    }
}
