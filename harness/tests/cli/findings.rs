//! `rfc793 findings` from outside.

use super::*;

fn suite() -> Suite {
    let suite = Suite::of(&[("tcp/good.yaml", GOOD), ("tcp/wrong.yaml", WRONG)]);
    let entry = "- { case: tcp/wrong, step: 3, clause: MUST-13, observed: \"SYN+ACK seq=0 ack=1\", reason: because }\n";
    suite.write("ledger/reference.yaml", entry);
    suite
}

#[test]
fn the_document_is_made_and_checked() {
    let suite = suite();
    assert_exit(&suite.rfc793(&["findings", "--out", "findings.md"]), 0);
    assert_exit(&suite.rfc793(&["findings", "--check", "findings.md"]), 0);
    let printed = suite.rfc793(&["findings", "cases"]);
    assert_exit(&printed, 0);
    let text = stdout(&printed);
    assert_eq!(text, fs::read_to_string(suite.path().join("findings.md")).expect("it was written"));
    assert!(text.contains("[a listener answers a SYN with a RST](<../cases/tcp/wrong.yaml>), step 3"), "{text}");

    let entry = suite.read("ledger/reference.yaml").replace("because", "another reason");
    suite.write("ledger/reference.yaml", entry);
    let stale = suite.rfc793(&["findings", "--check", "findings.md"]);
    assert_exit(&stale, 1);
    let shown = stdout(&stale);
    assert!(shown.contains("\n-| [a listener") && shown.contains("another reason | "), "{shown}");
    assert!(stderr(&stale).contains("is stale; make it with"), "{}", stderr(&stale));
    assert_exit(&suite.rfc793(&["findings", "--check", "never-made.md"]), 1);
}

#[test]
fn what_is_wrong_is_told_and_nothing_is_written() {
    let suite = suite();
    suite.write("ledger/kernel.yaml", "- { case: tcp/gone, step: 1, clause: MUST-13, observed: x, reason: y }\n");
    let output = suite.rfc793(&["findings", "--out", "findings.md"]);
    assert_exit(&output, 2);
    assert!(stderr(&output).contains("there is no case `tcp/gone`"), "{}", stderr(&output));
    assert!(!suite.path().join("findings.md").exists());
    fs::create_dir(suite.path().join("empty")).expect("a folder");
    assert_exit(&suite.rfc793(&["findings", "empty"]), 4);
    assert_exit(&suite.rfc793(&["findings", "nowhere"]), 2);
    assert_exit(&suite.rfc793(&["findings", "--check", "a", "--out", "b"]), 2);
}
