//! The table of connections: found by their pair of sockets at once, and by deadline when time has passed.
//!
//! What a segment costs here does not depend on how many connections there are: one keyed hash, and a look at the
//! earliest entry of the timers. [`super::Tcp`] calls [`Table::retime`] after every event of a connection.
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

#[derive(Clone)]
pub(crate) struct Table {
    /// Boxed, as the map has more room than it uses.
    connections: HashMap<Pair, Box<Connection>, Keyed>,
    /// One entry for each connection that waits for something, at [`Connection::timer`]: not after its deadline, and
    /// the earliest entry is exact.
    timers: BTreeSet<(Instant, Pair)>,
}

impl core::fmt::Debug for Table {
    /// In the order of pairs, and without the key.
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let pairs = self.pairs_of(|_| true);
        f.debug_map().entries(pairs.iter().map(|pair| (pair, self.get(pair)))).finish()
    }
}

impl Table {
    /// An empty table; `key` is secret.
    pub(crate) fn new(key: [u64; 2]) -> Self {
        Self { connections: HashMap::with_hasher(Keyed(key)), timers: BTreeSet::new() }
    }

    pub(crate) fn len(&self) -> usize {
        self.connections.len()
    }

    pub(crate) fn contains_key(&self, pair: &Pair) -> bool {
        self.connections.contains_key(pair)
    }

    pub(crate) fn get(&self, pair: &Pair) -> Option<&Connection> {
        self.connections.get(pair).map(Box::as_ref)
    }

    /// For an event; [`Table::retime`] has to follow.
    pub(crate) fn get_mut(&mut self, pair: &Pair) -> Option<&mut Connection> {
        self.connections.get_mut(pair).map(Box::as_mut)
    }

    pub(crate) fn insert(&mut self, pair: Pair, mut conn: Box<Connection>) {
        self.remove(&pair);
        conn.timer = None;
        self.connections.insert(pair, conn);
        self.retime(pair);
    }

    pub(crate) fn remove(&mut self, pair: &Pair) -> Option<Box<Connection>> {
        let conn = self.connections.remove(pair)?;
        if let Some(at) = conn.timer {
            self.timers.remove(&(at, *pair));
            self.settle_first();
        }
        Some(conn)
    }

    /// The pairs of the connections for which this holds, in order. Looks at all of them.
    pub(crate) fn pairs_of(&self, holds: impl Fn(&Connection) -> bool) -> Vec<Pair> {
        let mut pairs: Vec<Pair> =
            self.connections.iter().filter(|(_, conn)| holds(conn)).map(|(&pair, _)| pair).collect();
        pairs.sort_unstable();
        pairs
    }

    /// An event may have moved the connection's deadline. A later one is noted when its turn comes.
    pub(crate) fn retime(&mut self, pair: Pair) {
        if let Some(conn) = self.connections.get_mut(&pair)
            && let Some(at) = conn.deadline()
            && conn.timer.is_none_or(|timer| at < timer)
        {
            if let Some(old) = conn.timer.replace(at) {
                self.timers.remove(&(old, pair));
            }
            self.timers.insert((at, pair));
        }
        self.settle_first();
    }

    /// Moves entries whose connections now wait longer, or not at all, until the first is as it should be.
    fn settle_first(&mut self) {
        while let Some(&(at, pair)) = self.timers.first() {
            let Some(conn) = self.connections.get_mut(&pair) else {
                self.timers.pop_first();
                continue;
            };
            let deadline = conn.deadline();
            if deadline == Some(at) {
                return;
            }
            self.timers.pop_first();
            conn.timer = deadline;
            if let Some(deadline) = deadline {
                self.timers.insert((deadline, pair));
            }
        }
    }

    /// The next deadline of any connection.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        let first = self.timers.first().map(|&(at, _)| at);
        #[cfg(test)]
        if self.len() < 100 {
            let all = self.connections.values().filter_map(|conn| conn.deadline()).min();
            assert_eq!(first, all, "the timers have lost a deadline");
        }
        first
    }

    /// The connections whose deadlines have come, in the order of pairs.
    pub(crate) fn due(&self, now: Instant) -> Vec<Pair> {
        let entries = self.timers.iter().take_while(|(at, _)| *at <= now).map(|&(_, pair)| pair);
        let is_due = |pair: &Pair| self.get(pair).and_then(Connection::deadline).is_some_and(|at| at <= now);
        let mut pairs: Vec<Pair> = entries.filter(is_due).collect();
        pairs.sort_unstable();
        pairs
    }
}

#[cfg(test)]
mod tests;
