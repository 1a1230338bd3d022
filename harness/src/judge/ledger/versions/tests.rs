use super::Versions;

#[track_caller]
fn holds(range: &str, version: &str) -> bool {
    range.parse::<Versions>().expect("a range").contains(version)
}

#[test]
fn a_bound_counts_to_its_own_precision() {
    assert!(holds(">=5.10", "5.10"));
    assert!(holds(">=5.10", "5.10.3-generic"));
    assert!(holds(">=5.10", "6.1.0"));
    assert!(!holds(">=5.10", "5.9.99"));
    assert!(holds("6.1..6.18", "6.18.44"));
    assert!(holds("6.1..6.18", "6.1"));
    assert!(!holds("6.1..6.18", "6.19.0"));
    assert!(!holds("6.1..6.18", "6.0.19"));
    assert!(holds("<=6.18", "6.18.44"));
    assert!(!holds("<6.5", "6.5.0"));
    assert!(holds("<6.5", "6.4.99-rc1"));
    assert!(holds("6.12", "6.12.7"));
    assert!(!holds("6.12", "6.1.12"));
}

/// A change that came with 6.9 and was carried back.
#[test]
fn one_of_several_ranges_is_enough() {
    let carried_back = "6.1.91..6.1, 6.6.31..6.6, >=6.9";
    for version in ["6.1.91", "6.1.192", "6.6.31", "6.9", "6.12.117", "7.0"] {
        assert!(holds(carried_back, version), "{version}");
    }
    for version in ["6.1.90", "6.2.1", "6.6.30", "6.8.12", "5.15.200"] {
        assert!(!holds(carried_back, version), "{version}");
    }
}

#[test]
fn all_versions_is_the_default() {
    assert!(Versions::default().contains("6.18.44"));
    assert!(Versions::default().contains("unknown"));
}

#[test]
fn a_version_without_numbers_is_below_all() {
    assert!(!holds(">=5.10", "unknown"));
    assert!(holds("<5.10", "unknown"));
}

#[test]
fn what_is_no_range_is_refused() {
    for text in [
        "",
        ">=",
        "newest",
        ">=5.x",
        "6.18..6.1",
        "5.10..",
        "+5",
        "6..1..2",
        "99999999999",
        "6.1.91..6.0",
        "6.1,",
        ",",
        ">=6.9,newest",
    ] {
        assert!(text.parse::<Versions>().is_err(), "{text}");
    }
}

#[test]
fn a_range_is_shown_as_it_is_written() {
    for range in [">=5.10", "<=6.18", "<6.5", "6.1..6.18", "6.12", "6.1.91..6.1, >=6.9"] {
        assert_eq!(range.parse::<Versions>().expect("a range").to_string(), range);
    }
    assert_eq!(Versions::default().to_string(), "all");
}
