use proptest::prelude::*;

use super::{describe, parse_other};
use crate::{
    case::format::{Checksum, Ip},
    segment::build::{USUAL_IP, WireSegment, build},
};

fn packet(payload: &[u8], ip: &Ip) -> Vec<u8> {
    let empty = WireSegment::empty("192.0.2.2:40000".parse().unwrap(), "192.0.2.1:80".parse().unwrap());
    build(&WireSegment { raw: Some(payload), ip, ..empty })
}

#[test]
fn each_kind_has_its_words() {
    let ip = |protocol| Ip { protocol: Some(protocol), ..USUAL_IP };
    assert_eq!(describe(&packet(&[3, 3, 0, 0, 0, 0, 0, 0], &ip(1))), "ICMP port-unreachable");
    assert_eq!(describe(&packet(&[3, 77, 0, 0, 0, 0, 0, 0], &ip(1))), "ICMP 3/77");
    assert_eq!(describe(&packet(&[3], &ip(1))), "1 bytes of IP protocol 1");
    let echo = [8, 0, 0, 0, 0, 7, 0, 1, b'p'];
    assert_eq!(describe(&packet(&echo, &ip(1))), "ICMP echo-request, id 7, seq 1, length 9");
    assert_eq!(describe(&packet(&[0, 7, 0, 8, 0, 9, 0, 0, 1], &ip(17))), "UDP 7 > 8, length 1");
    assert_eq!(describe(&packet(&[0; 7], &ip(17))), "7 bytes of IP protocol 17");
    assert_eq!(describe(&packet(&[0; 8], &ip(132))), "8 bytes of IP protocol 132");
    assert_eq!(describe(&packet(&[0; 4], &ip(6))), "24 bytes that are no TCP segment");
    let part = |mf, offset| Ip { mf: Some(mf), fragment_offset: Some(offset), ..USUAL_IP };
    assert_eq!(describe(&packet(&[0; 24], &part(true, 0))), "IP fragment 0..24, more to come");
    assert_eq!(describe(&packet(&[0; 5], &part(false, 3))), "IP fragment 24..29, the last");
    assert_eq!(describe(&[0x50; 40]), "40 bytes that are no IP packet");
}

#[test]
fn what_is_wrong_is_read_and_told() {
    let ip = |protocol| Ip { protocol: Some(protocol), ..USUAL_IP };
    let faults = |payload: &[u8], ip: &Ip| {
        let other = parse_other(&packet(payload, ip)).unwrap();
        other.faults.into_iter().map(|(text, clause)| (text.split(' ').next().unwrap().to_owned(), clause)).collect()
    };
    let icmp: Vec<(String, &str)> = faults(&[8, 0, 0, 0, 0, 0, 0, 0], &ip(1));
    assert_eq!(icmp, [("ICMP".to_owned(), "RFC792")]);
    let udp: Vec<(String, &str)> = faults(&[0, 1, 0, 2, 0, 9, 0, 0], &ip(17));
    assert_eq!(udp, [("UDP".to_owned(), "RFC768"), ("UDP".to_owned(), "RFC1122#4.1.3.4")]);
    let odd_fragment: Vec<(String, &str)> = faults(&[0; 7], &Ip { mf: Some(true), ..ip(17) });
    assert_eq!(odd_fragment, [("a".to_owned(), "RFC791#3.2")]);
    let header: Vec<(String, &str)> =
        faults(&[0; 4], &Ip { length: Some(99), checksum: Some(Checksum::Bad), ..ip(99) });
    assert_eq!(header, [("IP".to_owned(), "RFC791#3.1"), ("IP".to_owned(), "RFC791#3.1")]);
}

proptest! {
    #[test]
    fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..80)) {
        prop_assert!(!describe(&bytes).is_empty());
    }
}

#[test]
fn icmpv6_is_named_by_what_it_means() {
    let mut packet = [0; 48];
    (packet[0], packet[5], packet[6]) = (0x60, 8, 58);
    (packet[40], packet[41]) = (1, 4);
    assert_eq!(describe(&packet), "ICMPv6 port-unreachable");
    (packet[40], packet[41]) = (143, 0);
    assert_eq!(describe(&packet), "ICMPv6 143/0");
    assert_eq!(describe(&packet[..30]), "30 bytes that are no IP packet");
}
