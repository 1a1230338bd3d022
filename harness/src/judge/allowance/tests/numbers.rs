use super::*;

#[test]
fn a_number_may_lie_in_one_window_and_beyond_the_other() {
    let at = |position| {
        let class = SegmentClass {
            flags: ControlBits::of(Flags::RST),
            seq: position,
            ack: AckPosition::None,
            text: false,
            broken: None,
        };
        Side { met: EventClass::Segment(class), ..side(vec![], State::Established) }
    };
    let challenges = |position| Side { emitted: vec![segment(0x10, 1, b"")], ..at(position) };
    let (inside, beyond, left) = (SeqPosition::Inside, SeqPosition::OutsideRight, SeqPosition::OutsideLeft);
    let rst = event(Flags::RST, AckPosition::None);
    assert_eq!(name(&challenges(inside), &at(beyond), &["emitted"], rst), "window-size");
    assert_eq!(name(&challenges(SeqPosition::RightEdge), &at(beyond), &["emitted"], rst), "window-size");
    assert_eq!(name(&challenges(inside), &at(inside), &["emitted"], rst), "-");
    // Where the window begins is no choice.
    assert_eq!(name(&challenges(inside), &at(left), &["emitted"], rst), "-");
    assert_eq!(name(&challenges(SeqPosition::LeftEdge), &at(beyond), &["emitted"], rst), "-");
}

#[test]
fn a_reset_after_a_close_may_take_either_number() {
    let by = |name, seq| {
        let rules = vec![rule_of(name, "SHLD-3")];
        over(None, vec![CaseSegment { rules: rules.clone().into(), ..segment(0x04, seq, b"") }]).with(rules)
    };
    let other = over(None, vec![segment(0x04, 1, b"")]);
    let text = event(Flags::ACK, AckPosition::SndUna);
    assert_eq!(name(&by("text-after-close", 2), &other, &["seq"], text), "reset-number");
    assert_eq!(name(&by("check-ack-reset", 2), &other, &["seq"], text), "-");
    assert_eq!(name(&by("text-after-close", 2), &other, &["seq", "state"], text), "-");
    let with_ack = over(None, vec![segment(0x14, 1, b"")]);
    assert_eq!(name(&by("text-after-close", 2), &with_ack, &["seq"], text), "-");
}

#[test]
fn only_another_incarnation_may_bear_another_number() {
    let after = |first: &str| {
        format!(
            "title: t\nclauses: [U-6]\ngiven: LISTEN\nsteps:\n  - {first}\n  - inject: {{ flags: SYN }}\n  - state: SYN-RECEIVED\n"
        )
    };
    let by = |seq| {
        let rule = rule_of("listen-syn", "RFC9293#3.10.7.2");
        side(vec![segment(0x12, seq, b"")], State::SynReceived).with(vec![rule])
    };
    let (syn, again) = (event(Flags::SYN, AckPosition::None), "inject: { flags: SYN }");
    assert_eq!(name_in(&after(again), &by(0), &by(61187), &["seq"], syn), "initial-number");
    assert_eq!(name_in(&after("expect: nothing"), &by(0), &by(61187), &["seq"], syn), "-");
    assert_eq!(name_in(&after(again), &by(0), &by(61187), &["seq", "ack"], syn), "-");
    let elsewhere = side(vec![segment(0x12, 5, b"")], State::Established);
    assert_eq!(name_in(&after(again), &by(0), &elsewhere, &["seq"], syn), "-");
}

#[test]
fn a_peer_that_contradicts_itself_may_be_believed_either_way() {
    let at = |state, contradicted| Side { contradicted, ..side(vec![], state) };
    let text = event(Flags::ACK, AckPosition::SndNxt);
    let name = |one: bool, fields: &[&'static str]| {
        name(&at(State::CloseWait, one), &at(State::Established, one), fields, text)
    };
    assert_eq!(name(true, &["state"]), "self-contradiction");
    assert_eq!(name(true, &["state", "data"]), "-");
    assert_eq!(name(false, &["state"]), "-");
}

#[test]
fn a_fin_right_behind_a_full_window_may_be_taken_and_no_other() {
    let at = |state, fin_behind_window| Side { fin_behind_window, ..side(vec![], state) };
    let fin = event(Flags::FIN | Flags::ACK, AckPosition::SndNxt);
    let (waits, taken) = (at(State::Established, true), at(State::CloseWait, true));
    assert_eq!(name(&waits, &taken, &["ack", "state"], fin), "fin-behind-window");
    assert_eq!(name(&waits, &taken, &["ack", "state", "data"], fin), "-");
    assert_eq!(name(&waits, &at(State::Closed, true), &["state"], fin), "-");
    assert_eq!(name(&at(State::Established, false), &at(State::CloseWait, false), &["state"], fin), "-");
}

#[test]
fn a_name_of_two_connections_may_bear_the_numbers_of_either() {
    let at = |to: &str| {
        format!(
            "title: t\nclauses: [U-6]\ngiven: LISTEN\nsteps:\n  - call: {{ connect: {{ {to} }} }}\n  \
             - call: {{ send: 1 }}\n    returns: {{ sent: 1 }}\n"
        )
    };
    let sent = |seq| side(vec![segment(0x18, seq, b"x")], State::SynSent);
    let name = |yaml: &str, fields: &[&'static str]| name_in(yaml, &sent(7), &sent(61187), fields, SEND);
    assert_eq!(name(&at("to: other-peer"), &["seq"]), "initial-number");
    assert_eq!(name(&at("to: other-peer"), &["seq", "data"]), "-");
    assert_eq!(name(&at("to: peer"), &["seq"]), "-");
}
