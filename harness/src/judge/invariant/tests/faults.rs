//! One fault for every invariant: a row of the table that nothing can break is no check.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use stack_under_test::Profile;

use super::violations;
use crate::{
    case::{
        flags::Flags,
        format::{Checksum, ConcreteCase},
        load::load_str,
        state::State,
    },
    judge::invariant::INVARIANTS,
    run::{Mode, run_case},
    target::{
        ConnState, Outcome,
        faulty::{Draft, Fault, Faulty, Verdict, and, edit, lose, on_emission, outcome, repeat, state},
        reference::Reference,
    },
};

/// One broken rule: the case, and what goes wrong in it.
struct Broken {
    invariant: &'static str,
    case: String,
    fault: Fault,
}

fn broken(invariant: &'static str, case: impl Into<String>, fault: Fault) -> Broken {
    Broken { invariant, case: case.into(), fault }
}

fn case(yaml: &str) -> Arc<ConcreteCase> {
    let text = format!("title: t\nclauses: [MUST-13]\n{yaml}\n  - expect: nothing\n");
    match load_str(&text, "tcp/fault.yaml") {
        Ok(mut cases) => Arc::new(cases.remove(0)),
        Err(error) => panic!("{error}\n{text}"),
    }
}

/// The names of the invariants that the run breaks.
fn trips(yaml: &str, fault: Fault) -> BTreeSet<String> {
    let mut target = Faulty::new(Reference::new(Profile::rfc9293(), 0), fault);
    let run = run_case(&mut target, &case(yaml), Mode::Record);
    let name = |observed: &str| observed.trim_start_matches("breaks ").split(':').next().unwrap_or_default().to_owned();
    violations(&run).into_iter().map(|finding| name(&finding.observed)).collect()
}

/// Segment 0 of the target is the SYN,ACK.
fn established(steps: &str) -> String {
    format!("given: ESTABLISHED\nsteps:\n{steps}")
}

/// The same, with these options in the SYN.
fn agreed(options: &str, steps: &str) -> String {
    format!(
        "steps:\n  - call: listen\n  - inject: {{ flags: SYN, seq: 0, mss: 1460{options} }}\n  \
         - inject: {{ flags: ACK, seq: 1, ack: 1 }}\n  - call: accept\n{steps}"
    )
}

const LISTEN: &str = "steps:\n  - call: listen";
const SYN: &str = "  - inject: { flags: SYN, seq: 0, mss: 1460 }";
/// Draws an ACK at once and changes nothing.
const OUTSIDE: &str = "  - inject: { flags: ACK, seq: 0, ack: 1, data: 1 }";
const TO_NOBODY: &str = "steps:\n  - inject: { flags: ACK, seq: 5, ack: 9 }";
const SEND: &str = "  - call: { send: \"hello\" }";
const WAIT: &str = "  - wait: 1500ms";

fn listening(steps: &str) -> String {
    format!("{LISTEN}\n{steps}")
}

fn lines(steps: &[&str]) -> String {
    steps.join("\n")
}

/// Kind, length and the numbers of a timestamps option.
fn stamps(value: u32, echo: u32) -> Vec<u8> {
    [&[1, 1, 8, 10], &value.to_be_bytes()[..], &echo.to_be_bytes()].concat()
}

/// A SACK option with blocks relative to the acknowledgement of the segment.
fn blocks(draft: &mut Draft, blocks: &[(i32, i32)]) {
    let len = u8::try_from(2 + 8 * blocks.len()).expect("a few blocks");
    draft.options = vec![1, 1, 5, len];
    for (left, right) in blocks {
        for edge in [left, right] {
            draft.options.extend(draft.ack.wrapping_add_signed(*edge).to_be_bytes());
        }
    }
}

fn with_sack(text: &str, n: usize, wrong: &'static [(i32, i32)]) -> (String, Fault) {
    (agreed(", sack-ok: true", text), edit(n, move |draft| blocks(draft, wrong)))
}

/// Ten bytes behind a gap of ten.
const BEHIND_A_GAP: &str = "  - inject: { flags: ACK, seq: 11, ack: 1, data: 10 }";
const IN_ORDER: &str = "  - inject: { flags: ACK, seq: 1, ack: 1, data: 10 }\n  - wait: 500ms";

fn of_headers() -> Vec<Broken> {
    let open = || listening(SYN);
    vec![
        broken("ip-header-sound", open(), edit(0, |draft| draft.ip_checksum = Some(Checksum::Bad))),
        broken("checksum-right", open(), edit(0, |draft| draft.checksum = Some(Checksum::Bad))),
        broken("data-offset-inside", open(), edit(0, |draft| draft.data_offset = Some(15))),
        broken("reserved-bits-zero", open(), edit(0, |draft| draft.flags = draft.flags | Flags::RESERVED[0])),
        broken("options-well-formed", open(), edit(0, |draft| draft.options = vec![2, 3, 5, 0])),
        broken("padding-zero", open(), edit(0, |draft| draft.options = vec![2, 4, 5, 180, 0, 1, 0, 0])),
        broken("one-of-syn-fin-rst", TO_NOBODY, edit(0, |draft| draft.flags = draft.flags | Flags::FIN)),
        broken("ack-always", established(OUTSIDE), edit(1, |draft| draft.flags = Flags(0))),
        broken("never-to-a-group", open(), edit(0, |draft| draft.destination = [192, 0, 2, 255].into())),
        broken("of-a-connection", open(), edit(0, |draft| draft.destination_port += 7)),
        broken("begins-with-syn", TO_NOBODY, edit(0, |draft| draft.flags = Flags::ACK)),
    ]
}

fn of_syns() -> Vec<Broken> {
    let again = listening(&lines(&[SYN, WAIT]));
    let with_syn = |past: &crate::target::faulty::Past, draft: &mut Draft| {
        (draft.flags, draft.seq) = (Flags::SYN | Flags::ACK, past.segment(0).seq);
        draft.text.clear();
    };
    vec![
        broken("syn-keeps-iss", again, edit(1, |draft| draft.seq = draft.seq.wrapping_add(1))),
        broken("syn-ack-acks-the-syn", listening(SYN), edit(0, |draft| draft.ack = draft.ack.wrapping_add(1))),
        broken("no-syn-later", established(SEND), and(1, with_syn)),
    ]
}

fn of_options() -> Vec<Broken> {
    let on_ack = |options: &'static [u8]| edit(1, move |draft| draft.options = options.to_vec());
    let on_syn = |options: Vec<u8>| edit(0, move |draft| draft.options.extend(&options));
    let scaled = listening("  - inject: { flags: SYN, seq: 0, wscale: 7 }");
    vec![
        broken("mss-only-in-syn", established(OUTSIDE), on_ack(&[2, 4, 5, 180])),
        broken("wscale-only-in-syn", established(OUTSIDE), on_ack(&[1, 3, 3, 2])),
        broken("sack-permitted-only-in-syn", established(OUTSIDE), on_ack(&[1, 1, 4, 2])),
        broken("wscale-answers-offer", listening(SYN), on_syn(vec![1, 3, 3, 2])),
        broken("wscale-at-most-14", scaled, on_syn(vec![1, 3, 3, 15])),
        broken("timestamps-answer-offer", listening(SYN), on_syn(stamps(1, 0))),
        broken("ecn-only-if-agreed", established(OUTSIDE), edit(1, |draft| draft.flags = draft.flags | Flags::ECE)),
    ]
}

fn of_timestamps() -> Vec<Broken> {
    /// Timestamps on the SYN,ACK, and these on the ACK behind it.
    fn then(options: Vec<u8>) -> Fault {
        on_emission(move |_, number, emission| {
            let mut draft = Draft::of(&emission.packet);
            draft.options.extend(if number == 0 { stamps(1000, 100) } else { options.clone() });
            emission.packet = draft.packet();
            Verdict::Show
        })
    }
    let stamped = || agreed(", ts: { val: 100, ecr: 0 }", OUTSIDE);
    vec![
        broken("timestamps-on-all", stamped(), then(Vec::new())),
        broken("timestamps-not-agreed", established(OUTSIDE), edit(1, |draft| draft.options = stamps(1, 1))),
        broken("tsval-monotonic", stamped(), then(stamps(999, 100))),
        broken("tsecr-echoes", stamped(), then(stamps(1001, 55))),
        broken(
            "tsecr-zero-without-ack",
            "steps:\n  - call: connect",
            edit(0, |draft| draft.options.extend(stamps(1, 7))),
        ),
    ]
}

fn of_sack() -> Vec<Broken> {
    let two = lines(&[BEHIND_A_GAP, "  - inject: { flags: ACK, seq: 31, ack: 1, data: 10 }"]);
    let later = lines(&[IN_ORDER, "  - inject: { flags: ACK, seq: 21, ack: 1, data: 10 }"]);
    let of = |invariant, (case, fault): (String, Fault)| broken(invariant, case, fault);
    vec![
        broken("sack-only-if-permitted", established(BEHIND_A_GAP), edit(1, |draft| blocks(draft, &[(10, 20)]))),
        of("sack-block-not-empty", with_sack(BEHIND_A_GAP, 1, &[(10, 10)])),
        of("sack-inside-what-came", with_sack(BEHIND_A_GAP, 1, &[(10, 30)])),
        of("sack-blocks-apart", with_sack(BEHIND_A_GAP, 1, &[(10, 20), (15, 20)])),
        of("sack-above-ack", with_sack(&later, 2, &[(10, 20), (-5, 0)])),
        of("sack-first-is-latest", with_sack(&two, 2, &[(10, 20), (30, 40)])),
    ]
}

fn of_receiving() -> Vec<Broken> {
    let full = "  - inject: { flags: ACK, seq: 1, ack: 1, data: 1460 }\n  \
                - inject: { flags: ACK, seq: 1461, ack: 1, data: 1460 }";
    let text = "  - inject: { flags: ACK, seq: 1, ack: 1, data: 10 }\n  - wait: 1s";
    let after_text = || established(&lines(&[IN_ORDER, OUTSIDE]));
    let lower = |draft: &mut Draft| (draft.ack, draft.win) = (draft.ack.wrapping_sub(3), draft.win + 3);
    vec![
        broken("acks-only-what-came", established(OUTSIDE), edit(1, |draft| draft.ack = draft.ack.wrapping_add(1000))),
        broken("ack-never-goes-back", after_text(), edit(2, lower)),
        broken("right-edge-stays", after_text(), edit(2, |draft| draft.win -= 100)),
        broken("ack-within-500ms", established(text), lose(1)),
        broken("ack-every-second", established(full), lose(1)),
    ]
}

fn of_sending() -> Vec<Broken> {
    let many = |count: usize| format!("  - call: {{ send: \"{}\" }}", "a".repeat(count));
    let narrow = format!("peer: {{ win: 1000 }}\n{}", established(&many(1500)));
    let small = format!(
        "{LISTEN}\n  - inject: {{ flags: SYN, seq: 0, mss: 100 }}\n  - inject: {{ flags: ACK, seq: 1, ack: 1 }}\n  \
         - call: accept\n{}",
        many(300)
    );
    let beyond = |_: &_, draft: &mut Draft| {
        draft.seq = draft.seq.wrapping_add(1000);
        draft.text.truncate(500);
    };
    let sent = || established(SEND);
    vec![
        broken("stays-in-window", narrow, and(1, beyond)),
        broken("text-fits-mss", small, edit(1, |draft| draft.text = vec![b'a'; 200])),
        broken("number-in-range", established(OUTSIDE), edit(1, |draft| draft.seq = draft.seq.wrapping_add(50))),
        broken("text-follows", sent(), edit(1, |draft| draft.seq = draft.seq.wrapping_add(3))),
        broken("retransmission-keeps-bytes", established(&lines(&[SEND, WAIT])), edit(2, |draft| draft.text[0] ^= 1)),
        broken("sends-what-was-given", sent(), edit(1, |draft| draft.text[0] ^= 1)),
        broken("urg-only-if-asked", sent(), edit(1, |draft| draft.flags = draft.flags | Flags::URG)),
    ]
}

fn of_ends() -> Vec<Broken> {
    let shut = || established(&lines(&["  - call: shutdown", WAIT]));
    let hold_back_one = |_: &_, number, emission: &mut crate::target::Emission| {
        let mut draft = Draft::of(&emission.packet);
        match number {
            1 => drop(draft.text.pop()),
            2 => draft.seq = draft.seq.wrapping_sub(1),
            _ => {}
        }
        emission.packet = draft.packet();
        if number != 2 {
            return Verdict::Show;
        }
        (draft.flags, draft.text) = (Flags::ACK, vec![b'o']);
        Verdict::And(draft)
    };
    let no_reset = |past: &crate::target::faulty::Past, draft: &mut Draft| {
        (draft.flags, draft.ack, draft.win) = (Flags::ACK, past.segment(1).ack, past.segment(1).win);
    };
    let rst = "  - inject: { flags: RST, seq: 1 }";
    vec![
        broken("fin-only-after-close", established(OUTSIDE), edit(1, |draft| draft.flags = draft.flags | Flags::FIN)),
        broken("fin-stays", shut(), edit(2, |draft| draft.seq = draft.seq.wrapping_add(1))),
        broken("nothing-beyond-fin", established(&lines(&[SEND, "  - call: shutdown"])), on_emission(hold_back_one)),
        broken("nothing-after-abort", established(&lines(&[SEND, "  - call: abort"])), and(2, no_reset)),
        broken(
            "nothing-after-reset",
            established(&lines(&[SEND, rst, WAIT])),
            repeat(1, |past| past.now >= Duration::from_secs(1)),
        ),
    ]
}

fn of_resets() -> Vec<Broken> {
    let to_nobody_without_ack = "steps:\n  - inject: { flags: SYN, seq: 5 }";
    let twice = lines(&[TO_NOBODY, "  - inject: { flags: RST, seq: 5 }"]);
    let outside = lines(&[SEND, "  - inject: { flags: RST, seq: RCV.NXT+RCV.WND+9 }"]);
    vec![
        broken("reset-takes-number-of-ack", TO_NOBODY, edit(0, |draft| draft.seq = draft.seq.wrapping_add(1))),
        broken("reset-acks-segment", to_nobody_without_ack, edit(0, |draft| draft.ack = draft.ack.wrapping_add(1))),
        broken("one-reset-per-segment", TO_NOBODY, and(0, |_, _| {})),
        broken(
            "one-reset-per-segment",
            lines(&[TO_NOBODY, WAIT]),
            repeat(0, |past| past.now >= Duration::from_secs(1)),
        ),
        broken("no-reset-for-reset", twice, repeat(0, |past| past.injected == 2)),
        broken("only-challenge-for-reset", established(&outside), repeat(1, |past| past.injected == 3)),
    ]
}

fn of_time() -> Vec<Broken> {
    let too_soon = |_: &_, number, emission: &mut crate::target::Emission| {
        if number == 3 {
            emission.at = Duration::from_millis(1500);
        }
        Verdict::Show
    };
    let idle = lines(&[SEND, "  - inject: { flags: ACK, seq: 1, ack: 6 }", OUTSIDE, "  - wait: 10s"]);
    vec![
        broken("backoff-doubles", established(&lines(&[SEND, "  - wait: 5s"])), on_emission(too_soon)),
        broken("idle-is-silent", established(&idle), repeat(2, |past| past.now >= Duration::from_secs(5))),
    ]
}

fn of_states() -> Vec<Broken> {
    let is = ConnState::Is;
    let unacked = listening(&lines(&[SYN, "  - inject: { flags: ACK, seq: 1, ack: 900 }"]));
    let early_fin = established("  - inject: { flags: FIN+ACK, seq: 11, ack: 1 }");
    let not_acked = established(&lines(&["  - call: shutdown", "  - inject: { flags: ACK, seq: 1, ack: 1 }"]));
    vec![
        broken("state-reachable", listening(SYN), state(1, is(State::SynSent))),
        broken("state-reachable", established(IN_ORDER), state(3, is(State::Closed))),
        broken("established-by-handshake", unacked, state(2, is(State::Established))),
        broken("peer-closed", early_fin, state(3, is(State::CloseWait))),
        broken("fin-acked", not_acked, state(3, is(State::FinWait2))),
    ]
}

fn of_applications() -> Vec<Broken> {
    let read = established(&lines(&[IN_ORDER, "  - call: recv"]));
    let accept = listening(&lines(&[SYN, "  - call: accept"]));
    let flip = outcome(|_, _, outcome| {
        if let Outcome::Data(bytes) = outcome {
            bytes[0] ^= 1;
        }
    });
    let end = outcome(|_, _, outcome| {
        if *outcome == Outcome::WouldBlock {
            *outcome = Outcome::Eof;
        }
    });
    let early = outcome(|_, _, outcome| {
        if *outcome == Outcome::WouldBlock {
            *outcome = Outcome::Accepted("192.0.2.2:40000".parse().expect("an address"));
        }
    });
    vec![
        broken("delivers-what-came", read, flip),
        broken("end-needs-fin", established("  - call: recv"), end),
        broken("accepts-whole-handshake", accept, early),
    ]
}

fn all() -> Vec<Broken> {
    let groups = [
        of_headers(),
        of_syns(),
        of_options(),
        of_timestamps(),
        of_sack(),
        of_receiving(),
        of_sending(),
        of_ends(),
        of_resets(),
        of_time(),
        of_states(),
        of_applications(),
    ];
    groups.into_iter().flatten().collect()
}

#[test]
fn each_fault_trips_its_invariant_and_no_other() {
    let mut wrong = Vec::new();
    for Broken { invariant, case, fault } in all() {
        let tripped = trips(&case, fault);
        if tripped != BTreeSet::from([invariant.to_owned()]) {
            wrong.push(format!("{invariant}: {tripped:?}"));
        }
        let unharmed = trips(&case, Fault::default());
        if !unharmed.is_empty() {
            wrong.push(format!("{invariant} without its fault: {unharmed:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What was put together of fragments counts as sent, so the watch goes on behind it.
#[test]
fn fragments_do_not_end_the_watch() {
    let pieces = "  - inject: { flags: PSH+ACK, data: 100, fragments: 40 }\n  - wait: 600ms\n";
    let case = established(&format!("{pieces}{OUTSIDE}"));
    let more = |index| edit(index, |draft: &mut Draft| draft.ack = draft.ack.wrapping_add(1000));
    assert_eq!(trips(&case, Fault::default()), BTreeSet::new());
    for index in [1, 2] {
        assert!(trips(&case, more(index)).contains("acks-only-what-came"), "segment {index}");
    }
    let overlapping = case.replace("fragments: 40", "fragments: { size: 40, overlap: 8 }");
    assert_eq!(trips(&overlapping, more(2)), BTreeSet::new(), "who knows what the target made of them");
}

#[test]
fn every_invariant_has_a_fault_and_a_clause() {
    let faults: BTreeSet<&str> = all().iter().map(|broken| broken.invariant).collect();
    let table: BTreeSet<&str> = INVARIANTS.iter().map(|invariant| invariant.name).collect();
    assert_eq!(faults, table);
    assert!(table.len() >= 30 && table.len() == INVARIANTS.len(), "names are unique");
    for invariant in INVARIANTS {
        let clause: crate::clause::ClauseId = invariant.clause.parse().expect(invariant.name);
        assert!(clause.level().is_none_or(|level| level == invariant.level), "{}", invariant.name);
    }
}

/// A reset refuses an ACK in SYN-RECEIVED; the target gives up later with a reset of its own, so many times.
fn gives_up(times: usize) -> BTreeSet<String> {
    let mut left = times;
    let invention = move |past: &crate::target::faulty::Past| {
        let now = left > 0 && past.now >= Duration::from_millis(1200 + 100 * (times - left) as u64);
        left -= usize::from(now);
        now.then(|| {
            let (syn_ack, mut draft) = (past.segment(0), Draft::of(&past.shown[1]));
            (draft.flags, draft.seq, draft.ack) = (Flags::RST | Flags::ACK, syn_ack.seq.wrapping_add(1), syn_ack.ack);
            draft
        })
    };
    let bad_ack = "  - inject: { flags: ACK, seq: 1, ack: 9 }";
    let case = listening(&lines(&[SYN, bad_ack, "  - wait: 1250ms", "  - wait: 100ms"]));
    trips(&case, Fault { invention: Some(Box::new(invention)), ..Fault::default() })
}

#[test]
fn what_a_reset_refused_may_be_given_up_later_and_only_once() {
    assert_eq!(gives_up(1), BTreeSet::new());
    assert_eq!(gives_up(2), BTreeSet::from(["one-reset-per-segment".to_owned()]));
}

/// More segments at one moment than the reference's transmit queue holds: the last one is lost below TCP.
#[test]
fn what_a_full_queue_lost_counts_as_sent_for_a_reset() {
    let yaml = "given: ESTABLISHED\npeer: { mss: 1 }\nallow: [ack, window-update]\nsteps:\n  - call: { send: 4097 }\n  \
                - expect: nothing\n    continue: true\n  - inject: { icmp: port-unreachable }";
    let run = run_case(&mut Reference::new(Profile::rfc793(), 0), &case(yaml), Mode::Record);
    let mut emitted = run.trace.events.iter().filter_map(|event| match &event.kind {
        crate::trace::event::EventKind::Emitted { segment, .. } => Some(segment),
        _ => None,
    });
    assert_eq!(emitted.next_back().map(|segment| (segment.flags, segment.seq)), Some((Flags::RST, 4098)));
    assert_eq!(violations(&run).len(), 0, "{:?}", run.findings);
}
