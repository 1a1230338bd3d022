//! SEND (RFC9293#3.10.2).

use super::Target;
use crate::call::{CallError, Reply, SocketId};
use crate::tcp::connection::Connection;
use crate::tcp::state::State;
use crate::tcp::{Environment, Tcp};

impl Tcp {
    pub(super) fn send(
        &mut self,
        socket: SocketId,
        data: &[u8],
        urgent: bool,
        env: &mut Environment<'_>,
    ) -> Result<Reply, CallError> {
        match self.target(socket)? {
            Target::Listener(_) => Err(CallError::NotConnected),
            Target::Gone => Err(self.take_error(socket).unwrap_or(CallError::Closing)),
            Target::Connection(pair) => self
                .on_connection(pair, env, |conn, _| queue(conn, data, urgent))
                .ok_or(CallError::NoSuchSocket)?
                .map(Reply::Sent),
        }
    }
}

/// Queues the data; what may leave, leaves with the output that follows every call.
fn queue(conn: &mut Connection, data: &[u8], urgent: bool) -> Result<usize, CallError> {
    match conn.state() {
        State::SynSent | State::SynReceived | State::Established | State::CloseWait => {}
        State::FinWait1 | State::FinWait2 | State::Closing | State::LastAck | State::TimeWait => {
            return Err(CallError::Closing);
        }
        State::Closed | State::Listen => return Err(CallError::NotConnected),
    }
    if conn.user_has_closed() {
        return Err(CallError::Closing);
    }
    if urgent && data.is_empty() {
        // Urgency belongs to an octet: nobody can be told of it without one (RFC9293#3.8.5).
        return Err(CallError::Invalid);
    }
    let taken = conn.send.push(data);
    if taken == 0 && !data.is_empty() {
        return Err(CallError::WouldBlock);
    }
    if urgent {
        // The octet that follows the urgent data (MUST-62); the pointer only moves forward.
        conn.tcb.snd.up = conn.tcb.snd.up.max(conn.send.end());
    }
    Ok(taken)
}
