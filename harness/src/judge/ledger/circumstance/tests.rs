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
    assert_eq!(names("peer: { win: 0, mss: 47 }\n", "", 0), ["closed-window", "small-mss", "mss-below-512"]);
    assert_eq!(names("config: { recv-buffer: 8192 }\n", "", 0), ["small-buffer"]);
    assert_eq!(names("config: { recv-buffer: 8193 }\n", "", 0), [""; 0]);
    assert_eq!(names("peer: { mss: 1461 }\n", "", 0), ["large-mss"]);
    assert_eq!(names("peer: { win: 1460, mss: 512 }\n", "", 0), [""; 0]);
}

#[test]
fn a_step_says_what_holds_from_it_on() {
    for (step, name) in [
        ("  - inject: { flags: ACK, win: 0 }\n", "closed-window"),
        ("  - inject: { flags: SYN, mss: 48 }\n", "mss-below-512"),
        ("  - inject: { flags: ACK, win: 1459 }\n", "small-window"),
        ("  - inject: { on: b, flags: SYN }\n", "other-connection"),
        ("  - call: connect\n    on: b\n", "other-connection"),
        ("  - call: listen\n", "listener"),
        ("  - inject: { flags: ACK, data: 50, fragments: { size: 16 } }\n", "split-header"),
        ("  - inject: { flags: ACK, options: \"01010101010101\", fragments: { size: 24 } }\n", "split-header"),
        ("  - inject: { flags: ACK, data: 221, fragments: { size: 24 } }\n", "many-fragments"),
        ("  - inject: { flags: ACK, data: 9, fragments: { size: 24, overlap: 8 } }\n", "overlapping-fragments"),
        ("  - call: { set: { keepalive: true } }\n", "keepalive"),
        ("  - call: { set: { keepalive: off } }\n", "keepalive-off"),
        ("  - call: { set: { user-timeout: 2s } }\n", "timeout"),
        ("  - call: { set: { tos: 4 } }\n", "tos"),
        ("  - call: { connect: { to: subnet-broadcast } }\n", "group"),
        ("  - inject: { flags: SYN, to: multicast }\n", "group"),
        ("  - inject: { flags: SYN, from: limited-broadcast }\n", "group"),
        ("  - inject: { flags: SYN, from: loopback }\n", "from-loopback"),
        ("  - inject: { flags: SYN, to: loopback }\n", "to-loopback"),
        ("  - inject: { flags: SYN, from: unspecified }\n", "from-unspecified"),
        ("  - inject: { flags: ACK, data: 60001 }\n", "huge-text"),
        ("  - inject: { flags: ACK, data: 9, fragments: { size: 24, order: [1, 2, 1] } }\n", "twice"),
        ("  - inject: { flags: SYN, mss: 1461 }\n", "large-mss"),
        ("  - inject: { flags: ACK, mss: 1460 }\n", "late-mss"),
        ("  - inject: { flags: ACK, options: \"020405\" }\n", "late-mss"),
        ("  - call: { send: 2048 }\n", "text"),
    ] {
        let steps = format!("  - wait: 1s\n{step}");
        assert_eq!(names("", &steps, 0), [""; 0], "{step}");
        assert_eq!(names("", &steps, 1), [name], "{step}");
        assert_eq!(names("", &steps, 2), [name], "{step}");
    }
    assert_eq!(names("", "  - inject: { flags: ACK, win: 1460 }\n", 1), [""; 0]);
    assert_eq!(names("", "  - inject: { flags: SYN, mss: 1460 }\n", 1), [""; 0]);
    assert_eq!(names("", "  - inject: { flags: ACK, data: 220, fragments: { size: 24 } }\n", 0), [""; 0]);
    assert_eq!(names("", "  - call: listen\n  - call: poll\n    on: listener\n", 1), ["listener"]);
}

#[test]
fn all_that_was_sent_counts() {
    let sends = "  - call: { send: 2000 }\n  - call: { send: \"0123456789012345678901234567890123456789012345678\" }\n";
    assert_eq!(names("", sends, 0), ["text"]);
    assert_eq!(names("", sends, 1), ["bulk", "text"]);
    assert_eq!(
        names("config: { tos: 8 }\n", "  - call: connect\n  - inject: { flags: SYN, to: other-peer }\n", 1),
        ["tos"]
    );
}
