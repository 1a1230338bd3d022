use proptest::prelude::*;

use super::*;

#[test]
fn reads_every_field() {
    let mut bytes = vec![0x6a, 0xbc, 0xde, 0xf0, 0, 4, 6, 61];
    bytes.extend(Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1).octets());
    bytes.extend(Ipv6Addr::new(0xfe80, 0, 0, 0, 1, 2, 3, 4).octets());
    bytes.extend(b"textpadding");
    let packet = Ipv6Packet::parse(&bytes).expect("a sound packet");
    assert_eq!(packet.source(), "2001:db8::1".parse::<Ipv6Addr>().expect("an address"));
    assert_eq!(packet.destination(), "fe80::1:2:3:4".parse::<Ipv6Addr>().expect("an address"));
    assert_eq!((packet.traffic_class(), packet.next_header(), packet.hop_limit()), (0xab, 6, 61));
    assert_eq!(packet.payload(), b"text");
}

#[test]
fn what_is_no_packet_is_named() {
    let mut bytes = Vec::new();
    Ipv6Repr::new(Ipv6Addr::LOCALHOST, Ipv6Addr::LOCALHOST, 6).emit(1, &mut bytes).expect("it fits");
    assert_eq!(Ipv6Packet::parse(&bytes), Err(Ipv6Error::BadPayloadLength));
    assert_eq!(Ipv6Packet::parse(&bytes[..39]), Err(Ipv6Error::TooShort));
    bytes[0] = 0x45;
    assert_eq!(Ipv6Packet::parse(&bytes), Err(Ipv6Error::BadVersion));
    assert_eq!(
        Ipv6Repr::new(Ipv6Addr::LOCALHOST, Ipv6Addr::LOCALHOST, 6).emit(65_536, &mut bytes),
        Err(PayloadTooLong)
    );
}

proptest! {
    #[test]
    fn what_is_emitted_is_read(a: u128, b: u128, class: u8, hops: u8, next: u8, text in prop::collection::vec(any::<u8>(), 0..60)) {
        let (source, destination) = (Ipv6Addr::from_bits(a), Ipv6Addr::from_bits(b));
        let repr = Ipv6Repr { hop_limit: hops, traffic_class: class, ..Ipv6Repr::new(source, destination, next) };
        let mut bytes = Vec::new();
        repr.emit(text.len(), &mut bytes).expect("it fits");
        bytes.extend(&text);
        let packet = Ipv6Packet::parse(&bytes).expect("a sound packet");
        prop_assert_eq!((packet.source(), packet.destination()), (source, destination));
        prop_assert_eq!((packet.hop_limit(), packet.traffic_class(), packet.next_header()), (hops, class, next));
        prop_assert_eq!(packet.payload(), &text[..]);
    }

    #[test]
    fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..100), kind: u8) {
        if let Ok(packet) = Ipv6Packet::parse(&bytes) {
            prop_assert!(packet.payload().len() + HEADER_LEN <= bytes.len());
        }
        if let Some(header) = ExtensionHeader::split(kind, &bytes) {
            prop_assert_eq!((header.body.len() + 2) % 8, 0);
        }
    }
}
