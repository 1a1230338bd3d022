use super::*;
use crate::sample::run;

/// The words for the class of each thing done after the prelude.
fn words(steps: &str) -> Vec<String> {
    let run =
        run(&format!("title: t\nclauses: [MUST-3]\ngiven: ESTABLISHED\nsteps:\n{steps}\n  - state: ESTABLISHED\n"));
    let indices = run.case.prelude..run.trace.steps.len() - 1;
    indices.map(|index| at(&run, index).to_string()).collect()
}

#[test]
fn a_segment_is_placed_in_the_window_and_among_what_is_outstanding() {
    let placed = words(
        "  - inject: { flags: RST, seq: RCV.NXT-1 }
  - inject: { flags: FIN, seq: RCV.NXT }
  - inject: { flags: URG, seq: RCV.NXT+1 }
  - inject: { flags: none, seq: RCV.NXT+RCV.WND-1 }
  - inject: { flags: RST, seq: RCV.NXT+RCV.WND, data: 3 }
  - inject: { flags: ACK+PSH, seq: RCV.NXT+2^31, ack: SND.UNA-1 }
  - inject: { flags: ACK, seq: RCV.NXT, ack: SND.NXT+1 }",
    );
    let wanted = [
        "RST left of the window",
        "FIN at the left edge",
        "URG inside the window",
        "segment without flags at the right edge",
        "RST with text right of the window",
        "ACK left of the window with an old ACK",
        "ACK at the left edge with an ACK of something never sent",
    ];
    assert_eq!(placed, wanted);
}

#[test]
fn what_is_outstanding_splits_the_acknowledgements() {
    let placed = words(
        "  - call: { send: 100 }
  - inject: { flags: ACK, seq: RCV.NXT, ack: SND.UNA }
  - inject: { flags: ACK, seq: RCV.NXT, ack: SND.UNA+50 }
  - inject: { flags: ACK, seq: RCV.NXT, ack: SND.NXT }",
    );
    let wanted = [
        "call send",
        "ACK at the left edge with a duplicate ACK",
        "ACK at the left edge that acknowledges a part",
        "ACK at the left edge",
    ];
    assert_eq!(placed, wanted);
}

#[test]
fn what_is_broken_or_no_segment_says_so() {
    let placed = words(
        "  - inject: { flags: ACK, checksum: bad }
  - inject: { flags: ACK, data-offset: 15 }
  - inject: { flags: ACK, options: \"0201\" }
  - inject: { flags: ACK, ip: { length: 30 } }
  - inject: { flags: ACK, data: 16, ip: { mf: true } }
  - inject: { flags: ACK, ip: { fragment-offset: 3 } }
  - inject: { ip: { protocol: 1 }, raw: \"0301000000000000\" }
  - inject: { ip: { protocol: 17 }, raw: \"0301\" }
  - wait: 1s",
    );
    let wanted = [
        "ACK at the left edge, checksum wrong",
        "ACK at the left edge, length wrong",
        "ACK at the left edge, options broken",
        "packet that is no TCP segment",
        "IP fragment",
        "IP fragment",
        "ICMP type 3 code 1",
        "packet that is no TCP segment",
        "wait",
    ];
    assert_eq!(placed, wanted);
}

#[test]
fn before_the_target_has_spoken_nothing_is_known() {
    let run = run(
        "title: t\nclauses: [MUST-3]\nsteps:\n  - call: listen\n  - inject: { flags: ACK, seq: 5, ack: 7 }\n  - expect: { flags: RST }\n",
    );
    assert_eq!(at(&run, 0), EventClass::Call(CallClass::Listen));
    assert_eq!(at(&run, 2).to_string(), "ACK that acknowledges something before anything was sent");
}
