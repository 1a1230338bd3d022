use super::*;

#[test]
fn options_that_end_inside_the_header_are_right_whatever_they_say() {
    for options in [&[][..], &[0, 7, 60], &[1, 1, 7, 3, 4, 0], &[222, 2, 222, 3, 9], &[131, 7, 8, 10, 0, 0, 1, 0]] {
        assert_eq!(fault(options), None, "{options:?}");
    }
}

#[test]
fn what_ends_outside_or_goes_on_is_wrong() {
    for options in [&[7][..], &[7, 0, 0, 0], &[7, 1], &[1, 7, 4, 4]] {
        assert_eq!(fault(options), Some("IP option of illegal length"), "{options:?}");
    }
    for options in [&[131, 7, 4, 10, 0, 0, 1][..], &[1, 137, 7, 7, 10, 0, 0, 1], &[131, 2, 0, 0]] {
        assert_eq!(fault(options), Some("IP source route that goes on"), "{options:?}");
    }
}
