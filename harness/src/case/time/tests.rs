use proptest::prelude::*;

use super::{Span, SpanError};

/// Any span a case can hold.
pub(crate) fn span() -> impl Strategy<Value = Span> {
    let nanos = prop_oneof![
        0..=10_000_000_000_i64,
        (0..100_000_i64).prop_map(|millis| millis * 1_000_000),
        (0..1000_i64).prop_map(|seconds| seconds * 1_000_000_000),
        Just(i64::MAX),
    ];
    prop_oneof![
        nanos.clone().prop_map(|nanos| Span { nanos, ..Span::default() }),
        (1..5_i32, -3..9_i32, nanos.clone()).prop_map(|(two_msl, rto, nanos)| Span { two_msl, rto, nanos: -nanos }),
        (-3..5_i32, 1..9_i32, nanos).prop_map(|(two_msl, rto, nanos)| Span { two_msl, rto, nanos }),
    ]
}

proptest! {
    #[test]
    fn what_is_shown_reads_back(span in span()) {
        prop_assert_eq!(span.to_string().parse(), Ok(span));
    }

    #[test]
    fn no_text_panics(text in "\\PC{0,40}", sum in "[0-9.*+2MSLRTOmsun -]{0,30}") {
        let _ = (text.parse::<Span>(), sum.parse::<Span>());
    }
}

#[test]
fn spans_are_read_as_written_and_shown_shortest() {
    for (text, span, shown) in [
        ("500ms", Span { nanos: 500_000_000, ..Span::default() }, "500ms"),
        ("1.5s", Span { nanos: 1_500_000_000, ..Span::default() }, "1.5s"),
        ("1500ms", Span { nanos: 1_500_000_000, ..Span::default() }, "1.5s"),
        ("0.25ms", Span { nanos: 250_000, ..Span::default() }, "250us"),
        ("60s", Span { nanos: 60_000_000_000, ..Span::default() }, "1m"),
        ("90s", Span { nanos: 90_000_000_000, ..Span::default() }, "90s"),
        ("120m", Span { nanos: 7_200_000_000_000, ..Span::default() }, "2h"),
        ("1.000000001s", Span { nanos: 1_000_000_001, ..Span::default() }, "1.000000001s"),
        ("0s", Span::default(), "0s"),
        ("2MSL", Span { two_msl: 1, ..Span::default() }, "2MSL"),
        ("2MSL - 1s", Span { two_msl: 1, nanos: -1_000_000_000, ..Span::default() }, "2MSL-1s"),
        ("RTO", Span { rto: 1, ..Span::default() }, "RTO"),
        ("3*RTO+100ms", Span { rto: 3, nanos: 100_000_000, ..Span::default() }, "3*RTO+100ms"),
        ("2*2MSL", Span { two_msl: 2, ..Span::default() }, "2*2MSL"),
    ] {
        assert_eq!(text.parse(), Ok(span), "{text}");
        assert_eq!(span.to_string(), shown);
    }
}

#[test]
fn what_is_no_span_is_refused() {
    for text in ["", "5", "s", "1.s", ".5s", "1..5s", "5 seconds", "MSL", "4MSL", "x*RTO", "1s+", "1d", "-"] {
        assert!(matches!(text.parse::<Span>(), Err(SpanError::NoSpan { .. })), "{text:?} {:?}", text.parse::<Span>());
    }
    for text in ["0.1ns", "9999999999h", "99999999999999999999s", "1.0000000001s", "9000000000s+9000000000s"] {
        assert!(matches!(text.parse::<Span>(), Err(SpanError::OutOfRange { .. })), "{text:?}");
    }
    for text in ["-1s", "-RTO", "1s-2s", "-2MSL+5s"] {
        assert!(matches!(text.parse::<Span>(), Err(SpanError::Negative { .. })), "{text:?}");
    }
}
