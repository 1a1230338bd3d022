//! `inject: { icmp: { message: neighbor-solicitation, … } }`: a question for a station, or an answer (RFC4861#4.3, #4.4).

use std::net::{IpAddr, Ipv6Addr};

use super::super::Run;
use crate::{
    case::format::{AddressName, Icmp, Inject, Ip, IpVersion, Message},
    segment::{
        build::{WireSegment, build},
        ethernet::station,
        icmp::{WireIcmp, build_icmp, icmp_protocol},
        neighbor::{ON_LINK, OVERRIDE, SOLICITED, WireNeighbor, solicited_node},
        other::neighbor,
    },
};

impl Run<'_> {
    /// The packet, and what it is in words.
    pub(super) fn neighbor(&mut self, inject: &Inject, icmp: &Icmp, id: u16) -> (Vec<u8>, String) {
        let says = icmp.neighbor.unwrap_or_default();
        let from = inject.from.unwrap_or(AddressName::Peer);
        let solicits = icmp.message == Message::SOLICITATION;
        let about = says.about.unwrap_or(if solicits { AddressName::Target } else { from });
        let its_station = says.station.unwrap_or(from);
        let body = WireNeighbor {
            about: match self.peer.endpoints().address(about) {
                IpAddr::V6(address) => address,
                // Such a case is refused when it is loaded.
                IpAddr::V4(address) => address.to_ipv6_mapped(),
            },
            station: (its_station != AddressName::Unspecified).then(|| station(its_station, IpVersion::V6)),
        };
        let ip = Ip {
            protocol: inject.ip.protocol.or(Some(icmp_protocol(IpVersion::V6))),
            ttl: inject.ip.ttl.or(Some(ON_LINK)),
            ..inject.ip.clone()
        };
        let mut envelope = self.envelope(inject, &ip, id);
        if says.group.unwrap_or(solicits && inject.to.is_none()) {
            envelope.destination = solicited_node(body.about).into();
        }
        let flag = |said: Option<bool>, usual: bool, flag: u8| if said.unwrap_or(usual) { flag } else { 0 };
        let answers = !solicits && inject.to != Some(AddressName::Multicast);
        let flags = flag(says.solicited, answers, SOLICITED) | flag(says.overrides, !solicits, OVERRIDE);
        let ends = [envelope.source, envelope.destination];
        let text = body.build(icmp.message);
        let (message, rest) = (icmp.message, [flags, 0, 0, 0]);
        let message = build_icmp(&WireIcmp { ends, message, rest, body: &text, checksum: icmp.checksum });
        let note = neighbor(icmp.message, about.name(), its_station.name());
        (build(&WireSegment { raw: Some(&message), ..envelope }), note)
    }

    /// The answer of a station on the peer's side, in a packet.
    pub(in super::super) fn advertisement(&self, of: Ipv6Addr, to: Ipv6Addr, body: &WireNeighbor) -> Vec<u8> {
        let ends = [of.into(), to.into()];
        let message = Message::ADVERTISEMENT;
        let rest = [SOLICITED | OVERRIDE, 0, 0, 0];
        let bytes = build_icmp(&WireIcmp { ends, message, rest, body: &body.build(message), checksum: None });
        let ip = Ip { protocol: Some(icmp_protocol(IpVersion::V6)), ttl: Some(ON_LINK), ..Ip::default() };
        let pair = self.peer.connection(self.in_hand).pair;
        let [source, destination] = ends;
        build(&WireSegment {
            source,
            destination,
            ip: &ip,
            raw: Some(&bytes),
            ..WireSegment::empty(pair.peer, pair.target)
        })
    }
}
