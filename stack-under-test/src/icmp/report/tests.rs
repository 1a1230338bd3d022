use core::time::Duration;

use super::*;
use crate::packet_script::{ACK, PEER, Script, TARGET, TARGET_V6, seg};
use crate::wire::icmp::{IcmpMessage, Quote};
use crate::wire::ipv4::Ipv4Repr;
use crate::wire::udp::{PROTOCOL_UDP, UdpDatagram};
use crate::{Event, Profile};

fn datagram(data: &[u8]) -> Vec<u8> {
    let payload = UdpDatagram { src_port: 9, dst_port: 7, data }.emit(PEER.into(), TARGET.into()).expect("it fits");
    packet(PROTOCOL_UDP, &payload)
}

fn packet(protocol: u8, payload: &[u8]) -> Vec<u8> {
    let mut packet = Vec::new();
    Ipv4Repr::new(PEER, TARGET, protocol).emit(payload.len(), &mut packet).expect("it fits");
    packet.extend(payload);
    packet
}

/// Type and code of what leaves in answer.
fn answers(s: &mut Script, packet: &[u8]) -> Vec<(u8, u8)> {
    s.stack.handle_packet(s.now, packet);
    sent(s)
}

fn sent(s: &mut Script) -> Vec<(u8, u8)> {
    let transmits = core::iter::from_fn(|| s.stack.poll_transmit(s.now));
    transmits
        .map(|sent| {
            assert_eq!(sent.rules.first(), Rule::IcmpError);
            let ip = IpPacket::parse(&sent.packet).expect("a sound packet");
            let message = IcmpMessage::parse(ip.payload).expect("a sound message");
            assert!(Quote::parse(message.body()).is_some(), "it quotes the packet");
            (message.kind(), message.code())
        })
        .collect()
}

fn script() -> Script {
    Script::new(Profile::rfc9293())
}

/// RFC1122#3.2.2.1.
#[test]
fn nobody_on_that_port_and_no_such_protocol() {
    assert_eq!(answers(&mut script(), &datagram(b"?")), [(3, 3)]);
    assert_eq!(answers(&mut script(), &packet(99, b"12345678")), [(3, 2)]);
}

/// RFC1122#3.2.2.
#[test]
fn no_error_about_these() {
    let error_about_error = packet(1, &[3, 3, 0xfc, 0xfc, 0, 0, 0, 0]);
    let mut to_all = datagram(b"?");
    to_all[16..20].fill(255);
    let mut later_fragment = datagram(b"0123456789");
    later_fragment[6..8].copy_from_slice(&[0, 1]);
    for packet in [&mut to_all, &mut later_fragment] {
        packet[10..12].fill(0);
        let sum = crate::wire::checksum::Checksum::new().add(&packet[..20]).finish();
        packet[10..12].copy_from_slice(&sum.to_be_bytes());
    }
    for packet in [error_about_error, to_all, later_fragment] {
        assert_eq!(answers(&mut script(), &packet), [], "{packet:?}");
    }
    let silent = Profile { icmp_errors: false, ..Profile::rfc9293() };
    assert_eq!(answers(&mut Script::new(silent), &datagram(b"?")), []);
}

/// RFC1812#4.3.2.3: as much of the packet as fits 576 octets.
#[test]
fn the_quote_is_cut() {
    let mut s = script();
    s.stack.handle_packet(s.now, &datagram(&[7; 1000]));
    assert_eq!(s.stack.poll_transmit(s.now).expect("an error").packet.len(), 576);
}

/// RFC4443#2.4 (f).
#[test]
fn errors_are_limited() {
    let limit = Some((2, Duration::from_secs(1)));
    let mut s = Script::new(Profile { icmp_error_limit: limit, ..Profile::rfc9293() });
    for count in [1, 1, 0] {
        assert_eq!(answers(&mut s, &datagram(b"?")).len(), count);
    }
    let limited = core::iter::from_fn(|| s.stack.poll_event())
        .any(|event| event == Event::Dropped { rule: Rule::IcmpErrorLimit });
    assert!(limited);
    s.now += Duration::from_secs(1);
    assert_eq!(answers(&mut s, &datagram(b"?")).len(), 1);
}

/// RFC1122#3.3.2: the source hears that its datagram was given up, if the first fragment came.
#[test]
fn a_datagram_that_stays_incomplete() {
    for (field, told) in [([0x20, 0], 1), ([0x20, 1], 0)] {
        let mut s = script();
        let mut fragment = datagram(b"01234567");
        fragment[6..8].copy_from_slice(&field);
        fragment[10..12].fill(0);
        let sum = crate::wire::checksum::Checksum::new().add(&fragment[..20]).finish();
        fragment[10..12].copy_from_slice(&sum.to_be_bytes());
        assert_eq!(answers(&mut s, &fragment), []);
        s.now += Duration::from_secs(60);
        s.stack.handle_timeout(s.now);
        assert_eq!(sent(&mut s), vec![(11, 1); told]);
    }
}

/// RFC8200#4 and RFC4443#3.4: the pointer names the next-header field.
#[test]
fn an_unknown_protocol_in_ipv6() {
    let mut s = Script::new_v6(Profile::rfc9293());
    let mut packet = s.packet(4000, &seg(ACK, 1, 1));
    packet[6] = 99;
    s.stack.handle_packet(s.now, &packet);
    let sent = s.stack.poll_transmit(s.now).expect("an error").packet;
    let ip = IpPacket::parse(&sent).expect("a sound packet");
    let (IpAddr::V6(from), IpAddr::V6(to)) = (ip.source, ip.destination) else { panic!("not IPv6") };
    let message = IcmpMessage::parse_v6(from, to, ip.payload).expect("a sound message");
    assert_eq!((from, message.kind(), message.code(), message.rest()), (TARGET_V6, 4, 1, [0, 0, 0, 6]));
}
