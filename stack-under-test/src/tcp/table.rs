//! The table of connections: found by their pair of sockets at once, and by deadline when time has passed.
//!
//! What a segment costs here does not depend on how many connections there are: one keyed hash leads to a place, and the
//! rest of the event goes by that; then a look at the earliest entry of the timers. [`super::Tcp`] calls [`Table::retime`] after every event of a connection.
//!
//! The hash is keyed by the run's seed: who does not know it cannot make connections collide. Nothing ever sees the
//! order of the map, so outputs do not depend on it.

use core::hash::{BuildHasher, Hash, Hasher};
use core::net::IpAddr;
use std::collections::{BTreeSet, HashMap};

use siphasher::sip::SipHasher13;

use super::Pair;
use super::connection::Connection;
use crate::time::Instant;

/// Hashes with a key.
#[derive(Clone, Copy)]
struct Keyed([u64; 2]);

impl BuildHasher for Keyed {
    type Hasher = SipHasher13;

    fn build_hasher(&self) -> SipHasher13 {
        SipHasher13::new_with_keys(self.0[0], self.0[1])
    }
}

impl Hash for Pair {
    /// All of it at once: a hash of one write costs a fraction of one that takes in field by field.
    fn hash<H: Hasher>(&self, state: &mut H) {
        let mut octets = [0; 36];
        let len = match (self.local.ip(), self.remote.ip()) {
            (IpAddr::V4(local), IpAddr::V4(remote)) => {
                octets[4..8].copy_from_slice(&local.octets());
                octets[8..12].copy_from_slice(&remote.octets());
                12
            }
            (local, remote) => {
                octets[4..20].copy_from_slice(&v6(local));
                octets[20..].copy_from_slice(&v6(remote));
                octets.len()
            }
        };
        octets[..2].copy_from_slice(&self.local.port().to_be_bytes());
        octets[2..4].copy_from_slice(&self.remote.port().to_be_bytes());
        state.write(&octets[..len]);
    }
}

fn v6(address: IpAddr) -> [u8; 16] {
    match address {
        IpAddr::V4(address) => address.to_ipv6_mapped().octets(),
        IpAddr::V6(address) => address.octets(),
    }
}

/// Where the table has a connection. Once that is removed the place may become another's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Key(usize);

#[derive(Clone)]
pub(crate) struct Table {
    places: HashMap<Pair, Key, Keyed>,
    connections: Vec<Option<Box<Connection>>>,
    /// Empty places.
    free: Vec<Key>,
    /// Of the last event: the next one is most often of the same connection.
    latest: Key,
    /// One entry for each connection that waits for something, at [`Connection::timer`], not after its deadline. A
    /// deadline that moved away is noted when the entry has become the first: most deadlines move before they come.
    timers: BTreeSet<(Instant, Key)>,
}

impl core::fmt::Debug for Table {
    /// In the order of pairs, and without the key.
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_map().entries(self.sorted(|_| true).into_iter().map(|conn| (conn.pair(), conn))).finish()
    }
}

impl Table {
    /// An empty table; `key` is secret.
    pub(crate) fn new(key: [u64; 2]) -> Self {
        Self {
            places: HashMap::with_hasher(Keyed(key)),
            connections: Vec::new(),
            free: Vec::new(),
            latest: Key(0),
            timers: BTreeSet::new(),
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.places.len()
    }

    /// The one look-up that an event needs.
    pub(crate) fn find(&self, pair: &Pair) -> Option<Key> {
        if self.at(self.latest).is_some_and(|conn| conn.is_between(pair)) {
            return Some(self.latest);
        }
        self.places.get(pair).copied()
    }

    pub(crate) fn contains(&self, pair: &Pair) -> bool {
        self.places.contains_key(pair)
    }

    pub(crate) fn get(&self, pair: &Pair) -> Option<&Connection> {
        self.at(self.find(pair)?)
    }

    pub(crate) fn at(&self, key: Key) -> Option<&Connection> {
        self.connections.get(key.0)?.as_deref()
    }

    /// For an event; [`Table::retime`] has to follow.
    pub(crate) fn at_mut(&mut self, key: Key) -> Option<&mut Connection> {
        self.latest = key;
        self.connections.get_mut(key.0)?.as_deref_mut()
    }

    pub(crate) fn insert(&mut self, mut conn: Box<Connection>) -> Key {
        let pair = conn.pair();
        if let Some(old) = self.find(&pair) {
            self.remove(old);
        }
        conn.timer = None;
        let key = self.free.pop().unwrap_or_else(|| {
            self.connections.push(None);
            Key(self.connections.len() - 1)
        });
        self.connections[key.0] = Some(conn);
        self.places.insert(pair, key);
        self.retime(key);
        key
    }

    pub(crate) fn remove(&mut self, key: Key) -> Option<Box<Connection>> {
        let conn = self.connections.get_mut(key.0)?.take()?;
        self.places.remove(&conn.pair());
        self.free.push(key);
        if let Some(at) = conn.timer {
            self.timers.remove(&(at, key));
        }
        Some(conn)
    }

    /// The connections for which this holds, in the order of pairs. Looks at all of them.
    pub(crate) fn sorted(&self, holds: impl Fn(&Connection) -> bool) -> Vec<&Connection> {
        let mut chosen: Vec<&Connection> =
            self.connections.iter().flatten().map(Box::as_ref).filter(|conn| holds(conn)).collect();
        chosen.sort_unstable_by_key(|conn| conn.pair());
        chosen
    }

    /// An event may have moved the connection's deadline. A later one is noted when its turn comes.
    pub(crate) fn retime(&mut self, key: Key) {
        let Some(conn) = self.at_mut(key) else { return };
        let Some(at) = conn.deadline() else { return };
        if conn.timer.is_some_and(|timer| timer <= at) {
            return;
        }
        if let Some(old) = conn.timer.replace(at) {
            self.timers.remove(&(old, key));
        }
        self.timers.insert((at, key));
    }

    /// Moves entries whose connections now wait longer, or not at all, until the first is as it should be.
    fn settle_first(&mut self) {
        while let Some(&(at, key)) = self.timers.first() {
            let Some(conn) = self.connections.get_mut(key.0).and_then(Option::as_mut) else { return };
            let deadline = conn.deadline();
            if deadline == Some(at) {
                return;
            }
            conn.timer = deadline;
            self.timers.pop_first();
            self.timers.extend(deadline.map(|deadline| (deadline, key)));
        }
    }

    /// The next deadline of any connection.
    pub(crate) fn deadline(&mut self) -> Option<Instant> {
        self.settle_first();
        let first = self.timers.first().map(|&(at, _)| at);
        #[cfg(test)]
        if self.len() < 100 {
            let all = self.connections.iter().flatten().filter_map(|conn| conn.deadline()).min();
            assert_eq!(first, all, "the timers have lost a deadline");
        }
        first
    }

    /// The connections whose deadlines have come, in the order of pairs.
    pub(crate) fn due(&self, now: Instant) -> Vec<Pair> {
        let entries = self.timers.iter().take_while(|(at, _)| *at <= now);
        let conns = entries.filter_map(|&(_, key)| self.at(key));
        let due = conns.filter(|conn| conn.deadline().is_some_and(|at| at <= now));
        let mut pairs: Vec<Pair> = due.map(Connection::pair).collect();
        pairs.sort_unstable();
        pairs
    }
}

#[cfg(test)]
mod tests;
