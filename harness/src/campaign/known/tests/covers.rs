//! What the entries of the suite cover is no cloak for another bug: beside each case that is explained stands the same
//! event with a fault planted in the target, and that is not.

use std::path::Path;

use crate::{
    campaign::{
        discovery::found,
        known::covering,
        pair::{Opener, Pair},
    },
    case::state::State,
    judge::ledger::Ledger,
    run::Mode,
    sample::case,
    target::{
        ConnState,
        faulty::{self, Fault, Faulty, Verdict},
        spec::{TargetOptions, TargetSpec},
    },
};

/// What the case shows between the reference and the target with the fault: the keys, and whether the target's ledger
/// explains each.
fn shown(target: &TargetSpec, fault: fn() -> Fault, yaml: &str) -> Vec<(String, bool)> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../cases/ledger/{}.yaml", target.ledger_name()));
    let (ledger, errors) = Ledger::read(&file);
    assert!(errors.is_empty(), "{errors:?}");
    let opener = |spec: TargetSpec, fault: Option<fn() -> Fault>| -> Opener {
        std::sync::Arc::new(move || {
            let whole = spec.open(TargetOptions::default())?;
            Ok(match fault {
                Some(fault) => Box::new(Faulty::of("faulty", whole, fault())),
                None => whole,
            })
        })
    };
    let reference = opener(TargetSpec::Reference("rfc9293"), None);
    let mut pair = Pair::of(reference, opener(target.clone(), Some(fault))).unwrap();
    let text = format!(
        "title: t\nclauses: [U-6]\nallow: [ack, window-update]\n{yaml}    continue: true\n  - expect: nothing\n    continue: true\n"
    );
    let executed = pair.run(&case(&text), Mode::Record).unwrap();
    let mut all = Vec::new();
    let _ = found(&executed, &mut all);
    let ledgers = [Ledger::default(), ledger];
    let explained = |found| covering(&ledgers, found, &executed).is_some_and(|covered| covered.because_of.is_empty());
    all.iter().map(|found| (found.key.to_string(), explained(found))).collect()
}

/// Nothing is explained, and something shows.
#[track_caller]
fn assert_new(target: &TargetSpec, fault: fn() -> Fault, yaml: &str, word: &str) {
    let all = shown(target, fault, yaml);
    let new = |(key, explained): &(String, bool)| key.contains(word) && !explained;
    assert!(all.iter().any(new), "{all:?}");
}

/// Something shows, and all of it is explained.
#[track_caller]
fn assert_known(target: &TargetSpec, yaml: &str) {
    let all = shown(target, Fault::default, yaml);
    assert!(!all.is_empty() && all.iter().all(|(_, explained)| *explained), "{all:?}");
}

/// No segment without text leaves any more.
fn loses_acks() -> Fault {
    faulty::on_emission(|_, _, emission| {
        let draft = faulty::Draft::of(&emission.packet);
        let is_ack = draft.flags == crate::case::flags::Flags::ACK && draft.text.is_empty();
        if is_ack { Verdict::Lose } else { Verdict::Show }
    })
}

/// CLOSED, once the first packet behind the handshake came.
fn closes_for_anything() -> Fault {
    faulty::state(3, ConnState::Is(State::Closed))
}

const TWO_FULL: &str = "given: ESTABLISHED\nsteps:\n  - inject: { flags: ACK, seq: 1, data: 1460 }\n    \
                        continue: true\n  - inject: { flags: ACK, seq: 1461, data: 1460 }\n";
const HARD_ERROR: &str = "given: ESTABLISHED\nsteps:\n  - call: { send: 1 }\n    continue: true\n  \
                          - inject: { icmp: port-unreachable }\n    continue: true\n  - expect: nothing\n";
const HARD_ERROR_OPENING: &str = "given: SYN-SENT\nsteps:\n  - inject: { icmp: port-unreachable }\n";

#[cfg(feature = "smoltcp")]
#[test]
fn of_smoltcp() {
    assert_new(&TargetSpec::Smoltcp, loses_acks, TWO_FULL, "ack-every-second");
    assert_known(&TargetSpec::Smoltcp, &format!("peer: {{ mss: 9000 }}\n{TWO_FULL}"));
    assert_known(&TargetSpec::Smoltcp, HARD_ERROR_OPENING);
    assert_new(&TargetSpec::Smoltcp, closes_for_anything, HARD_ERROR, "ICMP");
}

/// The retransmission of text that is too soon by half.
#[cfg(feature = "lwip")]
fn hurries() -> Fault {
    faulty::on_emission(|_, number, emission| {
        if number == 3 {
            emission.at -= std::time::Duration::from_millis(1000);
        }
        Verdict::Show
    })
}

#[cfg(feature = "lwip")]
#[test]
fn of_lwip() {
    let back_off = "given: ESTABLISHED\nsteps:\n  - call: { send: 1 }\n    continue: true\n  - wait: 10s\n";
    assert_new(&TargetSpec::Lwip, hurries, back_off, "backoff-doubles");
    assert_known(&TargetSpec::Lwip, "given: SYN-SENT\nsteps:\n  - wait: 20s\n");
    let text = "given: ESTABLISHED\nsteps:\n  - inject: { flags: ACK, data: 1 }\n    continue: true\n  - wait: 1s\n";
    assert_new(&TargetSpec::Lwip, loses_acks, text, "ack-within-500ms");
    assert_known(&TargetSpec::Lwip, HARD_ERROR_OPENING);
    assert_new(&TargetSpec::Lwip, closes_for_anything, HARD_ERROR, "ICMP");
}
