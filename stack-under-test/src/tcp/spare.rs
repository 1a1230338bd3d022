//! The memory of connections that are over, for those that come.
//!
//! A host that opens and closes works on the same block again and again, which is in the cache; an allocator that goes
//! round its blocks has one fetched for each connection. Filled by [`super::Tcp`] when a TCB is deleted, used by
//! [`Spare::hold`]. Nothing of the old connection is left but the room of its retransmission queue.

use core::fmt;
use std::collections::VecDeque;

use super::connection::Connection;
use super::send_buffer::SendBuffer;
use super::seq::Seq;

/// So many blocks are kept.
const MOST: usize = 4;

/// Blocks in which a connection was.
#[derive(Default)]
#[expect(clippy::vec_box, reason = "it is the block that goes back to the table, not what is in it")]
pub(crate) struct Spare(Vec<Box<Connection>>);

impl Spare {
    /// A connection is over. Its buffers go.
    pub(crate) fn keep(&mut self, mut over: Box<Connection>) {
        if self.0.len() < MOST {
            over.send = SendBuffer::new(Seq(0), 0);
            over.unread = VecDeque::new();
            over.reassembly.clear();
            over.previous = None;
            over.retransmission.clear();
            self.0.push(over);
        }
    }

    /// Holds a new connection that has sent nothing yet, in a block that is kept if there is one.
    pub(crate) fn hold(&mut self, mut conn: Connection) -> Box<Connection> {
        match self.0.pop() {
            Some(mut block) => {
                conn.retransmission.take_room(&mut block.retransmission);
                *block = conn;
                block
            }
            None => Box::new(conn),
        }
    }
}

impl Clone for Spare {
    /// None: a copy allocates its own when it needs them.
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl fmt::Debug for Spare {
    /// Nothing of it ever shows.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Spare")
    }
}

#[cfg(test)]
mod tests;
