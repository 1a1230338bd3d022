//! Against the checksum of `pnet_packet`.

use pnet_packet::{
    tcp::{self, TcpPacket},
    util,
};
use proptest::prelude::*;

use super::*;
use std::net::{Ipv4Addr, Ipv6Addr};

proptest! {
    #[test]
    fn another_implementation_agrees(bytes in proptest::collection::vec(any::<u8>(), 20..3000), ends in any::<[u32; 2]>()) {
        let [source, destination] = ends.map(Ipv4Addr::from);
        let packet = TcpPacket::new(&bytes).unwrap();
        prop_assert_eq!(tcp_checksum(&bytes, source.into(), destination.into()), tcp::ipv4_checksum(&packet, &source, &destination));
    }

    #[test]
    fn another_implementation_agrees_over_ipv6(
        bytes in proptest::collection::vec(any::<u8>(), 20..3000), ends in any::<[u128; 2]>(),
    ) {
        let [source, destination] = ends.map(Ipv6Addr::from_bits);
        let packet = TcpPacket::new(&bytes).unwrap();
        let right = tcp::ipv6_checksum(&packet, &source, &destination);
        prop_assert_eq!(tcp_checksum(&bytes, source.into(), destination.into()), right);
    }

    #[test]
    fn another_implementation_agrees_about_ip(header in proptest::collection::vec(any::<u8>(), 20..=60)) {
        prop_assert_eq!(ipv4_checksum(&header), util::checksum(&header, IPV4_FIELD / 2));
    }
}

#[test]
fn the_largest_segment_loses_no_carry() {
    let bytes = vec![0xff; 65_515];
    let packet = TcpPacket::new(&bytes).unwrap();
    let end = Ipv4Addr::BROADCAST;
    assert_eq!(tcp_checksum(&bytes, end.into(), end.into()), tcp::ipv4_checksum(&packet, &end, &end));
}

#[test]
fn less_than_a_header_has_none() {
    assert_eq!(tcp_checksum(&[0xff; 19], Ipv4Addr::LOCALHOST.into(), Ipv4Addr::LOCALHOST.into()), 0);
    assert_eq!(ipv4_checksum(&[0xff; 19]), 0);
}
