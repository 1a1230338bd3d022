use std::{path::Path, sync::Arc};

use super::{Comparison, Divergence, Standing, Strictness, Walk, compare};
use crate::{
    clause::Level,
    judge::ledger::Ledger,
    run::Mode,
    sample::{RST_IN_WINDOW, run_on},
    trace::event::{CaseRun, CaseSegment, EventKind, Finding, FindingKind, Verdict},
};

/// The field that then differs, and how to make it so.
type Change = (&'static str, fn(&mut CaseSegment));

fn ledgers(text: &str) -> Ledger {
    let (ledger, errors) = Ledger::parse(Path::new("ledger.yaml"), text);
    assert!(errors.is_empty(), "{errors:?}");
    ledger
}

fn record(target: &str, yaml: &str) -> CaseRun {
    run_on(target, yaml, Mode::Record)
}

fn key(left: &CaseRun, right: &CaseRun) -> Comparison {
    compare(left, right, Strictness::Key, [&Ledger::default(), &Ledger::default()])
}

#[track_caller]
fn divergence(comparison: Comparison) -> Divergence {
    match comparison {
        Comparison::Divergent(found) => *found,
        other => panic!("not divergent: {other:?}"),
    }
}

/// Changes the n-th emitted segment behind the prelude.
fn tamper(run: &mut CaseRun, change: impl Fn(&mut CaseSegment)) {
    let prelude = run.case.prelude;
    let segment = run.trace.events.iter_mut().find_map(|event| match &mut event.kind {
        EventKind::Emitted { segment, .. } if event.step >= prelude => Some(segment),
        _ => None,
    });
    change(segment.expect("an emission behind the prelude"));
}

#[test]
fn a_target_does_not_differ_from_itself() {
    let one = record("reference", RST_IN_WINDOW);
    assert!(matches!(key(&one, &one.clone()), Comparison::Equal));
}

#[test]
fn the_two_profiles_part_at_a_rst_inside_the_window() {
    let found = divergence(key(&record("reference", RST_IN_WINDOW), &record("reference:rfc793", RST_IN_WINDOW)));
    assert_eq!(found.case.step_number(found.step), Some(2));
    assert_eq!(found.fields, ["emitted", "state"]);
    assert_eq!(found.standing, Standing::Unexplained);
    assert_eq!(found.left.emitted.len(), 1);
    assert!(found.right.emitted.is_empty());
    assert_eq!(found.left.state.unwrap().to_string(), "ESTABLISHED");
    assert_ne!(found.right.state.unwrap().to_string(), "ESTABLISHED");
    assert!(!found.left.rules.is_empty() && !found.right.rules.is_empty());
    assert_eq!(found.right.finding.as_deref(), Some("nothing"));
    // The state check behind it would differ too: it is not compared any more.
    assert_eq!(found.poisoned_from, Some(found.step + 1));
}

#[test]
fn each_field_of_the_key_counts() {
    let left =
        record("reference", &RST_IN_WINDOW.replace("{ flags: ACK, seq: SND.NXT, ack: RCV.NXT }", "{ flags: ACK }"));
    let changes: [Change; 4] = [
        ("flags", |segment| segment.flags.0 ^= 0x20),
        ("seq", |segment| segment.seq += 1),
        ("ack", |segment| segment.ack += 1),
        ("data", |segment| segment.data.to_mut().push(0)),
    ];
    for (field, change) in changes {
        let mut right = left.clone();
        tamper(&mut right, change);
        assert_eq!(divergence(key(&left, &right)).fields, [field]);
    }
}

#[test]
fn window_options_and_ttl_count_only_if_strict() {
    let left = record("reference", RST_IN_WINDOW);
    let changes: [Change; 4] = [
        ("win", |segment| segment.win ^= 1),
        ("mss", |segment| segment.mss = Some(1)),
        ("ttl", |segment| segment.ttl ^= 1),
        ("options", |segment| segment.other_options.push(99)),
    ];
    for (field, change) in changes {
        let mut right = left.clone();
        tamper(&mut right, change);
        assert!(matches!(key(&left, &right), Comparison::Equal), "{field}");
        let strict = compare(&left, &right, Strictness::Strict, [&Ledger::default(), &Ledger::default()]);
        assert_eq!(divergence(strict).fields, [field]);
    }
}

#[test]
fn what_the_case_leaves_open_is_not_compared() {
    let open = RST_IN_WINDOW
        .replace("flags: ACK,", "flags: ACK+PSH?,")
        .replace("seq: SND.NXT, ack: RCV.NXT }", "seq: 1, ack: 0..9 }");
    let left = record("reference", &open);
    let mut right = left.clone();
    tamper(&mut right, |segment| {
        segment.flags.0 ^= 0x8;
        segment.ack += 1;
    });
    assert!(matches!(key(&left, &right), Comparison::Equal));
    tamper(&mut right, |segment| segment.seq += 1);
    assert_eq!(divergence(key(&left, &right)).fields, ["seq"]);
}

#[test]
fn what_the_case_allows_is_left_out_on_both_sides() {
    let allowing = RST_IN_WINDOW.replace("steps:", "allow: [ack]\nsteps:");
    let quiet = allowing.replace("  - expect: { flags: ACK, seq: SND.NXT, ack: RCV.NXT }\n", "  - expect: nothing\n");
    let left = record("reference", &quiet);
    assert_eq!(left.verdict, Verdict::Pass);
    let mut right = left.clone();
    right
        .trace
        .events
        .retain(|event| event.step < right.case.prelude || !matches!(event.kind, EventKind::Emitted { .. }));
    assert!(matches!(key(&left, &right), Comparison::Equal));
}

#[test]
fn an_either_that_accepts_both_allows_the_divergence() {
    let either = RST_IN_WINDOW.replace(
        "expect: { flags: ACK, seq: SND.NXT, ack: RCV.NXT }",
        "expect: { either: [ { flags: ACK, clause: U-6 }, nothing ] }",
    );
    let found = divergence(key(&record("reference", &either), &record("reference:rfc793", &either)));
    assert_eq!(found.standing, Standing::Allowed);
}

#[test]
fn a_ledger_of_either_side_explains_a_divergence() {
    let known = ledgers("- { case: tcp/sample, step: 2, clause: U-6, observed: nothing, reason: old rules }\n");
    let (left, right) = (record("reference", RST_IN_WINDOW), record("reference:rfc793", RST_IN_WINDOW));
    let none = Ledger::default();
    let standing = |ledgers| divergence(compare(&left, &right, Strictness::Key, ledgers)).standing;
    assert_eq!(standing([&none, &known]), Standing::Known("old rules".to_owned()));
    // The ledger of the side that does nothing wrong explains nothing.
    assert_eq!(standing([&known, &none]), Standing::Unexplained);
}

#[test]
fn an_outcome_that_differs_is_a_divergence_at_the_call() {
    let yaml = "\
title: a listener has nothing to accept
clauses: [MUST-13]
steps:
  - call: listen
  - call: accept
    returns: would-block
";
    let left = record("reference", yaml);
    assert_eq!(left.verdict, Verdict::Pass);
    let mut right = left.clone();
    right.trace.steps[1].outcome = Some(crate::target::Outcome::Ok);
    let found = divergence(key(&left, &right));
    assert_eq!((found.step, found.fields), (1, vec!["returns"]));
    assert_eq!(found.poisoned_from, None);
    assert_eq!(found.left.outcome.as_deref(), Some("would-block"));
}

#[test]
fn what_one_side_cannot_run_is_skipped() {
    let left = record("reference", RST_IN_WINDOW);
    let mut right = left.clone();
    right.verdict = Verdict::Skip("no such switch".to_owned());
    assert!(matches!(key(&left, &right), Comparison::Skipped(reason) if reason.contains("no such switch")));
    right.verdict = Verdict::Error("broken".to_owned());
    assert!(matches!(key(&left, &right), Comparison::Failed(reason) if reason.contains("broken")));
    // A run that ended early without a difference so far says nothing of the rest.
    right.verdict = Verdict::Inconclusive("no prelude".to_owned());
    right.trace.steps.truncate(right.case.prelude);
    right.trace.events.retain(|event| event.step < right.case.prelude);
    assert!(matches!(key(&left, &right), Comparison::Skipped(reason) if reason.contains("no prelude")));
}

/// `run` broke down in this step.
fn crash(run: &mut CaseRun, step: usize) {
    run.trace.steps.truncate(step);
    run.trace.events.retain(|event| event.step < step);
    run.findings = vec![Finding {
        step: step.min(run.case.case.steps.len() - 1),
        kind: FindingKind::Crash,
        level: Level::Must,
        clauses: Vec::new(),
        expected: "no crash".to_owned(),
        observed: "crash: x".to_owned(),
        differences: Vec::new(),
        segment: None,
    }];
    run.verdict = Verdict::Fail;
}

#[test]
fn where_one_side_breaks_down_they_part() {
    let left = record("reference", RST_IN_WINDOW);
    let prelude = left.case.prelude;
    let entry = "- { case: tcp/sample, step: 2, clause: RFC1122#1.2.2, observed: \"crash: x\", reason: why }\n";
    let known = ledgers(entry);
    // In the middle, in the last step, and behind it.
    for (step, at) in [(prelude + 1, prelude + 1), (prelude + 2, prelude + 2), (prelude + 3, prelude + 2)] {
        let mut right = left.clone();
        crash(&mut right, step);
        let found = divergence(key(&left, &right));
        assert_eq!((found.step, &found.fields[..]), (at, &["crash"][..]));
        assert_eq!(found.right.finding.as_deref(), Some("crash: x"));
        assert_eq!((found.left.finding, found.standing), (None, Standing::Unexplained));
        let found = divergence(compare(&right, &left, Strictness::Key, [&known, &Ledger::default()]));
        assert_eq!(found.standing == Standing::Known("why".to_owned()), at == prelude + 1);
        assert!(matches!(key(&right, &right.clone()), Comparison::Equal | Comparison::Skipped(_)));
    }
}

#[test]
fn a_state_that_one_side_does_not_know_is_not_compared() {
    let left = record("reference", RST_IN_WINDOW);
    let mut right = left.clone();
    let last = right.trace.steps.len() - 1;
    right.trace.steps[last].state = Some(crate::target::ConnState::None { listening: false });
    assert_eq!(divergence(key(&left, &right)).fields, ["state"]);
    right.trace.steps[last].state = None;
    assert!(matches!(key(&left, &right), Comparison::Equal));
}

/// A SYN at the edge of a window that the two targets do not share.
const SYN_AT_THE_EDGE: &str = "\
title: a SYN at the right edge opens a connection elsewhere
clauses: [RFC9293#3.10.7.2]
given: LISTEN
steps:
  - inject: { flags: SYN }
  - expect: { flags: SYN+ACK }
    continue: true
  - inject: { flags: RST }
  - inject: { flags: SYN, seq: RCV.NXT+RCV.WND }
  - expect: nothing
    continue: true
  - state: SYN-RECEIVED
";

#[test]
fn numbers_that_come_from_the_targets_own_window_are_no_divergence() {
    let left = record("reference", SYN_AT_THE_EDGE);
    let config = "config: { recv-buffer: 8192 }\nsteps:";
    let mut right = record("reference", &SYN_AT_THE_EDGE.replace("steps:", config));
    right.case = Arc::clone(&left.case);
    let skipped = key(&left, &right);
    assert!(
        matches!(&skipped, Comparison::Skipped(reason) if reason.contains("the segment of step 4 bears")),
        "{skipped:?}"
    );
    // Another kind of answer to that SYN is one.
    right
        .trace
        .events
        .retain(|event| event.step < right.case.prelude + 3 || !matches!(event.kind, EventKind::Emitted { .. }));
    assert_eq!(divergence(key(&left, &right)).fields, ["emitted"]);
}

#[test]
fn the_number_of_an_answer_to_a_segment_placed_by_the_targets_own_window_is_no_divergence() {
    let acks = SYN_AT_THE_EDGE.replace("{ flags: SYN, seq: RCV.NXT+RCV.WND }", "{ flags: ACK, ack: RCV.NXT+RCV.WND }");
    let acks = acks.replace("state: SYN-RECEIVED", "state: LISTEN");
    let left = record("reference", &acks);
    let mut right = record("reference", &acks.replace("steps:", "config: { recv-buffer: 8192 }\nsteps:"));
    right.case = Arc::clone(&left.case);
    assert!(matches!(key(&left, &right), Comparison::Skipped(_)), "{:?}", key(&left, &right));
    // With the same window it is one.
    let mut right = left.clone();
    tamper_last(&mut right, |segment| segment.seq += 1);
    assert_eq!(divergence(key(&left, &right)).fields, ["seq"]);
}

/// Changes the last emitted segment.
fn tamper_last(run: &mut CaseRun, change: impl Fn(&mut CaseSegment)) {
    let segment = run.trace.events.iter_mut().rev().find_map(|event| match &mut event.kind {
        EventKind::Emitted { segment, .. } => Some(segment),
        _ => None,
    });
    change(segment.expect("an emission"));
}

#[test]
fn a_look_demands_nothing() {
    let looking = RST_IN_WINDOW.replace(
        "  - expect: { flags: ACK, seq: SND.NXT, ack: RCV.NXT }\n",
        "  - expect: nothing\n    continue: true\n",
    );
    let left = record("reference", &looking);
    assert_eq!(left.verdict, Verdict::Fail);
    let mut right = left.clone();
    right.findings.clear();
    assert!(matches!(key(&left, &right), Comparison::Equal));
    let demanding = record("reference", &looking.replace("    continue: true\n", ""));
    let mut right = demanding.clone();
    right.findings.clear();
    assert_eq!(divergence(key(&demanding, &right)).fields, ["verdict"]);
}

/// A SYN,ACK from below 0, whose ACK is allowed at any moment.
const ODD_ISN: &str = "\
title: the first ACK acknowledges a number below that of the SYN
clauses: [RFC9293#3.10.7.3]
given: SYN-SENT
allow: [ack]
steps:
  - inject: { flags: SYN+ACK, seq: -2 }
  - expect: nothing
  - state: ESTABLISHED
";

#[test]
fn the_first_ack_of_a_connection_is_allowed_whatever_it_acknowledges() {
    let left = record("reference", ODD_ISN);
    let mut right = left.clone();
    let is_ack = |kind: &EventKind| matches!(kind, EventKind::Emitted { segment, .. } if segment.ack == u32::MAX);
    assert!(right.trace.events.iter().any(|event| is_ack(&event.kind)));
    right.trace.events.retain(|event| !is_ack(&event.kind));
    assert!(matches!(key(&left, &right), Comparison::Equal));
}

/// A reset with a number that is none of the connection's, then an ACK.
const AFTER_A_RESET: &str = "\
title: a reset in SYN-RECEIVED bears the number it answers
clauses: [RFC9293#3.10.7.4]
given: SYN-RECEIVED
allow: [ack]
steps:
  - inject: { flags: ACK, ack: SND.NXT+1 }
  - expect: { flags: RST }
  - inject: { flags: ACK, data: 2920 }
  - expect: nothing
";

#[test]
fn a_reset_does_not_move_the_number_at_which_an_ack_is_allowed() {
    let left = record("reference", AFTER_A_RESET);
    let mut right = left.clone();
    let is_ack = |kind: &EventKind| matches!(kind, EventKind::Emitted { segment, .. } if segment.ack == 2921);
    assert!(right.trace.events.iter().any(|event| is_ack(&event.kind)));
    right.trace.events.retain(|event| !is_ack(&event.kind));
    assert!(matches!(key(&left, &right), Comparison::Equal));
}

/// Two connections with a SYN,ACK each that nobody acknowledges.
const TWO: &str = "\
title: two connections retransmit
clauses: [RFC6298#5.4]
given: LISTEN
steps:
  - inject: { flags: SYN }
  - inject: { on: b, flags: SYN }
  - wait: 1100ms
  - expect: nothing
    continue: true
";

#[test]
fn how_connections_take_turns_is_no_difference() {
    let left = record("reference", TWO);
    let mut right = left.clone();
    let is_emission = |kind: &EventKind| matches!(kind, EventKind::Emitted { .. });
    let emissions: Vec<_> =
        (0..right.trace.events.len()).filter(|&index| is_emission(&right.trace.events[index].kind)).collect();
    let &[.., third, fourth] = &emissions[..] else { panic!("{emissions:?}") };
    let step = right.trace.events[third].step;
    right.trace.events.swap(third, fourth);
    right.trace.events[third].step = step;
    assert!(matches!(key(&left, &right), Comparison::Equal));
    // One of them twice and the other not is one.
    right.trace.events[third] = right.trace.events[fourth].clone();
    right.trace.events[third].step = step;
    assert!(divergence(key(&left, &right)).fields.contains(&"on"));
}

/// Whether the peer contradicts itself in a case that injects these two in ESTABLISHED.
fn contradicts(first: &str, second: &str) -> bool {
    let yaml = format!(
        "title: t\nclauses: [U-6]\ngiven: ESTABLISHED\nallow: [ack]\nsteps:\n  - inject: {{ flags: {first} }}\n  - inject: {{ flags: {second} }}\n  - state: ESTABLISHED\n"
    );
    let run = record("reference", &yaml);
    let mut walk = Walk::new(&run);
    (0..run.trace.steps.len()).for_each(|index| walk.step(index));
    walk.contradicted()
}

#[test]
fn a_peer_contradicts_what_waits_by_other_text_or_by_text_at_its_fin() {
    assert!(contradicts("FIN+ACK, seq: 2", "ACK, seq: 1, data: 2"));
    assert!(contradicts("ACK, seq: 2, data: 1", "FIN+ACK, seq: 1, data: 1"));
    assert!(contradicts("ACK, seq: 2, data: 1", "ACK, seq: 1, data: { hex: ffff }"));
    assert!(contradicts("ACK, seq: 2, data: { hex: ffff }", "ACK, seq: 3, data: 1"));
    assert!(!contradicts("ACK, seq: 2, data: 1", "ACK, seq: 1, data: 2"));
    assert!(!contradicts("FIN+ACK, seq: 2", "ACK, seq: 1, data: 1"));
    // What was taken at once is no matter of choice any more: text behind a FIN is ignored.
    assert!(!contradicts("FIN+ACK, seq: 1", "ACK, seq: 1, data: 2"));
    assert!(!contradicts("ACK, seq: 1, data: 2", "ACK, seq: 1, data: { hex: ffff }"));
}

#[test]
fn text_that_holds_a_targets_own_numbers_is_no_divergence_when_it_is_received() {
    let yaml = "title: t\nclauses: [U-6]\ngiven: ESTABLISHED\nallow: [ack]\nsteps:\n  - inject: { flags: ACK, data: 4 }\n  - call: recv\n    returns: { data: 4 }\n";
    let left = record("reference", yaml);
    let mut right = record("reference", &yaml.replacen("data: 4 }", "data: { hex: \"01020305\" } }", 1));
    right.case = Arc::clone(&left.case);
    assert!(matches!(key(&left, &right), Comparison::Skipped(_)), "{:?}", key(&left, &right));
    // If both got the same text it is one.
    for event in &mut right.trace.events {
        if let EventKind::Injected { segment: Some(segment), .. } = &mut event.kind
            && !segment.data.is_empty()
        {
            segment.data = vec![1, 2, 3, 4].into();
        }
    }
    assert_eq!(divergence(key(&left, &right)).fields, ["returns"]);
}

#[test]
fn a_case_that_names_both_states_allows_either() {
    let both = RST_IN_WINDOW
        .replace("  - expect: { flags: ACK, seq: SND.NXT, ack: RCV.NXT }\n", "")
        .replace("state: ESTABLISHED", "state: [ESTABLISHED, LISTEN]")
        .replace("given: ESTABLISHED", "given: ESTABLISHED\nallow: [ack, window-update]");
    let runs = |yaml: &str| key(&record("reference", yaml), &record("reference:rfc793", yaml));
    let found = divergence(runs(&both));
    assert_eq!((found.fields.as_slice(), found.standing), (&["state"][..], Standing::Allowed));
    let one = both.replace("[ESTABLISHED, LISTEN]", "ESTABLISHED");
    assert_eq!(divergence(runs(&one)).standing, Standing::Unexplained);
}
