use std::time::Duration;

use super::longest_wait;
use crate::sample;

const MSL: Duration = Duration::from_secs(30);

/// The estimate of a case with these steps behind `listen`.
#[track_caller]
fn wait(steps: &str) -> Duration {
    wait_with("", steps)
}

#[track_caller]
fn wait_with(head: &str, steps: &str) -> Duration {
    let text = format!("title: x\nclauses: [MUST-13]\n{head}steps:\n  - call: listen\n{steps}  - state: LISTEN\n");
    longest_wait(&sample::case(&text).case, MSL)
}

#[test]
fn what_is_answered_at_once_costs_nothing() {
    assert_eq!(wait("  - inject: { flags: SYN }\n  - expect: { flags: SYN+ACK }\n"), Duration::ZERO);
}

#[test]
fn waits_and_bounds_add_up() {
    assert_eq!(wait("  - wait: 2s\n  - expect: { flags: ACK, within: 500ms }\n"), Duration::from_millis(2500));
    assert_eq!(wait("  - wait: 2MSL\n"), Duration::from_secs(60));
    assert_eq!(wait_with("config: { msl: 1s }\n", "  - wait: 2MSL+1s\n"), Duration::from_secs(3));
    assert_eq!(wait("  - wait: 3*RTO\n"), Duration::from_secs(3));
}

#[test]
fn a_lower_bound_alone_ends_with_its_tolerance() {
    assert_eq!(wait("  - expect: { flags: ACK, after: 8s }\n"), Duration::from_millis(9050));
    assert_eq!(wait("  - expect: { flags: ACK, after: 8s, tolerance: 50 }\n"), Duration::from_millis(12050));
}

#[test]
fn repetitions_back_off() {
    assert_eq!(
        wait("  - expect: { flags: ACK, within: 1s, repeat: 4, backoff: 2 }\n"),
        Duration::from_secs(1 + 2 + 4 + 8)
    );
}

#[test]
fn alternatives_cost_as_much_as_the_longest() {
    let either = "  - expect: { either: [ { flags: ACK, within: 1s, clause: MUST-13 }, { flags: RST, within: 3s, clause: MUST-13 } ] }\n";
    assert_eq!(wait(either), Duration::from_secs(3));
    let any = "  - expect: { any-order: [ { flags: ACK, within: 1s }, { flags: RST, within: 3s } ] }\n";
    assert_eq!(wait(any), Duration::from_secs(3));
}
