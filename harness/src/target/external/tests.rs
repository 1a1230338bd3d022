//! A driver of our own on the other side, one that breaks each rule, and the example that authors copy.

use std::sync::Arc;

use super::*;
use crate::{
    case::load::load_str,
    run::{Mode, run_case},
    trace::event::Verdict,
};

/// A driver in shell: answers by the table, in which each line is `op` and its reply.
fn scripted(replies: &[(&str, &str)]) -> String {
    let arms: String = replies.iter().map(|(op, reply)| format!("*'\"op\":\"{op}\"'*) echo '{reply}';; ")).collect();
    format!("sh -c 'while read -r line; do case \"$line\" in {} esac; done'", arms.replace('\'', "'\\''"))
}

const HELLO: (&str, &str) = ("hello", r#"{"name":"scripted"}"#);

fn refused(replies: &[(&str, &str)]) -> String {
    match External::open(&scripted(replies), 0) {
        Err(error) => error.to_string(),
        Ok(_) => panic!("such a driver is accepted"),
    }
}

fn example() -> String {
    format!("python3 {}/../examples/external/driver.py", env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn a_command_that_does_not_exist_is_named() {
    let error = External::open("no-such-driver", 0).err().expect("it cannot start").to_string();
    assert!(error.contains("no-such-driver") && error.contains("127"), "{error}");
}

#[test]
fn a_driver_without_a_name_is_refused() {
    assert!(refused(&[("hello", "{}")]).contains("`name`"));
}

#[test]
fn what_is_no_json_is_shown() {
    let error = refused(&[("hello", "Traceback")]);
    assert!(error.contains("`hello`") && error.contains("Traceback"), "{error}");
}

#[test]
fn a_driver_that_changes_packets_is_caught_before_its_stack_is_blamed() {
    let error = refused(&[HELLO, ("echo", r#"{"packet":"46"}"#)]);
    assert!(error.contains("`echo`") && error.contains("not tested"), "{error}");
}

#[test]
fn a_driver_that_reports_an_error_is_quoted() {
    let error = refused(&[HELLO, ("echo", r#"{"error":"out of paper"}"#)]);
    assert!(error.contains("out of paper"), "{error}");
}

#[test]
fn a_fresh_start_with_a_connection_in_it_is_no_fresh_start() {
    // In Python, as `echo` has to be right first.
    let driver = r#"python3 -uc '
import json, sys
for line in sys.stdin:
    r = json.loads(line)
    print(json.dumps({"hello": {"name": "x"}, "echo": r, "begin": {"now": 0}, "state": {"state": "LISTEN", "now": 0}}.get(r["op"], {"now": 0})))
'"#;
    let error = External::open(driver, 0).err().expect("it is refused").to_string();
    assert!(error.contains("`state`") && error.contains("LISTEN"), "{error}");
}

#[test]
fn a_clock_that_stands_still_is_refused() {
    let driver = r#"python3 -uc '
import json, sys
for line in sys.stdin:
    r = json.loads(line)
    print(json.dumps({"hello": {"name": "x"}, "echo": r, "state": {"state": "CLOSED", "now": 0}}.get(r["op"], {"now": 0})))
'"#;
    let error = External::open(driver, 0).err().expect("it is refused").to_string();
    assert!(error.contains("`advance`") && error.contains("clock"), "{error}");
}

#[test]
fn the_example_opens_a_connection_and_moves_text() {
    let text = "\
title: a handshake, text both ways, and a close from the other side
clauses: [MUST-13]
steps:
  - call: listen
  - inject: { flags: SYN, seq: 0, mss: 1460 }
  - expect: { flags: SYN+ACK, seq: 0, ack: 1 }
  - state: SYN-RECEIVED
  - inject: { flags: ACK, seq: 1, ack: 1 }
  - call: accept
  - inject: { flags: PSH+ACK, seq: 1, ack: 1, data: \"hello\" }
  - expect: { flags: ACK, seq: 1, ack: 6 }
  - call: recv
    returns: { data: \"hello\" }
  - call: { send: \"you\" }
  - expect: { flags: PSH+ACK, seq: 1, data: \"you\" }
  - expect: { flags: PSH+ACK, seq: 1, data: \"you\", after: RTO }
  - inject: { flags: FIN+ACK, seq: 6, ack: 4 }
  - expect: { flags: ACK, ack: 7 }
  - state: CLOSE-WAIT
";
    let case = load_str(text, "example.yaml").expect("the case loads").remove(0);
    let mut target = External::open(&example(), 0).expect("the example opens");
    let run = run_case(&mut target, &Arc::new(case), Mode::Judge);
    assert_eq!(run.verdict, Verdict::Pass, "{:?}", run.findings);
}

#[test]
fn a_driver_that_dies_spoils_one_case_only() {
    let driver = r#"python3 -uc '
import json, sys
now = 0
for line in sys.stdin:
    r = json.loads(line)
    if r["op"] == "inject": sys.exit(7)
    now = r["until"] if r["op"] == "advance" else 0 if r["op"] == "begin" else now
    print(json.dumps({"hello": {"name": "x"}, "echo": r, "state": {"state": "CLOSED", "now": now}}.get(r["op"], {"now": now})))
'"#;
    let mut target = External::open(driver, 0).expect("it proves itself");
    let deadly = "title: deadly\nclauses: [MUST-13]\nsteps:\n  - inject: { flags: SYN, seq: 0 }\n  - expect: nothing\n";
    let harmless = "title: harmless\nclauses: [MUST-13]\nsteps:\n  - wait: 1s\n  - state: CLOSED\n";
    let [deadly, harmless] =
        [deadly, harmless].map(|text| Arc::new(load_str(text, "case.yaml").expect("it loads").remove(0)));
    let died = run_case(&mut target, &deadly, Mode::Judge).verdict;
    assert!(matches!(&died, Verdict::Error(reason) if reason.contains("exit code 7")), "{died:?}");
    assert_eq!(run_case(&mut target, &harmless, Mode::Judge).verdict, Verdict::Pass);
}

#[test]
fn a_fixed_span_crosses_the_wire_and_a_symbolic_one_is_refused() {
    let config: Config =
        serde_yaml::from_str("{ ip: 6, msl: 1500ms, nagle: false, recv-buffer: 8192 }").expect("a config");
    let wire = switches::to_wire(&config).expect("it can be told");
    assert_eq!(wire["ip"], 6);
    assert_eq!(wire.len(), 4, "{wire:?}");
    assert_eq!(wire["msl"], 1_500_000_000_u64);
    assert_eq!(switches::from_wire(wire), Ok(config));
    let symbolic: Config = serde_yaml::from_str("{ user-timeout: 2MSL }").expect("a config");
    assert!(switches::to_wire(&symbolic).is_err());
}
