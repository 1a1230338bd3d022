use super::{did_you_mean, distance, nearest};

#[test]
fn a_swap_is_one_edit() {
    assert_eq!(distance("sqe", "seq"), 1);
    assert_eq!(distance("flag", "flags"), 1);
    assert_eq!(distance("", "ack"), 3);
    assert_eq!(distance("win", "win"), 0);
}

#[test]
fn only_near_names_are_offered_and_the_nearest_comes_first() {
    assert_eq!(nearest("timeuot", ["clauses", "timeou", "timeout"]), ["timeout", "timeou"]);
    assert_eq!(did_you_mean("frobnicate", ["flags", "seq"]), None);
    assert_eq!(did_you_mean("sequ", ["seq", "ack"]).as_deref(), Some("did you mean `seq`?"));
}
