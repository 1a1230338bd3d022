use proptest::prelude::*;

use super::{ArpPacket, ETHERNET, IPV4};
use crate::{
    case::format::{AddressName, ArpKind, IpVersion},
    segment::ethernet::{Mac, station},
};

fn request() -> ArpPacket {
    ArpPacket {
        hardware: ETHERNET,
        protocol: IPV4,
        operation: 1,
        sender_mac: station(AddressName::Peer, IpVersion::V4),
        sender: "192.0.2.2".parse().unwrap(),
        target_mac: Mac::default(),
        target: "192.0.2.1".parse().unwrap(),
    }
}

/// The layout of RFC826, field by field, against another codec.
#[test]
fn another_codec_reads_the_same() {
    let bytes = request().build();
    let theirs = pnet_packet::arp::ArpPacket::new(&bytes).unwrap();
    assert_eq!((theirs.get_hardware_type().0, theirs.get_protocol_type().0), (1, 0x0800));
    assert_eq!((theirs.get_hw_addr_len(), theirs.get_proto_addr_len(), theirs.get_operation().0), (6, 4, 1));
    assert_eq!(theirs.get_sender_proto_addr(), request().sender);
    assert_eq!(theirs.get_target_proto_addr(), request().target);
    assert_eq!(theirs.get_sender_hw_addr().octets(), request().sender_mac.0);
    assert_eq!(theirs.get_target_hw_addr().octets(), [0; 6]);
    assert_eq!(ArpPacket::parse(&bytes), Some(request()));
}

#[test]
fn kinds_are_told_apart_by_operation_and_addresses() {
    let same = ArpPacket { target: request().sender, ..request() };
    let nobody = ArpPacket { sender: [0; 4].into(), ..request() };
    assert_eq!(request().kind(), ArpKind::Request);
    assert_eq!(ArpPacket { operation: 2, ..request() }.kind(), ArpKind::Reply);
    assert_eq!(same.kind(), ArpKind::Gratuitous);
    assert_eq!(ArpPacket { operation: 2, ..same }.kind(), ArpKind::Gratuitous);
    assert_eq!(nobody.kind(), ArpKind::Probe);
}

#[test]
fn other_hardware_protocols_and_operations_are_none() {
    for wrong in [
        ArpPacket { hardware: 6, ..request() },
        ArpPacket { protocol: 0x86dd, ..request() },
        ArpPacket { operation: 3, ..request() },
    ] {
        assert_eq!(ArpPacket::parse(&wrong.build()), None);
    }
}

proptest! {
    #[test]
    fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
        let _ = ArpPacket::parse(&bytes);
    }
}
