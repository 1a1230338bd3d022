use super::*;
use crate::case::position::{Position, Symbol};

fn segment() -> CaseSegment {
    CaseSegment {
        on: Some(0),
        flags: Flags::ACK | Flags::PSH,
        seq: 1,
        ack: 6,
        win: 500,
        data: b"hello".into(),
        ..CaseSegment::default()
    }
}

fn differing(expected: &ExpectSegment) -> Vec<&'static str> {
    let found = differences(expected, 0, &segment(), &View::unknown()).unwrap();
    found.into_iter().map(|difference| difference.field).collect()
}

fn exactly(number: i64) -> Option<Bounds> {
    Some(Bounds::Exactly(Position::number(number)))
}

#[test]
fn what_is_not_named_is_not_compared() {
    assert!(differing(&ExpectSegment::default()).is_empty());
}

#[test]
fn all_differing_fields_are_told_at_once() {
    let expected = ExpectSegment {
        flags: Some("RST".parse().unwrap()),
        seq: exactly(2),
        ack: exactly(7),
        win: exactly(0),
        urg: exactly(1),
        data: Some(crate::case::format::Data::Text("hellO".into())),
        len: exactly(4),
        mss: Some(MssBounds::Value(Bounds::Exactly(Position::number(1460)))),
        wscale: Some(Some(1)),
        sack_ok: Some(true),
        ts: Some(ExpectTs::Present(true)),
        ..ExpectSegment::default()
    };
    let fields = ["flags", "seq", "ack", "win", "urg", "len", "data", "mss", "wscale", "sack-ok", "ts"];
    assert_eq!(differing(&expected), fields);
}

#[test]
fn an_optional_flag_may_be_there() {
    for (pattern, fits) in [("ACK+PSH?", true), ("ACK+PSH", true), ("ACK", false), ("ACK+PSH?+FIN", false)] {
        let expected = ExpectSegment { flags: Some(pattern.parse().unwrap()), ..ExpectSegment::default() };
        assert_eq!(differing(&expected).is_empty(), fits, "{pattern}");
    }
}

#[test]
fn bounds_hold_at_both_ends_and_across_the_wrap() {
    let within = |low, high| Some(Bounds::Within(Position::number(low), Position::number(high)));
    for (seq, fits) in [(within(1, 9), true), (within(0, 1), true), (within(2, 9), false), (within(-5, 1), true)] {
        let expected = ExpectSegment { seq, ..ExpectSegment::default() };
        assert_eq!(differing(&expected).is_empty(), fits, "{:?}", expected.seq);
    }
}

#[test]
fn an_ack_number_needs_the_ack_flag() {
    let segment = CaseSegment { flags: Flags::RST, ack: 6, on: Some(0), ..CaseSegment::default() };
    let expected = ExpectSegment { ack: exactly(6), ..ExpectSegment::default() };
    assert_eq!(differences(&expected, 0, &segment, &View::unknown()).unwrap()[0].field, "ack");
}

#[test]
fn another_connection_is_a_difference() {
    let found = differences(&ExpectSegment::default(), 1, &segment(), &View::unknown()).unwrap();
    assert_eq!(found[0].field, "on");
}

#[test]
fn an_unknown_symbol_is_an_error_and_not_a_mismatch() {
    let expected =
        ExpectSegment { ack: Some(Bounds::Exactly(Position::symbol(Symbol::RcvNxt, 0))), ..ExpectSegment::default() };
    assert!(differences(&expected, 0, &segment(), &View::unknown()).is_err());
}

#[test]
fn only_what_the_case_names_is_allowed() {
    let view = View::unknown();
    let ack = CaseSegment { flags: Flags::ACK, ..CaseSegment::default() };
    assert!(!is_allowed(&[], &ack, &view));
    assert!(is_allowed(&[Allow::Ack], &ack, &view));
    assert!(is_allowed(&[Allow::WindowUpdate], &ack, &view));
    assert!(!is_allowed(&[Allow::Retransmission], &ack, &view));
    let newer = CaseSegment { ack: 5, ..ack.clone() };
    assert!(is_allowed(&[Allow::Ack], &newer, &view));
    assert!(!is_allowed(&[Allow::WindowUpdate], &newer, &view), "it acknowledges more");
    let elsewhere = CaseSegment { seq: 3, ..ack };
    assert!(!is_allowed(&[Allow::Ack], &elsewhere, &view), "not from SND.NXT");
    let old_text = CaseSegment { seq: 0u32.wrapping_sub(5), data: vec![0; 5].into(), ..newer };
    assert!(is_allowed(&[Allow::Retransmission], &old_text, &view));
    let new_text = CaseSegment { data: vec![0; 6].into(), ..old_text };
    assert!(!is_allowed(&[Allow::Retransmission], &new_text, &view), "one byte is new");
}
