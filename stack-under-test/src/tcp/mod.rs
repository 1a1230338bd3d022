//! TCP: RFC 9293, a file per subsection.
//!
//! `Tcp` is the host's TCP: the tables of connections, listeners and sockets, and the way of an event
//! to the code for it. Start with `segment_arrives`, `user_call` and `timeout` for what an event
//! does, and with `output` for what leaves.
//!
//! | file | job |
//! | --- | --- |
//! | `tcb`, `state`, `seq` | the RFC's variables, states and arithmetic |
//! | `table` | finds connections by sockets and by deadline |
//! | `connection` | a TCB with its buffers, queues and timers |
//! | `acknowledge` | delayed ACKs and the receive window |
//! | `window_scale`, `timestamps` | RFC 7323 |
//! | `sack`; `scoreboard`, `sack_recovery` | RFC 2018 and 2883 of the receiver; RFC 6675 of the sender |
//! | `ecn` | RFC 3168 |
//! | `user_timeout` | RFC 5482 |
//! | `retransmit`, `rto`, `persist`, `congestion`, `keepalive` | one timer's or algorithm's job each |
//! | `timer` | when one of them expires |
//! | `syn_cookie` | RFC 4987 |
//! | `listen_queue`, `sockets` | who waits for whom |
//! | `spare` | memory of connections that are over |
//! | `path_mtu` | RFC 1191, RFC 5927 |
//! | `icmp_error` | what an ICMP error does to a connection |

pub(crate) mod acknowledge;
pub(crate) mod challenge;
pub(crate) mod congestion;
pub(crate) mod connection;
pub(crate) mod ecn;
pub(crate) mod icmp_error;
pub mod isn;
pub(crate) mod keepalive;
pub(crate) mod listen_queue;
pub(crate) mod options;
pub(crate) mod output;
pub(crate) mod path_mtu;
pub(crate) mod persist;
pub mod reassembly;
pub(crate) mod reply;
pub(crate) mod retransmit;
pub mod rto;
pub(crate) mod sack;
pub(crate) mod sack_recovery;
pub(crate) mod scoreboard;
pub(crate) mod segment;
pub(crate) mod segment_arrives;
pub(crate) mod send_buffer;
pub mod seq;
pub(crate) mod sockets;
pub(crate) mod spare;
pub mod state;
pub(crate) mod syn_cookie;
pub(crate) mod table;
pub(crate) mod tcb;
pub(crate) mod timeout;
pub(crate) mod timer;
pub(crate) mod timestamps;
pub(crate) mod user_call;
pub(crate) mod user_timeout;
pub(crate) mod window_scale;

use core::net::SocketAddr;
use std::collections::VecDeque;

use challenge::Throttle;
use connection::{Connection, Context, OpenedBy, Owner};
use isn::IsnGenerator;
use listen_queue::Listeners;
use segment::Segment;
use segment_arrives::{Stop, closed, listen, other_states, syn_sent, time_wait};
use sockets::Sockets;
use spare::Spare;
use state::State;
use table::{Key, Table};

use crate::ip::host::Host;
use crate::ip::packet::IpPacket;
use crate::outbox::Outbox;
use crate::profile::Profile;
use crate::rule::Rule;
use crate::time::Instant;
use crate::wire::tcp::{TcpError, TcpSegment};

/// What identifies a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Pair {
    pub local: SocketAddr,
    pub remote: SocketAddr,
}

/// What every event brings along.
pub(crate) struct Environment<'a> {
    pub now: Instant,
    pub profile: &'a Profile,
    pub host: &'a Host,
    pub out: &'a mut Outbox,
}

/// The TCP of one host.
#[derive(Clone, Debug)]
pub(crate) struct Tcp {
    connections: Table,
    listeners: Listeners,
    sockets: Sockets,
    /// Connections that may have something to send, in the order they got it.
    scheduled: VecDeque<Key>,
    throttle: Throttle,
    spare: Spare,
    isn: IsnGenerator,
    /// Active opens with a port of our choice so far (RFC6056#3.3.3).
    ports_chosen: u16,
}

impl Tcp {
    pub(crate) fn new(seed: u64) -> Self {
        let isn = IsnGenerator::new(seed);
        Self {
            connections: Table::new(isn.table_key()),
            listeners: Listeners::default(),
            sockets: Sockets::default(),
            scheduled: VecDeque::new(),
            throttle: Throttle::default(),
            spare: Spare::default(),
            isn,
            ports_chosen: 0,
        }
    }

    /// The connections, and the context for working on one of them.
    fn split<'a>(&'a mut self, env: &'a mut Environment<'_>) -> (&'a mut Table, Context<'a>) {
        let cx = Context {
            now: env.now,
            profile: env.profile,
            host: env.host,
            isn: &self.isn,
            out: env.out,
            listeners: &mut self.listeners,
            sockets: &mut self.sockets,
            throttle: &mut self.throttle,
            spare: &mut self.spare,
        };
        (&mut self.connections, cx)
    }

    /// SEGMENT ARRIVES (RFC9293#3.10.7), from the bytes on.
    pub(crate) fn packet_arrives(&mut self, packet: &IpPacket<'_>, env: &mut Environment<'_>) {
        match TcpSegment::parse(packet.source, packet.destination, packet.payload) {
            Ok(tcp) => {
                let mut seg = Segment::new(packet, &tcp);
                if !tcp.options_raw().is_empty() {
                    seg.read_options(tcp.options_raw());
                }
                self.segment_arrives(&mut seg, env);
            }
            Err(error) => env.out.dropped(match error {
                TcpError::TooShort => Rule::TcpTooShort,
                TcpError::BadDataOffset => Rule::TcpBadDataOffset,
                TcpError::BadChecksum => Rule::TcpBadChecksum,
            }),
        }
    }

    fn segment_arrives(&mut self, seg: &mut Segment<'_>, env: &mut Environment<'_>) {
        let (connections, mut cx) = self.split(env);
        let mut key = connections.find(&seg.pair);
        let stop = match key.and_then(|key| connections.at_mut(key)) {
            Some(conn) if time_wait::reopens(conn, seg, &cx) => return self.reopen(key, seg, env),
            Some(conn) => match conn.state() {
                State::SynSent => syn_sent::segment_arrives(conn, seg, &mut cx).break_value(),
                State::SynReceived
                | State::Established
                | State::FinWait1
                | State::FinWait2
                | State::CloseWait
                | State::Closing
                | State::LastAck
                | State::TimeWait => other_states::segment_arrives(conn, seg, &mut cx).break_value(),
                // The table holds no such connection: CLOSED ones leave it when their event ends, and
                // a listener is not a connection.
                State::Closed | State::Listen => None,
            },
            None if cx.listeners.get(seg.pair.local.port()).is_some() => {
                let has_room = connections.len() < cx.profile.limits.connections;
                match listen::segment_arrives(seg, &mut None, has_room, &mut cx) {
                    Ok(conn) => {
                        key = Some(connections.insert(conn));
                        None
                    }
                    Err(stop) => Some(stop),
                }
            }
            None => Some(closed::segment_arrives(seg, &mut cx)),
        };
        if let Some(Stop::Dropped(rule)) = stop {
            cx.out.dropped(rule);
        }
        if let Some(key) = key {
            // Its timers are set when it has sent what it may.
            self.schedule(key);
            self.remove_if_closed(key, env);
        }
    }

    /// A SYN takes the place of a connection in TIME-WAIT (MAY-2). Its user, if it has one still, keeps
    /// the socket with what was received.
    #[cold]
    fn reopen(&mut self, key: Option<Key>, seg: &Segment<'_>, env: &mut Environment<'_>) {
        let (connections, mut cx) = self.split(env);
        let Some(mut old) = key.and_then(|key| connections.remove(key)) else { return };
        if let Some(socket) = old.socket() {
            cx.sockets.connection_gone(socket, core::mem::take(&mut old.unread));
            old.owner = Owner::Nobody;
        }
        let mut previous = Some(old);
        let mut new = None;
        match listen::segment_arrives(seg, &mut previous, true, &mut cx) {
            Ok(conn) => new = Some(connections.insert(conn)),
            Err(Stop::Dropped(rule)) => cx.out.dropped(rule),
            Err(Stop::Done) => {}
        }
        if let Some(old) = previous {
            new = Some(connections.insert(old));
        }
        if let Some(key) = new {
            self.schedule(key);
        }
    }

    /// Notes that the connection may have something to send.
    fn schedule(&mut self, key: Key) {
        if let Some(conn) = self.connections.at_mut(key)
            && !conn.scheduled
        {
            conn.scheduled = true;
            self.scheduled.push_back(key);
        }
    }

    /// Lets the connections that were scheduled send. `false` if there was none.
    pub(crate) fn send_scheduled(&mut self, env: &mut Environment<'_>) -> bool {
        let Some(key) = self.scheduled.pop_front() else { return false };
        let (connections, mut cx) = self.split(env);
        if let Some(conn) = connections.at_mut(key) {
            conn.scheduled = false;
            output::run(conn, &mut cx);
            connections.retime(key);
        }
        true
    }

    /// An event of this connection ends: it is dropped if its TCB was deleted.
    fn remove_if_closed(&mut self, key: Key, env: &mut Environment<'_>) {
        if self.connections.at(key).is_some_and(|conn| conn.state() == State::Closed) {
            self.remove(key, env);
        }
    }

    /// Once in the life of a connection, while every event asks [`Self::remove_if_closed`].
    #[inline(never)]
    fn remove(&mut self, key: Key, env: &mut Environment<'_>) {
        let (connections, cx) = self.split(env);
        let Some(mut conn) = connections.remove(key) else { return };
        match conn.owner {
            Owner::Listener => {
                if let OpenedBy::Passive(listener) = conn.opened_by {
                    cx.listeners.handshake_ended(conn.tcb.local.port(), listener);
                }
            }
            Owner::Socket(socket) => cx.sockets.connection_gone(socket, core::mem::take(&mut conn.unread)),
            Owner::Nobody => {}
        }
        cx.spare.keep(conn);
    }

    /// Does something to one connection, then lets it send. `None` if there is no such connection.
    fn on_connection<T>(
        &mut self,
        pair: Pair,
        env: &mut Environment<'_>,
        act: impl FnOnce(&mut Connection, &mut Context<'_>) -> T,
    ) -> Option<T> {
        let (connections, mut cx) = self.split(env);
        let key = connections.find(&pair)?;
        let conn = connections.at_mut(key)?;
        let result = act(conn, &mut cx);
        output::run(conn, &mut cx);
        connections.retime(key);
        self.remove_if_closed(key, env);
        Some(result)
    }

    /// Runs the timers that are due, connection by connection.
    pub(crate) fn handle_timeout(&mut self, env: &mut Environment<'_>) {
        for pair in self.connections.take_due(env.now) {
            self.on_connection(pair, env, timeout::expire);
        }
    }

    /// The next deadline of any connection.
    pub(crate) fn deadline(&mut self) -> Option<Instant> {
        self.connections.deadline()
    }

    #[cfg(test)]
    pub(crate) fn timers(&self) -> usize {
        self.connections.timers()
    }

    pub(crate) fn connection(&self, pair: Pair) -> Option<&Connection> {
        self.connections.get(&pair)
    }

    pub(crate) fn is_listening(&self, port: u16) -> bool {
        self.listeners.get(port).is_some()
    }
}
