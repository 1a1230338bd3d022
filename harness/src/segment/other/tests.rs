use proptest::prelude::*;

use super::describe;
use crate::{
    case::format::Ip,
    segment::build::{USUAL_IP, WireSegment, build},
};

fn packet(payload: &[u8], ip: &Ip) -> Vec<u8> {
    let empty = WireSegment::empty("192.0.2.2:40000".parse().unwrap(), "192.0.2.1:80".parse().unwrap());
    build(&WireSegment { raw: Some(payload), ip, ..empty })
}

#[test]
fn each_kind_has_its_words() {
    let ip = |protocol| Ip { protocol: Some(protocol), ..USUAL_IP };
    assert_eq!(describe(&packet(&[3, 3, 0, 0], &ip(1))), "ICMP port-unreachable");
    assert_eq!(describe(&packet(&[3, 77], &ip(1))), "ICMP 3/77");
    assert_eq!(describe(&packet(&[3], &ip(1))), "1 bytes of IP protocol 1");
    assert_eq!(describe(&packet(&[0; 8], &ip(17))), "8 bytes of IP protocol 17");
    assert_eq!(describe(&packet(&[0; 4], &ip(6))), "24 bytes that are no TCP segment");
    let part = |mf, offset| Ip { mf: Some(mf), fragment_offset: Some(offset), ..USUAL_IP };
    assert_eq!(describe(&packet(&[0; 24], &part(true, 0))), "IP fragment 0..24, more to come");
    assert_eq!(describe(&packet(&[0; 5], &part(false, 3))), "IP fragment 24..29, the last");
    assert_eq!(describe(&[0x50; 40]), "40 bytes that are no IP packet");
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
    (packet[0], packet[6]) = (0x60, 58);
    (packet[40], packet[41]) = (1, 4);
    assert_eq!(describe(&packet), "ICMPv6 port-unreachable");
    (packet[40], packet[41]) = (143, 0);
    assert_eq!(describe(&packet), "ICMPv6 143/0");
    assert_eq!(describe(&packet[..30]), "30 bytes that are no IP packet");
}
