//! ABORT (RFC9293#3.10.5).

use super::Target;
use crate::call::{CallError, Reply, SocketId};
use crate::rule::Rule;
use crate::tcp::connection::{Connection, Context, Owner};
use crate::tcp::state::State;
use crate::tcp::{Environment, Tcp, reply};

impl Tcp {
    /// All is flushed, the peer is reset, and the socket is gone.
    pub(super) fn abort(&mut self, socket: SocketId, env: &mut Environment<'_>) -> Result<Reply, CallError> {
        match self.target(socket)? {
            Target::Listener(port) => self.stop_listening(port, Rule::CallAbortDelete, env),
            Target::Gone => {}
            Target::Connection(pair) => {
                self.on_connection(pair, env, |conn, cx| {
                    abort(conn, cx);
                    conn.owner = Owner::Nobody;
                });
            }
        }
        self.sockets.remove(socket);
        Ok(Reply::Done)
    }
}

/// The ABORT call, state by state.
pub(super) fn abort(conn: &mut Connection, cx: &mut Context<'_>) {
    let rule = match conn.state() {
        State::SynReceived | State::Established | State::FinWait1 | State::FinWait2 | State::CloseWait => {
            reply::abort(conn, Rule::CallAbort, cx);
            Rule::CallAbort
        }
        State::Closed | State::Listen | State::SynSent | State::Closing | State::LastAck | State::TimeWait => {
            Rule::CallAbortDelete
        }
    };
    conn.enter(State::Closed, rule, cx.out);
}
