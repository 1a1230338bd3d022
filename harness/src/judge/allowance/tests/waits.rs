//! Waits: what is sent again, given up, probed; several connections.

use super::*;

#[test]
fn duplicates_across_a_timeout_or_of_a_fin_alone_may_count_or_not() {
    let inject = "  - inject: { flags: ACK }\n  - expect: nothing\n";
    let (at_once, later) = (with("", inject), with("", &format!("  - wait: 1s\n{inject}")));
    let again = |segment| Side { resent: 1, ..side(vec![segment], State::FinWait1) };
    let silent = side(vec![], State::FinWait1);
    let (text, fin) = (again(segment(0x18, 1, b"x")), again(segment(0x11, 1, b"")));
    let ask = |yaml: &str, step: usize, other: &Side, ack: AckPosition| {
        let case = case(yaml);
        name_at(&case, case.prelude + step, &silent, other, &["emitted"], event(Flags::ACK, ack))
    };
    assert_eq!(ask(&at_once, 0, &fin, AckPosition::SndUna), "third-duplicate");
    assert_eq!(ask(&at_once, 0, &text, AckPosition::SndUna), "-");
    assert_eq!(ask(&later, 1, &text, AckPosition::SndUna), "third-duplicate");
    assert_eq!(ask(&later, 1, &text, AckPosition::Inside), "-");
    let fresh = Side { resent: 0, ..text.clone() };
    assert_eq!(ask(&later, 1, &fresh, AckPosition::SndUna), "-");
}

#[test]
fn where_all_connections_but_one_do_the_same_that_one_decides() {
    let on = |on: u8, segment: CaseSegment| CaseSegment { on: Some(on), ..segment };
    let probes = |count: usize| vec![on(1, segment(Flags::ACK.0, 0, b"")); count];
    let (syn_ack, other) = (on(0, segment(0x12, 0, b"")), on(0, segment(0x12, 1, b"")));
    let rule = rule_of("keepalive-probe", "MAY-5");
    let of = |first: &CaseSegment, count: usize| {
        let emitted = [vec![first.clone()], probes(count)].concat();
        Side { rules: vec![rule], ..side(emitted, State::Established) }
    };
    let ask = |one: &Side, other: &Side| name(one, other, &["emitted"], EventClass::Wait);
    assert_eq!(ask(&of(&syn_ack, 1), &of(&syn_ack, 2)), "keepalive-pace");
    assert_eq!(ask(&of(&syn_ack, 1), &of(&other, 2)), "-");
    assert_eq!(name(&of(&syn_ack, 1), &of(&syn_ack, 2), &["emitted"], SEND), "-");
}

#[test]
fn text_that_is_sent_again_is_cut_anew_each_time() {
    let (text, fin, both) = (segment(0x18, 1, b"x"), segment(0x11, 2, b""), segment(0x11, 1, b"x"));
    let apart = retransmits(vec![text.clone(), fin.clone(), text.clone(), fin.clone()]);
    let together = |count: usize| side(vec![both.clone(); count], State::Established);
    assert_eq!(name(&apart, &together(2), &["emitted"], EventClass::Wait), "repackaging");
    assert_eq!(name(&apart, &together(3), &["emitted"], EventClass::Wait), "-");
    let other = side(vec![both, segment(0x11, 1, b"y")], State::Established);
    assert_eq!(name(&apart, &other, &["emitted"], EventClass::Wait), "-");
}

#[test]
fn what_is_given_up_may_have_taken_along_more_text() {
    let (one, two) = (segment(0x18, 1, b"x"), segment(0x18, 1, b"xy"));
    let gave_up = over(None, vec![one.clone(), one.clone()]);
    let fields = ["data", "emitted", "state"];
    let goes_on = |text: &CaseSegment| side(vec![text.clone(); 3], State::Established);
    assert_eq!(name(&gave_up, &goes_on(&two), &fields, EventClass::Wait), "giving-up");
    assert_eq!(name(&gave_up, &goes_on(&segment(0x18, 1, b"zx")), &fields, EventClass::Wait), "-");
    assert_eq!(name(&gave_up, &goes_on(&segment(0x18, 1, b"")), &fields, EventClass::Wait), "-");
}

#[test]
fn a_keepalive_that_ends_the_connection_may_do_so_instead_of_another_probe() {
    let probe = segment(Flags::ACK.0, 0, b"");
    let rule = rule_of("keepalive-probe", "MAY-5");
    let probes = Side { rules: vec![rule], ..over(None, vec![probe.clone(), probe.clone()]) };
    let ends = over(None, vec![probe, segment(0x14, 1, b"")]);
    assert_eq!(name(&probes, &ends, &["flags", "seq"], EventClass::Wait), "keepalive-pace");
    assert_eq!(name(&probes, &ends, &["flags", "seq", "ack"], EventClass::Wait), "-");
}

#[test]
fn text_and_fin_apart_or_together_are_the_same_when_sent_again() {
    let (text, fin, both) = (segment(0x18, 1, b"x"), segment(0x11, 2, b""), segment(0x11, 1, b"x"));
    let apart = retransmits(vec![[text, fin]; 6].concat());
    let together = |count| Side { resent: count, ..side(vec![both.clone(); count], State::Established) };
    let wait = |seconds: u32| with("", &format!("  - wait: {seconds}s\n  - expect: nothing\n"));
    let ask = |yaml: &str, count| name_in(yaml, &apart, &together(count), &["emitted"], EventClass::Wait);
    assert_eq!(ask(&wait(123), 6), "repackaging");
    assert_eq!(ask(&wait(123), 7), "rto-bound");
    assert_eq!(ask(&wait(122), 7), "-");
}

#[test]
fn what_is_sent_again_may_take_along_text_that_was_held_back() {
    let (one, two) = (segment(0x18, 1, b"x"), segment(0x18, 1, b"xy"));
    let again = retransmits(vec![one.clone()]);
    let with_more = side(vec![two.clone()], State::Established);
    assert_eq!(name(&again, &with_more, &["data"], EventClass::Wait), "repackaging");
    assert_eq!(name(&again, &with_more, &["data"], SEND), "-");
    assert_eq!(name(&side(vec![one], State::Established), &with_more, &["data"], EventClass::Wait), "-");
    let other = side(vec![segment(0x18, 1, b"zy")], State::Established);
    assert_eq!(name(&again, &other, &["data"], EventClass::Wait), "-");
}

#[test]
fn of_a_segment_acknowledged_in_part_all_may_be_sent_again() {
    let again = retransmits(vec![segment(0x18, 2, b"y")]);
    let whole = side(vec![segment(0x18, 1, b"xy")], State::Established);
    assert_eq!(name(&again, &whole, &["seq", "data"], EventClass::Wait), "repackaging");
    assert_eq!(name(&again, &whole, &["seq", "data"], SEND), "-");
    let other = side(vec![segment(0x18, 1, b"xz")], State::Established);
    assert_eq!(name(&again, &other, &["seq", "data"], EventClass::Wait), "-");
}

#[test]
fn the_third_duplicate_may_draw_more_than_the_first_segment() {
    let rules = vec![rule_of("fast-retransmit", "RFC5681#3.2")];
    let front = side(vec![segment(0x18, 1, b"x")], State::Established).with(rules);
    let more = side(vec![segment(0x10, 1, b"xy")], State::Established);
    let duplicate = event(Flags::ACK, AckPosition::SndUna);
    assert_eq!(
        name(&front, &side(vec![segment(0x18, 1, b"xy")], State::Established), &["data"], duplicate),
        "repackaging"
    );
    let other = side(vec![segment(0x10, 1, b"zy")], State::Established);
    assert_eq!(name(&front, &other, &["flags", "data"], duplicate), "-");
    assert_eq!(name(&front, &more, &["flags", "data", "state"], duplicate), "-");
}
