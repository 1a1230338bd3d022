//! RECEIVE (RFC9293#3.10.3).

use std::collections::VecDeque;

use super::Target;
use crate::call::{CallError, Reply, SocketId};
use crate::tcp::connection::{Connection, Context};
use crate::tcp::sockets::Socket;
use crate::tcp::state::State;
use crate::tcp::{Environment, Tcp};

impl Tcp {
    pub(super) fn receive(
        &mut self,
        socket: SocketId,
        max: usize,
        env: &mut Environment<'_>,
    ) -> Result<Reply, CallError> {
        if max == 0 {
            // An empty answer means the end of the stream.
            return Err(CallError::Invalid);
        }
        match self.target(socket)? {
            Target::Listener(_) => Err(CallError::NotConnected),
            Target::Gone => self.receive_remains(socket, max),
            Target::Connection(pair) => self
                .on_connection(pair, env, |conn, cx| take(conn, max, cx))
                .ok_or(CallError::NoSuchSocket)?
                .map(Reply::Received),
        }
    }

    /// What a deleted connection left: its text, then its error, then the end of the stream.
    fn receive_remains(&mut self, socket: SocketId, max: usize) -> Result<Reply, CallError> {
        let Some(Socket::Gone(remains)) = self.sockets.get_mut(socket) else { return Err(CallError::NoSuchSocket) };
        if remains.unread.is_empty()
            && let Some(error) = remains.error.take()
        {
            return Err(error);
        }
        Ok(Reply::Received(take_front(&mut remains.unread, max)))
    }
}

/// Text on hand first, whatever the state; then the end of the stream if the remote side has closed.
fn take(conn: &mut Connection, max: usize, cx: &Context<'_>) -> Result<Vec<u8>, CallError> {
    if conn.unread.is_empty() {
        let ended = conn.state().remote_has_closed();
        return if ended { Ok(Vec::new()) } else { Err(CallError::WouldBlock) };
    }
    // One call never returns urgent data together with what follows them (RFC9293#3.9.1.3).
    let max = match conn.urgent_left() as usize {
        0 => max,
        left => max.min(left),
    };
    let text = take_front(&mut conn.unread, max);
    conn.age_urgent_pointers();
    match conn.state() {
        State::Established | State::FinWait1 | State::FinWait2 => conn.update_window(cx),
        State::Closed
        | State::Listen
        | State::SynSent
        | State::SynReceived
        | State::CloseWait
        | State::Closing
        | State::LastAck
        | State::TimeWait => {}
    }
    Ok(text)
}

/// Most often all of it, which is handed over with its memory: no copy, and an idle connection holds none.
fn take_front(unread: &mut VecDeque<u8>, max: usize) -> Vec<u8> {
    let rest = unread.split_off(unread.len().min(max));
    core::mem::replace(unread, rest).into()
}
