use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use super::*;
use crate::{
    case::format::{Fragments as How, Order},
    segment::{
        build::{WireSegment, build},
        fragment::fragment,
        parse::parse,
    },
};

const PEER: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::new(192, 0, 2, 2)), 40_000);
const TARGET: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1)), 80);

fn segment(text: &[u8]) -> WireSegment<'_> {
    WireSegment { seq: 7, text, ..WireSegment::empty(PEER, TARGET) }
}

fn pieces(overlap: u16, conflict: bool, order: Order) -> Vec<Vec<u8>> {
    let how = How { size: 16, overlap, conflict, order };
    let whole = build(&segment(b"0123456789abcdefghij"));
    fragment(&segment(b""), &whole[HEADER..], &how).into_iter().map(|piece| piece.packet).collect()
}

#[test]
fn pieces_without_overlap_make_the_packet_whatever_their_order() {
    for order in [Order::InOrder, Order::Reversed, Order::Listed(vec![2, 2, 3, 1])] {
        let (mut fragments, mut packets) = (Fragments::default(), pieces(0, false, order));
        let last = packets.pop().expect("some");
        for packet in packets {
            assert!(is_fragment(&packet));
            assert_eq!(fragments.take(&packet), Taken::Waiting);
        }
        let Taken::Whole(whole) = fragments.take(&last) else { panic!("not whole") };
        let parsed = parse(&whole).expect("a segment");
        assert!(parsed.faults.is_empty() && !is_fragment(&whole), "{:?}", parsed.faults);
        assert_eq!((parsed.seq, &*parsed.text), (7, &b"0123456789abcdefghij"[..]));
        assert!(fragments.datagrams.is_empty());
    }
}

#[test]
fn where_stacks_differ_there_is_doubt() {
    let doubtful = |packets: &[Vec<u8>]| {
        let mut fragments = Fragments::default();
        packets.iter().any(|packet| fragments.take(packet) == Taken::Doubt)
    };
    assert!(doubtful(&pieces(8, false, Order::InOrder)), "an overlap");
    assert!(doubtful(&pieces(8, true, Order::Reversed)), "a conflict");
    let mut odd = pieces(0, false, Order::InOrder);
    odd[0].pop();
    assert!(doubtful(&odd), "another length than the header says");
    assert!(!doubtful(&pieces(0, false, Order::Listed(vec![1, 3]))));
}

#[test]
fn a_piece_with_a_wrong_checksum_is_none() {
    let mut packets = pieces(0, false, Order::InOrder);
    packets[1][10] ^= 1;
    let mut fragments = Fragments::default();
    assert!(packets.iter().all(|packet| fragments.take(packet) == Taken::Waiting));
}

#[test]
fn so_many_datagrams_and_no_more() {
    let mut fragments = Fragments::default();
    let whole = build(&segment(b"0123456789abcdefghij"));
    let how = How { size: 16, overlap: 0, conflict: false, order: Order::InOrder };
    let first = |id: u16| fragment(&WireSegment { id, ..segment(b"") }, &whole[HEADER..], &how).swap_remove(0).packet;
    let doubts = (0..100).filter(|id| fragments.take(&first(*id)) == Taken::Doubt).count();
    assert_eq!(doubts, 100 - MOST_DATAGRAMS);
}

#[test]
fn over_ipv6_too_and_doubt_where_the_protocol_changes() {
    let [peer, target] = ["[2001:db8::2]:40000", "[2001:db8::1]:80"].map(|socket| socket.parse().unwrap());
    let segment = WireSegment { seq: 7, text: b"0123456789abcdefghij", ..WireSegment::empty(peer, target) };
    let whole = build(&segment);
    let how = |overlap| How { size: 16, overlap, conflict: false, order: Order::Listed(vec![3, 1, 2]) };
    let pieces = |overlap| fragment(&segment, &whole[ipv6::HEADER..], &how(overlap));
    let mut fragments = Fragments::default();
    let taken: Vec<_> = pieces(0).iter().map(|piece| fragments.take(&piece.packet)).collect();
    assert!(pieces(0).iter().all(|piece| is_fragment(&piece.packet)) && !is_fragment(&whole));
    assert_eq!(taken, [Taken::Waiting, Taken::Waiting, Taken::Whole(whole.clone())]);
    let overlapping: Vec<_> = pieces(8).iter().map(|piece| fragments.take(&piece.packet)).collect();
    assert!(overlapping.contains(&Taken::Doubt));
    let mut fragments = Fragments::default();
    let mut parts = pieces(0);
    assert_eq!(fragments.take(&parts[0].packet), Taken::Waiting);
    parts[1].packet[ipv6::HEADER] = 17;
    assert_eq!(fragments.take(&parts[1].packet), Taken::Doubt);
}
