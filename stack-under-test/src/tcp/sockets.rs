//! The socket table: what a [`SocketId`] stands for.
//!
//! A socket outlives its TCB: what the connection left (unread text, an error) stays here until the
//! user closes the socket.

use core::hash::{BuildHasherDefault, Hasher};
use core::net::SocketAddr;
use std::collections::{HashMap, VecDeque};

use super::Pair;
use crate::call::{CallError, SocketId};

#[derive(Clone, Debug)]
pub(crate) enum Socket {
    /// A listener on this port.
    Listener(u16),
    /// A connection, which the table of connections has.
    Connection { pair: Pair, error: Option<CallError> },
    /// A connection whose TCB is deleted.
    Gone(Remains),
}

/// What a deleted connection leaves to its user.
#[derive(Clone, Debug)]
pub(crate) struct Remains {
    pub pair: Pair,
    /// Reported once.
    pub error: Option<CallError>,
    /// Text that was received and acknowledged.
    pub unread: VecDeque<u8>,
}

/// Spreads names, which this host counts up itself: nobody can choose them, so there is no key.
#[derive(Clone, Copy, Default)]
struct Spread(u64);

impl Hasher for Spread {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for octet in bytes {
            self.write_u32(u32::from(*octet));
        }
    }

    fn write_u32(&mut self, number: u32) {
        self.0 = (self.0 ^ u64::from(number)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }
}

/// Nothing ever sees the order of the map.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sockets {
    sockets: HashMap<SocketId, Socket, BuildHasherDefault<Spread>>,
    next: u32,
}

impl Sockets {
    /// Room for another socket.
    pub(crate) fn has_room(&self, limit: usize) -> bool {
        self.sockets.len() < limit && self.next < u32::MAX
    }

    /// A name that was never used; `None` if the table is full.
    pub(crate) fn allocate(&mut self, limit: usize) -> Option<SocketId> {
        if !self.has_room(limit) {
            return None;
        }
        let id = SocketId(self.next);
        self.next = self.next.checked_add(1)?;
        Some(id)
    }

    pub(crate) fn insert(&mut self, id: SocketId, socket: Socket) {
        self.sockets.insert(id, socket);
    }

    pub(crate) fn get(&self, id: SocketId) -> Option<&Socket> {
        self.sockets.get(&id)
    }

    pub(crate) fn get_mut(&mut self, id: SocketId) -> Option<&mut Socket> {
        self.sockets.get_mut(&id)
    }

    pub(crate) fn remove(&mut self, id: SocketId) -> Option<Socket> {
        self.sockets.remove(&id)
    }

    /// The connection failed: the user's next call says so.
    pub(crate) fn set_error(&mut self, id: SocketId, failure: CallError) {
        match self.sockets.get_mut(&id) {
            Some(Socket::Connection { error, .. }) => *error = Some(failure),
            Some(Socket::Gone(remains)) => remains.error = Some(failure),
            Some(Socket::Listener(_)) | None => {}
        }
    }

    /// The TCB is deleted; the socket keeps what it leaves.
    pub(crate) fn connection_gone(&mut self, id: SocketId, unread: VecDeque<u8>) {
        if let Some(socket) = self.sockets.get_mut(&id)
            && let Socket::Connection { pair, error } = *socket
        {
            *socket = Socket::Gone(Remains { pair, error, unread });
        }
    }

    /// The remote socket of a connection, deleted or not.
    pub(crate) fn remote(&self, id: SocketId) -> Option<SocketAddr> {
        match self.sockets.get(&id)? {
            Socket::Connection { pair, .. } | Socket::Gone(Remains { pair, .. }) => Some(pair.remote),
            Socket::Listener(_) => None,
        }
    }
}
