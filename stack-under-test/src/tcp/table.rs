//! The table of connections: found by their pair of sockets at once, and by deadline when time has passed.
//!
//! What a segment costs here does not depend on how many connections there are: one keyed hash leads to a place, and the
//! rest of the event goes by that; then a look at the earliest entry of the timers. [`super::Tcp`] calls
//! [`Table::retime`] after every event of a connection.
//!
//! The hash ([`hash`]) is keyed by the run's seed: who does not know it cannot make connections collide. Nothing ever sees
//! the order of the map, so outputs do not depend on it.

mod hash;

use core::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, hash_map::Entry};

use super::Pair;
use super::connection::Connection;
use super::timer::Timer;
use crate::time::Instant;
pub(crate) use hash::Key as SecretKey;
use hash::Keyed;

/// Where the table has a connection. Once that is removed the place may become another's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Key(usize);

/// So many useless entries do not matter.
const SPARE_TIMERS: usize = 64;

#[derive(Clone)]
pub(crate) struct Table {
    places: HashMap<Pair, Key, Keyed>,
    connections: Vec<Option<Box<Connection>>>,
    /// Empty places.
    free: Vec<Key>,
    /// Of the last event: the next one is most often of the same connection.
    latest: Key,
    /// For each connection that waits for something an entry at [`Connection::timer`], not after its deadline. A
    /// deadline that moved away is noted when the entry has become the first: most deadlines move before they come. Any
    /// other entry is of no use any more; there are never more than a few for each connection.
    timers: BinaryHeap<Reverse<(Timer, Key)>>,
}

impl core::fmt::Debug for Table {
    /// In the order of pairs, and without the key.
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_map().entries(self.sorted(|_| true).into_iter().map(|conn| (conn.pair(), conn))).finish()
    }
}

impl Table {
    /// An empty table; `key` is secret.
    pub(crate) fn new(key: SecretKey) -> Self {
        Self {
            places: HashMap::with_hasher(Keyed(key)),
            connections: Vec::new(),
            free: Vec::new(),
            latest: Key(0),
            timers: BinaryHeap::new(),
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
        conn.timer = Timer::STOPPED;
        let key = match self.places.entry(conn.pair()) {
            Entry::Occupied(place) => *place.get(),
            Entry::Vacant(place) => *place.insert(self.free.pop().unwrap_or_else(|| {
                self.connections.push(None);
                Key(self.connections.len() - 1)
            })),
        };
        self.connections[key.0] = Some(conn);
        self.retime(key);
        key
    }

    pub(crate) fn remove(&mut self, key: Key) -> Option<Box<Connection>> {
        let conn = self.connections.get_mut(key.0)?.take()?;
        self.places.remove(&conn.pair());
        self.free.push(key);
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
        let first = conn.first_timer();
        if first < conn.timer {
            conn.timer = first;
            self.enter(first, key);
        }
    }

    /// Not part of [`Table::retime`], which has nothing to enter most of the time.
    #[inline(never)]
    fn enter(&mut self, timer: Timer, key: Key) {
        self.timers.push(Reverse((timer, key)));
        if self.timers.len() > 2 * self.places.len() + SPARE_TIMERS {
            self.tidy();
        }
    }

    /// Forgets the entries that are of no use.
    fn tidy(&mut self) {
        let mut entries = core::mem::take(&mut self.timers).into_vec();
        entries.sort_unstable();
        entries.dedup();
        entries.retain(|&Reverse((timer, key))| self.at(key).is_some_and(|conn| conn.timer == timer));
        self.timers = entries.into();
    }

    /// The connection of an entry that counts.
    fn waiting(&mut self, timer: Timer, key: Key) -> Option<&mut Connection> {
        let conn = self.connections.get_mut(key.0)?.as_deref_mut()?;
        (conn.timer == timer).then_some(conn)
    }

    /// Moves entries whose connections now wait longer, or not at all, until the first is as it should be.
    fn settle_first(&mut self) {
        while let Some(&Reverse((timer, key))) = self.timers.peek() {
            let moved = match self.waiting(timer, key) {
                Some(conn) if conn.first_timer() == timer => return,
                Some(conn) => {
                    conn.timer = conn.first_timer();
                    Some(conn.timer).filter(|timer| timer.runs())
                }
                None => None,
            };
            self.timers.pop();
            self.timers.extend(moved.map(|timer| Reverse((timer, key))));
        }
    }

    /// The next deadline of any connection.
    pub(crate) fn deadline(&mut self) -> Option<Instant> {
        self.settle_first();
        let first = self.timers.peek().and_then(|&Reverse((timer, _))| timer.deadline());
        #[cfg(test)]
        if self.len() < 100 {
            let all = self.connections.iter().flatten().filter_map(|conn| conn.first_timer().deadline()).min();
            assert_eq!(first, all, "the timers have lost a deadline");
        }
        first
    }

    #[cfg(test)]
    pub(crate) fn timers(&self) -> usize {
        self.timers.len()
    }

    /// The connections whose deadlines have come, in the order of pairs. Each is to be worked on, which enters it into the
    /// timers again.
    pub(crate) fn take_due(&mut self, now: Instant) -> Vec<Pair> {
        let mut pairs = Vec::new();
        while let Some(&Reverse((timer, key))) = self.timers.peek().filter(|Reverse((timer, _))| timer.is_due(now)) {
            self.timers.pop();
            let Some(conn) = self.waiting(timer, key) else { continue };
            conn.timer = Timer::STOPPED;
            if conn.first_timer().is_due(now) {
                pairs.push(conn.pair());
            } else {
                self.retime(key);
            }
        }
        pairs.sort_unstable();
        pairs
    }
}

#[cfg(test)]
mod tests;
