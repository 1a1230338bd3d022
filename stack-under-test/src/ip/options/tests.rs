use proptest::prelude::*;

use super::*;

#[test]
fn what_this_host_needs_not_understand_is_ignored() {
    for options in [&[][..], &[0], &[1, 1, 1, 0], &[0, 7, 60], &[7, 7, 4, 0, 0, 0, 0, 0], &[222, 4, 0, 0], &[7, 2]] {
        assert_eq!(check(options), Ok(()), "{options:?}");
    }
}

#[test]
fn an_option_that_ends_outside_the_header_is_refused() {
    for options in [&[7][..], &[7, 0, 0, 0], &[7, 1, 0, 0], &[7, 5, 4, 0], &[1, 1, 1, 7], &[131, 2, 0, 0]] {
        assert_eq!(check(options), Err(Rule::IpBadOption), "{options:?}");
    }
}

#[test]
fn a_source_route_must_have_come_to_its_end() {
    for kind in [131, 137] {
        for (pointer, answer) in [(4, Err(Rule::IpSourceRoute)), (7, Err(Rule::IpSourceRoute)), (8, Ok(()))] {
            assert_eq!(check(&[kind, 7, pointer, 192, 0, 2, 77, 0]), answer, "{kind} {pointer}");
            assert_eq!(check(&[1, kind, 7, pointer, 192, 0, 2, 77]), answer, "{kind} {pointer}");
        }
        assert_eq!(check(&[kind, 3, 4, 0]), Ok(()), "an empty route");
    }
}

proptest! {
    #[test]
    fn no_options_panic(options in prop::collection::vec(any::<u8>(), 0..41)) {
        let _ = check(&options);
    }
}
