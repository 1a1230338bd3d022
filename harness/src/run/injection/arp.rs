//! `inject: { arp: … }`: an ARP packet of a station on the peer's side.

use std::net::{IpAddr, Ipv4Addr};

use super::super::{Run, Stop, beside::arp_words};
use crate::{
    case::format::{AddressName, Arp, ArpKind, Inject, IpVersion},
    judge::{event_class::EventClass, expect::Moment},
    segment::{
        arp::{ArpPacket, ETHERNET, IPV4},
        ethernet,
    },
    trace::event::{Event, EventKind},
};

impl Run<'_> {
    pub(super) fn arp(&mut self, inject: &Inject, arp: &Arp) -> Result<(), Stop> {
        // ARP knows IPv4 alone.
        let station = |name| ethernet::station(name, IpVersion::V4);
        let address = |name: AddressName| match self.peer.endpoints().address(name) {
            IpAddr::V4(address) => address,
            IpAddr::V6(_) => Ipv4Addr::UNSPECIFIED,
        };
        let usual_sender = if arp.kind == ArpKind::Probe { AddressName::Unspecified } else { AddressName::Peer };
        let sender = arp.sender.or(inject.from).unwrap_or(usual_sender);
        let target = arp.target.unwrap_or(if arp.kind == ArpKind::Gratuitous { sender } else { AddressName::Target });
        let from = if sender == AddressName::Unspecified { AddressName::Peer } else { sender };
        let (to_mac, to) = match arp.kind {
            ArpKind::Request | ArpKind::Gratuitous | ArpKind::Probe => {
                (AddressName::Unspecified, AddressName::LimitedBroadcast)
            }
            ArpKind::Reply => (AddressName::Target, AddressName::Target),
        };
        let sender_mac = arp.sender_mac.unwrap_or(from);
        let packet = ArpPacket {
            hardware: arp.hardware.unwrap_or(ETHERNET),
            protocol: arp.protocol.unwrap_or(IPV4),
            operation: arp.operation.unwrap_or(ArpPacket::operation_of(arp.kind)),
            sender_mac: station(sender_mac),
            sender: address(sender),
            target_mac: station(arp.target_mac.unwrap_or(to_mac)),
            target: address(target),
        };
        let header = ethernet::Header {
            destination: station(inject.frame.to.unwrap_or(to)),
            source: station(inject.frame.from.unwrap_or(sender_mac)),
            kind: ethernet::TYPE_ARP,
        };
        let (note, bytes) = (Some(arp_words(&self.peer, &packet)), packet.build());
        let earliest = self.target.now();
        let taken = self.target.inject(&header.around(&bytes));
        let latest = self.target.now();
        let kind = EventKind::Injected { packet: bytes, segment: None, class: EventClass::NotTcp, note };
        self.trace.events.push(Event { at: latest, step: self.step, kind, frame: Some(header) });
        self.since = Moment { earliest, latest };
        taken?;
        self.collect()
    }
}
