//! Neighbor discovery: solicitations and advertisements (RFC4861#4.3, #4.4, #7), and the check that an address is nobody
//! else's (RFC4862#5.4).
//!
//! Left out: routers, their prefixes and redirects: addresses and routes are the owner's to say.

use core::net::{IpAddr, Ipv6Addr};

use super::Link;
use super::claim::{Conflict, Say};
use super::neighbor::{Ask, Evidence};
use crate::ip::host::{Host, solicited_node};
use crate::ip::packet::IpPacket;
use crate::outbox::Outbox;
use crate::profile::Profile;
use crate::rule::Rule;
use crate::time::Instant;
use crate::wire::ethernet::{MacAddr, TYPE_IPV6};
use crate::wire::icmp::{IcmpMessage, IcmpRepr, PROTOCOL_ICMPV6};
use crate::wire::ipv6::Ipv6Repr;

const SOLICITATION: u8 = 135;
const ADVERTISEMENT: u8 = 136;
const SOURCE_LINK_ADDRESS: u8 = 1;
const TARGET_LINK_ADDRESS: u8 = 2;
/// Flags of an advertisement: it answers a solicitation; it replaces what is known.
const SOLICITED: u8 = 0x40;
const OVERRIDE: u8 = 0x20;
/// No router is between us and whoever says this (RFC4861#7.1).
const ON_LINK: u8 = 255;
const ALL_NODES: Ipv6Addr = Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 1);

/// A message with its link-layer address option.
struct Message {
    target: Ipv6Addr,
    station: Option<MacAddr>,
}

/// The checks of RFC4861#7.1 that both kinds share. Those of their own are where they arrive.
fn read(packet: &IpPacket<'_>, message: &IcmpMessage<'_>, option: u8) -> Option<Message> {
    let (target, mut options) = message.body().split_first_chunk::<16>()?;
    let target = Ipv6Addr::from(*target);
    if packet.ttl != ON_LINK || message.code() != 0 || target.is_multicast() {
        return None;
    }
    let mut station = None;
    while let Some((&[kind, units], _)) = options.split_first_chunk::<2>() {
        // Lengths count eight octets; none at all would not end.
        let len = usize::from(units) * 8;
        let (this, rest) = options.split_at_checked(len).filter(|_| len > 0)?;
        if kind == option
            && let Some(&mac) = this.get(2..).and_then(<[u8]>::first_chunk::<6>)
        {
            station = Some(MacAddr(mac));
        }
        options = rest;
    }
    Some(Message { target, station })
}

impl Link {
    /// A message arrives, in a packet that was for us or for a group of ours.
    pub(crate) fn neighbor_message(
        &mut self,
        packet: &IpPacket<'_>,
        message: &IcmpMessage<'_>,
        now: Instant,
        host: &mut Host,
        profile: &Profile,
        out: &mut Outbox,
    ) -> Result<(), Rule> {
        let IpAddr::V6(source) = packet.source else { return Err(Rule::NeighborMalformed) };
        if message.kind() == SOLICITATION {
            let read = read(packet, message, SOURCE_LINK_ADDRESS).ok_or(Rule::NeighborMalformed)?;
            let to_its_group = packet.destination == IpAddr::V6(solicited_node(read.target));
            if source.is_unspecified() && (read.station.is_some() || !to_its_group) {
                return Err(Rule::NeighborMalformed);
            }
            self.solicited(&read, source, now, host, profile, out)
        } else {
            let read = read(packet, message, TARGET_LINK_ADDRESS).ok_or(Rule::NeighborMalformed)?;
            // What goes to all answers nobody.
            if packet.destination.is_multicast() && message.rest()[0] & SOLICITED != 0 {
                return Err(Rule::NeighborMalformed);
            }
            self.advertised(&read, message.rest()[0], now, host, profile, out)
        }
    }

    /// RFC4861#7.2.3; from the unspecified address it is a probe for duplicates (RFC4862#5.4.3).
    fn solicited(
        &mut self,
        asked: &Message,
        source: Ipv6Addr,
        now: Instant,
        host: &mut Host,
        profile: &Profile,
        out: &mut Outbox,
    ) -> Result<(), Rule> {
        if !host.is_ours(asked.target.into()) {
            return Err(Rule::IpNotOurs);
        }
        let probe = source.is_unspecified();
        if !self.holds(asked.target.into()) {
            return match probe {
                true => self.disputed(asked.target, now, host, out),
                false => Err(Rule::AddressTentative),
            };
        }
        if let (Some(station), false) = (asked.station, probe) {
            self.learn(source.into(), station, Evidence::Mention, now, profile);
        }
        if probe {
            self.advertise(asked.target, ALL_NODES, MacAddr::of_ipv6_multicast(ALL_NODES), OVERRIDE);
            return Ok(());
        }
        let Some(station) = asked.station.or_else(|| self.station_of(source.into())) else {
            return Err(Rule::NeighborMalformed);
        };
        self.advertise(asked.target, source, station, SOLICITED | OVERRIDE);
        Ok(())
    }

    /// RFC4861#7.2.5.
    fn advertised(
        &mut self,
        told: &Message,
        flags: u8,
        now: Instant,
        host: &mut Host,
        profile: &Profile,
        out: &mut Outbox,
    ) -> Result<(), Rule> {
        if host.is_ours(told.target.into()) {
            return self.disputed(told.target, now, host, out);
        }
        let known = self.station_of(told.target.into());
        let Some(station) = told.station.or(known) else { return Err(Rule::NeighborMalformed) };
        if flags & OVERRIDE == 0 && known.is_some_and(|known| known != station) {
            self.neighbors.doubt(told.target.into());
            return Ok(());
        }
        let evidence = if flags & SOLICITED != 0 { Evidence::Answer } else { Evidence::Overheard };
        self.learn(told.target.into(), station, evidence, now, profile);
        Ok(())
    }

    /// Another station has, or wants, an address of ours.
    fn disputed(&mut self, target: Ipv6Addr, now: Instant, host: &mut Host, out: &mut Outbox) -> Result<(), Rule> {
        match self.conflict(target.into(), now, host) {
            Conflict::Defended => {
                self.advertise(target, ALL_NODES, MacAddr::of_ipv6_multicast(ALL_NODES), OVERRIDE);
            }
            Conflict::GivenUp => out.dropped(Rule::AddressGivenUp),
            Conflict::Ignored => {}
        }
        Err(Rule::AddressConflict)
    }

    fn advertise(&mut self, target: Ipv6Addr, to: Ipv6Addr, station: MacAddr, flags: u8) {
        let body = body(target, Some((TARGET_LINK_ADDRESS, self.mac)));
        let message = IcmpRepr { kind: ADVERTISEMENT, code: 0, rest: [flags, 0, 0, 0], body: &body };
        self.say_ndp(target, to, station, &message, Rule::NeighborAdvertise);
    }

    /// Sends the next step of a claim.
    pub(super) fn say_claim_v6(&mut self, address: Ipv6Addr, say: Say) {
        match say {
            Say::Announcement => {
                self.advertise(address, ALL_NODES, MacAddr::of_ipv6_multicast(ALL_NODES), OVERRIDE);
            }
            Say::Probe => {
                let group = solicited_node(address);
                let body = body(address, None);
                let message = IcmpRepr { kind: SOLICITATION, code: 0, rest: [0; 4], body: &body };
                let station = MacAddr::of_ipv6_multicast(group);
                self.say_ndp(Ipv6Addr::UNSPECIFIED, group, station, &message, Rule::NeighborProbe);
            }
        }
    }

    /// Asks for a neighbor's station.
    pub(super) fn ask_v6(&mut self, address: Ipv6Addr, ask: &Ask, host: &Host) {
        let Some(IpAddr::V6(source)) = host.source_for(address.into()) else { return };
        let body = body(address, Some((SOURCE_LINK_ADDRESS, self.mac)));
        let message = IcmpRepr { kind: SOLICITATION, code: 0, rest: [0; 4], body: &body };
        let group = solicited_node(address);
        let (to, station) = match ask.station {
            Some(station) => (address, station),
            None => (group, MacAddr::of_ipv6_multicast(group)),
        };
        self.say_ndp(source, to, station, &message, Rule::NeighborSolicit);
    }

    fn say_ndp(&mut self, from: Ipv6Addr, to: Ipv6Addr, station: MacAddr, message: &IcmpRepr<'_>, rule: Rule) {
        let message = message.emit_v6(from, to);
        let mut packet = Vec::new();
        let header = Ipv6Repr { hop_limit: ON_LINK, ..Ipv6Repr::new(from, to, PROTOCOL_ICMPV6) };
        // 32 octets fit any packet.
        if header.emit(message.len(), &mut packet).is_ok() {
            packet.extend(message);
            self.say(station, TYPE_IPV6, &packet, rule);
        }
    }
}

/// The target, and a station in an option of eight octets.
fn body(target: Ipv6Addr, option: Option<(u8, MacAddr)>) -> Vec<u8> {
    let mut body = target.octets().to_vec();
    if let Some((kind, station)) = option {
        body.extend([kind, 1]);
        body.extend(station.0);
    }
    body
}
