//! Fragments → datagrams (RFC791#3.2, RFC1122#3.3.2, RFC8200#4.5).
//!
//! [`Reassembler::fragment_arrives`] is called by [`crate::Stack::handle_packet`] for a fragment whose header is sound
//! and which is for us; [`Reassembler::expire`] when a [`Reassembler::deadline`] has come. For each datagram the octets
//! that came are kept as ranges, so that a fragment costs what it brings, however many there are.
//!
//! Memory is bounded by [`crate::profile::Limits::datagrams`] of at most 65,535 octets each.

use core::net::IpAddr;
use std::collections::BTreeMap;

use super::fragment;
use super::packet::{Fragment, IpPacket};
use crate::outbox::IpFields;
use crate::profile::{FragmentOverlap, Profile};
use crate::rule::Rule;
use crate::time::Instant;
use crate::wire::ipv4;

/// Offsets count units of so many octets, so only the last fragment may end between them.
const UNIT: usize = 8;

/// What fragments of one datagram have in common (RFC791#3.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Name {
    source: IpAddr,
    destination: IpAddr,
    /// In IPv6 the protocol is no part of the name: always 0.
    protocol: u8,
    ident: u32,
}

/// What has come of one datagram.
#[derive(Clone, Debug)]
struct Datagram {
    octets: Vec<u8>,
    /// Where each range of octets that came begins, and where it ends. Ranges do not touch.
    came: BTreeMap<usize, usize>,
    /// The length, once the last fragment has come.
    len: Option<usize>,
    /// TTL, type of service and protocol of the first fragment.
    first: (u8, u8, u8),
    deadline: Instant,
}

/// The datagrams that are on their way in.
#[derive(Clone, Debug, Default)]
pub(crate) struct Reassembler {
    datagrams: BTreeMap<Name, Datagram>,
}

/// How many octets a datagram's payload may have: our header has no options, and in IPv6 it does not count
/// (RFC791#3.1, RFC8200#4.5).
fn longest(address: IpAddr) -> usize {
    let most = usize::from(u16::MAX);
    if address.is_ipv4() { most - ipv4::HEADER_LEN } else { most }
}

/// IPv6 leaves no choice (RFC5722#4).
fn overlap_policy(address: IpAddr, profile: &Profile) -> FragmentOverlap {
    if address.is_ipv4() { profile.fragment_overlap } else { FragmentOverlap::Discard }
}

impl Reassembler {
    /// Takes a fragment in. `Ok(Some)`: the whole datagram, a packet that is no fragment.
    ///
    /// # Errors
    /// The rule the fragment is dropped for.
    pub(crate) fn fragment_arrives(
        &mut self,
        packet: &IpPacket<'_>,
        part: Fragment,
        now: Instant,
        profile: &Profile,
    ) -> Result<Option<Vec<u8>>, Rule> {
        let (start, payload) = (usize::from(part.offset), packet.payload);
        let end = start + payload.len();
        if payload.is_empty() || (part.more && !payload.len().is_multiple_of(UNIT)) {
            return Err(Rule::FragmentLength);
        }
        if end > longest(packet.destination) {
            return Err(Rule::FragmentTooFar);
        }
        let name = Name {
            source: packet.source,
            destination: packet.destination,
            protocol: if packet.destination.is_ipv4() { packet.protocol } else { 0 },
            ident: part.ident,
        };
        if !self.datagrams.contains_key(&name) && self.datagrams.len() >= profile.limits.datagrams {
            return Err(Rule::ReassemblyFull);
        }
        let datagram = self.datagrams.entry(name).or_insert_with(|| Datagram::new(now + profile.reassembly_timeout));
        datagram.check_end(end, part.more)?;
        let overlap = overlap_policy(packet.destination, profile);
        if overlap == FragmentOverlap::Discard && datagram.overlaps(start, payload) {
            self.datagrams.remove(&name);
            return Err(Rule::FragmentOverlap);
        }
        datagram.take(start, payload, overlap);
        if start == 0 {
            datagram.first = (packet.ttl, packet.tos, packet.protocol);
        }
        if !part.more {
            datagram.len = Some(end);
        }
        if !datagram.is_complete() {
            return Ok(None);
        }
        Ok(self.datagrams.remove(&name).and_then(|datagram| datagram.into_packet(name)))
    }

    /// When the oldest datagram is given up.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        self.datagrams.values().map(|datagram| datagram.deadline).min()
    }

    /// Gives up what is too old. For each datagram its first fragment, which the source is to be told of, if that came
    /// (RFC792, RFC8200#4.5).
    pub(crate) fn expire(&mut self, now: Instant) -> Vec<Option<Vec<u8>>> {
        let mut given_up = Vec::new();
        self.datagrams.retain(|name, datagram| {
            let keep = datagram.deadline > now;
            if !keep {
                given_up.push(datagram.first_fragment(name));
            }
            keep
        });
        given_up
    }
}

impl Datagram {
    fn new(deadline: Instant) -> Self {
        Self { octets: Vec::new(), came: BTreeMap::new(), len: None, first: (0, 0, 0), deadline }
    }

    /// All fragments agree on where the datagram ends.
    fn check_end(&self, end: usize, more: bool) -> Result<(), Rule> {
        let agrees = match self.len {
            Some(len) if more => end <= len,
            Some(len) => end == len,
            None if more => true,
            None => end >= self.octets.len(),
        };
        if agrees { Ok(()) } else { Err(Rule::FragmentEnd) }
    }

    /// Whether it shares octets with what came before. The same octets once more are a duplicate, no overlap.
    fn overlaps(&self, start: usize, payload: &[u8]) -> bool {
        let end = start + payload.len();
        let covered = self.came.range(..=start).next_back().is_some_and(|(_, &until)| until >= end);
        let duplicate = covered && self.octets.get(start..end) == Some(payload);
        !duplicate && self.overlapping(start, end).next().is_some()
    }

    /// The ranges that share an octet with this one.
    fn overlapping(&self, start: usize, end: usize) -> impl Iterator<Item = (usize, usize)> {
        let before = self.came.range(..start).next_back().filter(|(_, until)| **until > start);
        before.into_iter().chain(self.came.range(start..end)).map(|(&start, &end)| (start, end))
    }

    fn take(&mut self, start: usize, payload: &[u8], overlap: FragmentOverlap) {
        let end = start + payload.len();
        if self.octets.len() < end {
            self.octets.resize(end, 0);
        }
        let kept: Vec<(usize, Vec<u8>)> = match overlap {
            FragmentOverlap::LastCopy | FragmentOverlap::Discard => Vec::new(),
            FragmentOverlap::FirstCopy => {
                let shared = self.overlapping(start, end).map(|(from, until)| (from.max(start), until.min(end)));
                shared.map(|(from, until)| (from, self.octets[from..until].to_vec())).collect()
            }
        };
        self.octets[start..end].copy_from_slice(payload);
        for (from, octets) in kept {
            self.octets[from..from + octets.len()].copy_from_slice(&octets);
        }
        self.join(start, end);
    }

    /// Adds a range to those that came; what it touches becomes one with it.
    fn join(&mut self, mut start: usize, mut end: usize) {
        if let Some((&from, &until)) = self.came.range(..start).next_back()
            && until >= start
        {
            (start, end) = (from, end.max(until));
        }
        while let Some((&from, &until)) = self.came.range(start..=end).next() {
            self.came.remove(&from);
            end = end.max(until);
        }
        self.came.insert(start, end);
    }

    fn is_complete(&self) -> bool {
        self.len.is_some_and(|len| self.came.get(&0) == Some(&len))
    }

    /// What came from the beginning on, as one fragment.
    fn first_fragment(&self, name: &Name) -> Option<Vec<u8>> {
        let start = self.octets.get(..*self.came.get(&0)?)?;
        self.as_datagram(name, start).first_of_more()
    }

    fn into_packet(self, name: Name) -> Option<Vec<u8>> {
        self.as_datagram(&name, &self.octets).whole()
    }

    /// These octets of it, with the header fields of the first fragment.
    fn as_datagram<'a>(&self, name: &Name, payload: &'a [u8]) -> fragment::Datagram<'a> {
        let (ttl, tos, protocol) = self.first;
        let fields = IpFields { ttl, tos, dont_fragment: false };
        let &Name { source, destination, ident, .. } = name;
        fragment::Datagram { source, destination, protocol, fields, ident, payload }
    }
}

#[cfg(test)]
mod tests;
