//! What the target sends beside TCP, in case space: addresses and stations by their names.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use super::Peer;
use crate::{
    case::format::{AddressName, Message, Neighbor},
    segment::{
        arp::ArpPacket,
        ethernet::{self, Mac},
        neighbor::{OVERRIDE, SOLICITED, WireNeighbor, solicited_node},
        other::{Body, Other},
    },
    target::{Pair, RuleNames, Time},
    trace::packet::{CasePacket, Content},
};

impl Peer {
    /// The name of an address, if it has one.
    #[must_use]
    pub fn name_of(&self, address: IpAddr) -> Option<AddressName> {
        let is_broadcast = |name| matches!(name, AddressName::SubnetBroadcast | AddressName::LimitedBroadcast);
        // What comes nearest to a broadcast address in IPv6 has a name of its own there.
        let mut names = AddressName::ALL.into_iter().filter(|name| address.is_ipv4() || !is_broadcast(*name));
        names.find(|name| self.endpoints.address(*name) == address)
    }

    /// An IP packet that is no TCP segment. What an error quotes is for the caller to find.
    #[must_use]
    pub fn emitted_other(&self, other: Other, at: Time) -> CasePacket {
        let Other { source, destination, ttl, tos, df, body, faults } = other;
        let on = match &body {
            Body::Udp { from_port, to_port, .. } => {
                let (target, peer) = (SocketAddr::new(source, *from_port), SocketAddr::new(destination, *to_port));
                self.find(Pair { target, peer })
            }
            Body::Icmp { .. } | Body::Fragment { .. } | Body::Protocol { .. } => None,
        };
        let neighbor = self.neighbor(&body, destination);
        CasePacket {
            at,
            on,
            from: self.name_of(source),
            to: self.name_of(destination),
            ttl,
            tos,
            df,
            pieces: 1,
            neighbor,
            content: match body {
                Body::Udp { from_port, to_port, data } => Content::Udp { from_port, to_port, data },
                Body::Icmp { message, rest, body } => Content::Icmp { message, rest, body, quote: None },
                Body::Fragment { protocol, bytes, last } => Content::Fragment { protocol, bytes, last },
                Body::Protocol { number, len } => Content::Protocol { number, len },
            },
            rules: RuleNames::new(),
            faults,
        }
    }

    /// An ARP packet.
    #[must_use]
    pub fn emitted_arp(&self, arp: &ArpPacket, at: Time) -> CasePacket {
        let host = |address: Ipv4Addr| self.name_of(address.into());
        let content = Content::Arp {
            kind: arp.kind(),
            sender: host(arp.sender),
            sender_mac: ethernet::name_of(arp.sender_mac),
            target: host(arp.target),
            target_mac: ethernet::name_of(arp.target_mac),
        };
        CasePacket { at, pieces: 1, content, ..CasePacket::default() }
    }

    /// What a message of neighbor discovery says, if it is one that can be read.
    fn neighbor(&self, body: &Body, destination: IpAddr) -> Option<Neighbor> {
        let (Body::Icmp { message, rest, body }, IpAddr::V6(destination)) = (body, destination) else { return None };
        let says = WireNeighbor::parse(*message, body).filter(|_| message.is_neighbor())?;
        let advertises = *message == Message::ADVERTISEMENT;
        Some(Neighbor {
            about: self.name_of(says.about.into()),
            station: says.station.map_or(Some(AddressName::Unspecified), ethernet::name_of),
            group: Some(destination == solicited_node(says.about)),
            solicited: Some(advertises && rest[0] & SOLICITED != 0),
            overrides: Some(advertises && rest[0] & OVERRIDE != 0),
        })
    }

    /// The station that answers when the target asks for this address: one of the peer's side.
    #[must_use]
    pub fn station_of(&self, address: IpAddr) -> Option<Mac> {
        let version = self.endpoints.version();
        match self.name_of(address)? {
            name @ (AddressName::Peer | AddressName::OtherPeer | AddressName::Gateway) => {
                Some(ethernet::station(name, version))
            }
            AddressName::Target
            | AddressName::SubnetBroadcast
            | AddressName::LimitedBroadcast
            | AddressName::Multicast
            | AddressName::Loopback
            | AddressName::Unspecified
            | AddressName::OffLink => None,
        }
    }
}
