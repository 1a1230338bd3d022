use super::*;
use crate::{case::flags::Flags, segment::build::USUAL_IP};

fn unreachable(body: &[u8], checksum: Option<Checksum>) -> Vec<u8> {
    let ends = ["192.0.2.2".parse().unwrap(), "192.0.2.1".parse().unwrap()];
    build_icmp(&WireIcmp { ends, message: Message { kind: 3, code: 4 }, rest: [0, 0, 2, 64], body, checksum })
}

/// One's complement sum, written apart from the code under test.
fn sum(bytes: &[u8]) -> u32 {
    let total: u32 = bytes.chunks(2).map(|two| u32::from(two[0]) << 8 | u32::from(*two.get(1).unwrap_or(&0))).sum();
    (total & 0xffff) + (total >> 16)
}

#[test]
fn the_fields_stand_where_rfc_792_has_them_and_the_checksum_is_right() {
    let message = unreachable(&[1, 2, 3], None);
    assert_eq!(message[..2], [3, 4]);
    assert_eq!(message[4..], [0, 0, 2, 64, 1, 2, 3]);
    assert_eq!(sum(&message), 0xffff);
}

#[test]
fn a_bad_checksum_is_bad_and_only_that() {
    let (good, bad) = (unreachable(&[], None), unreachable(&[], Some(Checksum::Bad)));
    let differing: Vec<_> = (0..good.len()).filter(|&at| good[at] != bad[at]).collect();
    assert_eq!(differing, [3]);
}

#[test]
fn a_quote_is_the_beginning_of_the_packet() {
    let (target, peer) = ("192.0.2.1:80".parse().unwrap(), "192.0.2.2:40000".parse().unwrap());
    let segment =
        WireSegment { seq: 0x0102_0304, flags: Flags::ACK, ip: &USUAL_IP, ..WireSegment::empty(target, peer) };
    let quote = quote(&segment, 8);
    assert_eq!(quote.len(), 28);
    assert_eq!(quote[2..4], [0, 40], "the length of the whole packet");
    assert_eq!(quote[12..], [192, 0, 2, 1, 192, 0, 2, 2, 0, 80, 0x9c, 0x40, 1, 2, 3, 4]);
}

#[test]
fn over_ipv6_the_checksum_covers_the_addresses_and_a_quote_the_longer_header() {
    use pnet_packet::icmpv6::{self, Icmpv6Packet};
    let ends: [IpAddr; 2] = ["2001:db8::2".parse().unwrap(), "2001:db8::1".parse().unwrap()];
    let message = Message { kind: 2, code: 0 };
    let bytes = build_icmp(&WireIcmp { ends, message, rest: [0, 0, 5, 0], body: &[1, 2, 3, 4], checksum: None });
    let [IpAddr::V6(from), IpAddr::V6(to)] = ends else { unreachable!() };
    let packet = Icmpv6Packet::new(&bytes).unwrap();
    assert_eq!(packet.get_checksum(), icmpv6::checksum(&packet, &from, &to));
    assert_eq!(bytes[4..], [0, 0, 5, 0, 1, 2, 3, 4]);
    let (target, peer) = ("[2001:db8::1]:80".parse().unwrap(), "[2001:db8::2]:40000".parse().unwrap());
    let quote = quote(&WireSegment { flags: Flags::ACK, ip: &USUAL_IP, ..WireSegment::empty(target, peer) }, 20);
    assert_eq!((quote.len(), quote[0] >> 4, quote[6]), (60, 6, 6));
    assert_eq!(quote[4..6], [0, 20], "the length of the whole segment");
}
