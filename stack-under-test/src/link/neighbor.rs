//! Which station has which address on the link: one cache for ARP (RFC826, RFC1122#2.3.2) and neighbor discovery
//! (RFC4861#7.3).
//!
//! An address we want to send to is asked for; packets wait meanwhile, not more than the profile allows. What was
//! confirmed stays good for a while, is then used on trust, and is asked for again when used (RFC4861#7.3.2, also the
//! unicast poll of RFC1122#2.3.2.1). [`super::arp`] and [`super::ndp`] say the asking in their protocol's words.

use core::net::IpAddr;
use std::collections::{BTreeMap, VecDeque};

use crate::outbox::Transmit;
use crate::profile::Profile;
use crate::time::Instant;
use crate::wire::ethernet::MacAddr;

/// How much is known of a neighbor (RFC4861#7.3.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reachability {
    /// Asked for, no answer yet.
    Incomplete,
    /// Confirmed, until then.
    Reachable(Instant),
    /// Known, but not confirmed of late.
    Stale,
    /// Used though stale; asked for again then, unless confirmed.
    Delay(Instant),
    /// Being asked for again, alone.
    Probe,
}

#[derive(Clone, Debug)]
struct Entry {
    /// Known in every state but [`Reachability::Incomplete`].
    mac: MacAddr,
    reachability: Reachability,
    /// Solicitations without an answer.
    asked: u32,
    /// When the next one is due, in `Incomplete` and `Probe`.
    next: Instant,
    used: Instant,
    waiting: VecDeque<Transmit>,
}

/// A solicitation to send: to all, or to the station that had the address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Ask {
    pub address: IpAddr,
    pub station: Option<MacAddr>,
}

/// What becomes of a packet.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Resolved {
    /// It leaves for this station.
    To(MacAddr, Transmit),
    /// It waits for an answer.
    Waits,
    /// It waited longest and had to make room for another (RFC1122#2.3.2.2).
    Displaced,
}

/// How we came to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Evidence {
    /// An answer to a question of ours.
    Answer,
    /// A question, or an announcement nobody asked for, of a neighbor that wants something of us.
    Mention,
    /// The same, but only of interest if we know the address already (RFC826's merge flag).
    Overheard,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Neighbors {
    entries: BTreeMap<IpAddr, Entry>,
}

impl Neighbors {
    /// A packet is to leave for this next hop. The second value is a question to send.
    pub(super) fn resolve(
        &mut self,
        hop: IpAddr,
        packet: Transmit,
        now: Instant,
        profile: &Profile,
    ) -> (Resolved, Option<Ask>) {
        if !self.entries.contains_key(&hop) {
            self.make_room(profile);
        }
        let mut ask = None;
        let entry = self.entries.entry(hop).or_insert_with(|| {
            ask = Some(Ask { address: hop, station: None });
            let next = now + profile.link.retransmit;
            Entry {
                mac: MacAddr::default(),
                reachability: Reachability::Incomplete,
                asked: 1,
                next,
                used: now,
                waiting: VecDeque::new(),
            }
        });
        entry.used = now;
        if entry.reachability == Reachability::Incomplete {
            entry.waiting.push_back(packet);
            if entry.waiting.len() > profile.limits.neighbor_queue.max(1) {
                entry.waiting.pop_front();
                return (Resolved::Displaced, ask);
            }
            return (Resolved::Waits, ask);
        }
        if entry.reachability == Reachability::Stale {
            entry.reachability = Reachability::Delay(now + profile.link.first_probe);
        }
        (Resolved::To(entry.mac, packet), None)
    }

    /// Forgets the entry used longest ago if the table is full.
    fn make_room(&mut self, profile: &Profile) {
        if self.entries.len() < profile.limits.neighbors.max(1) {
            return;
        }
        let oldest = self.entries.iter().min_by_key(|(_, entry)| entry.used).map(|(address, _)| *address);
        if let Some(address) = oldest {
            self.entries.remove(&address);
        }
    }

    /// A station has an address. Returns the packets that waited for it.
    pub(super) fn learn(
        &mut self,
        address: IpAddr,
        mac: MacAddr,
        evidence: Evidence,
        now: Instant,
        profile: &Profile,
    ) -> Vec<Transmit> {
        if !self.entries.contains_key(&address) {
            // An answer nobody asked for makes no entry (RFC4861#7.2.5).
            if evidence != Evidence::Mention {
                return Vec::new();
            }
            self.make_room(profile);
        }
        let entry = self.entries.entry(address).or_insert_with(|| Entry {
            mac,
            reachability: Reachability::Stale,
            asked: 0,
            next: now,
            used: now,
            waiting: VecDeque::new(),
        });
        let changed = entry.mac != mac || entry.reachability == Reachability::Incomplete;
        entry.mac = mac;
        if evidence == Evidence::Answer {
            entry.reachability = Reachability::Reachable(now + profile.link.reachable);
            entry.asked = 0;
        } else if changed {
            entry.reachability = Reachability::Stale;
            entry.asked = 0;
        }
        entry.waiting.drain(..).collect()
    }

    /// Somebody says that it is another station, but not that this replaces what is known (RFC4861#7.2.5).
    pub(super) fn doubt(&mut self, address: IpAddr) {
        if let Some(entry) = self.entries.get_mut(&address)
            && let Reachability::Reachable(_) = entry.reachability
        {
            entry.reachability = Reachability::Stale;
        }
    }

    /// The station of an address, if it is known.
    pub(super) fn station(&self, address: IpAddr) -> Option<MacAddr> {
        let known = self.entries.get(&address).filter(|entry| entry.reachability != Reachability::Incomplete);
        known.map(|entry| entry.mac)
    }

    pub(super) fn deadline(&self) -> Option<Instant> {
        self.entries.values().filter_map(Entry::deadline).min()
    }

    /// Time has passed. Returns the questions that are due, and the packets for which there was no answer.
    pub(super) fn expire(&mut self, now: Instant, profile: &Profile) -> (Vec<Ask>, Vec<Transmit>) {
        let (mut asks, mut lost) = (Vec::new(), Vec::new());
        self.entries.retain(|&address, entry| {
            if entry.deadline().is_none_or(|at| at > now) {
                return true;
            }
            let most = match entry.reachability {
                Reachability::Reachable(_) => {
                    entry.reachability = Reachability::Stale;
                    return true;
                }
                Reachability::Stale => return true,
                Reachability::Delay(_) => {
                    entry.reachability = Reachability::Probe;
                    entry.asked = 0;
                    profile.link.unicast_probes
                }
                Reachability::Probe => profile.link.unicast_probes,
                Reachability::Incomplete => profile.link.multicast_probes,
            };
            if entry.asked >= most {
                lost.extend(entry.waiting.drain(..));
                return false;
            }
            entry.asked += 1;
            entry.next = now + profile.link.retransmit;
            let station = (entry.reachability == Reachability::Probe).then_some(entry.mac);
            asks.push(Ask { address, station });
            true
        });
        (asks, lost)
    }
}

impl Entry {
    fn deadline(&self) -> Option<Instant> {
        match self.reachability {
            Reachability::Incomplete | Reachability::Probe => Some(self.next),
            Reachability::Reachable(until) | Reachability::Delay(until) => Some(until),
            Reachability::Stale => None,
        }
    }
}

#[cfg(test)]
mod tests;
