use super::*;

#[test]
fn a_receive_of_nothing_may_return_anything() {
    let asks = |max: u32| format!("title: t\nclauses: [U-6]\nsteps:\n  - call: {{ recv: {max} }}\n    returns: eof\n");
    let gives = |outcome: &str| Side { outcome: Some(outcome.to_owned()), ..side(vec![], State::CloseWait) };
    let recv = EventClass::Call(CallClass::Recv);
    assert_eq!(name_in(&asks(0), &gives("EINVAL"), &gives("eof"), &["returns"], recv), "nothing-asked");
    assert_eq!(name_in(&asks(1), &gives("EINVAL"), &gives("eof"), &["returns"], recv), "-");
    let sends = |len: u32| {
        format!(
            "title: t\nclauses: [U-6]\nsteps:\n  - call: {{ send: {{ data: {len}, urgent: true }} }}\n    returns: eof\n"
        )
    };
    assert_eq!(name_in(&sends(0), &gives("EINVAL"), &gives("sent 0"), &["returns"], SEND), "nothing-asked");
    assert_eq!(name_in(&sends(1), &gives("EINVAL"), &gives("sent 0"), &["returns"], SEND), "-");
    assert_eq!(name_in(&asks(0), &gives("EINVAL"), &gives("eof"), &["returns", "state"], recv), "-");
}

#[test]
fn who_was_never_accepted_may_be_reset_or_forgotten() {
    let rule = rule_of("call-close-child", "RFC9293#3.10.4");
    let resets = over(None, vec![segment(0x04, 1, b"")]).with(vec![rule]);
    let close = EventClass::Call(CallClass::Close);
    let fields = ["emitted", "state"];
    assert_eq!(name(&resets, &side(vec![], State::SynReceived), &fields, close), "never-accepted");
    assert_eq!(name(&resets, &over(None, vec![segment(0x14, 1, b"")]), &["flags"], close), "reset-with-ack");
    // It may not live on, nor be told of an end in good order.
    assert_eq!(name(&resets, &side(vec![], State::Established), &fields, close), "-");
    assert_eq!(name(&resets, &over(None, vec![segment(0x11, 1, b"")]), &["flags"], close), "-");
    assert_eq!(name(&over(None, vec![segment(0x04, 1, b"")]), &over(None, vec![]), &["emitted"], close), "-");
}

#[test]
fn text_that_waits_may_leave_with_a_close() {
    let shutdown = EventClass::Call(CallClass::Shutdown);
    let (fields, fin) = (["emitted", "state"], Flags::FIN.0 | Flags::ACK.0);
    let with_fin = |state| side(vec![segment(fin, 2, b"x")], state);
    let waits = |state| side(vec![], state);
    assert_eq!(name(&waits(State::FinWait1), &with_fin(State::FinWait1), &["emitted"], shutdown), "close-pushes");
    assert_eq!(name(&waits(State::CloseWait), &with_fin(State::LastAck), &fields, shutdown), "close-pushes");
    assert_eq!(name(&waits(State::FinWait1), &with_fin(State::FinWait1), &["emitted"], SEND), "-");
    assert_eq!(name(&waits(State::FinWait1), &with_fin(State::FinWait2), &fields, shutdown), "-");
    let without_fin = side(vec![segment(Flags::ACK.0, 2, b"x")], State::FinWait1);
    assert_eq!(name(&waits(State::FinWait1), &without_fin, &["emitted"], shutdown), "-");
}

#[test]
fn what_ended_the_connection_before_may_be_told_while_another_is_there() {
    let after = |steps: &str| {
        format!("title: t\nclauses: [U-6]\ngiven: ESTABLISHED\nsteps:\n{steps}  - call: shutdown\n    returns: ok\n")
    };
    let gives = |outcome: &str| Side { outcome: Some(outcome.to_owned()), ..side(vec![], State::SynReceived) };
    let shutdown = EventClass::Call(CallClass::Shutdown);
    let name = |steps: &str| name_in(&after(steps), &gives("ECONNRESET"), &gives("ENOTCONN"), &["returns"], shutdown);
    let (rst, syn) = ("  - inject: { flags: RST }\n", "  - inject: { flags: SYN }\n");
    assert_eq!(name(&[rst, syn].concat()), "local-error");
    assert_eq!(name(&[syn, rst].concat()), "-");
    assert_eq!(name(""), "-");
}
