use super::{Compared, Strictness};
use crate::{
    case::{
        flags::Flags,
        format::{Action, Errno, Readiness},
    },
    sample,
    target::Outcome,
    trace::event::CaseSegment,
};

/// The action of the second step of a case.
fn action(step: &str) -> Action {
    let text = format!("title: x\nclauses: [MUST-13]\nsteps:\n  - call: listen\n  - {step}\n  - expect: nothing\n");
    sample::case(&text).case.steps[1].value.action.clone()
}

fn outcomes(step: &str, left: &Outcome, right: &Outcome) -> [bool; 2] {
    let action = action(step);
    [Strictness::Key, Strictness::Strict].map(|strictness| {
        Compared { action: &action, satisfied: true, strictness }.outcomes_differ(Some(left), Some(right))
    })
}

fn emissions(step: &str, satisfied: bool, left: &[CaseSegment], right: &[CaseSegment]) -> Vec<&'static str> {
    let action = action(step);
    let compared = Compared { action: &action, satisfied, strictness: Strictness::Key };
    compared.emissions(&left.iter().collect::<Vec<_>>(), &right.iter().collect::<Vec<_>>())
}

fn ack(seq: u32, ack: u32) -> CaseSegment {
    CaseSegment { on: Some(0), flags: Flags::ACK, seq, ack, ..CaseSegment::default() }
}

#[test]
fn errors_and_kinds_of_outcomes_always_count() {
    let refused = Outcome::Error(Errno::ECONNREFUSED);
    assert_eq!(outcomes("call: recv", &refused, &Outcome::Error(Errno::ECONNRESET)), [true, true]);
    assert_eq!(outcomes("call: recv", &refused, &Outcome::Eof), [true, true]);
    assert_eq!(outcomes("call: recv", &refused, &refused.clone()), [false, false]);
}

#[test]
fn how_much_is_read_counts_only_if_strict_but_what_is_read_always() {
    let data = |text: &str| Outcome::Data(text.as_bytes().to_vec());
    assert_eq!(outcomes("call: recv", &data("hello"), &data("hel")), [false, true]);
    assert_eq!(outcomes("call: recv", &data("hello"), &data("help")), [true, true]);
    // The case says what it wants: then that is compared.
    assert_eq!(outcomes("{ call: recv, returns: { data: hello } }", &data("hello"), &data("hel")), [true, true]);
}

#[test]
fn of_what_poll_says_only_what_the_case_names_counts() {
    let ready = |writable, hangup| {
        Outcome::Ready(Readiness { writable: Some(writable), hangup: Some(hangup), ..Readiness::default() })
    };
    let named = "{ call: poll, returns: { ready: { writable: true } } }";
    assert_eq!(outcomes(named, &ready(true, false), &ready(true, true)), [false, true]);
    assert_eq!(outcomes(named, &ready(true, false), &ready(false, false)), [true, true]);
    assert_eq!(outcomes("call: poll", &ready(true, false), &ready(true, true)), [true, true]);
}

#[test]
fn a_range_of_bytes_sent_is_open() {
    let range = "{ call: { send: 9 }, returns: { sent: 1..9 } }";
    assert_eq!(outcomes(range, &Outcome::Sent(3), &Outcome::Sent(4)), [false, true]);
    let action = action(range);
    let wrong = Compared { action: &action, satisfied: false, strictness: Strictness::Key };
    assert!(wrong.outcomes_differ(Some(&Outcome::Sent(3)), Some(&Outcome::Sent(10))), "one of them is not in it");
    assert_eq!(outcomes("call: { send: 9 }", &Outcome::Sent(3), &Outcome::Sent(4)), [true, true]);
}

#[test]
fn a_number_that_the_case_ties_to_the_target_is_open_if_both_are_right() {
    let (left, right) = ([ack(1, 4097)], [ack(1, 4381)]);
    assert!(emissions("expect: { flags: ACK, ack: RCV.NXT }", true, &left, &right).is_empty());
    assert!(emissions("expect: { flags: ACK, ack: 1..9999 }", true, &left, &right).is_empty());
    assert_eq!(emissions("expect: { flags: ACK, ack: RCV.NXT }", false, &left, &right), ["ack"]);
    assert_eq!(emissions("expect: { flags: ACK, ack: 4097 }", true, &left, &right), ["ack"]);
    assert_eq!(emissions("expect: { flags: ACK }", true, &left, &right), ["ack"], "not named is not open");
}

#[test]
fn any_order_is_no_order() {
    let (one, other) = (ack(1, 1), ack(2, 1));
    let turned = ([one.clone(), other.clone()], [other, one]);
    let any = "expect: { any-order: [ { flags: ACK, seq: 1 }, { flags: ACK, seq: 2 } ] }";
    assert!(emissions(any, true, &turned.0, &turned.1).is_empty());
    let list = "expect: [ { flags: ACK, seq: 1 }, { flags: ACK, seq: 2 } ]";
    assert_eq!(emissions(list, true, &turned.0, &turned.1), ["seq", "seq"]);
}
