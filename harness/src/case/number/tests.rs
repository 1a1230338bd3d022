use super::{parse_number, terms};

#[test]
fn numbers_in_every_notation() {
    for (text, value) in
        [("5", 5), ("-1", -1), ("+1", 1), ("0x1F", 31), ("2^31", 1 << 31), ("2^32-1", 0xffff_ffff), ("1_000", 1000)]
    {
        assert_eq!(parse_number(text), Some(value), "{text}");
    }
    for text in ["", "x", "1x", "0x", "0xg", "2^64", "1-", "--1", "_", "1.5", "9223372036854775808"] {
        assert_eq!(parse_number(text), None, "{text}");
    }
}

#[test]
fn a_sum_is_cut_at_its_signs() {
    assert_eq!(terms("a+b-c"), Some(vec![(false, "a"), (false, "b"), (true, "c")]));
    assert_eq!(terms("- a"), Some(vec![(true, "a")]));
    assert_eq!(terms("a+-b"), None);
}
