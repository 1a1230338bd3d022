use super::*;
use crate::sample::case;

fn names(header: &str, steps: &str, index: usize) -> Vec<&'static str> {
    let yaml = format!("title: t\nclauses: [U-6]\n{header}steps:\n{steps}  - expect: nothing\n");
    let case = case(&yaml);
    let at = Circumstances::at(&case.case, case.prelude + index);
    Circumstance::ALL.into_iter().filter(|(_, one)| at.has(*one)).map(|(name, _)| name).collect()
}

#[test]
fn a_header_says_what_holds_from_the_start() {
    assert_eq!(names("", "", 0), [""; 0]);
    assert_eq!(names("config: { keepalive-idle: 1s }\n", "", 0), ["keepalive"]);
    for config in ["user-timeout: 1s", "syn-retries: 2", "data-retries: 2"] {
        assert_eq!(names(&format!("config: {{ {config} }}\n"), "", 0), ["timeout"], "{config}");
    }
    assert_eq!(names("peer: { win: 0, mss: 47 }\n", "", 0), ["closed-window", "small-mss"]);
    assert_eq!(names("peer: { win: 1, mss: 48 }\n", "", 0), [""; 0]);
}

#[test]
fn a_step_says_what_holds_from_it_on() {
    for (step, name) in [
        ("  - inject: { flags: ACK, win: 0 }\n", "closed-window"),
        ("  - inject: { flags: SYN, mss: 1 }\n", "small-mss"),
        ("  - inject: { on: b, flags: SYN }\n", "other-connection"),
        ("  - call: connect\n    on: b\n", "other-connection"),
        ("  - call: listen\n", "listener"),
        ("  - call: { set: { keepalive: true } }\n", "keepalive"),
        ("  - call: { set: { user-timeout: 2s } }\n", "timeout"),
    ] {
        let steps = format!("  - wait: 1s\n{step}");
        assert_eq!(names("", &steps, 0), [""; 0], "{step}");
        assert_eq!(names("", &steps, 1), [name], "{step}");
        assert_eq!(names("", &steps, 2), [name], "{step}");
    }
    assert_eq!(names("", "  - call: { set: { keepalive: false } }\n  - inject: { flags: ACK, win: 9 }\n", 1), [""; 0]);
    assert_eq!(names("", "  - call: listen\n  - call: poll\n    on: listener\n", 1), ["listener"]);
}
