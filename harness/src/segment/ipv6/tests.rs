//! Packets over IPv6: built, read, and read with what may stand before TCP.

use pnet_packet::{Packet as _, tcp, tcp::TcpPacket};

use super::*;
use crate::{
    case::{
        flags::Flags,
        format::{Checksum, Fragments, Order},
    },
    segment::{
        build::{WireSegment, build},
        fragment::fragment,
        other,
        parse::{parse, plain, tcp_part},
    },
};

fn segment(text: &[u8]) -> WireSegment<'_> {
    let [peer, target] = ["[2001:db8::2]:40000", "[2001:db8::1]:80"].map(|socket| socket.parse().unwrap());
    WireSegment { seq: 7, flags: Flags::ACK, text, ..WireSegment::empty(peer, target) }
}

#[test]
fn a_packet_has_the_fields_of_rfc_8200_and_the_right_checksum() {
    let ip = Ip { ttl: Some(9), tos: Some(0xb9), ..Ip::default() };
    let packet = build(&WireSegment { ip: &ip, ..segment(b"hello") });
    let header = Ipv6Packet::new(&packet).unwrap();
    assert_eq!((header.get_version(), header.get_traffic_class(), header.get_flow_label()), (6, 0xb9, 0));
    assert_eq!((header.get_payload_length(), header.get_next_header().0, header.get_hop_limit()), (25, 6, 9));
    let tcp = TcpPacket::new(header.payload()).unwrap();
    assert_eq!(tcp.get_checksum(), tcp::ipv6_checksum(&tcp, &header.get_source(), &header.get_destination()));
    let parsed = parse(&packet).unwrap();
    assert_eq!(parsed.faults, []);
    assert_eq!((parsed.ttl, parsed.tos, parsed.df, &parsed.text[..]), (9, 0xb9, true, &b"hello"[..]));
    assert_eq!((parsed.source, parsed.destination), (header.get_source().into(), header.get_destination().into()));
}

#[test]
fn what_is_wrong_is_named() {
    let faults = |segment: &WireSegment<'_>| -> Vec<_> {
        parse(&build(segment)).unwrap().faults.into_iter().map(|(_, clause)| clause).collect()
    };
    assert_eq!(faults(&WireSegment { checksum: Some(Checksum::Bad), ..segment(b"") }), ["MUST-2"]);
    let short = Ip { length: Some(24), ..Ip::default() };
    assert_eq!(faults(&WireSegment { ip: &short, ..segment(b"hello") }), ["RFC8200#3", "MUST-2"]);
}

#[test]
fn the_plain_way_says_the_same() {
    let segment = segment(b"hello");
    let mut plain = plain(&segment).unwrap();
    plain.text = b"hello".into();
    assert_eq!(Ok(plain), parse(&build(&segment)));
}

/// The packet with extension headers before TCP.
fn extended(chain: &[u8], first: u8) -> Vec<u8> {
    let packet = build(&segment(b"hello"));
    let mut longer = [&packet[..HEADER], chain, &packet[HEADER..]].concat();
    longer[6] = first;
    longer[5] += u8::try_from(chain.len()).unwrap();
    longer
}

#[test]
fn extension_headers_are_passed_over() {
    let plain = parse(&build(&segment(b"hello"))).unwrap();
    let options = [TCP, 0, 1, 4, 0, 0, 0, 0];
    for first in [HOP_BY_HOP, ROUTING, DESTINATION_OPTIONS] {
        assert_eq!(parse(&extended(&options, first)), Ok(plain.clone()), "{first}");
    }
    let two = [DESTINATION_OPTIONS, 0, 1, 4, 0, 0, 0, 0, TCP, 1, 1, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    assert_eq!(parse(&extended(&two, HOP_BY_HOP)), Ok(plain.clone()));
    let atomic = [TCP, 0, 0, 0, 0, 0, 0, 1];
    assert_eq!(parse(&extended(&atomic, FRAGMENT)), Ok(plain));
    let part = [TCP, 0, 0, 1, 0, 0, 0, 1];
    assert_eq!(parse(&extended(&part, FRAGMENT)), Err(NotTcp::Fragment));
    assert_eq!(parse(&extended(&[17, 0, 1, 4, 0, 0, 0, 0], HOP_BY_HOP)), Err(NotTcp::Protocol(17)));
    // Longer than the packet.
    assert_eq!(parse(&extended(&[TCP, 255, 1, 4, 0, 0, 0, 0], HOP_BY_HOP)), Err(NotTcp::TooShort));
    assert_eq!(parse(&build(&segment(b""))[..39]), Err(NotTcp::NotIp));
}

#[test]
fn fragments_have_their_header_and_make_up_the_payload() {
    let whole = build(&segment(b"0123456789abcdefghij"));
    let how = Fragments { size: 16, overlap: 0, conflict: false, order: Order::InOrder };
    let ip = Ip { id: Some(0x0102), ..Ip::default() };
    let pieces = fragment(&WireSegment { ip: &ip, ..segment(b"") }, &whole[HEADER..], &how);
    let mut payload: Vec<u8> = Vec::new();
    for (number, piece) in pieces.iter().enumerate() {
        let header = Ipv6Packet::new(&piece.packet).unwrap();
        assert_eq!(usize::from(header.get_payload_length()), piece.packet.len() - HEADER);
        let read = super::payload(&header, &piece.packet, piece.packet.len()).unwrap();
        assert_eq!(read.fragment, Some((number * 16, number < 2, 0x0102)));
        assert_eq!(read.protocol, TCP);
        payload.extend(read.bytes);
        assert_eq!(parse(&piece.packet), Err(NotTcp::Fragment));
        assert!(other::describe(&piece.packet).starts_with("IP fragment"), "{}", other::describe(&piece.packet));
    }
    assert_eq!(pieces.len(), 3);
    assert_eq!(payload, whole[HEADER..]);
    assert_eq!(tcp_part(&whole), Some(&whole[HEADER..]));
}
