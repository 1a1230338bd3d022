//! Listeners, and the two queues behind each: handshakes under way (the SYN queue) and connections
//! that wait for ACCEPT.
//!
//! RFC 9293 knows no backlog; what a full queue does is the profile's choice
//! ([`crate::Profile::backlog_overflow`], [`crate::Profile::syn_overflow`]).

use std::collections::{BTreeMap, VecDeque};

use crate::call::{SocketId, SocketOptions};
use crate::profile::Profile;

/// A connection record in LISTEN.
#[derive(Clone, Debug)]
pub(crate) struct Listener {
    pub socket: SocketId,
    pub options: SocketOptions,
    backlog: usize,
    /// Connections of this listener in SYN-RECEIVED.
    half_open: usize,
    /// Established, not yet accepted; the oldest first.
    accept: VecDeque<SocketId>,
    /// The interval in which its last SYN cookie was made.
    last_cookie: Option<u64>,
}

impl Listener {
    pub(crate) fn new(socket: SocketId, backlog: usize, options: SocketOptions, profile: &Profile) -> Self {
        let backlog = backlog.min(profile.limits.backlog);
        Self { socket, options, backlog, half_open: 0, accept: VecDeque::new(), last_cookie: None }
    }

    fn capacity(&self, profile: &Profile) -> usize {
        self.backlog.saturating_add(profile.backlog_slack).max(1)
    }

    /// Room for another handshake: the SYN queue has it, and what it leads to may be accepted.
    pub(crate) fn has_room_for_syn(&self, profile: &Profile) -> bool {
        self.half_open < self.capacity(profile) && self.has_room_to_accept(profile)
    }

    /// Room in the accept queue.
    pub(crate) fn has_room_to_accept(&self, profile: &Profile) -> bool {
        self.accept.len() < self.capacity(profile)
    }

    /// Takes the oldest connection that waits.
    pub(crate) fn next(&mut self) -> Option<SocketId> {
        self.accept.pop_front()
    }

    /// The interval of the last SYN cookie, if there was one ([`super::syn_cookie`]).
    pub(crate) fn last_cookie(&self) -> Option<u64> {
        self.last_cookie
    }

    /// Connections that wait.
    pub(crate) fn waiting(&self) -> usize {
        self.accept.len()
    }
}

/// All listeners, by local port.
#[derive(Clone, Debug, Default)]
pub(crate) struct Listeners(BTreeMap<u16, Listener>);

impl Listeners {
    pub(crate) fn insert(&mut self, port: u16, listener: Listener) {
        self.0.insert(port, listener);
    }

    pub(crate) fn remove(&mut self, port: u16) -> Option<Listener> {
        self.0.remove(&port)
    }

    pub(crate) fn get(&self, port: u16) -> Option<&Listener> {
        self.0.get(&port)
    }

    pub(crate) fn get_mut(&mut self, port: u16) -> Option<&mut Listener> {
        self.0.get_mut(&port)
    }

    /// The listener of a connection it received: the port may have another one by now.
    fn of(&mut self, port: u16, socket: SocketId) -> Option<&mut Listener> {
        self.0.get_mut(&port).filter(|listener| listener.socket == socket)
    }

    /// A SYN was answered by a cookie of this interval.
    pub(crate) fn cookie_sent(&mut self, port: u16, interval: u64) {
        if let Some(listener) = self.0.get_mut(&port) {
            listener.last_cookie = Some(interval);
        }
    }

    /// A handshake begins.
    pub(crate) fn handshake_began(&mut self, port: u16, socket: SocketId) {
        if let Some(listener) = self.of(port, socket) {
            listener.half_open = listener.half_open.saturating_add(1);
        }
    }

    /// A handshake is over, one way or the other.
    pub(crate) fn handshake_ended(&mut self, port: u16, socket: SocketId) {
        if let Some(listener) = self.of(port, socket) {
            listener.half_open = listener.half_open.saturating_sub(1);
        }
    }

    /// Whether a connection of this listener may become established.
    pub(crate) fn has_room_to_accept(&mut self, port: u16, socket: SocketId, profile: &Profile) -> bool {
        self.of(port, socket).is_some_and(|listener| listener.has_room_to_accept(profile))
    }

    /// Queues an established connection for ACCEPT.
    pub(crate) fn offer(&mut self, port: u16, listener: SocketId, connection: SocketId) {
        if let Some(listener) = self.of(port, listener) {
            listener.accept.push_back(connection);
        }
    }
}
