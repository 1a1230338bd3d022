//! `rfc793 host`: the kernel's own programs talk to the reference.

use super::{Suite, assert_exit, kernel_works, stderr, stdout};
use crate::GOOD;

fn suite() -> Suite {
    Suite::of(&[("tcp/good.yaml", GOOD)])
}

#[test]
fn the_demonstration_shows_the_handshake_with_its_rules_on_both_devices() {
    let suite = suite();
    if !kernel_works(&suite) {
        return;
    }
    for (device, words) in [
        ("", &["host", "--demo", "--profile", "rfc9293"][..]),
        ("--tap", &["host", "--demo", "--tap", "--profile", "rfc9293"]),
    ] {
        let output = suite.rfc793(words);
        assert_exit(&output, 0);
        let ladder = stdout(&output);
        for line in [
            "SYN seq 0 win",
            "SYN+ACK seq 0 ack 1 win 65535 <mss 1460>  [listen-syn RFC9293#3.10.7.2, output-syn RFC9293#3.5]",
            "SYN+ACK seq 0 ack 1 win 65535 <mss 1440>",
            "SYN-RECEIVED → ESTABLISHED  [check-ack-established RFC9293#3.10.7.4]",
            "\"hello\"",
            "LAST-ACK → CLOSED  [check-ack-last-ack RFC9293#3.10.7.4]",
            "RST+ACK seq 0 ack 1 win 0  [closed-reset RFC9293#3.10.7.1]",
        ] {
            assert!(ladder.contains(line), "{device} {line}\n{ladder}");
        }
        assert_eq!(ladder.contains("ARP who has 10.79.3.2? tell 10.79.3.1"), device == "--tap", "{ladder}");
    }
}

#[test]
fn the_usual_profile_agrees_on_the_kernel_s_extensions() {
    let suite = suite();
    if !kernel_works(&suite) {
        return;
    }
    let output = suite.rfc793(&["host", "--demo"]);
    assert_exit(&output, 0);
    let ladder = stdout(&output);
    let answer = ladder.lines().find(|line| line.contains("◀──") && line.contains("SYN+ACK")).expect("a SYN,ACK");
    for option in ["sack-ok", "ts ", "wscale "] {
        assert!(answer.contains(option), "{option}: {answer}");
    }
}

#[test]
fn a_program_beside_the_host_decides_the_exit_code() {
    let suite = suite();
    if !kernel_works(&suite) {
        return;
    }
    assert_exit(&suite.rfc793(&["host", "--netns", "--", "true"]), 0);
    let failed = suite.rfc793(&["host", "--netns", "--", "sh", "-c", "exit 7"]);
    assert_exit(&failed, 1);
    assert!(stderr(&failed).contains("`sh` ended with exit status: 7"), "{}", stderr(&failed));
    assert_exit(&suite.rfc793(&["host", "--netns", "--", "no-such-program"]), 2);
}

#[test]
fn a_capture_is_written_as_it_goes() {
    let suite = suite();
    if !kernel_works(&suite) {
        return;
    }
    assert_exit(&suite.rfc793(&["host", "--demo", "--pcap", "demo.pcapng"]), 0);
    let capture = std::fs::read(suite.path().join("demo.pcapng")).expect("a capture");
    assert_eq!(capture[..4], [0x0a, 0x0d, 0x0d, 0x0a]);
    let text = String::from_utf8_lossy(&capture);
    assert!(text.contains("rule listen-syn (RFC9293#3.10.7.2)"), "rules are comments");
}

#[test]
fn bad_arguments_say_what_is_wrong() {
    let suite = suite();
    for (words, wanted) in [
        (&["--addr", "10.79.3.2"][..], "the prefix is missing"),
        (&["--addr", "10.79.3.2/31"], "a number from 1 to 30"),
        (&["--addr", "224.0.0.1/8"], "cannot be a host's address"),
        (&["--addr", "ten/8"], "`ten` is no IP address"),
        (&["--fault", "lost=2%"], "there is no fault `lost`"),
        (&["--profile", "rfc1"], "the profiles are"),
        (&["--mtu", "67"], "67"),
        (&["--gateway", "10.79.3.1"], "use --tap"),
        (&["--demo", "--trace"], "cannot be used with"),
    ] {
        let output = suite.rfc793(&[&["host"], words].concat());
        assert_exit(&output, 2);
        assert!(stderr(&output).contains(wanted), "{words:?}: {}", stderr(&output));
    }
    if kernel_works(&suite) {
        let long = suite.rfc793(&["host", "--netns", "--tun", "a-name-that-is-too-long"]);
        assert_exit(&long, 3);
        assert!(stderr(&long).contains("cannot be a device"), "{}", stderr(&long));
    }
}

/// As a client of a kernel that listens nowhere: refused.
#[test]
fn a_call_that_is_refused_is_1() {
    let suite = suite();
    if !kernel_works(&suite) {
        return;
    }
    let output = suite.rfc793(&["host", "--netns", "--connect", "10.79.3.1:9"]);
    assert_exit(&output, 1);
    assert!(stderr(&output).contains("10.79.3.1:9 failed: connection refused"), "{}", stderr(&output));
}
