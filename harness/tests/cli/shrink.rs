//! `rfc793 shrink` from outside.

use super::*;

/// Much that has nothing to do with the RST in the window, on which RFC 793 and RFC 9293 part.
const FINDING: &str = "\
# In ESTABLISHED, a RST inside the window: the two part.
#
# second paragraph
title: what was found
clauses: [RFC9293#3.10.7]
origin: rfc793 fuzz --left reference --right reference:rfc793 --seed 7, execution 123
given: ESTABLISHED
via: active
peer: { isn: 12345, win: 4000 }
config: { nagle: off, recv-buffer: 8192 }
allow: [ack, window-update]
steps:
  - inject: { flags: PSH+ACK, data: 30 }
  - expect: nothing
  - call: { send: 100 }
  - expect: { flags: PSH+ACK, data: 100 }
  - wait: 100ms
  - inject: { flags: ACK, ack: SND.NXT }
  - expect: nothing
  - call: recv
  - inject: { flags: RST+ACK, seq: RCV.NXT+17, win: 3, data: 5 }
  - expect: nothing
  - state: ESTABLISHED
  - inject: { flags: FIN+ACK }
";

fn suite() -> Suite {
    Suite::of(&[("finding.yaml", FINDING), ("good.yaml", GOOD)])
}

#[test]
fn a_finding_gets_small_and_keeps_what_a_person_wrote_above_it() {
    let suite = suite();
    let output = suite.rfc793(&["shrink", "cases/finding.yaml"]);
    assert_exit(&output, 0);
    let text = stdout(&output);
    assert!(
        text.starts_with("# In ESTABLISHED, a RST inside the window: the two part.\n#\n# second paragraph\n"),
        "{text}"
    );
    assert!(text.contains("origin: rfc793 fuzz --left reference --right reference:rfc793 --seed 7"), "{text}");
    for gone in ["peer:", "config:", "window-update", "via:", "wait:", "send", "FIN"] {
        assert!(!text.contains(gone), "{gone} is still there: {text}");
    }
    assert!(text.contains("seq: RCV.NXT+1"), "{text}");
    let told = stderr(&output);
    assert!(told.starts_with("12 steps → 3, ") && told.contains("still: "), "{told}");
    // What comes out is a case that passes on the one and fails on the other, and gets no smaller.
    suite.write("small.yaml", &text);
    assert_exit(&suite.rfc793(&["run", "cases/small.yaml"]), 0);
    assert_exit(&suite.rfc793(&["run", "--target", "reference:rfc793", "cases/small.yaml"]), 1);
    let again = suite.rfc793(&["shrink", "cases/small.yaml"]);
    assert_exit(&again, 0);
    assert_eq!(stdout(&again), text);
}

#[test]
fn only_a_file_that_out_names_is_written() {
    let suite = suite();
    let output = suite.rfc793(&["shrink", "cases/finding.yaml", "--out", "cases/finding.yaml"]);
    assert_exit(&output, 0);
    assert!(stdout(&output).is_empty());
    assert!(suite.read("finding.yaml").contains("RCV.NXT+1"), "{}", suite.read("finding.yaml"));
    assert_exit(&suite.rfc793(&["shrink", "cases/finding.yaml", "--out", "nowhere/small.yaml"]), 3);
}

#[test]
fn what_shows_nothing_is_1_and_says_so() {
    let suite = suite();
    let output = suite.rfc793(&["shrink", "cases/finding.yaml", "--right", "reference"]);
    assert_exit(&output, 1);
    assert!(stderr(&output).contains("shows nothing: reference and reference do the same"), "{}", stderr(&output));
    assert!(stdout(&output).is_empty());
}

#[test]
fn what_is_missing_is_asked_for() {
    let suite = suite();
    let matrix = GOOD.replace("given: ESTABLISHED", "matrix:\n  state: [ESTABLISHED, FIN-WAIT-1]\ngiven: $state");
    suite.write("matrix.yaml", matrix.replace("  - state: ESTABLISHED\n", ""));
    suite.write("bad.yaml", "title: [\n");
    for (arguments, wanted) in [
        (&["cases/good.yaml"][..], "--left"),
        (&["cases/good.yaml", "--left", "reference"], "--right"),
        (&["cases/nowhere.yaml"], "is not there"),
        (&["cases"], "is no case file"),
        (&["cases/bad.yaml"], "no usable case"),
        (&["cases/matrix.yaml"], "--id 'matrix#FIN-WAIT-1'"),
        (&["cases/matrix.yaml", "--id", "CLOSING"], "it has matrix#ESTABLISHED, matrix#FIN-WAIT-1"),
        (&["cases/finding.yaml", "--left", "plan9"], "plan9"),
    ] {
        let output = suite.rfc793(&[&["shrink"], arguments].concat());
        assert_exit(&output, 2);
        assert!(stderr(&output).contains(wanted), "{arguments:?}: {}", stderr(&output));
    }
    let both = ["--left", "reference", "--right", "reference:rfc793"];
    let chosen = suite.rfc793(&[&["shrink", "cases/matrix.yaml", "--id", "FIN-WAIT-1"][..], &both].concat());
    assert_exit(&chosen, 0);
    assert!(stdout(&chosen).contains("given: FIN-WAIT-1"), "{}", stdout(&chosen));
}
