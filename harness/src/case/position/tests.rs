use proptest::prelude::*;

use super::{Bounds, Position, Symbol};

/// Any position a case can hold.
pub(crate) fn position() -> impl Strategy<Value = Position> {
    let symbol = (any::<bool>(), prop::sample::select(Symbol::ALL.to_vec()));
    (prop::collection::vec(symbol, 0..4), -(1_i64 << 32)..=1 << 32)
        .prop_map(|(symbols, offset)| Position { symbols: symbols.into(), offset })
}

/// Any bounds a case can hold.
pub(crate) fn bounds() -> impl Strategy<Value = Bounds> {
    prop_oneof![
        position().prop_map(Bounds::Exactly),
        (position(), position()).prop_map(|(low, high)| Bounds::Within(low, high)),
    ]
}

proptest! {
    #[test]
    fn what_is_shown_reads_back(position in position(), bounds in bounds()) {
        prop_assert_eq!(position.to_string().parse(), Ok(position));
        prop_assert_eq!(bounds.to_string().parse(), Ok(bounds));
    }

    #[test]
    fn no_text_panics(text in "\\PC{0,40}", sum in "[A-Z.0-9+^x_ -]{0,30}") {
        let _ = (text.parse::<Bounds>(), sum.parse::<Bounds>());
    }
}

#[test]
fn sums_are_read_as_written() {
    let read = |text: &str| text.parse::<Position>().unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(read("5"), Position::number(5));
    assert_eq!(read("-1"), Position::number(-1));
    assert_eq!(read("2^31"), Position::number(1 << 31));
    assert_eq!(read("2^32-6"), Position::number((1 << 32) - 6));
    assert_eq!(read("0xffff"), Position::number(65535));
    assert_eq!(read("65_535"), Position::number(65535));
    assert_eq!(read(" RCV.NXT + 1 "), Position::symbol(Symbol::RcvNxt, 1));
    let edge = Position { symbols: smallvec::smallvec![(false, Symbol::RcvNxt), (false, Symbol::RcvWnd)], offset: -1 };
    assert_eq!(read("RCV.NXT+RCV.WND-1"), edge);
    assert_eq!(read("RCV.NXT-1+RCV.WND"), edge);
    assert_eq!(edge.to_string(), "RCV.NXT+RCV.WND-1");
    assert_eq!("1..65535".parse(), Ok(Bounds::Within(Position::number(1), Position::number(65535))));
}

#[test]
fn what_is_no_sum_is_refused() {
    for text in
        ["", "+", "1+", "1++2", "RCV", "rcv.nxt", "1x", "0x", "2^", "^2", "_1", "2^33", "1 2", "99999999999999999999"]
    {
        assert!(text.parse::<Position>().is_err(), "{text:?}");
    }
    for text in ["..", "1..", "..2", "1..2..3", "1...2"] {
        assert!(text.parse::<Bounds>().is_err(), "{text:?}");
    }
    let error = "RCV.NTX".parse::<Position>().expect_err("a typing mistake").to_string();
    assert_eq!(error, "unknown symbol `RCV.NTX`\ndid you mean `RCV.NXT`?");
}
