use std::collections::HashSet;

use super::{Filter, glob};

#[test]
fn an_exact_id_means_that_case_only() {
    let known: HashSet<String> = ["tcp/rst", "tcp/rst-left"].map(str::to_owned).into();
    let filter = Filter::new("tcp/rst", &known);
    assert!(filter.fits("tcp/rst"));
    assert!(!filter.fits("tcp/rst-left"));
}

#[test]
fn a_part_of_an_id_means_every_case_that_has_it() {
    let known = HashSet::new();
    assert!(Filter::new("rst", &known).fits("tcp/rst-left"));
    assert!(!Filter::new("syn", &known).fits("tcp/rst-left"));
}

#[test]
fn a_glob_has_to_fit_the_whole_id() {
    assert!(glob("tcp/*/rst*", "tcp/closed/rst#left-edge"));
    assert!(!glob("rst*", "tcp/rst"));
    assert!(glob("*rst", "tcp/rst-and-rst"));
    assert!(!glob("*rst", "tcp/rst-"));
    assert!(glob("tcp/rs?", "tcp/rst"));
    assert!(!glob("tcp/rst?", "tcp/rst"));
    assert!(glob("*", ""));
    assert!(glob("**", "a"));
    assert!(!glob("", "a"));
    assert!(Filter::new("*ESTABLISHED", &HashSet::new()).fits("a#ESTABLISHED"));
}

#[test]
fn a_glob_full_of_stars_is_still_fast() {
    let started = std::time::Instant::now();
    assert!(!glob(&"*a".repeat(200), &("a".repeat(199) + &"b".repeat(5000))));
    assert!(started.elapsed() < std::time::Duration::from_secs(1));
}
