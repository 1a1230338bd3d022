use super::*;

#[test]
fn states_are_kept_in_the_order_of_the_rfc() {
    let mut states = States::default();
    assert!(states.is_empty());
    states.see(ConnState::Is(State::TimeWait));
    states.see(ConnState::None { listening: true });
    states.insert(State::TimeWait);
    assert_eq!(states.iter().collect::<Vec<_>>(), [State::Listen, State::TimeWait]);
    assert_eq!((states.len(), states.missing().count()), (2, 9));
}

#[test]
fn sums_are_those_of_all_workers() {
    let mut one = Counts { executions: 3, equal: 2, unstable: 1, ..Counts::default() };
    one.targets[1].injected = 5;
    one.targets[1].states.insert(State::Closed);
    let mut sum = one.clone();
    sum.add(&one);
    assert_eq!((sum.executions, sum.equal, sum.unstable, sum.targets[1].injected), (6, 4, 2, 10));
    assert_eq!(sum.targets[1].states, one.targets[1].states);
}
