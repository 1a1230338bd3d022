use super::*;
use crate::case::format::{Data, Errno};

fn right(returns: Option<Returns>, outcome: Outcome) -> bool {
    fits(returns.as_ref(), &outcome, 1, &View::unknown()).unwrap()
}

#[test]
fn success_is_demanded_when_nothing_is_said() {
    assert!(right(None, Outcome::Ok));
    assert!(right(None, Outcome::Eof));
    assert!(!right(None, Outcome::WouldBlock));
    assert!(!right(None, Outcome::Error(Errno::EPIPE)));
    assert!(!right(None, Outcome::NoSocket));
}

#[test]
fn each_outcome_has_to_be_the_one_named() {
    assert!(right(Some(Returns::Error(Errno::EPIPE)), Outcome::Error(Errno::EPIPE)));
    assert!(!right(Some(Returns::Error(Errno::EPIPE)), Outcome::Error(Errno::ECONNRESET)));
    assert!(!right(Some(Returns::Ok), Outcome::Eof));
    assert!(right(Some(Returns::Data(Data::Text("a".into()))), Outcome::Data(b"a".to_vec())));
    assert!(!right(Some(Returns::Data(Data::Text("a".into()))), Outcome::Data(b"b".to_vec())));
    let any = Returns::Either(vec![Returns::Eof, Returns::WouldBlock]);
    assert!(right(Some(any.clone()), Outcome::WouldBlock));
    assert!(!right(Some(any), Outcome::Ok));
}

#[test]
fn a_pattern_is_read_from_where_the_reader_stands() {
    let wanted = Some(Returns::Data(Data::Pattern(2)));
    assert!(fits(wanted.as_ref(), &Outcome::Data(vec![10, 11]), 10, &View::unknown()).unwrap());
    assert!(!fits(wanted.as_ref(), &Outcome::Data(vec![10, 11]), 11, &View::unknown()).unwrap());
}

#[test]
fn readiness_compares_only_what_is_named() {
    let ready = |readable, urgent| Readiness { readable, urgent, ..Readiness::default() };
    let is = Outcome::Ready(Readiness {
        readable: Some(true),
        writable: Some(true),
        urgent: Some(false),
        hangup: Some(false),
        error: Some(false),
    });
    assert!(right(Some(Returns::Ready(ready(Some(true), None))), is.clone()));
    assert!(!right(Some(Returns::Ready(ready(Some(true), Some(true)))), is));
}
