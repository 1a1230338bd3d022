//! The Ethernet link: frames ↔ packets, and who has which address there.
//!
//! [`crate::Stack`] owns a [`Link`] if its [`Medium`] is Ethernet; on a bare IP link there is none. What arrives goes
//! through [`Link::frame_arrives`], what leaves through [`Link::send`]; frames are taken with [`Link::next_frame`].
//!
//! | file | job |
//! | --- | --- |
//! | `neighbor` | the cache: what is known, what is asked, what waits |
//! | `claim` | probing, announcing and defending an address of ours |
//! | `arp`, `ndp` | both in the words of IPv4 and IPv6 |

mod arp;
mod claim;
mod ndp;
mod neighbor;

use core::net::IpAddr;
use std::collections::VecDeque;

use claim::{Claim, Conflict};
use neighbor::{Ask, Evidence, Neighbors, Resolved};

use crate::ip::host::Host;
use crate::ip::packet::IpPacket;
use crate::outbox::{Outbox, Transmit};
use crate::profile::Profile;
use crate::rule::{Rule, Rules};
use crate::time::Instant;
use crate::wire::ethernet::{EthernetFrame, MacAddr, TYPE_ARP, TYPE_IPV4, TYPE_IPV6};

/// What the host's interface is attached to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Medium {
    /// IP packets as they are, with one other end, as on a TUN device.
    #[default]
    Ip,
    /// Ethernet frames; this is our station's address.
    Ethernet(MacAddr),
}

/// An Ethernet interface.
#[derive(Clone, Debug)]
pub(crate) struct Link {
    mac: MacAddr,
    neighbors: Neighbors,
    /// Our addresses.
    claims: Vec<(IpAddr, Claim)>,
    /// `false` until the first time we are told.
    started: bool,
    /// What leaves next. A caller that never polls loses frames, not memory.
    frames: VecDeque<Transmit>,
    max_frames: usize,
}

impl Link {
    pub(crate) fn new(mac: MacAddr, profile: &Profile) -> Self {
        Self {
            mac,
            neighbors: Neighbors::default(),
            claims: Vec::new(),
            started: false,
            frames: VecDeque::new(),
            max_frames: profile.limits.transmit_queue,
        }
    }

    /// The claims begin with the first event, which brings the time.
    pub(crate) fn start(&mut self, now: Instant, host: &Host, profile: &Profile) {
        if !self.started {
            self.started = true;
            let claim = Claim::new(profile.link.address_claim, now);
            self.claims = host.addresses().map(|address| (address, claim)).collect();
            self.step_claims(now);
        }
    }

    /// A frame arrives. `Ok(Some)`: the IP packet in it.
    ///
    /// # Errors
    /// The rule it is dropped for.
    pub(crate) fn frame_arrives<'a>(
        &mut self,
        bytes: &'a [u8],
        now: Instant,
        host: &mut Host,
        profile: &Profile,
        out: &mut Outbox,
    ) -> Result<Option<&'a [u8]>, Rule> {
        let frame = EthernetFrame::parse(bytes).ok_or(Rule::FrameTooShort)?;
        if frame.destination != self.mac && !frame.destination.is_group() {
            return Err(Rule::FrameNotOurs);
        }
        match frame.kind {
            TYPE_IPV4 | TYPE_IPV6 => Ok(Some(frame.payload)),
            TYPE_ARP => self.arp_arrives(frame.payload, now, host, profile, out).map(|()| None),
            _ => Err(Rule::FrameUnknownType),
        }
    }

    /// A packet leaves: for its station, or to wait for one.
    ///
    /// # Errors
    /// The rule it is dropped for.
    pub(crate) fn send(&mut self, packet: Transmit, now: Instant, host: &Host, profile: &Profile) -> Result<(), Rule> {
        let IpPacket { source, destination, .. } = IpPacket::parse(&packet.packet)?;
        if !self.holds(source) {
            return Err(Rule::AddressTentative);
        }
        if let Some(station) = group_station(destination, host) {
            self.frame(station, packet);
            return Ok(());
        }
        let hop = host.next_hop(destination).ok_or(Rule::NoRoute)?;
        let (resolved, ask) = self.neighbors.resolve(hop, packet, now, profile);
        if let Some(ask) = ask {
            self.ask(&ask, host);
        }
        match resolved {
            Resolved::To(station, packet) => self.frame(station, packet),
            Resolved::Waits => {}
            Resolved::Displaced => return Err(Rule::NeighborQueueFull),
        }
        Ok(())
    }

    pub(crate) fn next_frame(&mut self) -> Option<Transmit> {
        self.frames.pop_front()
    }

    pub(crate) fn deadline(&self) -> Option<Instant> {
        let claims = self.claims.iter().filter_map(|(_, claim)| claim.deadline());
        claims.chain(self.neighbors.deadline()).min()
    }

    /// Time has passed. Returns packets whose next hop did not answer.
    pub(crate) fn handle_timeout(&mut self, now: Instant, host: &Host, profile: &Profile) -> Vec<Transmit> {
        self.step_claims(now);
        let (asks, lost) = self.neighbors.expire(now, profile);
        for ask in &asks {
            self.ask(ask, host);
        }
        lost
    }

    fn step_claims(&mut self, now: Instant) {
        for index in 0..self.claims.len() {
            let (address, claim) = &mut self.claims[index];
            let Some(say) = claim.step(now) else { continue };
            match *address {
                IpAddr::V4(address) => self.say_claim_v4(address, say),
                IpAddr::V6(address) => self.say_claim_v6(address, say),
            }
        }
    }

    /// Whether the address is ours to use by now.
    pub(crate) fn holds(&self, address: IpAddr) -> bool {
        self.claims.iter().any(|(ours, claim)| *ours == address && claim.is_held())
    }

    /// Another station has or wants an address of ours.
    fn conflict(&mut self, address: IpAddr, now: Instant, host: &mut Host) -> Conflict {
        let Some((_, claim)) = self.claims.iter_mut().find(|(ours, _)| *ours == address) else {
            return Conflict::Ignored;
        };
        let outcome = claim.conflict(now);
        if outcome == Conflict::GivenUp {
            host.give_up(address);
        }
        outcome
    }

    fn station_of(&self, address: IpAddr) -> Option<MacAddr> {
        self.neighbors.station(address)
    }

    /// A station has an address: what waited for it leaves.
    fn learn(&mut self, address: IpAddr, mac: MacAddr, evidence: Evidence, now: Instant, profile: &Profile) {
        for packet in self.neighbors.learn(address, mac, evidence, now, profile) {
            self.frame(mac, packet);
        }
    }

    fn ask(&mut self, ask: &Ask, host: &Host) {
        match ask.address {
            IpAddr::V4(address) => self.ask_v4(address, ask, host),
            IpAddr::V6(address) => self.ask_v6(address, ask, host),
        }
    }

    fn frame(&mut self, destination: MacAddr, packet: Transmit) {
        let kind = if packet.packet.first().is_some_and(|first| first >> 4 == 6) { TYPE_IPV6 } else { TYPE_IPV4 };
        let frame = EthernetFrame { destination, source: self.mac, kind, payload: &packet.packet };
        self.queue(&frame, packet.rules);
    }

    /// Queues a frame of the link's own.
    fn say(&mut self, destination: MacAddr, kind: u16, payload: &[u8], rule: Rule) {
        let frame = EthernetFrame { destination, source: self.mac, kind, payload };
        self.queue(&frame, Rules::one(rule));
    }

    fn queue(&mut self, frame: &EthernetFrame<'_>, rules: Rules) {
        if self.frames.len() < self.max_frames {
            self.frames.push_back(Transmit { packet: frame.emit(), rules });
        }
    }
}

/// The station of a group needs no question (RFC1122#2.4, RFC1112#6.4, RFC2464#7).
fn group_station(destination: IpAddr, host: &Host) -> Option<MacAddr> {
    match destination {
        IpAddr::V4(_) if host.is_broadcast(destination) => Some(MacAddr::BROADCAST),
        IpAddr::V4(group) if group.is_multicast() => {
            let [_, b, c, d] = group.octets();
            Some(MacAddr([1, 0, 0x5e, b & 0x7f, c, d]))
        }
        IpAddr::V6(group) if group.is_multicast() => Some(MacAddr::of_ipv6_multicast(group)),
        IpAddr::V4(_) | IpAddr::V6(_) => None,
    }
}

#[cfg(test)]
mod tests;
