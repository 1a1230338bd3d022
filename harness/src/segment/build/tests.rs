use proptest::prelude::*;

use super::*;
use crate::{case::format::Bytes, segment::parse::parse};

fn syn(ip: &Ip) -> WireSegment<'_> {
    let (peer, target) = ("192.0.2.2:40000".parse().unwrap(), "192.0.2.1:80".parse().unwrap());
    WireSegment { seq: 7, flags: Flags::SYN, win: 1000, ip, ..WireSegment::empty(peer, target) }
}

#[test]
fn the_bytes_are_those_of_a_known_good_packet() {
    let packet = build(&syn(&USUAL_IP));
    assert_eq!(packet.len(), 40);
    assert_eq!(packet[0], 0x45);
    assert_eq!(sum(&packet[..20]), 0xffff, "IP header sums to all ones");
    let mut pseudo = packet[12..20].to_vec();
    pseudo.extend([0, 6, 0, 20]);
    pseudo.extend(&packet[20..]);
    assert_eq!(sum(&pseudo), 0xffff, "TCP with pseudo header sums to all ones");
}

/// One's complement sum, written apart from the code under test.
fn sum(bytes: &[u8]) -> u16 {
    let mut total: u64 = bytes.chunks(2).map(|two| u64::from(two[0]) << 8 | u64::from(*two.get(1).unwrap_or(&0))).sum();
    while total > 0xffff {
        total = (total & 0xffff) + (total >> 16);
    }
    u16::try_from(total).unwrap()
}

#[test]
fn a_bad_checksum_is_bad_and_only_that() {
    let good = build(&syn(&USUAL_IP));
    let bad = build(&WireSegment { checksum: Some(Checksum::Bad), ..syn(&USUAL_IP) });
    let differing: Vec<_> = (0..40).filter(|&at| good[at] != bad[at]).collect();
    assert_eq!(differing, [37]);
    assert!(parse(&good).unwrap().faults.is_empty());
    assert_eq!(parse(&bad).unwrap().faults[0].1, "MUST-2");
}

#[test]
fn every_ip_field_can_be_wrong() {
    let ip = Ip {
        ttl: Some(1),
        tos: Some(0xb9),
        id: Some(77),
        df: Some(false),
        mf: Some(true),
        fragment_offset: Some(3),
        length: Some(9),
        version: Some(6),
        header_length: Some(15),
        protocol: Some(17),
        checksum: Some(Checksum::Value(0x1234)),
        options: None,
    };
    let packet = build(&syn(&ip));
    assert_eq!(packet[..12], [0x6f, 0xb9, 0, 9, 0, 77, 0x20, 3, 1, 17, 0x12, 0x34]);
}

#[test]
fn ip_options_are_padded_and_the_header_checksum_covers_them() {
    let ip = Ip { options: Some(Bytes(vec![7, 3, 4])), ..USUAL_IP };
    let packet = build(&syn(&ip));
    assert_eq!(packet[0], 0x46);
    assert_eq!(packet[20..24], [7, 3, 4, 0]);
    assert_eq!(sum(&packet[..24]), 0xffff);
}

#[test]
fn a_lying_header_length_still_has_the_checksum_of_its_bytes() {
    let ip = Ip { header_length: Some(4), ..USUAL_IP };
    assert_eq!(sum(&build(&syn(&ip))[..20]), 0xffff);
}

#[test]
fn raw_replaces_the_segment() {
    let packet = build(&WireSegment { raw: Some(&[1, 2, 3]), ..syn(&USUAL_IP) });
    assert_eq!(packet[20..], [1, 2, 3]);
}

proptest! {
    #[test]
    fn what_is_built_is_what_is_parsed(
        seq: u32, ack: u32, bits in 0u16..0x1000, win: u16, urg: u16, ports: (u16, u16),
        text in proptest::collection::vec(any::<u8>(), 0..100), mss: u16, ttl: u8, tos: u8, df: bool,
    ) {
        let ip = Ip { ttl: Some(ttl), tos: Some(tos), df: Some(df), ..USUAL_IP };
        let mut options = vec![2, 4];
        options.extend(mss.to_be_bytes());
        let flags = Flags(bits);
        let packet = build(&WireSegment {
            seq, ack, flags, win, urg, source_port: ports.0, destination_port: ports.1, text: &text, options: &options, ..syn(&ip)
        });
        let parsed = parse(&packet).unwrap();
        prop_assert_eq!((parsed.seq, parsed.ack, parsed.flags, parsed.win, parsed.urg), (seq, ack, flags, win, urg));
        prop_assert_eq!((parsed.source_port, parsed.destination_port), ports);
        prop_assert_eq!((parsed.ttl, parsed.tos, parsed.df), (ttl, tos, df));
        prop_assert_eq!(parsed.options.mss, Some(mss));
        prop_assert_eq!(&parsed.text, &text);
        let sound = flags.contains(Flags::SYN) && bits & 0xe00 == 0;
        prop_assert_eq!(parsed.faults.is_empty(), sound, "{:?}", parsed.faults);
    }
}
