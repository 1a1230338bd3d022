use std::sync::Arc;

use super::*;
use crate::{
    case::format::ConcreteCase,
    judge::{
        diff::Standing,
        event_class::{ControlBits, SegmentClass, SeqPosition},
    },
    sample::{RST_IN_WINDOW, case},
    target::{
        ConnState,
        rule_name::{RuleName, RuleText},
    },
};

mod closing;
mod numbers;
mod waits;

mod sender;

fn segment(flags: u16, seq: u32, data: &[u8]) -> CaseSegment {
    CaseSegment { on: Some(0), flags: Flags(flags), seq, ack: 1, data: data.to_vec().into(), ..CaseSegment::default() }
}

fn side(emitted: Vec<CaseSegment>, state: State) -> Side {
    let state = Some(ConnState::of(state));
    Side {
        target: "t".to_owned(),
        emitted,
        resent: 0,
        state,
        outcome: None,
        rules: Vec::new(),
        traced: Vec::new(),
        finding: None,
        met: EventClass::Start,
        contradicted: false,
        fin_behind_window: false,
    }
}

/// A rule of the reference by these.
fn rule_of(name: &'static str, clause: &'static str) -> RuleName {
    RuleName(Box::leak(Box::new(RuleText { name, clause, text: "" })))
}

fn event(flags: Flags, ack: AckPosition) -> EventClass {
    let flags = ControlBits::of(flags);
    EventClass::Segment(SegmentClass { flags, seq: SeqPosition::Inside, ack, text: false, broken: None })
}

/// The name of the allowance, or `-`; the same whichever side is left.
#[track_caller]
fn name(one: &Side, other: &Side, fields: &[&'static str], event: EventClass) -> &'static str {
    name_at(&case(RST_IN_WINDOW), 0, one, other, fields, event)
}

/// As [`name`], at one step of a case.
#[track_caller]
fn name_at(
    case: &Arc<ConcreteCase>,
    step: usize,
    one: &Side,
    other: &Side,
    fields: &[&'static str],
    event: EventClass,
) -> &'static str {
    let of = |left: &Side, right: &Side| {
        let divergence = Divergence {
            case: Arc::clone(case),
            step,
            clauses: Vec::new(),
            left: left.clone(),
            right: right.clone(),
            fields: fields.to_vec(),
            standing: Standing::Unexplained,
            poisoned_from: None,
        };
        allowed(&divergence, &event).map_or("-", |allowance| allowance.name)
    };
    assert_eq!(of(one, other), of(other, one));
    of(one, other)
}

const ABORT: EventClass = EventClass::Call(CallClass::Abort);
const SEND: EventClass = EventClass::Call(CallClass::Send);

#[test]
fn every_allowance_has_a_clause_that_exists_and_a_name_of_its_own() {
    let mut names: Vec<_> = ALLOWANCES.iter().map(|allowance| allowance.name).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), ALLOWANCES.len());
    for allowance in &ALLOWANCES {
        assert!(allowance.clause.parse::<crate::clause::ClauseId>().is_ok(), "{}", allowance.clause);
    }
}

#[test]
fn psh_may_differ_on_all_but_the_last_segment() {
    let with =
        |flags: [u16; 2]| side(vec![segment(flags[0], 1, b"ab"), segment(flags[1], 3, b"cd")], State::Established);
    assert_eq!(name(&with([0x18, 0x18]), &with([0x10, 0x18]), &["flags"], SEND), "push-in-between");
    assert_eq!(name(&with([0x18, 0x18]), &with([0x18, 0x10]), &["flags"], SEND), "-");
    assert_eq!(name(&with([0x18, 0x18]), &with([0x30, 0x18]), &["flags"], SEND), "-");
}

#[test]
fn text_that_does_not_end_the_queue_may_be_pushed() {
    let by = |flags: u16, rule: &'static str| {
        let rules = vec![rule_of(rule, "RFC9293#3.10.2")].into();
        side(vec![CaseSegment { rules, ..segment(flags, 1, b"ab") }], State::Established)
    };
    let pushed = side(vec![segment(0x18, 1, b"ab")], State::Established);
    assert_eq!(name(&by(0x10, "output-data"), &pushed, &["flags"], SEND), "push-in-between");
    assert_eq!(name(&by(0x10, "output-push"), &pushed, &["flags"], SEND), "-");
}

#[test]
fn the_rst_of_an_abort_may_carry_an_ack() {
    let with = |flags| side(vec![segment(flags, 1, b"")], State::Closed);
    assert_eq!(name(&with(0x04), &with(0x14), &["flags"], ABORT), "reset-with-ack");
    assert_eq!(name(&with(0x04), &with(0x11), &["flags"], ABORT), "-");
    // What answers a segment has its form from RFC9293#3.10.7.1.
    assert_eq!(name(&with(0x04), &with(0x14), &["flags"], event(Flags::ACK, AckPosition::Ahead)), "-");
    assert_eq!(name(&with(0x04), &with(0x14), &["flags", "seq"], ABORT), "-");
}

#[test]
fn the_same_text_may_be_cut_in_other_places() {
    let whole = side(vec![segment(0x18, 1, b"abcd")], State::Established);
    let cut = side(vec![segment(0x10, 1, b"ab"), segment(0x18, 3, b"cd")], State::Established);
    let other = side(vec![segment(0x10, 1, b"ab"), segment(0x18, 3, b"cx")], State::Established);
    let less = side(vec![segment(0x10, 1, b"ab")], State::Established);
    let gap = side(vec![segment(0x10, 1, b"ab"), segment(0x18, 4, b"cd")], State::Established);
    assert_eq!(name(&whole, &cut, &["emitted"], SEND), "repackaging");
    for wrong in [&other, &less, &gap] {
        assert_eq!(name(&whole, wrong, &["emitted"], SEND), "-");
    }
    let silent = side(vec![], State::Established);
    assert_eq!(name(&silent, &silent, &["emitted"], SEND), "-");
}

#[test]
fn how_much_a_send_takes_is_left_open_but_not_whether_it_fails() {
    let with = |outcome: &str| Side { outcome: Some(outcome.to_owned()), ..side(vec![], State::Established) };
    assert_eq!(name(&with("sent 5"), &with("sent 3"), &["returns"], SEND), "taken-by-send");
    assert_eq!(name(&with("sent 5"), &with("would-block"), &["returns"], SEND), "taken-by-send");
    assert_eq!(name(&with("sent 5"), &with("EPIPE"), &["returns"], SEND), "-");
    assert_eq!(name(&with("sent 5"), &with("sent 3"), &["emitted", "returns"], SEND), "-");
}

#[test]
fn a_syn_in_time_wait_may_reopen_or_be_challenged() {
    let syn = event(Flags::SYN, AckPosition::None);
    let reopens = side(vec![segment(0x12, 0, b"")], State::SynReceived);
    let challenges = side(vec![segment(0x10, 0, b"")], State::TimeWait);
    let resets = side(vec![segment(0x04, 0, b"")], State::Closed);
    assert_eq!(name(&reopens, &challenges, &["flags", "state"], syn), "reopen-from-time-wait");
    assert_eq!(name(&reopens, &resets, &["flags", "state"], syn), "-");
    assert_eq!(name(&reopens, &challenges, &["flags", "state"], event(Flags::ACK, AckPosition::SndNxt)), "-");
}

#[test]
fn an_ack_from_long_ago_may_be_refused() {
    let rule = rule_of("check-ack-range", "U-11");
    let refuses = Side { rules: vec![rule], ..side(vec![], State::Established) };
    let takes = side(vec![], State::CloseWait);
    assert_eq!(name(&refuses, &takes, &["state"], event(Flags::ACK, AckPosition::Old)), "blind-data-check");
    assert_eq!(name(&refuses, &takes, &["state"], event(Flags::ACK, AckPosition::Ahead)), "-");
    assert_eq!(name(&takes, &takes, &["state"], event(Flags::ACK, AckPosition::Old)), "-");
}

#[test]
fn which_local_errno_is_the_interfaces_but_not_what_the_peer_did() {
    let with = |outcome: &str| Side { outcome: Some(outcome.to_owned()), ..side(vec![], State::Established) };
    assert_eq!(name(&with("EISCONN"), &with("EALREADY"), &["returns"], SEND), "local-error");
    assert_eq!(name(&with("no such socket"), &with("ENOTCONN"), &["returns"], SEND), "local-error");
    assert_eq!(name(&with("EPIPE"), &with("ECONNRESET"), &["returns"], SEND), "-");
    assert_eq!(name(&with("EPIPE"), &with("ok"), &["returns"], SEND), "-");
    let elsewhere = Side { state: Some(ConnState::of(State::Closed)), ..with("EALREADY") };
    assert_eq!(name(&with("EISCONN"), &elsewhere, &["returns"], SEND), "-");
}

#[test]
fn a_second_close_may_succeed_in_fin_wait_only() {
    let with = |outcome: &str, state| Side { outcome: Some(outcome.to_owned()), ..side(vec![], state) };
    let close = EventClass::Call(CallClass::Shutdown);
    let name_in = |state| name(&with("ok", state), &with("EPIPE", state), &["returns"], close);
    assert_eq!((name_in(State::FinWait1), name_in(State::FinWait2)), ("close-again", "close-again"));
    assert_eq!((name_in(State::Closing), name_in(State::Established)), ("-", "-"));
    let sends_a_fin = &["emitted", "returns"];
    assert_eq!(name(&with("ok", State::FinWait1), &with("EPIPE", State::FinWait1), sends_a_fin, close), "-");
}

fn over(outcome: Option<&str>, emitted: Vec<CaseSegment>) -> Side {
    let state = Some(ConnState::None { listening: true });
    Side { outcome: outcome.map(str::to_owned), state, ..side(emitted, State::Established) }
}

#[test]
fn after_the_end_any_error_tells_of_it_but_no_orderly_one() {
    let name =
        |left: &str, right: &str| name(&over(Some(left), vec![]), &over(Some(right), vec![]), &["returns"], SEND);
    assert_eq!(name("ECONNRESET", "EPIPE"), "local-error");
    assert_eq!(name("ECONNRESET", "eof"), "-");
    assert_eq!(name("ECONNRESET", "ok"), "-");
}

#[test]
fn a_service_that_is_missing_is_no_choice() {
    let with = |outcome: &str| Side { outcome: Some(outcome.to_owned()), ..side(vec![], State::Established) };
    assert_eq!(name(&with("EPIPE"), &with("EOPNOTSUPP"), &["returns"], SEND), "-");
}

#[test]
fn room_and_hangup_are_polls_own_but_text_and_urgent_data_are_not() {
    let with = |outcome: &str| Side { outcome: Some(outcome.to_owned()), ..side(vec![], State::Established) };
    let poll = EventClass::Call(CallClass::Poll);
    let base = with("ready readable, writable, not urgent, hangup, error");
    let name_of = |other: &str| name(&base, &with(other), &["returns"], poll);
    assert_eq!(name_of("ready readable, not writable, not urgent, not hangup, not error"), "readiness");
    assert_eq!(name_of("ready readable, writable, urgent, hangup, error"), "-");
    assert_eq!(name_of("ready not readable, writable, not urgent, hangup, not error"), "-");
    assert_eq!(name_of("ready not readable, writable, not urgent, not hangup, error"), "-");
    // Both tell of the end and of an error: that is what there is to read.
    assert_eq!(name_of("ready not readable, not writable, not urgent, hangup, error"), "readiness");
    assert_eq!(name_of("ready not readable, writable, urgent, hangup, error"), "-");
}

#[test]
fn a_used_socket_may_refuse_to_open_again_but_what_it_does_then_has_to_be_right() {
    let open = EventClass::Call(CallClass::Connect);
    let (opens, refuses) = (over(Some("ok"), vec![]), over(Some("EISCONN"), vec![]));
    assert_eq!(name(&opens, &refuses, &["returns"], open), "used-socket");
    assert_eq!(name(&opens, &refuses, &["emitted", "returns"], open), "-");
    assert_eq!(name(&opens, &over(Some("would-block"), vec![]), &["returns"], open), "-");
    assert_eq!(name(&opens, &refuses, &["returns"], SEND), "-");
}

#[test]
fn giving_up_later_or_with_a_reset_is_a_choice() {
    let data = segment(Flags::ACK.0 | Flags::PSH.0, 1, b"x");
    let other = segment(Flags::ACK.0 | Flags::PSH.0, 2, b"y");
    let reset = segment(Flags::RST.0 | Flags::ACK.0, 2, b"");
    let wait = EventClass::Wait;
    let fields = ["emitted", "state"];
    let gave_up = over(None, vec![data.clone(), data.clone()]);
    let goes_on = side(vec![data.clone(), data.clone(), data.clone()], State::Established);
    assert_eq!(name(&gave_up, &goes_on, &fields, wait), "giving-up");
    assert_eq!(name(&goes_on, &gave_up, &fields, wait), "giving-up");
    let with_reset = over(None, vec![data.clone(), data.clone(), reset.clone()]);
    assert_eq!(name(&gave_up, &with_reset, &["emitted"], wait), "giving-up");
    // One that goes on without having given up there, one that sends something else, and one that says nothing at all.
    let alive = side(vec![data.clone(), data.clone()], State::Established);
    assert_eq!(name(&alive, &goes_on, &["emitted"], wait), "-");
    let strays = side(vec![data.clone(), data.clone(), other], State::Established);
    assert_eq!(name(&gave_up, &strays, &fields, wait), "-");
    let silent = over(None, vec![]);
    assert_eq!(name(&silent, &goes_on, &fields, wait), "-");
    assert_eq!(name(&gave_up, &goes_on, &fields, SEND), "-");
    let resets = side(vec![data.clone(), data, reset], State::Established);
    assert_eq!(name(&alive, &resets, &["emitted"], wait), "-");
}

#[test]
fn a_keepalive_may_carry_one_octet() {
    let probes = |data: &[u8]| Side {
        rules: vec![rule_of("keepalive-probe", "MAY-5")],
        ..side(vec![segment(Flags::ACK.0, 0, data)], State::Established)
    };
    assert_eq!(name(&probes(b""), &probes(b"x"), &["data"], EventClass::Wait), "keepalive-octet");
    assert_eq!(name(&probes(b""), &probes(b"xy"), &["data"], EventClass::Wait), "-");
    let plain = |data: &[u8]| side(vec![segment(Flags::ACK.0, 0, data)], State::Established);
    assert_eq!(name(&plain(b""), &plain(b"x"), &["data"], EventClass::Wait), "-");
}

#[test]
fn a_segment_with_bad_options_may_be_dropped() {
    let EventClass::Segment(class) = event(Flags::ACK, AckPosition::SndNxt) else { panic!("it is a segment") };
    let broken = |broken| EventClass::Segment(SegmentClass { broken: Some(broken), ..class });
    let (drops, answers) = (side(vec![], State::Established), side(vec![segment(0x10, 1, b"")], State::CloseWait));
    assert_eq!(name(&drops, &answers, &["emitted", "state"], broken(Broken::Options)), "bad-options");
    assert_eq!(name(&drops, &answers, &["emitted", "state"], broken(Broken::Length)), "-");
    assert_eq!(name(&answers, &answers.clone(), &["ack"], broken(Broken::Options)), "-");
}

#[test]
fn time_wait_may_end_at_another_time() {
    let (waits, gone) = (side(vec![], State::TimeWait), side(vec![], State::Closed));
    assert_eq!(name(&waits, &gone, &["state"], EventClass::Wait), "msl");
    assert_eq!(name(&waits, &gone, &["state"], event(Flags::RST, AckPosition::None)), "-");
    assert_eq!(name(&side(vec![], State::FinWait2), &gone, &["state"], EventClass::Wait), "-");
}

#[test]
fn what_becomes_of_overlapping_fragments_is_a_choice() {
    let name_of = |fragments: &str| {
        let yaml = format!(
            "title: in pieces\nclauses: [RFC791#3.2]\ngiven: ESTABLISHED\nsteps:\n  - inject: {{ flags: RST, data: 30, \
             fragments: {fragments} }}\n  - state: CLOSED\n"
        );
        let case = case(&yaml);
        let step = case.case.steps.len() - 1;
        let (one, other) = (side(vec![], State::Established), over(None, vec![]));
        let divergence = Divergence {
            case,
            step,
            clauses: Vec::new(),
            left: one,
            right: other,
            fields: vec!["state"],
            standing: Standing::Unexplained,
            poisoned_from: None,
        };
        allowed(&divergence, &EventClass::Fragment(None)).map_or("-", |allowance| allowance.name)
    };
    assert_eq!(name_of("{ size: 16, overlap: 8 }"), "overlapping-fragments");
    assert_eq!(name_of("{ size: 16, order: [1, 2, 2, 3, 4] }"), "overlapping-fragments");
    assert_eq!(name_of("{ size: 16 }"), "-");
    assert_eq!(name_of("{ size: 16, order: [2, 1, 3, 4] }"), "-");
}

/// The allowance at the last step of a case, whichever side is left.
#[track_caller]
fn name_in(yaml: &str, one: &Side, other: &Side, fields: &[&'static str], event: EventClass) -> &'static str {
    let case = case(yaml);
    name_at(&case, case.case.steps.len() - 1, one, other, fields, event)
}

const CONNECT: EventClass = EventClass::Call(CallClass::Connect);

#[test]
fn a_syn_to_oneself_may_come_back_or_leave() {
    let to = |to: &str| {
        format!("title: t\nclauses: [U-6]\nsteps:\n  - call: {{ connect: {{ to: {to} }} }}\n  - expect: nothing\n")
    };
    let (back, leaves) = (side(vec![], State::Established), side(vec![segment(0x02, 0, b"")], State::SynSent));
    let fields = ["emitted", "state"];
    assert_eq!(name_in(&to("target"), &back, &leaves, &fields, CONNECT), "to-itself");
    assert_eq!(name_in(&to("peer"), &back, &leaves, &fields, CONNECT), "-");
    assert_eq!(name_in(&to("target"), &back, &side(vec![], State::Closed), &fields, CONNECT), "-");
}

#[test]
fn the_end_of_time_wait_may_be_seen_later() {
    let after = |first: &str| {
        format!(
            "title: t\nclauses: [U-6]\ngiven: TIME-WAIT\nsteps:\n  - {first}\n  - inject: {{ flags: ACK }}\n  - state: TIME-WAIT\n"
        )
    };
    let (waits, resets) = (side(vec![], State::TimeWait), over(None, vec![segment(Flags::RST.0, 3, b"")]));
    let (fields, ack) = (["emitted", "state"], event(Flags::ACK, AckPosition::Ahead));
    assert_eq!(name_in(&after("wait: 10s"), &waits, &resets, &fields, ack), "msl");
    assert_eq!(name_in(&after("expect: nothing"), &waits, &resets, &fields, ack), "-");
    let answers = over(None, vec![segment(Flags::ACK.0, 3, b"")]);
    assert_eq!(name_in(&after("wait: 10s"), &waits, &answers, &fields, ack), "-");
}

#[test]
fn how_often_a_keepalive_probes_is_a_choice_but_not_with_what() {
    let probe = segment(Flags::ACK.0, 0, b"");
    let rule = rule_of("keepalive-probe", "MAY-5");
    let once = Side { rules: vec![rule], ..side(vec![probe.clone()], State::Established) };
    let twice = side(vec![segment(Flags::ACK.0, 0, b"g"), segment(Flags::ACK.0, 0, b"g")], State::Established);
    assert_eq!(name(&once, &twice, &["emitted"], EventClass::Wait), "keepalive-pace");
    assert_eq!(name(&once, &twice, &["emitted"], SEND), "-");
    let with_text = side(vec![probe.clone(), segment(Flags::ACK.0, 1, b"g")], State::Established);
    assert_eq!(name(&once, &with_text, &["emitted"], EventClass::Wait), "-");
    let without_rule = side(vec![probe], State::Established);
    assert_eq!(name(&without_rule, &twice, &["emitted"], EventClass::Wait), "-");
}

#[test]
fn a_close_that_waits_may_be_in_either_state_but_sends_the_same() {
    let (waits, has_closed) = (side(vec![], State::CloseWait), side(vec![], State::LastAck));
    let close = EventClass::Call(CallClass::Close);
    assert_eq!(name(&waits, &has_closed, &["state"], close), "queued-fin");
    assert_eq!(name(&waits, &has_closed, &["emitted", "state"], close), "-");
    assert_eq!(name(&side(vec![], State::Established), &has_closed, &["state"], close), "-");
}

#[test]
fn a_full_queue_may_drop_or_refuse() {
    let with = |config: &str| {
        format!(
            "title: t\nclauses: [U-6]\ngiven: LISTEN\n{config}steps:\n  - inject: {{ flags: SYN }}\n  - state: LISTEN\n"
        )
    };
    let rule = rule_of("listen-syn-overflow-drop", "RFC9293#3.10.7.2");
    let drops = Side { rules: vec![rule], ..over(None, vec![]) };
    let (silent, refuses) = (over(None, vec![]), over(None, vec![segment(0x14, 0, b"")]));
    let takes = side(vec![segment(0x12, 0, b"")], State::SynReceived);
    let (syn, small) = (event(Flags::SYN, AckPosition::None), with("config: { backlog: 1 }\n"));
    assert_eq!(name_in(&small, &drops, &refuses, &["emitted"], syn), "backlog");
    assert_eq!(name_in(&small, &takes, &refuses, &["flags", "state"], syn), "backlog");
    assert_eq!(name_in(&with(""), &drops, &refuses, &["emitted"], syn), "-");
    assert_eq!(name_in(&small, &silent, &refuses, &["emitted"], syn), "-");
    assert_eq!(name_in(&small, &takes, &refuses, &["flags", "state"], event(Flags::ACK, AckPosition::None)), "-");
}

#[test]
fn what_gave_up_without_another_try_says_so_by_its_rule() {
    let fin = segment(Flags::ACK.0 | Flags::FIN.0, 1, b"");
    let rule = rule_of("r2-reached", "MUST-20");
    let gave_up = Side { rules: vec![rule], ..over(None, vec![]) };
    let goes_on = side(vec![fin.clone(), fin.clone()], State::LastAck);
    assert_eq!(name(&gave_up, &goes_on, &["emitted", "state"], EventClass::Wait), "giving-up");
    let strays = side(vec![fin, segment(Flags::ACK.0, 2, b"x")], State::LastAck);
    assert_eq!(name(&gave_up, &strays, &["emitted", "state"], EventClass::Wait), "-");
}

#[test]
fn which_of_several_connections_is_accepted_is_a_choice() {
    let with = |on: &str| {
        format!(
            "title: t\nclauses: [U-6]\ngiven: LISTEN\nsteps:\n  - inject: {{ {on}flags: SYN }}\n  - call: accept\n    returns: ok\n"
        )
    };
    let gives = |outcome: &str| Side { outcome: Some(outcome.to_owned()), ..side(vec![], State::Established) };
    let (one, none) = (gives("a connection"), gives("would-block"));
    let accept = EventClass::Call(CallClass::Accept);
    assert_eq!(name_in(&with("on: b, "), &one, &none, &["returns"], accept), "accept-order");
    assert_eq!(name_in(&with("on: b, "), &one, &one, &["verdict"], accept), "accept-order");
    assert_eq!(name_in(&with(""), &one, &none, &["returns"], accept), "-");
    assert_eq!(name_in(&with("on: b, "), &one, &gives("ECONNRESET"), &["returns"], accept), "-");
    assert_eq!(name_in(&with("on: b, "), &one, &none, &["returns", "state"], accept), "-");
}

/// An entry of a retransmission, told by the reference.
fn retransmits(emitted: Vec<CaseSegment>) -> Side {
    let rule = rule_of("retransmission-timeout", "RFC9293#3.10.8");
    Side { rules: vec![rule], resent: emitted.len(), ..side(emitted, State::Established) }
}

/// A case of one step that `steps` says, behind what `header` says.
fn with(header: &str, steps: &str) -> String {
    format!("title: t\nclauses: [U-6]\ngiven: ESTABLISHED\n{header}steps:\n{steps}")
}

#[test]
fn a_bounded_timeout_may_show_in_a_long_wait_only() {
    let text = segment(0x18, 1, b"x");
    let of = |count: usize| vec![text.clone(); count];
    let again = |emitted: Vec<CaseSegment>, state| Side { resent: emitted.len(), ..side(emitted, state) };
    let waits = |seconds: u32| with("", &format!("  - wait: {seconds}s\n  - expect: nothing\n"));
    let ask = |wait: &str, one: &Side, other: &Side, fields: &[&'static str]| {
        name_in(wait, one, other, fields, EventClass::Wait)
    };
    let (six, seven) = (retransmits(of(6)), again(of(7), State::Established));
    assert_eq!(ask(&waits(123), &six, &seven, &["emitted"]), "rto-bound");
    assert_eq!(ask(&waits(122), &six, &seven, &["emitted"]), "-");
    assert_eq!(ask(&waits(123), &six, &again(of(8), State::Established), &["emitted"]), "-");
    assert_eq!(ask(&waits(183), &six, &again(of(8), State::Established), &["emitted"]), "rto-bound");
    assert_eq!(ask(&waits(123), &six, &again(of(7), State::Closed), &["emitted", "state"]), "-");
    let strays = [of(6), vec![segment(0x18, 5, b"y")]].concat();
    assert_eq!(ask(&waits(123), &six, &again(strays, State::Established), &["emitted"]), "-");
    assert_eq!(ask(&waits(123), &retransmits(vec![]), &again(of(1), State::Established), &["emitted"]), "rto-bound");
    let fresh = side(of(7), State::Established);
    assert_eq!(ask(&waits(123), &six, &fresh, &["emitted"]), "-");
    assert_eq!(ask(&waits(123), &again(of(6), State::Established), &seven, &["emitted"]), "-");
}

#[test]
fn each_connection_is_given_up_by_itself() {
    let on = |on: u8, count: usize| vec![CaseSegment { on: Some(on), ..segment(0x12, 0, b"") }; count];
    let rule = rule_of("r2-syn-reached", "MUST-23");
    let both = |first: usize, second: usize| [on(0, first), on(1, second)].concat();
    let gave_up = Side { rules: vec![rule], ..over(None, both(7, 7)) };
    let goes_on = |first, second| side(both(first, second), State::SynReceived);
    let fields = ["emitted", "state"];
    assert_eq!(name(&gave_up, &goes_on(7, 7), &["state"], EventClass::Wait), "giving-up");
    assert_eq!(name(&gave_up, &goes_on(8, 7), &fields, EventClass::Wait), "giving-up");
    assert_eq!(name(&gave_up, &goes_on(8, 8), &fields, EventClass::Wait), "giving-up");
    // It stops earlier than the one whose rule says that it gave up.
    assert_eq!(name(&gave_up, &goes_on(7, 6), &fields, EventClass::Wait), "-");
    assert_eq!(name(&over(None, both(7, 7)), &goes_on(7, 7), &["state"], EventClass::Wait), "-");
}

#[test]
fn a_crossing_syn_ack_may_count_or_be_old() {
    let inject = |flags: &str| with("", &format!("  - inject: {{ flags: {flags}, seq: 0 }}\n  - state: ESTABLISHED\n"));
    let ack = || vec![segment(0x10, 1, b"")];
    let (taken, waits) = (side(vec![], State::Established), side(ack(), State::SynReceived));
    let class = event(Flags::ACK, AckPosition::SndNxt);
    assert_eq!(name_in(&inject("SYN+ACK"), &taken, &waits, &["emitted", "state"], class), "crossing-syn-ack");
    assert_eq!(name_in(&inject("ACK"), &taken, &waits, &["emitted", "state"], class), "-");
    assert_eq!(name_in(&inject("SYN+ACK"), &taken, &side(ack(), State::Closed), &["state"], class), "-");
    let resets = side(vec![segment(0x04, 1, b"")], State::SynReceived);
    assert_eq!(name_in(&inject("SYN+ACK"), &taken, &resets, &["emitted", "state"], class), "-");
}

#[test]
fn what_is_old_may_be_sent_again_beyond_a_window_that_shrank() {
    let inject = |win: &str| with("", &format!("  - inject: {{ flags: ACK, {win} }}\n  - expect: nothing\n"));
    let again = Side { resent: 1, ..side(vec![segment(0x18, 1, b"x")], State::Established) };
    let silent = side(vec![], State::Established);
    let duplicate = event(Flags::ACK, AckPosition::SndUna);
    assert_eq!(name_in(&inject("win: 0"), &silent, &again, &["emitted"], duplicate), "beyond-shrunk-window");
    assert_eq!(name_in(&inject("win: 9"), &silent, &again, &["emitted"], duplicate), "-");
    let fresh = Side { resent: 0, ..again.clone() };
    assert_eq!(name_in(&inject("win: 0"), &silent, &fresh, &["emitted"], duplicate), "-");
    let ahead = event(Flags::ACK, AckPosition::Inside);
    assert_eq!(name_in(&inject("win: 0"), &silent, &again, &["emitted"], ahead), "-");
}

#[test]
fn a_fin_alone_may_leave_into_a_closed_window_or_wait() {
    let call = |header: &str| with(header, "  - call: shutdown\n  - expect: nothing\n");
    let (closed, open) = (call("peer: { win: 0 }\n"), call(""));
    let (fin, with_text) = (segment(0x11, 1, b""), segment(0x11, 1, b"x"));
    let sends = |segment: &CaseSegment, state| side(vec![segment.clone()], state);
    let shutdown = EventClass::Call(CallClass::Shutdown);
    let holds = side(vec![], State::FinWait1);
    let fields = ["emitted"];
    assert_eq!(name_in(&closed, &holds, &sends(&fin, State::FinWait1), &fields, shutdown), "fin-at-closed-window");
    assert_eq!(name_in(&open, &holds, &sends(&fin, State::FinWait1), &fields, shutdown), "-");
    assert_eq!(name_in(&closed, &holds, &sends(&with_text, State::FinWait1), &fields, shutdown), "-");
    let (waits, left) = (side(vec![], State::CloseWait), sends(&fin, State::LastAck));
    assert_eq!(name_in(&closed, &waits, &left, &["emitted", "state"], shutdown), "fin-at-closed-window");
    assert_eq!(name_in(&closed, &waits, &sends(&fin, State::Closing), &["emitted", "state"], shutdown), "-");
}

#[test]
fn an_accept_may_ask_for_a_connection_that_is_not_there() {
    let asked = |on: &str| {
        format!(
            "title: t\nclauses: [U-6]\ngiven: LISTEN\nsteps:\n  - inject: {{ flags: SYN }}\n  - call: accept\n{on}    returns: ok\n"
        )
    };
    let gives = |outcome: &str| Side { outcome: Some(outcome.to_owned()), ..side(vec![], State::Closed) };
    let accept = EventClass::Call(CallClass::Accept);
    let name = |on| name_in(&asked(on), &gives("a connection"), &gives("would-block"), &["returns"], accept);
    assert_eq!(name("    on: b\n"), "accept-order");
    assert_eq!(name(""), "-");
}

impl Side {
    /// Decided by these rules.
    fn with(self, rules: Vec<RuleName>) -> Self {
        Self { rules, ..self }
    }
}

#[test]
fn only_who_probes_may_find_the_connection_dead() {
    let rule = rule_of("keepalive-probe", "MAY-5");
    let dead = Side { rules: vec![rule], ..over(None, vec![segment(Flags::ACK.0, 0, b"")]) };
    let keeps = side(vec![], State::FinWait2);
    assert_eq!(name(&dead, &keeps, &["emitted", "state"], EventClass::Wait), "keepalive-pace");
    let never_probed = Side { rules: vec![rule], ..over(None, vec![]) };
    assert_eq!(name(&never_probed, &keeps, &["state"], EventClass::Wait), "-");
}
