//! `rfc793 promote` from outside.

use super::*;

const FINDING: &str = "\
# what was found
title: generated
clauses: [RFC9293#3.10.7]
origin: rfc793 fuzz --left reference --right reference:rfc793 --seed 7, execution 123
given: ESTABLISHED
allow: [ack, window-update]
steps:
  - inject: { flags: RST, seq: RCV.NXT+1 }
  - expect: nothing
  - state: ESTABLISHED
";
const PLACE: &str = "cases/regressions/reference-rfc793/rst.yaml";

fn suite() -> Suite {
    let suite = Suite::of(&[("tcp/good.yaml", GOOD)]);
    fs::create_dir(suite.path().join("findings")).expect("a folder");
    found(&suite, "one.yaml", FINDING);
    suite
}

fn found(suite: &Suite, name: &str, text: &str) {
    fs::write(suite.path().join("findings").join(name), text).expect("a file");
}

fn promote(suite: &Suite, arguments: &[&str]) -> Output {
    suite.rfc793(&[&["promote"], arguments].concat())
}

#[test]
fn with_a_reason_the_case_stands_in_the_suite_and_the_divergence_in_the_ledger() {
    let suite = suite();
    let old = "# kept\n\n# --- tcp\n\n- { case: tcp/good, step: 2, clause: U-6, observed: nothing, reason: old }  # kept, too\n";
    suite.write("ledger/reference-rfc793.yaml", old);
    let reason = "RFC 793 resets for any RST in the window";
    let arguments = ["findings/one.yaml", "--as", PLACE, "--reason", reason, "--versions", ">=0.1"];
    let output = promote(&suite, &arguments);
    assert_exit(&output, 0);
    let told = stdout(&output);
    assert!(told.contains("promoted      cases/regressions/reference-rfc793/rst.yaml: RST at RCV.NXT+1"), "{told}");
    let case = suite.read("regressions/reference-rfc793/rst.yaml");
    assert!(case.contains("expect: { flags: ACK, seq: SND.NXT, ack: RCV.NXT }"), "{case}");
    assert!(case.contains("origin: rfc793 fuzz --left reference"), "{case}");
    let ledger = suite.read("ledger/reference-rfc793.yaml");
    assert!(ledger.starts_with(old) && ledger.contains("# --- regressions/reference-rfc793\n"), "{ledger}");
    // The suite holds on both now, and the file is in canonical form.
    assert_exit(&suite.rfc793(&["run", "cases"]), 0);
    assert_exit(&suite.rfc793(&["run", "--target", "reference:rfc793", "cases"]), 0);
    assert_exit(&suite.rfc793(&["fmt", "--check", "cases"]), 0);
    // Nothing is overwritten.
    let again = promote(&suite, &arguments);
    assert_exit(&again, 2);
    assert!(stderr(&again).contains("is there already"), "{}", stderr(&again));
    assert_eq!(suite.read("ledger/reference-rfc793.yaml"), ledger);
}

#[test]
fn without_a_reason_the_entry_is_shown() {
    let suite = suite();
    let output =
        promote(&suite, &["findings/one.yaml", "--as", PLACE, "--title", "my title", "--clause", "RFC5961#3.2"]);
    assert_exit(&output, 0);
    let told = stdout(&output);
    assert!(told.contains("- case: regressions/reference-rfc793/rst\n  step: 2\n  clause: RFC5961#3.2\n"), "{told}");
    assert!(!suite.path().join("cases/ledger").exists());
    let case = suite.read("regressions/reference-rfc793/rst.yaml");
    assert!(case.starts_with("title: my title\nclauses: [RFC5961#3.2]\n"), "{case}");
}

#[test]
fn the_reference_may_stand_on_either_side() {
    let suite = suite();
    let swapped = FINDING.replace("--left reference --right reference:rfc793", "--left kernel --right reference");
    found(&suite, "swapped.yaml", &swapped);
    let output = promote(&suite, &["findings/swapped.yaml", "--as", PLACE, "--left", "reference:rfc793"]);
    // Both are references here; the left one counts.
    assert_exit(&output, 0);
    let kernels =
        promote(&suite, &["findings/one.yaml", "--as", "cases/x.yaml", "--left", "kernel", "--right", "kernel"]);
    assert_exit(&kernels, 2);
    assert!(stderr(&kernels).contains("is the reference"), "{}", stderr(&kernels));
}

#[test]
fn what_is_not_fit_is_1_and_nothing_is_written() {
    let suite = suite();
    let output = promote(&suite, &["findings/one.yaml", "--as", PLACE, "--right", "reference"]);
    assert_exit(&output, 1);
    assert!(stderr(&output).contains("is not promoted: it shows nothing"), "{}", stderr(&output));
    assert!(!suite.path().join(PLACE).exists());
}

#[test]
fn bad_usage_is_2_and_nothing_is_written() {
    let suite = suite();
    suite.write("ledger/reference-rfc793.yaml", "- case: [\n");
    for (arguments, wanted) in [
        (&["findings/one.yaml"][..], "--as"),
        (&["--as", PLACE], "FILE"),
        (&["findings/one.yaml", "--as", "cases/x.txt"], "`.yaml`"),
        (&["findings/none.yaml", "--as", PLACE], "is not there"),
        (&["findings/one.yaml", "--as", PLACE, "--clause", "MUST-999"], "unknown clause"),
        (&["findings/one.yaml", "--as", PLACE, "--versions", "new"], "no range of versions"),
        (&["findings/one.yaml", "--as", PLACE, "--reason", " "], "empty reason"),
        (&["findings/one.yaml", "--as", PLACE, "--reason", "x"], "would not be a good ledger"),
        (&["--all", "findings"], "--into"),
        (&["--all", "nowhere", "--into", "cases/regressions"], "is no folder"),
        (&["findings/one.yaml", "--all", "findings", "--into", "cases/regressions"], "cannot be used"),
    ] {
        let output = promote(&suite, arguments);
        assert_exit(&output, 2);
        assert!(stderr(&output).contains(wanted), "{arguments:?}: {}", stderr(&output));
        assert!(!suite.path().join(PLACE).exists(), "{arguments:?}");
    }
    fs::remove_file(suite.path().join("cases/ledger/reference-rfc793.yaml")).expect("it was there");
    let versions = ["findings/one.yaml", "--as", PLACE, "--reason", "x", "--versions", ">=99"];
    let output = promote(&suite, &versions);
    assert_exit(&output, 2);
    assert!(stderr(&output).contains("is `--versions` right?"), "{}", stderr(&output));
    assert!(!suite.path().join(PLACE).exists());
}

#[test]
fn many_at_once_are_named_by_what_they_show() {
    let suite = suite();
    found(
        &suite,
        "two.yaml",
        &FINDING.replace("given: ESTABLISHED", "given: CLOSE-WAIT").replace("state: ESTABLISHED", "state: CLOSE-WAIT"),
    );
    found(&suite, "nothing.yaml", &FINDING.replace("seq: RCV.NXT+1", "seq: RCV.NXT"));
    found(&suite, "no-origin.yaml", &FINDING.replace("origin: rfc793", "origin: by"));
    let all = ["--all", "findings", "--into", "cases/regressions/old", "--reason", "RFC 793 resets"];
    let output = promote(&suite, &all);
    assert_exit(&output, 2);
    let told = stdout(&output);
    assert_eq!(told.matches("\npromoted").count() + usize::from(told.starts_with("promoted")), 2, "{told}");
    assert!(told.contains("not promoted  findings/nothing.yaml: it shows nothing on these targets"), "{told}");
    assert!(told.contains("not promoted  findings/no-origin.yaml: the `origin`"), "{told}");
    assert!(told.ends_with("2 promoted, 2 not\n"), "{told}");
    assert_exit(&suite.rfc793(&["run", "cases"]), 0);
    assert_exit(&suite.rfc793(&["run", "--target", "reference:rfc793", "cases/regressions"]), 0);
    // Once more: all of it is there.
    let again = promote(&suite, &all);
    assert!(stdout(&again).ends_with("0 promoted, 4 not\n"), "{}", stdout(&again));
    let names: Vec<_> = fs::read_dir(suite.path().join("cases/regressions/old")).expect("a folder").collect();
    assert_eq!(names.len(), 2);
}
