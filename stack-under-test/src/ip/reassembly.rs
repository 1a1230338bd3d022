//! Fragments → datagrams (RFC791#3.2, RFC1122#3.3.2).
//!
//! [`Reassembler::fragment_arrives`] is called by [`crate::Stack::handle_packet`] for a fragment whose header is sound
//! and which is for us; [`Reassembler::expire`] when a [`Reassembler::deadline`] has come. For each datagram the octets
//! that came are kept as ranges, so that a fragment costs what it brings, however many there are.
//!
//! Memory is bounded by [`crate::profile::Limits::datagrams`] of at most 65,535 octets each.
//!
//! Left out: the ICMP message that should tell the source of a timeout.

use core::net::Ipv4Addr;
use std::collections::BTreeMap;

use crate::profile::{FragmentOverlap, Profile};
use crate::rule::Rule;
use crate::time::Instant;
use crate::wire::ipv4::{HEADER_LEN, Ipv4Packet, Ipv4Repr};

/// No datagram is longer (RFC791#3.1); the one we make has a header without options.
const MOST: usize = u16::MAX as usize - HEADER_LEN;
/// Offsets count units of so many octets, so only the last fragment may end between them.
const UNIT: usize = 8;

/// What fragments of one datagram have in common (RFC791#3.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Name {
    source: Ipv4Addr,
    destination: Ipv4Addr,
    protocol: u8,
    ident: u16,
}

/// What has come of one datagram.
#[derive(Clone, Debug)]
struct Datagram {
    octets: Vec<u8>,
    /// Where each range of octets that came begins, and where it ends. Ranges do not touch.
    came: BTreeMap<usize, usize>,
    /// The length, once the last fragment has come.
    len: Option<usize>,
    /// TTL and type of service of the first fragment.
    first: (u8, u8),
    deadline: Instant,
}

/// The datagrams that are on their way in.
#[derive(Clone, Debug, Default)]
pub(crate) struct Reassembler {
    datagrams: BTreeMap<Name, Datagram>,
}

impl Reassembler {
    /// Takes a fragment in. `Ok(Some)`: the whole datagram, a packet that is no fragment.
    ///
    /// # Errors
    /// The rule the fragment is dropped for.
    pub(crate) fn fragment_arrives(
        &mut self,
        packet: &Ipv4Packet<'_>,
        now: Instant,
        profile: &Profile,
    ) -> Result<Option<Vec<u8>>, Rule> {
        let (start, payload) = (usize::from(packet.fragment_offset()), packet.payload());
        let end = start + payload.len();
        if payload.is_empty() || (packet.more_fragments() && !payload.len().is_multiple_of(UNIT)) {
            return Err(Rule::FragmentLength);
        }
        if end > MOST {
            return Err(Rule::FragmentTooFar);
        }
        let name = Name {
            source: packet.source(),
            destination: packet.destination(),
            protocol: packet.protocol(),
            ident: packet.ident(),
        };
        if !self.datagrams.contains_key(&name) && self.datagrams.len() >= profile.limits.datagrams {
            return Err(Rule::ReassemblyFull);
        }
        let datagram = self.datagrams.entry(name).or_insert_with(|| Datagram::new(now + profile.reassembly_timeout));
        datagram.check_end(end, packet.more_fragments())?;
        if profile.fragment_overlap == FragmentOverlap::Discard && datagram.overlaps(start, payload) {
            self.datagrams.remove(&name);
            return Err(Rule::FragmentOverlap);
        }
        datagram.take(start, payload, profile.fragment_overlap);
        if start == 0 {
            datagram.first = (packet.ttl(), packet.tos());
        }
        if !packet.more_fragments() {
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

    /// Gives up what is too old. How many datagrams that were.
    pub(crate) fn expire(&mut self, now: Instant) -> usize {
        let before = self.datagrams.len();
        self.datagrams.retain(|_, datagram| datagram.deadline > now);
        before - self.datagrams.len()
    }
}

impl Datagram {
    fn new(deadline: Instant) -> Self {
        Self { octets: Vec::new(), came: BTreeMap::new(), len: None, first: (0, 0), deadline }
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

    fn into_packet(self, name: Name) -> Option<Vec<u8>> {
        let Name { source, destination, protocol, ident } = name;
        let (ttl, tos) = self.first;
        let header = Ipv4Repr { ttl, tos, ident, dont_fragment: false, ..Ipv4Repr::new(source, destination, protocol) };
        let mut packet = Vec::with_capacity(HEADER_LEN + self.octets.len());
        header.emit(self.octets.len(), &mut packet).ok()?;
        packet.extend(self.octets);
        Some(packet)
    }
}

#[cfg(test)]
mod tests;
