use proptest::prelude::*;

use super::*;
use crate::segment::parse::{NotTcp, parse};

fn header() -> WireSegment<'static> {
    WireSegment::empty("192.0.2.2:40000".parse().unwrap(), "192.0.2.1:80".parse().unwrap())
}

fn how(size: u16, order: Order) -> Fragments {
    Fragments { size, overlap: 0, conflict: false, order }
}

/// Offset in bytes, More Fragments, payload: read apart from the code under test.
fn read(packet: &[u8]) -> (usize, bool, &[u8]) {
    let word = u16::from_be_bytes([packet[6], packet[7]]);
    assert_eq!(word & 0x4000, 0, "no Don't Fragment");
    (usize::from(word & 0x1fff) * 8, word & 0x2000 != 0, &packet[20..])
}

proptest! {
    #[test]
    fn the_pieces_make_up_the_payload(
        payload in prop::collection::vec(any::<u8>(), 1..300),
        units in 1..20_u16,
        overlap in 0..5_u16,
        reversed: bool,
    ) {
        let order = if reversed { Order::Reversed } else { Order::InOrder };
        let pieces = fragment(&header(), &payload, &Fragments { overlap: overlap * 8, ..how(units * 8, order) });
        let mut made = vec![None; payload.len()];
        for piece in &pieces {
            let (start, more, content) = read(&piece.packet);
            prop_assert_eq!(start..start + content.len(), piece.bytes.clone());
            prop_assert_eq!(more, !piece.last);
            prop_assert!(!more || content.len() % 8 == 0);
            content.iter().enumerate().for_each(|(at, byte)| made[start + at] = Some(*byte));
        }
        prop_assert_eq!(made, payload.iter().copied().map(Some).collect::<Vec<_>>());
        prop_assert_eq!(pieces.iter().filter(|piece| piece.last).count(), 1);
    }
}

#[test]
fn a_list_names_what_is_sent() {
    let starts = |numbers: &[u16]| -> Vec<usize> {
        let pieces = fragment(&header(), &[0; 60], &how(24, Order::Listed(numbers.to_vec())));
        pieces.iter().map(|piece| piece.bytes.start).collect()
    };
    assert_eq!(starts(&[3, 1, 1]), [48, 0, 0]);
    assert_eq!(starts(&[0, 2, 9]), [24], "a number that no fragment has sends nothing");
}

#[test]
fn conflicting_bytes_are_those_beyond_a_pieces_own() {
    let payload: Vec<u8> = (0..40).collect();
    let how = Fragments { overlap: 8, conflict: true, ..how(16, Order::InOrder) };
    let pieces = fragment(&header(), &payload, &how);
    let (_, _, first) = read(&pieces[0].packet);
    assert_eq!(first[..16], payload[..16]);
    assert!(first[16..].iter().zip(&payload[16..]).all(|(wrong, right)| *wrong == !*right));
    assert_eq!(pieces[1].bytes, 16..40, "a fragment may reach the end and still announce more");
    assert_eq!(read(&pieces[2].packet), (32, false, &payload[32..]));
}

#[test]
fn no_piece_is_taken_for_a_segment() {
    for piece in fragment(&header(), &[0; 60], &how(24, Order::InOrder)) {
        assert_eq!(parse(&piece.packet), Err(NotTcp::Fragment));
    }
}
