use super::*;
use crate::sample::{RST_IN_WINDOW, run};

#[test]
fn each_event_has_its_state_and_rule() {
    let mut seen = Vec::new();
    triples(&run(RST_IN_WINDOW), &mut |(state, event, rule)| {
        seen.push(format!("{state}: {event}: {}", rule.unwrap_or("-")))
    });
    let wanted = [
        "CLOSED: the start: -",
        "CLOSED: call listen: call-listen",
        "LISTEN: SYN: listen-syn",
        "SYN-RECEIVED: ACK at the left edge: check-ack-established",
        "ESTABLISHED: call accept: -",
        "ESTABLISHED: RST inside the window: check-rst-challenge-ack",
    ];
    assert_eq!(seen, wanted);
}
