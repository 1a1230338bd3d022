use super::*;

#[test]
fn adds_and_subtracts_nanoseconds() {
    let start = Instant::from_nanos(5);
    let later = start + Duration::new(2, 7);
    assert_eq!(later.as_nanos(), 2_000_000_012);
    assert_eq!(later.saturating_since(start), Duration::new(2, 7));

    let mut moving = start;
    moving += Duration::new(2, 7);
    assert_eq!(moving, later);
}

#[test]
fn saturates_at_both_ends() {
    assert_eq!(Instant::MAX + Duration::from_nanos(1), Instant::MAX);
    assert_eq!(Instant::from_nanos(1) + Duration::MAX, Instant::MAX);
    assert_eq!(Instant::ZERO.saturating_since(Instant::MAX), Duration::ZERO);
}

#[test]
fn orders_by_time() {
    assert!(Instant::ZERO < Instant::from_nanos(1));
    assert_eq!(Instant::default(), Instant::ZERO);
}

#[test]
fn debug_reads_as_a_span() {
    assert_eq!(format!("{:?}", Instant::from_nanos(1_500_000_000)), "1.5s");
}
