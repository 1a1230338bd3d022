use proptest::prelude::*;

use super::*;
use crate::ip::packet::IpPacket;
use crate::ip::reassembly::Reassembler;
use crate::{Instant, Profile};

fn datagram(six: bool, payload: &[u8]) -> Datagram<'_> {
    let (source, destination) = if six {
        ("2001:db8::1".parse().expect("an address"), "2001:db8::2".parse().expect("an address"))
    } else {
        ([192, 0, 2, 1].into(), [192, 0, 2, 2].into())
    };
    let fields = IpFields { dont_fragment: false, ..IpFields::default() };
    Datagram { source, destination, protocol: 17, fields, ident: 77, payload }
}

#[test]
fn what_fits_stays_whole() {
    for (six, most) in [(false, 1480), (true, 1460)] {
        let payload = vec![7; most];
        assert_eq!(datagram(six, &payload).packets(1500).map(|packets| packets.len()), Some(1));
        let longer = vec![7; most + 1];
        assert_eq!(datagram(six, &longer).packets(1500).map(|packets| packets.len()), Some(2));
    }
}

#[test]
fn what_must_not_be_cut_does_not_leave() {
    let payload = [7; 1481];
    let mut whole = datagram(false, &payload);
    whole.fields.dont_fragment = true;
    assert_eq!(whole.packets(1500), None);
    assert_eq!(datagram(false, &[7; 65_516]).packets(1500), None);
    assert_eq!(datagram(true, &[7; 100]).packets(50), None, "no room for eight octets");
}

proptest! {
    /// What [`Datagram::packets`] cuts, the reassembler joins, in any order.
    #[test]
    fn the_parts_make_the_whole(six: bool, len in 1..6000_usize, mtu in 68..2000_u16, shift in 0..10_usize) {
        let mtu = if six { mtu.max(1280) } else { mtu };
        let payload: Vec<u8> = (0..len).map(|at| (at % 251) as u8).collect();
        let mut packets = datagram(six, &payload).packets(mtu).expect("it may be cut");
        let count = packets.len();
        packets.rotate_left(shift % count);
        let (mut reassembler, profile) = (Reassembler::default(), Profile::rfc9293());
        let mut whole = None;
        for bytes in &packets {
            prop_assert!(bytes.len() <= usize::from(mtu));
            let packet = IpPacket::parse(bytes).expect("a sound packet");
            match packet.fragment {
                None => whole = Some(bytes.clone()),
                Some(part) => {
                    let done = reassembler.fragment_arrives(&packet, part, Instant::ZERO, &profile);
                    whole = done.expect("a sound fragment").or(whole);
                }
            }
        }
        let whole = whole.expect("all parts came");
        let packet = IpPacket::parse(&whole).expect("a sound packet");
        prop_assert_eq!((packet.protocol, packet.payload), (17, &payload[..]));
    }
}
