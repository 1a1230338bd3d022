use super::keep;

#[test]
fn a_name_is_kept_once() {
    let (one, other) = (keep("a field".to_owned()), keep("a field".to_owned()));
    assert_eq!(one, "a field");
    assert!(std::ptr::eq(one, other), "kept twice");
    assert_ne!(keep("another".to_owned()), one);
}
