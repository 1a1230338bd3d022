use std::time::Duration;

use super::{longest_first, makespan, workers_for};

fn seconds(waits: &[u64]) -> Vec<Duration> {
    waits.iter().map(|&wait| Duration::from_secs(wait)).collect()
}

#[test]
fn the_longest_wait_comes_first_and_equals_keep_their_order() {
    let mut cases = vec![0, 1, 2, 3];
    longest_first(&mut cases, &seconds(&[1, 60, 1, 2]));
    assert_eq!(cases, [1, 3, 0, 2]);
}

#[test]
fn each_worker_takes_the_next_wait_when_it_is_free() {
    let waits = seconds(&[5, 4, 3, 3]);
    assert_eq!(makespan(&waits, 1), Duration::from_secs(15));
    assert_eq!(makespan(&waits, 2), Duration::from_secs(8));
    assert_eq!(makespan(&waits, 4), Duration::from_secs(5));
    assert_eq!(makespan(&[], 3), Duration::ZERO);
}

#[test]
fn the_whole_takes_about_as_long_as_the_longest_wait() {
    let mut waits = seconds(&[60, 60, 30, 20]);
    waits.extend(seconds(&[3; 100]));
    let workers = workers_for(&waits);
    assert!(makespan(&waits, workers) <= Duration::from_secs(62), "{workers} workers");
    assert!(workers <= 12, "470 s of waits in 60 s need 8 workers, not {workers}");
}

#[test]
fn a_worker_that_saves_less_than_it_costs_is_not_made() {
    assert_eq!(workers_for(&[Duration::from_millis(5); 4]), 1);
    assert_eq!(workers_for(&seconds(&[60])), 1);
    assert_eq!(workers_for(&[]), 0);
}
