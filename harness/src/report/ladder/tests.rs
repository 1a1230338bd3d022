use super::{of_case, of_run};
use crate::sample::{self, RST_IN_WINDOW, WRONG};

/// One of everything a case can say.
const EVERYTHING: &str = "\
title: everything that can be drawn
clauses: [MUST-13]
allow: [ack]
steps:
  - call: listen
  - inject: { flags: SYN, seq: 0, mss: 1460, wscale: 7, sack-ok: true, ts: { val: 1, ecr: 0 }, ip: { ttl: 3 } }
  - expect: { flags: SYN+ACK, seq: 0, ack: 1 }
  - save: { isn: ISS, when: TIME }
  - check: \"isn - when in 0..2^32-1\"
  - inject: { flags: ACK, seq: 1, ack: 1, checksum: bad, data-offset: 4, from: other-peer }
  - inject: { from: other-peer, icmp: { message: 3/13, quote: { seq: SND.NXT+1, ip: { protocol: 17 } } } }
  - inject: { flags: ACK, data: 50, fragments: { size: 24, overlap: 8, conflict: true, order: [3, 1] } }
  - expect: { either: [ { flags: RST, clause: MAY-13 }, nothing ] }
  - call: { send: \"hello\" }
    on: b
    returns: { either: [ would-block, EPIPE ] }
  - wait: 2MSL
  - expect: [ { flags: ACK, after: 1s, tolerance: 10 }, { flags: ACK, within: 2s, repeat: 3, backoff: 2 } ]
  - expect: { any-order: [ { flags: ACK }, { flags: FIN+ACK } ] }
  - expect: nothing
  - state: [CLOSED, LISTEN]
";

#[test]
fn everything_a_case_demands_is_drawn() {
    insta::assert_snapshot!(of_case(&sample::case(EVERYTHING)));
}

#[test]
fn a_run_shows_icmp_and_fragments_in_words() {
    let case = "\
title: t
clauses: [MUST-13]
given: ESTABLISHED
steps:
  - inject: { icmp: { message: host-unreachable, checksum: bad } }
  - inject: { flags: PSH+ACK, data: 5, fragments: { size: 24, order: reversed } }
  - inject: { raw: \"0303000000000000\", ip: { protocol: 1 } }
  - state: [ESTABLISHED, CLOSED]
";
    let drawn = of_run(&sample::run(case));
    for line in [
        "ICMP host-unreachable about seq=1 ─",
        "IP fragment 24..25, the last ─",
        "IP fragment 0..24, more to come: PSH+ACK seq=1 ack=1 len=5",
        "ICMP port-unreachable ─",
    ] {
        assert!(drawn.contains(line), "{line}\n{drawn}");
    }
}

#[test]
fn a_run_shows_where_it_went_wrong() {
    let drawn = of_run(&sample::run(WRONG));
    let odd = drawn.lines().find(|line| line.contains('✗')).expect("the finding is drawn");
    assert!(odd.contains("expected RST seq=5") && odd.contains("observed SYN+ACK seq=0 ack=1"), "{drawn}");
    assert!(odd.trim_start().starts_with('3'), "{drawn}");
}

#[test]
fn both_sides_stay_in_line() {
    for drawn in [of_case(&sample::case(EVERYTHING)), of_run(&sample::run(RST_IN_WINDOW))] {
        let rows = drawn.lines().skip_while(|line| !line.contains("peer")).skip(1);
        let column = |line: &str| {
            let bars: Vec<_> = line.chars().enumerate().filter(|(_, c)| *c == '│').map(|(at, _)| at).collect();
            (bars.first().copied(), bars.last().copied())
        };
        let columns: std::collections::HashSet<_> = rows.filter(|line| line.contains('│')).map(column).collect();
        assert_eq!(columns.len(), 1, "{drawn}");
    }
}

#[test]
fn a_state_that_holds_is_drawn_as_demanded() {
    let closed_beside_a_listener = "\
title: a reset connection is closed
clauses: [MUST-13]
given: ESTABLISHED
steps:
  - inject: { flags: RST, seq: RCV.NXT }
  - expect: nothing
  - state: CLOSED
";
    let drawn = of_run(&sample::run(closed_beside_a_listener));
    assert!(drawn.trim_end().ends_with("[CLOSED]"), "{drawn}");
    let drawn = of_run(&sample::run(&closed_beside_a_listener.replace("seq: RCV.NXT", "seq: RCV.NXT+RCV.WND")));
    assert!(drawn.contains("[ESTABLISHED]\n      │  ✗ expected state CLOSED"), "{drawn}");
}
