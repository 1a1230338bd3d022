//! The socket layer that smoltcp leaves to its user: who owns which of smoltcp's sockets, the accept queue, errors.
//!
//! Called by [`super::Smoltcp`] between two polls. Start at [`Sockets::observe`], which reads what a poll changed;
//! the calls themselves are in [`super::calls`]. Every decision about segments stays smoltcp's: a socket it moved back
//! to LISTEN serves the next SYN, a socket the application closed lives on until smoltcp ends it.

use std::{collections::VecDeque, net::SocketAddr};

use smoltcp::{
    iface::{SocketHandle, SocketSet},
    socket::tcp,
    wire::IpEndpoint,
};

use super::{buffers::Buffers, config::Options};
use crate::{
    case::{
        flags::Flags,
        format::{Errno, IpVersion},
        state::State,
    },
    target::{ConnState, Handle, Pair},
};

/// All sockets of a case.
pub(super) struct Sockets {
    /// smoltcp's.
    pub(super) set: SocketSet<'static>,
    /// What is known of each, in the order of the set.
    known: Vec<Known>,
    /// Of every new socket.
    pub(super) options: Options,
    listener: Option<Listener>,
    /// Established and not accepted, oldest first.
    queue: VecDeque<usize>,
    /// The memory of the set's sockets.
    pub(super) buffers: Buffers,
}

/// The listening port.
#[derive(Clone, Copy, Debug)]
struct Listener {
    at: SocketAddr,
    /// How many connections may be under way or wait to be accepted.
    room: usize,
}

/// What smoltcp forgets of a socket.
struct Known {
    handle: SocketHandle,
    /// Kept after smoltcp has cleared its own.
    pair: Option<Pair>,
    /// After the last poll.
    state: tcp::State,
    owner: Owner,
    /// To be told once.
    error: Option<Errno>,
}

/// Whose a socket is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Owner {
    /// Listening, or on its way from there to the accept queue.
    Listener,
    /// Established, not accepted.
    Queue,
    /// The application's.
    User(Handle),
    /// Closed by the application.
    Nobody,
}

/// What made smoltcp run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cause {
    /// A packet came.
    Packet,
    /// A deadline passed.
    Deadline,
    /// The application called.
    Call,
}

impl Sockets {
    /// None yet.
    pub(super) fn new() -> Self {
        Self {
            set: SocketSet::new(Vec::new()),
            known: Vec::new(),
            options: Options::default(),
            listener: None,
            queue: VecDeque::new(),
            buffers: Buffers::new(),
        }
    }

    /// A new socket, nobody's yet.
    pub(super) fn socket(&mut self) -> tcp::Socket<'static> {
        self.options.socket(&mut self.buffers)
    }

    /// A socket took so many octets to send.
    pub(super) fn sent(&mut self, octets: usize) {
        self.buffers.sent(octets);
    }

    /// As new, with these options.
    pub(super) fn clear(&mut self, options: Options) {
        for known in self.known.drain(..) {
            self.set.remove(known.handle);
        }
        if self.set.iter().next().is_some() {
            self.set = SocketSet::new(Vec::new());
        }
        // SAFETY: sockets live in the set, or are dropped in the function that made them; the set is empty.
        unsafe { self.buffers.take_back() };
        self.options = options;
        self.listener = None;
        self.queue.clear();
    }

    /// The place of a socket of the application.
    pub(super) fn find(&self, on: Handle) -> Option<usize> {
        self.known.iter().position(|known| known.owner == Owner::User(on))
    }

    /// smoltcp's socket at a place.
    pub(super) fn tcp(&mut self, place: usize) -> &mut tcp::Socket<'static> {
        self.set.get_mut(self.known[place].handle)
    }

    /// Takes the pending error of a socket.
    pub(super) fn take_error(&mut self, place: usize) -> Option<Errno> {
        self.known[place].error.take()
    }

    /// Whether an error is pending.
    pub(super) fn has_error(&self, place: usize) -> bool {
        self.known[place].error.is_some()
    }

    /// Adds a socket that the application will own.
    pub(super) fn add(&mut self, on: Handle, socket: tcp::Socket<'static>, pair: Pair) {
        let state = socket.state();
        let handle = self.set.add(socket);
        let owner = Owner::User(on);
        self.known.push(Known { handle, pair: Some(pair), state, owner, error: None });
    }

    /// The application gives a socket up.
    pub(super) fn disown(&mut self, place: usize) {
        self.known[place].owner = Owner::Nobody;
        self.known[place].error = None;
    }

    /// Whether this pair of sockets is in use.
    pub(super) fn in_use(&self, pair: Pair) -> bool {
        self.known.iter().any(|known| known.pair == Some(pair) && known.state != tcp::State::Closed)
    }

    /// Whether there is a listener at this port.
    pub(super) fn is_listening(&self, port: u16) -> bool {
        self.listener.is_some_and(|listener| listener.at.port() == port)
    }

    /// Whether the case has a listener.
    pub(super) const fn has_listener(&self) -> bool {
        self.listener.is_some()
    }

    /// Whether a connection waits to be accepted.
    pub(super) fn can_accept(&self) -> bool {
        !self.queue.is_empty()
    }

    /// Begins to listen. A backlog of `n` is room for `n + 1`, as BSD and its heirs count.
    pub(super) fn listen(&mut self, at: SocketAddr, backlog: usize) {
        self.listener = Some(Listener { at, room: backlog.saturating_add(1) });
        self.refill();
    }

    /// Stops listening: what nobody accepted is reset.
    pub(super) fn stop_listening(&mut self) {
        self.listener = None;
        self.queue.clear();
        for known in &mut self.known {
            if matches!(known.owner, Owner::Listener | Owner::Queue) {
                known.owner = Owner::Nobody;
                let socket = self.set.get_mut::<tcp::Socket>(known.handle);
                match socket.state() {
                    tcp::State::Listen => socket.close(),
                    _ => socket.abort(),
                }
            }
        }
    }

    /// Gives the oldest established connection to the application.
    pub(super) fn accept(&mut self, on: Handle) -> Option<SocketAddr> {
        let place = self.queue.pop_front()?;
        // A socket of this name stays open, as in a program that lost its descriptor.
        if let Some(earlier) = self.find(on) {
            self.disown(earlier);
        }
        self.known[place].owner = Owner::User(on);
        self.known[place].pair.map(|pair| pair.peer)
    }

    /// Something arrives. A socket that listens is made only for what such a socket would take: neither ACK nor RST.
    pub(super) fn arriving(&mut self, packet: &[u8]) {
        self.buffers.arriving(packet);
        if self.listener.is_some() && may_open(packet) {
            self.refill();
        }
    }

    /// Sees to it that a socket listens if there is room for one: to a peer the same as one for every place from the
    /// start, at a fraction of the cost.
    fn refill(&mut self) {
        let Some(listener) = self.listener else { return };
        let mut taken = 0_usize;
        for known in &self.known {
            match (known.owner, known.state) {
                (Owner::Listener, tcp::State::Listen) => return,
                (Owner::Listener, tcp::State::Closed) => {}
                (Owner::Listener | Owner::Queue, _) => taken += 1,
                (Owner::User(_) | Owner::Nobody, _) => {}
            }
        }
        if taken >= listener.room {
            return;
        }
        let mut socket = self.socket();
        if socket.listen(endpoint(listener.at)).is_err() {
            return;
        }
        let handle = self.set.add(socket);
        let state = tcp::State::Listen;
        self.known.push(Known { handle, pair: None, state, owner: Owner::Listener, error: None });
    }

    /// Reads what smoltcp's last poll changed.
    pub(super) fn observe(&mut self, cause: Cause) {
        let mut over = false;
        for (place, known) in self.known.iter_mut().enumerate() {
            let socket = self.set.get::<tcp::Socket>(known.handle);
            let before = std::mem::replace(&mut known.state, socket.state());
            if before == known.state {
                continue;
            }
            match known.state {
                tcp::State::Listen => known.pair = None,
                tcp::State::SynSent | tcp::State::SynReceived => {
                    if let Some(pair) = pair_of(socket) {
                        known.pair = Some(pair);
                    }
                }
                tcp::State::Closed => {
                    known.error = known.error.or_else(|| ending(before, cause));
                    over = true;
                }
                tcp::State::Established
                | tcp::State::FinWait1
                | tcp::State::FinWait2
                | tcp::State::CloseWait
                | tcp::State::Closing
                | tcp::State::LastAck
                | tcp::State::TimeWait => {
                    if known.owner == Owner::Listener {
                        known.owner = Owner::Queue;
                        self.queue.push_back(place);
                    }
                }
            }
        }
        if over {
            self.forget();
        }
    }

    /// Takes the sockets away that are over and nobody's, as a program would: else every poll would look at them all.
    /// One that was aborted stays until its RST has left.
    fn forget(&mut self) {
        let mut place = 0;
        while let Some(known) = self.known.get(place) {
            let socket = self.set.get::<tcp::Socket>(known.handle);
            if known.owner == Owner::Nobody && socket.state() == tcp::State::Closed && socket.local_endpoint().is_none()
            {
                self.set.remove(known.handle);
                self.known.remove(place);
                for waiting in self.queue.iter_mut().filter(|waiting| **waiting > place) {
                    *waiting -= 1;
                }
            } else {
                place += 1;
            }
        }
    }

    /// smoltcp's socket of this pair; of several the youngest that lives.
    pub(super) fn living(&self, pair: Pair) -> Option<&tcp::Socket<'static>> {
        let mut of_pair = self.known.iter().rev().filter(|known| known.pair == Some(pair));
        of_pair.find(|known| live(known.state).is_some()).map(|known| self.set.get(known.handle))
    }

    /// The state of the connection of this pair.
    pub(super) fn state(&self, pair: Pair) -> ConnState {
        let state = self.living(pair).and_then(|socket| live(socket.state()));
        state.map_or(ConnState::None { listening: self.is_listening(pair.target.port()) }, ConnState::Is)
    }
}

impl Drop for Sockets {
    /// Also after a crash: the buffers go back before they are freed.
    fn drop(&mut self) {
        self.clear(Options::default());
    }
}

/// Why a connection ended that the application did not end itself. `None`: as it should.
const fn ending(before: tcp::State, cause: Cause) -> Option<Errno> {
    match (cause, before) {
        (Cause::Call, _) => None,
        // The acknowledgement of the FIN, or the end of the wait. A RST in these states looks the same.
        (_, tcp::State::LastAck | tcp::State::TimeWait | tcp::State::Closed | tcp::State::Listen) => None,
        (Cause::Deadline, _) => Some(Errno::ETIMEDOUT),
        // Only a RST ends CLOSING at once, and both sides have closed already: nobody is to be told.
        (Cause::Packet, tcp::State::Closing) => None,
        (Cause::Packet, tcp::State::SynSent | tcp::State::SynReceived) => Some(Errno::ECONNREFUSED),
        (Cause::Packet, _) => Some(Errno::ECONNRESET),
    }
}

/// The state, unless there is no connection in it.
const fn live(state: tcp::State) -> Option<State> {
    match state {
        tcp::State::Closed | tcp::State::Listen => None,
        tcp::State::SynSent => Some(State::SynSent),
        tcp::State::SynReceived => Some(State::SynReceived),
        tcp::State::Established => Some(State::Established),
        tcp::State::FinWait1 => Some(State::FinWait1),
        tcp::State::FinWait2 => Some(State::FinWait2),
        tcp::State::CloseWait => Some(State::CloseWait),
        tcp::State::Closing => Some(State::Closing),
        tcp::State::LastAck => Some(State::LastAck),
        tcp::State::TimeWait => Some(State::TimeWait),
    }
}

/// Whether a socket in LISTEN might take this packet: not if it is a whole TCP segment with ACK or RST.
fn may_open(packet: &[u8]) -> bool {
    const IN_FRAGMENTS: u16 = 0x3fff;
    const TCP: u8 = 6;
    let &[first, _, _, _, _, _, high, low, ..] = packet else { return false };
    let (is_part, tcp) = match first >> 4 {
        // Extension headers may end in anything.
        6 => (high != TCP, IpVersion::V6.header_len()),
        _ => (u16::from_be_bytes([high, low]) & IN_FRAGMENTS != 0, usize::from(first & 0x0f) * 4),
    };
    if is_part {
        return true;
    }
    packet.get(tcp + 13).is_none_or(|&flags| Flags(flags.into()).0 & (Flags::ACK | Flags::RST).0 == 0)
}

/// smoltcp's way to write an address and a port.
pub(super) fn endpoint(at: SocketAddr) -> IpEndpoint {
    at.into()
}

fn pair_of(socket: &tcp::Socket<'_>) -> Option<Pair> {
    let address = |endpoint: IpEndpoint| SocketAddr::new(endpoint.addr.into(), endpoint.port);
    Some(Pair { target: address(socket.local_endpoint()?), peer: address(socket.remote_endpoint()?) })
}
