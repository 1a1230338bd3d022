use std::time::Duration;

use super::{Seen, What, differences, is_allowed};
use crate::{
    case::{
        flags::Flags,
        format::{
            AddressName, Allow, ArpKind, Data, ExpectArp, ExpectIcmp, ExpectIp, ExpectSegment, ExpectUdp, Frame,
            IpVersion, Message,
        },
        position::{Bounds, Position},
    },
    peer::View,
    segment::ethernet::{self, Header, station},
    trace::{
        event::CaseSegment,
        packet::{CasePacket, Content, Quoted},
    },
};

fn packet(content: Content) -> CasePacket {
    let (from, to) = (Some(AddressName::Target), Some(AddressName::Peer));
    CasePacket { at: Duration::ZERO, on: Some(0), from, to, ttl: 64, pieces: 1, content, ..CasePacket::default() }
}

fn message(word: &str) -> Message {
    word.parse().unwrap()
}

fn unreachable(quote: Option<Quoted>) -> CasePacket {
    packet(Content::Icmp { message: message("port-unreachable"), rest: [0; 4], body: vec![0x45; 28], quote })
}

fn echo_reply() -> CasePacket {
    packet(Content::Icmp { message: message("echo-reply"), rest: [0, 7, 0, 1], body: b"ping".to_vec(), quote: None })
}

fn datagram() -> CasePacket {
    packet(Content::Udp { from_port: 7, to_port: 40_000, data: b"hello".to_vec() })
}

fn arp_reply() -> CasePacket {
    packet(Content::Arp {
        kind: ArpKind::Reply,
        sender: Some(AddressName::Target),
        sender_mac: Some(AddressName::Target),
        target: Some(AddressName::Peer),
        target_mac: Some(AddressName::Peer),
    })
}

/// The names of the fields that differ.
fn fields(expected: &ExpectSegment, seen: &CasePacket) -> Vec<&'static str> {
    let seen = Seen { what: What::Packet(seen), frame: None };
    let found = differences(expected, 0, seen, &View::unknown()).unwrap();
    found.into_iter().map(|difference| difference.field).collect()
}

fn icmp(icmp: ExpectIcmp) -> ExpectSegment {
    ExpectSegment { icmp: Some(Box::new(icmp)), ..ExpectSegment::default() }
}

fn udp(udp: ExpectUdp) -> ExpectSegment {
    ExpectSegment { udp: Some(Box::new(udp)), ..ExpectSegment::default() }
}

fn arp(arp: ExpectArp) -> ExpectSegment {
    ExpectSegment { arp: Some(Box::new(arp)), ..ExpectSegment::default() }
}

fn number(number: i64) -> Option<Bounds> {
    Some(Bounds::Exactly(Position::number(number)))
}

#[test]
fn what_is_not_named_is_not_compared() {
    assert!(fields(&icmp(ExpectIcmp::default()), &echo_reply()).is_empty());
    assert!(fields(&udp(ExpectUdp::default()), &datagram()).is_empty());
    assert!(fields(&arp(ExpectArp::default()), &arp_reply()).is_empty());
}

#[test]
fn all_differing_fields_are_told_at_once() {
    let wanted = ExpectIcmp {
        message: Some(message("echo-request")),
        id: Some(8),
        seq: Some(2),
        data: Some(Data::Text("pong".into())),
        ..ExpectIcmp::default()
    };
    let wanted = ExpectSegment {
        from: Some(AddressName::OtherPeer),
        to: Some(AddressName::Gateway),
        ip: ExpectIp { ttl: Some(1), tos: Some(4), df: Some(true) },
        pieces: number(2),
        ..icmp(wanted)
    };
    let all = ["message", "id", "seq", "data", "from", "to", "ttl", "tos", "df", "pieces"];
    assert_eq!(fields(&wanted, &echo_reply()), all);
    let wanted =
        ExpectUdp { from_port: Some(8), to_port: Some(9), data: Some(Data::Text("bye".into())), len: number(3) };
    assert_eq!(fields(&udp(wanted), &datagram()), ["from-port", "to-port", "data", "len"]);
    let name = Some(AddressName::Gateway);
    let wanted =
        ExpectArp { kind: Some(ArpKind::Probe), sender: name, target: name, sender_mac: name, target_mac: name };
    assert_eq!(fields(&arp(wanted), &arp_reply()), ["kind", "sender", "target", "sender-mac", "target-mac"]);
}

#[test]
fn another_kind_of_packet_differs_in_that_alone() {
    assert_eq!(fields(&udp(ExpectUdp { from_port: Some(9), ..ExpectUdp::default() }), &echo_reply()), ["packet"]);
    assert_eq!(fields(&ExpectSegment::default(), &datagram()), ["packet"]);
    let segment = CaseSegment { on: Some(0), flags: Flags::SYN, ..CaseSegment::default() };
    let found = differences(&icmp(ExpectIcmp::default()), 0, Seen::segment(&segment), &View::unknown()).unwrap();
    assert_eq!((found.len(), found[0].field), (1, "packet"));
}

#[test]
fn a_quote_is_so_long_or_all_there_was() {
    let wanted = |quotes| icmp(ExpectIcmp { quotes: Some(quotes), ..ExpectIcmp::default() });
    let quoted = |bytes, whole| unreachable(Some(Quoted { bytes, whole }));
    assert!(fields(&wanted(8), &quoted(8, false)).is_empty());
    assert!(fields(&wanted(8), &quoted(3, true)).is_empty());
    assert_eq!(fields(&wanted(8), &quoted(7, false)), ["quotes"]);
    assert_eq!(fields(&wanted(8), &unreachable(None)), ["quotes"]);
}

#[test]
fn a_datagram_of_another_connection_is_another() {
    let elsewhere = CasePacket { on: None, to: Some(AddressName::OffLink), ..datagram() };
    assert_eq!(fields(&udp(ExpectUdp::default()), &elsewhere), ["on"]);
    let named = ExpectSegment { to: Some(AddressName::OffLink), ..udp(ExpectUdp::default()) };
    assert!(fields(&named, &elsewhere).is_empty());
}

#[test]
fn stations_are_compared_by_their_addresses() {
    let to = |to| ExpectSegment { frame: Frame { from: None, to: Some(to) }, ..arp(ExpectArp::default()) };
    let packet = arp_reply();
    let header = Header {
        destination: station(AddressName::Gateway, IpVersion::V4),
        source: ethernet::TARGET,
        kind: ethernet::TYPE_ARP,
    };
    let differ = |expected: &ExpectSegment, frame| {
        let seen = Seen { what: What::Packet(&packet), frame };
        differences(expected, 0, seen, &View::unknown()).unwrap().len()
    };
    assert_eq!(differ(&to(AddressName::Gateway), Some(&header)), 0);
    assert_eq!(differ(&to(AddressName::OffLink), Some(&header)), 0, "reached through the gateway's station");
    assert_eq!(differ(&to(AddressName::Peer), Some(&header)), 1);
    assert_eq!(differ(&to(AddressName::Gateway), None), 1);
}

#[test]
fn only_what_is_named_may_come_unasked() {
    let allowed = |allow: &[Allow], packet: &CasePacket| {
        is_allowed(allow, Seen { what: What::Packet(packet), frame: None }, &View::unknown())
    };
    let segments = [Allow::Ack, Allow::WindowUpdate, Allow::Retransmission];
    let request = CasePacket {
        content: Content::Arp {
            kind: ArpKind::Request,
            sender: None,
            sender_mac: None,
            target: None,
            target_mac: None,
        },
        ..arp_reply()
    };
    for packet in [unreachable(None), datagram(), arp_reply(), request.clone()] {
        assert!(!allowed(&[], &packet) && !allowed(&segments, &packet), "{packet:?}");
    }
    assert!(allowed(&[Allow::Icmp], &unreachable(None)) && allowed(&[Allow::Icmp], &echo_reply()));
    assert!(!allowed(&[Allow::Icmp, Allow::ArpRequest], &datagram()));
    assert!(allowed(&[Allow::ArpRequest], &request) && !allowed(&[Allow::ArpRequest], &arp_reply()));
}
