//! Each invariant fails when it is broken, and no conforming run breaks one.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
    sync::Arc,
};

use stack_under_test::Profile;

use crate::{
    case::{
        format::{Case, ConcreteCase},
        load::discover,
        print,
    },
    generate::{
        raw,
        script::{Scope, Script},
        shrink::shrink,
    },
    run::{Mode, run_case},
    target::{Target, faulty, reference::Reference},
    trace::event::{CaseRun, Finding, FindingKind, Verdict},
};

mod faults;

/// What a run shows of broken invariants.
fn violations(run: &CaseRun) -> Vec<&Finding> {
    run.findings.iter().filter(|finding| finding.kind == FindingKind::Invariant).collect()
}

/// What a case shows of broken invariants on a target.
fn told(target: &mut dyn Target, yaml: &str) -> Vec<String> {
    let run = run_case(target, &crate::sample::case(yaml), Mode::Record);
    violations(&run).into_iter().map(|finding| finding.observed.clone()).collect()
}

/// SYN-RECEIVED from an active open, a listener beside it, and something that ends the connection.
const AGAIN: &str = "\
title: a new connection answers the same SYN with the same ISS
clauses: [RFC9293#3.10.7.2]
given: SYN-RECEIVED
via: active
allow: [ack]
steps:
  - call: listen
  - call: { send: 1 }
  - inject: { flags: RST }
  - inject: { flags: SYN, seq: 0 }
  - expect: { flags: SYN+ACK, seq: 0 }
  - inject: { flags: ACK }
  - call: accept
  - call: { send: 1 }
  - expect: { flags: PSH+ACK, seq: 1, data: 1 }
";

#[test]
fn a_connection_with_the_numbers_of_the_last_one_is_no_fault_of_its_text() {
    let mut target = Reference::new(Profile::rfc9293(), 0);
    assert_eq!(told(&mut target, AGAIN), [""; 0]);
    let aborted = AGAIN
        .replace("  - call: { send: 1 }\n  - inject: { flags: RST }", "  - call: abort\n  - expect: { flags: RST }");
    assert_eq!(told(&mut target, &aborted), [""; 0]);
    let closed = AGAIN.replacen("call: { send: 1 }", "call: shutdown", 1);
    assert_eq!(told(&mut target, &closed), [""; 0]);
}

/// A close before the handshake is over, the FIN of the peer, and its SYN once more: the SYN,ACK is sent again.
const FIN_BEFORE_ACK: &str = "\
title: the SYN,ACK of a connection that has the FIN of the peer acknowledges it
clauses: [RFC9293#3.10.7.4]
given: SYN-RECEIVED
via: active
allow: [ack, retransmission]
steps:
  - call: close
  - expect: { flags: FIN+ACK }
  - call: listen
  - inject: { flags: FIN+ACK, ack: SND.UNA }
  - inject: { flags: SYN, seq: 0 }
  - wait: 1s
  - state: CLOSING
";

#[test]
fn a_syn_ack_sent_again_acknowledges_what_came_meanwhile_whatever_syn_came_last() {
    let mut target = Reference::new(Profile::rfc9293(), 0);
    assert_eq!(told(&mut target, FIN_BEFORE_ACK), [""; 0]);
}

/// A FIN sent in a simultaneous open, a SYN from outside the window, and the SYN,ACK by the clock.
const SYN_ACK_BEHIND_FIN: &str = "\
title: the SYN,ACK of a simultaneous open is sent again behind the FIN
clauses: [RFC9293#3.4]
given: SYN-SENT
allow: [ack, retransmission]
steps:
  - inject: { flags: SYN }
  - expect: { flags: SYN+ACK }
  - call: close
  - inject: { flags: SYN, seq: 65536, data: 1 }
  - wait: 1s
  - inject: { flags: ACK, seq: 0, ack: 0 }
  - state: FIN-WAIT-1
";

#[test]
fn a_fin_counts_as_sent_although_the_syn_ack_is_sent_again_behind_it() {
    for profile in [Profile::rfc9293(), Profile::rfc793()] {
        assert_eq!(told(&mut Reference::new(profile, 0), SYN_ACK_BEHIND_FIN), [""; 0]);
    }
}

/// Three connections of a listener in doubt, a reset, and an active one to the same peer in the same tick of the clock.
const CONNECT_AFTER_DOUBT: &str = "\
title: a SYN behind a SYN,ACK begins another connection
clauses: [RFC9293#3.10.7.2]
given: SYN-RECEIVED
allow: [ack]
steps:
  - inject: { flags: SYN }
  - inject: { flags: SYN }
  - inject: { flags: SYN }
  - inject: { flags: SYN, seq: RCV.NXT-1 }
  - inject: { flags: RST }
  - call: connect
  - inject: { flags: SYN+ACK }
  - state: ESTABLISHED
";

#[test]
fn a_syn_behind_a_syn_ack_begins_another_connection_with_another_right_edge() {
    for profile in [Profile::rfc9293(), Profile::rfc793()] {
        assert_eq!(told(&mut Reference::new(profile, 0), CONNECT_AFTER_DOUBT), [""; 0]);
    }
}

/// A SYN,ACK whose SYN lies left of the window, but not all of its text, with an ACK that opens the window.
const WINDOW_BEHIND_SYN: &str = "\
title: the ACK and the window of a SYN,ACK that reaches into the window count
clauses: [RFC9293#3.4]
given: SYN-SENT
peer: { win: 536 }
allow: [ack]
steps:
  - call: { send: 538 }
  - inject: { flags: SYN+FIN+ACK, seq: 2147548894, data: 17 }
  - inject: { flags: SYN+ACK, seq: 2147548896, data: 17 }
  - state: CLOSE-WAIT
";

#[test]
fn a_syn_that_is_cut_off_leaves_its_ack_and_its_window() {
    for profile in [Profile::rfc9293(), Profile::rfc793()] {
        assert_eq!(told(&mut Reference::new(profile, 0), WINDOW_BEHIND_SYN), [""; 0]);
    }
}

#[cfg(feature = "smoltcp")]
#[test]
fn a_segment_that_is_dropped_stands_in_no_block() {
    let with = |dropped: &str| {
        let yaml = format!(
            "title: sack\nclauses: [RFC2018#4]\ngiven: SYN-RECEIVED\npeer: {{ sack-ok: true }}\nallow: [ack]\nsteps:\n  \
             - inject: {{ flags: ACK, seq: 3, data: 1 }}\n  - inject: {{ {dropped}, ack: SND.NXT+1, data: 1 }}\n  \
             - state: ESTABLISHED\n"
        );
        told(&mut crate::target::smoltcp::Smoltcp::new(0), &yaml)
    };
    assert_eq!(with("flags: ACK, seq: RCV.NXT+9"), [""; 0]);
    assert_eq!(with("flags: SYN+ACK"), [""; 0]);
}

#[cfg(feature = "smoltcp")]
#[test]
fn a_handshake_that_is_given_up_may_reset_once_more_in_a_connection_that_began_anew() {
    let yaml = "title: reset\nclauses: [RFC9293#3.10.7.1]\ngiven: LAST-ACK\nvia: active\nallow: [ack, retransmission]\n\
                config: { keepalive-idle: 1s, keepalive-count: 3 }\nsteps:\n  - inject: { flags: ACK }\n  - call: connect\n  \
                - inject: { flags: SYN }\n  - inject: { flags: ACK, ack: SND.NXT+1 }\n  - wait: 4s\n  - state: CLOSED\n";
    assert_eq!(told(&mut crate::target::smoltcp::Smoltcp::new(0), yaml), [""; 0]);
}

#[cfg(feature = "smoltcp")]
#[test]
fn a_keepalive_may_carry_an_octet_of_garbage_with_nothing_outstanding() {
    let with = |given: &str, first: &str| {
        let yaml = format!(
            "title: keep-alive\nclauses: [MAY-6]\ngiven: {given}\nconfig: {{ keepalive-idle: 1s }}\nallow: [ack]\nsteps:\n\
             {first}  - wait: 2s\n  - state: {given}\n"
        );
        told(&mut crate::target::smoltcp::Smoltcp::new(0), &yaml)
    };
    assert_eq!(with("FIN-WAIT-2", ""), [""; 0]);
    let sent = "  - call: { send: 3 }\n  - expect: { flags: PSH+ACK, data: 3 }\n  - inject: { flags: ACK }\n";
    assert_eq!(with("ESTABLISHED", sent), [""; 0]);
}

/// The same bytes for the same seed, on every machine.
fn noise(seed: u64, len: usize) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut byte = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_be_bytes()[3]
    };
    (0..len).map(|_| byte()).collect()
}

#[test]
fn no_case_of_the_suite_breaks_one_on_the_reference() {
    let suite = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../cases");
    let found = discover(&[suite]);
    assert!(found.errors.is_empty() && found.cases.len() > 600, "{} cases, {:?}", found.cases.len(), found.errors);
    let cases: Vec<Arc<ConcreteCase>> = found.cases.into_iter().map(Arc::new).collect();
    for profile in [Profile::rfc9293(), Profile::rfc793()] {
        let mut target = Reference::new(profile, 0);
        for case in &cases {
            let run = run_case(&mut target, case, Mode::Record);
            assert!(violations(&run).is_empty(), "{}: {:?}", case.id, violations(&run));
        }
    }
}

/// What a case breaks on the reference.
fn breaks(target: &mut Reference, case: &Case) -> BTreeSet<String> {
    let Ok(case) = ConcreteCase::from_case("generated", case.clone()).map(Arc::new) else { return BTreeSet::new() };
    let run = run_case(target, &case, Mode::Record);
    violations(&run).into_iter().map(|finding| finding.observed.clone()).collect()
}

#[test]
fn no_generated_case_breaks_one_on_the_reference() {
    let mut found = BTreeMap::new();
    for profile in [Profile::rfc9293(), Profile::rfc793()] {
        let mut target = Reference::new(profile, 0);
        for seed in 0..1500 {
            let case = Script::decode(&noise(seed, 500)).to_case(&Scope::VIRTUAL);
            for broken in breaks(&mut target, &case) {
                found.entry(broken.clone()).or_insert_with(|| {
                    let least = shrink(&case, 2000, &mut |case| breaks(&mut target, case).contains(&broken));
                    print::to_yaml(&least).unwrap_or_default()
                });
            }
        }
    }
    let told: Vec<String> = found.iter().map(|(broken, case)| format!("{broken}\n{case}")).collect();
    assert!(told.is_empty(), "{}", told.join("\n"));
}

#[test]
fn no_script_of_bytes_breaks_one_on_the_reference() {
    for seed in 0..20_000 {
        raw::stack_input(&noise(seed, 400));
    }
}

/// Text that Nagle's algorithm holds back, and then a reset outside the window.
const HELD: &str = "\
title: what was held back leaves with the next event
clauses: [MUST-17]
given: ESTABLISHED
allow: [ack]
steps:
  - call: { send: 1 }
  - expect: { flags: PSH+ACK, data: 1 }
  - inject: { flags: RST, seq: RCV.NXT+RCV.WND }
  - expect: nothing
";

#[test]
fn new_text_that_leaves_behind_a_reset_is_no_answer_to_it() {
    let behind = |again: bool| {
        let mut left = 1;
        let invention = move |past: &faulty::Past| {
            let now = left > 0 && past.injected == 3;
            left -= i32::from(now);
            now.then(|| {
                let mut draft = faulty::Draft::of(&past.shown[1]);
                draft.seq = draft.seq.wrapping_add(u32::from(!again));
                draft
            })
        };
        faulty::Fault { invention: Some(Box::new(invention)), ..faulty::Fault::default() }
    };
    let told = |again| {
        let mut target = faulty::Faulty::new(Reference::new(Profile::rfc9293(), 0), behind(again));
        let all = told(&mut target, HELD);
        all.into_iter().filter(|told| told.contains("only-challenge-for-reset")).count()
    };
    assert_eq!((told(false), told(true)), (0, 1));
}

#[test]
fn a_run_that_says_nothing_of_its_clause_still_tells_of_a_broken_rule() {
    let verdict = |fault| {
        let mut target = faulty::Faulty::new(Reference::new(Profile::rfc9293(), 0), fault);
        run_case(&mut target, &crate::sample::case(HELD), Mode::Judge).verdict
    };
    let broken = faulty::edit(0, |draft| draft.flags = draft.flags | crate::case::flags::Flags::RESERVED[0]);
    assert_eq!(verdict(broken), Verdict::Fail);
    assert!(matches!(verdict(faulty::lose(0)), Verdict::Inconclusive(_)));
}

/// A connection to oneself, opened and closed again beside a listener.
const TO_ITSELF: &str = "\
title: a connection to oneself is not on the wire
clauses: [U-1]
given: LISTEN
allow: [ack, window-update]
steps:
  - call: { connect: { to: target } }
  - call: close
  - wait: 10s
  - expect: nothing
";

#[test]
fn a_connection_to_oneself_breaks_nothing() {
    for profile in [Profile::rfc9293(), Profile::rfc793()] {
        assert_eq!(told(&mut Reference::new(profile, 0), TO_ITSELF), [""; 0]);
    }
}
