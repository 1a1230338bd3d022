use super::Assembler;
use crate::{
    case::format::{Fragments, Ip, Order},
    segment::{
        build::{USUAL_IP, WireSegment, build},
        fragment::fragment,
    },
};

/// What `fragment` cuts, `Assembler` joins, in any order.
#[test]
fn fragments_become_the_packet_they_were() {
    let payload: Vec<u8> = (0..100).collect();
    let ip = Ip { id: Some(9), df: Some(false), protocol: Some(17), ..USUAL_IP };
    let empty = WireSegment::empty("192.0.2.1:7".parse().unwrap(), "192.0.2.2:8".parse().unwrap());
    let header = WireSegment { ip: &ip, ..empty };
    let whole = build(&WireSegment { raw: Some(&payload), ..header.clone() });
    for order in [Order::InOrder, Order::Reversed, Order::Listed(vec![2, 2, 3, 1])] {
        let how = Fragments { size: 40, overlap: 0, conflict: false, order };
        let mut assembler = Assembler::default();
        let pieces = fragment(&header, &payload, &how);
        let joined: Vec<_> =
            pieces.iter().enumerate().filter_map(|(event, piece)| assembler.add(&piece.packet, event)).collect();
        let [joined] = joined.as_slice() else { panic!("{how:?}: {joined:?}") };
        assert_eq!(joined.packet, whole);
        assert_eq!(joined.events, (0..pieces.len()).collect::<Vec<_>>());
    }
}

#[test]
fn a_hole_is_waited_for() {
    let payload = [7; 100];
    let how =
        |numbers: &[u16]| Fragments { size: 40, overlap: 0, conflict: false, order: Order::Listed(numbers.into()) };
    let header = WireSegment::empty("192.0.2.1:7".parse().unwrap(), "192.0.2.2:8".parse().unwrap());
    let mut assembler = Assembler::default();
    for piece in fragment(&header, &payload, &how(&[1, 3])) {
        assert_eq!(assembler.add(&piece.packet, 0), None);
    }
    let last = &fragment(&header, &payload, &how(&[2]))[0];
    assert!(assembler.add(&last.packet, 0).is_some());
}
