//! ARP: what an IPv4 host says and hears about stations (RFC826), and about addresses that two of them want (RFC5227).

use core::net::{IpAddr, Ipv4Addr};

use super::Link;
use super::claim::{Conflict, Say};
use super::neighbor::{Ask, Evidence};
use crate::ip::host::Host;
use crate::outbox::Outbox;
use crate::profile::Profile;
use crate::rule::Rule;
use crate::time::Instant;
use crate::wire::arp::{ArpPacket, Operation};
use crate::wire::ethernet::{MacAddr, TYPE_ARP};

impl Link {
    /// A packet arrives; "Packet Reception" of RFC826, after the checks of RFC5227#2.1.1 and #2.4.
    pub(super) fn arp_arrives(
        &mut self,
        bytes: &[u8],
        now: Instant,
        host: &mut Host,
        profile: &Profile,
        out: &mut Outbox,
    ) -> Result<(), Rule> {
        let packet = ArpPacket::parse(bytes).map_err(|_| Rule::ArpMalformed)?;
        if packet.sender_mac == self.mac {
            return Err(Rule::ArpOwn);
        }
        if self.check_conflict(&packet, now, host, out) {
            return Err(Rule::AddressConflict);
        }
        let for_us = host.is_ours(packet.target.into()) && self.holds(packet.target.into());
        if !packet.sender.is_unspecified() {
            let evidence = match packet.operation {
                _ if !for_us => Evidence::Overheard,
                Operation::Request => Evidence::Mention,
                Operation::Reply => Evidence::Answer,
            };
            self.learn(packet.sender.into(), packet.sender_mac, evidence, now, profile);
        }
        if packet.operation == Operation::Request && for_us {
            let reply = ArpPacket {
                operation: Operation::Reply,
                sender_mac: self.mac,
                sender: packet.target,
                target_mac: packet.sender_mac,
                target: packet.sender,
            };
            self.say_arp(packet.sender_mac, &reply, Rule::ArpReply);
        }
        Ok(())
    }

    /// Whether someone else claims one of our addresses: as its sender, or with a probe while we probe ourselves.
    fn check_conflict(&mut self, packet: &ArpPacket, now: Instant, host: &mut Host, out: &mut Outbox) -> bool {
        let probe = packet.sender.is_unspecified() && packet.operation == Operation::Request;
        let tentative = |address: Ipv4Addr| !self.holds(address.into());
        let disputed = if host.is_ours(packet.sender.into()) {
            packet.sender
        } else if probe && host.is_ours(packet.target.into()) && tentative(packet.target) {
            packet.target
        } else {
            return false;
        };
        match self.conflict(disputed.into(), now, host) {
            Conflict::Defended => {
                let announcement = self.announcement(disputed);
                self.say_arp(MacAddr::BROADCAST, &announcement, Rule::ArpDefend);
            }
            Conflict::GivenUp => out.dropped(Rule::AddressGivenUp),
            Conflict::Ignored => {}
        }
        true
    }

    /// Gratuitous ARP: a request for our own address (RFC5227#2.3).
    fn announcement(&self, address: Ipv4Addr) -> ArpPacket {
        ArpPacket {
            operation: Operation::Request,
            sender_mac: self.mac,
            sender: address,
            target_mac: MacAddr::default(),
            target: address,
        }
    }

    /// Sends the next step of a claim.
    pub(super) fn say_claim_v4(&mut self, address: Ipv4Addr, say: Say) {
        let announcement = self.announcement(address);
        match say {
            Say::Announcement => self.say_arp(MacAddr::BROADCAST, &announcement, Rule::ArpAnnounce),
            // A probe names no sender, so that nobody's cache changes (RFC5227#1.1).
            Say::Probe => {
                let probe = ArpPacket { sender: Ipv4Addr::UNSPECIFIED, ..announcement };
                self.say_arp(MacAddr::BROADCAST, &probe, Rule::ArpProbe);
            }
        }
    }

    /// Asks for a neighbor's station.
    pub(super) fn ask_v4(&mut self, address: Ipv4Addr, ask: &Ask, host: &Host) {
        let Some(IpAddr::V4(sender)) = host.source_for(address.into()) else { return };
        let request = ArpPacket {
            operation: Operation::Request,
            sender_mac: self.mac,
            sender,
            target_mac: MacAddr::default(),
            target: address,
        };
        self.say_arp(ask.station.unwrap_or(MacAddr::BROADCAST), &request, Rule::ArpRequest);
    }

    fn say_arp(&mut self, to: MacAddr, packet: &ArpPacket, rule: Rule) {
        self.say(to, TYPE_ARP, &packet.emit(), rule);
    }
}
