use stack_under_test::wire::icmp::IcmpMessage;

use super::*;
use crate::segment::icmp::{WireIcmp, build_icmp};

const ABOUT: Ipv6Addr = Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0x12, 0x3456);

#[test]
fn what_is_built_is_read() {
    for message in [Message::SOLICITATION, Message::ADVERTISEMENT] {
        for station in [None, Some(Mac([2, 0, 0, 0, 0, 7]))] {
            let says = WireNeighbor { about: ABOUT, station };
            assert_eq!(WireNeighbor::parse(message, &says.build(message)), Some(says));
        }
    }
    assert_eq!(solicited_node(ABOUT), "ff02::1:ff12:3456".parse::<Ipv6Addr>().expect("an address"));
}

/// The option of the other message says nothing here, unknown ones are passed over, and broken ones are no message.
#[test]
fn options_are_told_apart() {
    let solicitation = WireNeighbor { about: ABOUT, station: Some(Mac([9; 6])) }.build(Message::SOLICITATION);
    let read = WireNeighbor::parse(Message::ADVERTISEMENT, &solicitation);
    assert_eq!(read, Some(WireNeighbor { about: ABOUT, station: None }));
    for broken in [&[1, 0, 0, 0][..], &[1, 2, 0, 0, 0, 0, 0, 0], &[1]] {
        let body = [&ABOUT.octets()[..], broken].concat();
        assert_eq!(WireNeighbor::parse(Message::SOLICITATION, &body), None, "{broken:?}");
    }
    assert_eq!(WireNeighbor::parse(Message::SOLICITATION, &[0; 15]), None);
}

/// The other codec sees the same message.
#[test]
fn both_codecs_agree() {
    let ends = [ABOUT.into(), solicited_node(ABOUT).into()];
    let body = WireNeighbor { about: ABOUT, station: Some(Mac([9; 6])) }.build(Message::SOLICITATION);
    let message = WireIcmp { ends, message: Message::SOLICITATION, rest: [0; 4], body: &body, checksum: None };
    let bytes = build_icmp(&message);
    let read = IcmpMessage::parse_v6(ABOUT, solicited_node(ABOUT), &bytes).expect("a right checksum");
    assert_eq!((read.kind(), read.body()), (135, &body[..]));
}
