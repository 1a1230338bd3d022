use proptest::prelude::*;

use super::*;

/// The number at `place` on the line of integers that the circle is wound from.
fn at(place: i64) -> Seq {
    Seq(place.rem_euclid(1 << 32) as u32)
}

const HALF: i64 = 1 << 31;

#[test]
fn compares_across_the_wrap() {
    let (before, after) = (Seq(u32::MAX), Seq(0));
    assert!(before.lt(after) && before.le(after));
    assert!(after.gt(before) && after.ge(before));
    assert!(!after.lt(before) && !after.le(before));
    assert_eq!(before.max(after), after);
    assert_eq!(before.min(after), before);
}

#[test]
fn half_the_circle_away_is_both_before_and_after() {
    let (a, b) = (Seq(7), Seq(7) + (1 << 31));
    assert!(a.lt(b) && b.lt(a));
    assert!(a.gt(b) && b.gt(a));
    assert!(a.lt(b - 1) && !(b - 1).lt(a));
    assert!((b + 1).lt(a) && !a.lt(b + 1));
}

#[test]
fn an_empty_interval_contains_nothing() {
    let una = Seq(u32::MAX);
    for place in [una - 1, una, una + 1] {
        assert!(!place.between_left_open(una, una));
        assert!(!place.in_window(una, 0));
    }
}

#[test]
fn interval_edges() {
    let (una, nxt) = (Seq(u32::MAX - 1), Seq(2));
    assert!(!una.between_left_open(una, nxt));
    assert!((una + 1).between_left_open(una, nxt));
    assert!(nxt.between_left_open(una, nxt));
    assert!(!(nxt + 1).between_left_open(una, nxt));

    assert!(una.in_window(una, 4));
    assert!((una + 3).in_window(una, 4));
    assert!(!(una + 4).in_window(una, 4));
    assert!(!(una - 1).in_window(una, 4));
}

#[test]
fn prints_the_number() {
    assert_eq!(format!("{:?} {}", Seq(17), Seq(17)), "17 17");
}

proptest! {
    #[test]
    fn comparisons_are_those_of_integers(
        place in 0..=i64::from(u32::MAX),
        distance in prop_oneof![-3i64..=3, -HALF + 1..HALF],
    ) {
        let other = place + distance;
        let (a, b) = (at(place), at(other));
        prop_assert_eq!(a.lt(b), place < other);
        prop_assert_eq!(a.le(b), place <= other);
        prop_assert_eq!(a.gt(b), place > other);
        prop_assert_eq!(a.ge(b), place >= other);
        prop_assert_eq!(a.max(b), at(place.max(other)));
        prop_assert_eq!(a.min(b), at(place.min(other)));
    }

    #[test]
    fn arithmetic_is_that_of_integers(
        place in 0..=i64::from(u32::MAX),
        count in any::<u32>(),
    ) {
        let base = at(place);
        let sum = base + count;
        prop_assert_eq!(sum, at(place + i64::from(count)));
        prop_assert_eq!(base - count, at(place - i64::from(count)));
        prop_assert_eq!(sum.since(base), count);
        let mut moving = base;
        moving += count;
        prop_assert_eq!(moving, sum);
    }

    #[test]
    fn intervals_are_exact_at_any_length(
        left in 0..=i64::from(u32::MAX),
        len in prop_oneof![0i64..5, 0..=i64::from(u32::MAX)],
        offset in prop_oneof![0i64..5, 0..=i64::from(u32::MAX)],
    ) {
        let place = at(left + offset);
        let (una, nxt) = (at(left), at(left + len));
        prop_assert_eq!(place.in_window(una, len as u32), offset < len);
        prop_assert_eq!(place.between_left_open(una, nxt), 0 < offset && offset <= len);
    }
}
