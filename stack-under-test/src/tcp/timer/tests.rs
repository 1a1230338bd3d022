use super::*;

const EARLY: Instant = Instant::from_nanos(1);
const LATE: Instant = Instant::from_nanos(2);

#[test]
fn one_that_is_stopped_is_never_due_and_comes_last() {
    let stopped = Timer::default();
    assert!(!stopped.runs() && !stopped.is_due(Instant::MAX));
    assert_eq!(stopped.deadline(), None);
    assert_eq!(stopped.min(Timer::at(LATE)), Timer::at(LATE));
}

#[test]
fn one_that_runs_is_due_from_its_deadline_on() {
    let timer = Timer::at(LATE);
    assert!(!timer.is_due(EARLY) && timer.is_due(LATE) && timer.is_due(Instant::MAX));
    assert_eq!(timer.deadline(), Some(LATE));
}

#[test]
fn one_that_runs_is_not_started_again() {
    let mut timer = Timer::STOPPED;
    timer.start(LATE);
    timer.start(EARLY);
    assert_eq!(timer.deadline(), Some(LATE));
}
