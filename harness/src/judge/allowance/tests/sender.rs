use super::*;

#[test]
fn a_sender_may_hold_back_a_tail_but_not_most_of_its_text() {
    let whole = side(vec![segment(0x18, 1, b"abcde")], State::Established);
    let most = side(vec![segment(0x10, 1, b"abc")], State::Established);
    assert_eq!(name(&whole, &most, &["data", "flags"], SEND), "smaller-segments");
    assert_eq!(name(&whole, &most, &["data", "flags"], ABORT), "-");
    let little = side(vec![segment(0x10, 1, b"ab")], State::Established);
    assert_eq!(name(&whole, &little, &["data", "flags"], SEND), "-");
    let other = side(vec![segment(0x10, 1, b"xbc")], State::Established);
    assert_eq!(name(&whole, &other, &["data", "flags"], SEND), "-");
    let ends = side(vec![segment(0x11, 1, b"abc")], State::Established);
    assert_eq!(name(&whole, &ends, &["data", "flags"], SEND), "-");
}

#[test]
fn what_nagle_holds_back_may_leave_when_nagle_is_turned_off() {
    let set = EventClass::Call(CallClass::Set);
    let (waits, text) = (side(vec![], State::FinWait1), side(vec![segment(0x18, 1, b"a")], State::FinWait1));
    assert_eq!(name(&waits, &text, &["emitted"], set), "switched-later");
    assert_eq!(name(&waits, &text, &["emitted"], SEND), "-");
    assert_eq!(name(&waits, &Side { resent: 1, ..text.clone() }, &["emitted"], set), "-");
    assert_eq!(name(&waits, &text, &["emitted", "state"], set), "-");
}

#[test]
fn an_mss_of_0_leaves_the_size_of_segments_open_but_not_their_text() {
    let with = |mss: &str| {
        case(&format!(
            "title: t\nclauses: [U-6]\ngiven: ESTABLISHED\npeer: {{ mss: {mss} }}\nsteps:\n  - call: {{ send: 3 }}\n  - state: LISTEN\n"
        ))
    };
    let at = |case: &Arc<ConcreteCase>, other: &Side| {
        let single = side(vec![segment(0x10, 1, b"a")], State::Established);
        name_at(case, case.prelude, &single, other, &["data", "flags"], SEND)
    };
    let whole = side(vec![segment(0x18, 1, b"abc")], State::Established);
    assert_eq!(at(&with("0"), &whole), "mss-of-zero");
    assert_eq!(at(&with("1"), &whole), "-");
    assert_eq!(at(&with("0"), &side(vec![segment(0x18, 1, b"xbc")], State::Established)), "-");
}

#[test]
fn a_window_scale_explains_more_text_and_a_reset_at_a_number_made_of_the_window() {
    let with = |scale: &str, ack: &str| {
        case(&format!(
            "title: t\nclauses: [U-6]\ngiven: ESTABLISHED\npeer: {{ {scale} }}\nsteps:\n  - inject: {{ flags: ACK, ack: {ack} }}\n  - state: LISTEN\n"
        ))
    };
    let acked = event(Flags::ACK, AckPosition::SndNxt);
    let at = |case: &Arc<ConcreteCase>, one: &Side, other: &Side, fields: &[&'static str]| {
        name_at(case, case.prelude, one, other, fields, acked)
    };
    let (less, more) = (side(vec![], State::Established), side(vec![segment(0x18, 1, b"abc")], State::Established));
    assert_eq!(at(&with("wscale: 2", "SND.NXT"), &less, &more, &["emitted"]), "window-scale");
    assert_eq!(at(&with("win: 2", "SND.NXT"), &less, &more, &["emitted"]), "-");
    let closed = side(vec![], State::Closed);
    assert_eq!(at(&with("wscale: 2", "SND.NXT"), &closed, &more, &["emitted", "state"]), "-");
    let reset = |flags, seq| side(vec![segment(flags, seq, b"")], State::Closed);
    let edge = with("wscale: 2", "SND.UNA-SND.WND");
    assert_eq!(at(&edge, &reset(4, 1), &reset(0x14, 2), &["flags", "seq"]), "window-scale");
    assert_eq!(at(&with("wscale: 2", "SND.UNA"), &reset(4, 1), &reset(0x14, 2), &["flags", "seq"]), "-");
}
