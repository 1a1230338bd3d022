//! CLOSE (RFC9293#3.10.4): as Shutdown, which keeps receiving, and as Close, which gives up the socket
//! (the half-duplex close of MAY-1).

use super::Target;
use super::open::UNSPECIFIED;
use crate::call::{CallError, Reply, SocketId};
use crate::event::Event;
use crate::rule::Rule;
use crate::tcp::connection::{Connection, Context, OpenedBy, Owner};
use crate::tcp::state::State;
use crate::tcp::{Environment, Tcp, reply};

impl Tcp {
    /// CLOSE as the RFC has it: the user will send no more, and still receives.
    pub(super) fn shutdown(&mut self, socket: SocketId, env: &mut Environment<'_>) -> Result<Reply, CallError> {
        match self.target(socket)? {
            Target::Listener(_) => Err(CallError::NotConnected),
            Target::Gone => Err(self.take_error(socket).unwrap_or(CallError::Closing)),
            Target::Connection(pair) => {
                self.on_connection(pair, env, stop_sending).ok_or(CallError::NoSuchSocket)?.map(|()| Reply::Done)
            }
        }
    }

    /// Gives up the socket: stops sending, and nobody will read.
    pub(super) fn close(&mut self, socket: SocketId, env: &mut Environment<'_>) -> Result<Reply, CallError> {
        match self.target(socket)? {
            Target::Listener(port) => self.stop_listening(port, Rule::CallCloseDelete, env),
            Target::Gone => {}
            Target::Connection(pair) => {
                self.on_connection(pair, env, give_up);
            }
        }
        self.sockets.remove(socket);
        Ok(Reply::Done)
    }

    /// LISTEN: the record is deleted. Connections of it that nobody accepted are reset.
    pub(super) fn stop_listening(&mut self, port: u16, rule: Rule, env: &mut Environment<'_>) {
        let Some(mut listener) = self.listeners.remove(port) else { return };
        let of_listener =
            |conn: &Connection| conn.opened_by == OpenedBy::Passive(listener.socket) && conn.owner == Owner::Listener;
        let mut children: Vec<_> = self.connections.sorted(of_listener).into_iter().map(Connection::pair).collect();
        while let Some(socket) = listener.next() {
            if let Ok(Target::Connection(pair)) = self.target(socket) {
                children.push(pair);
            }
            self.sockets.remove(socket);
        }
        for pair in children {
            self.on_connection(pair, env, |conn, cx| {
                conn.owner = Owner::Nobody;
                reply::abort(conn, Rule::CallCloseChild, cx);
                conn.enter(State::Closed, Rule::CallCloseChild, cx.out);
            });
        }
        env.out.event(Event::StateChanged {
            local_port: port,
            remote: UNSPECIFIED,
            from: State::Listen,
            to: State::Closed,
            rule,
        });
    }
}

/// The CLOSE call, state by state.
fn stop_sending(conn: &mut Connection, cx: &mut Context<'_>) -> Result<(), CallError> {
    match conn.state() {
        State::Closed | State::Listen => Err(CallError::NotConnected),
        State::SynSent => {
            if let Some(socket) = conn.socket() {
                cx.sockets.set_error(socket, CallError::Closing);
            }
            conn.enter(State::Closed, Rule::CallCloseDelete, cx.out);
            Ok(())
        }
        State::SynReceived => {
            let nothing_to_send = conn.send.len() == 0;
            conn.send.queue_fin();
            if nothing_to_send {
                conn.enter(State::FinWait1, Rule::CallClose, cx.out);
            }
            Ok(())
        }
        State::Established => {
            conn.send.queue_fin();
            conn.enter(State::FinWait1, Rule::CallClose, cx.out);
            Ok(())
        }
        // A second CLOSE may succeed (RFC9293#3.10.4); the FIN is not sent anew for it.
        State::FinWait1 | State::FinWait2 => Ok(()),
        // The FIN leaves, and LAST-ACK begins, when the data before it has left: see `output`.
        State::CloseWait if !conn.user_has_closed() => {
            conn.send.queue_fin();
            Ok(())
        }
        State::CloseWait | State::Closing | State::LastAck | State::TimeWait => Err(CallError::Closing),
    }
}

/// Close: with data unread, a RST (SHLD-3) or nothing but a FIN, as the profile says.
fn give_up(conn: &mut Connection, cx: &mut Context<'_>) {
    if conn.options.linger0 {
        super::abort::abort(conn, cx);
    } else if !conn.unread.is_empty() && cx.profile.close_unread_rst && conn.state() != State::TimeWait {
        reply::abort(conn, Rule::CallCloseUnread, cx);
        conn.enter(State::Closed, Rule::CallCloseUnread, cx.out);
    } else {
        // Closing what is closed already is no news to its user, who is leaving.
        let _already_closing = stop_sending(conn, cx);
    }
    conn.owner = Owner::Nobody;
    conn.unread.clear();
}
