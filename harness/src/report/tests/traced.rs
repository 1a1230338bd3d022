//! What a kernel's tracepoints told, in every report.

use serde_json::json;

use crate::{
    case::state::State,
    judge::{
        diff::{Comparison, Strictness, compare},
        ledger::Ledger,
    },
    report::{Report, diff, failure, jsonl, ladder, paint::Paint},
    run::Mode,
    sample::{self, RST_IN_WINDOW, WRONG, run_on, with_traced},
    target::Traced,
    trace::{event::CaseRun, pcapng},
};

const DROPPED: Traced = Traced::Dropped { reason: "TCP_OLD_SEQUENCE", place: Some("tcp_validate_incoming") };
const CHANGED: Traced = Traced::Transition { on: 1, from: State::Established, to: State::CloseWait };
const IN_WORDS: [&str; 2] =
    ["kernel dropped it: TCP_OLD_SEQUENCE (tcp_validate_incoming)", "kernel: ESTABLISHED → CLOSE-WAIT on connection 2"];

/// A failure at step 3; the tracing told of the SYN of step 2, and earlier of something else.
fn failed() -> CaseRun {
    let run = with_traced(sample::run(WRONG), 1, &[DROPPED, CHANGED]);
    with_traced(run, 0, &[Traced::Dropped { reason: "NO_SOCKET", place: None }])
}

fn written(write: impl FnOnce(&mut Vec<u8>) -> std::io::Result<()>) -> String {
    let mut out = Vec::new();
    write(&mut out).expect("a vector takes everything");
    String::from_utf8(out).expect("text")
}

#[test]
fn a_failure_is_explained_by_what_was_done_last() {
    let rerun = failure::Rerun::default();
    let text = written(|out| failure::findings(out, &failed(), Paint::NEVER, &rerun));
    let why: Vec<_> = text.lines().filter_map(|line| line.trim_start().strip_prefix("why        ")).collect();
    assert_eq!(why, IN_WORDS, "and not by what was dropped before: {text}");
}

#[test]
fn a_diagram_shows_each_where_it_happened() {
    let text = ladder::of_run(&failed());
    let lines: Vec<_> = text.lines().collect();
    let at = |part: &str| lines.iter().position(|line| line.contains(part)).expect(part);
    assert!(at("listen") < at("kernel dropped it: NO_SOCKET"), "{text}");
    assert!(at("kernel dropped it: NO_SOCKET") < at("SYN seq=0") && at("SYN seq=0") < at(IN_WORDS[0]), "{text}");
    assert_eq!(at(IN_WORDS[0]) + 1, at(IN_WORDS[1]), "{text}");
}

#[test]
fn programs_get_the_parts_and_the_words() {
    let line = written(|out| jsonl::JsonLines.case(out, &failed()));
    let value: serde_json::Value = serde_json::from_str(&line).expect("JSON");
    let told = json!([
        { "step": 1, "dropped": "NO_SOCKET" },
        { "step": 2, "dropped": "TCP_OLD_SEQUENCE", "place": "tcp_validate_incoming" },
        { "step": 2, "from": "ESTABLISHED", "to": "CLOSE-WAIT", "connection": 2 },
    ]);
    assert_eq!(value["traced"], told);
    assert_eq!(value["findings"][0]["why"], json!(IN_WORDS));
    let bare = written(|out| jsonl::JsonLines.case(out, &sample::run(WRONG)));
    assert!(!bare.contains("traced") && !bare.contains("why"), "{bare}");
}

#[test]
fn a_capture_has_it_beside_the_packet_that_was_dropped() {
    let file = String::from_utf8_lossy(&pcapng::capture(&failed())).into_owned();
    assert!(file.contains(&format!("\n{}\n{}", IN_WORDS[0], IN_WORDS[1])), "{file}");
    assert!(!file.contains("NO_SOCKET"), "that was no packet: {file}");
}

#[test]
fn it_explains_a_divergence_and_makes_none() {
    let [left, right] = ["reference", "reference:rfc793"].map(|name| run_on(name, RST_IN_WINDOW, Mode::Record));
    let none = Ledger::default();
    let compared = |right: &CaseRun| compare(&left, right, Strictness::Strict, [&none, &none]);
    let traced = with_traced(right.clone(), right.case.prelude, &[DROPPED, CHANGED]);
    let Comparison::Divergent(found) = compared(&traced) else { panic!("they part at the RST") };
    let Comparison::Divergent(bare) = compared(&right) else { panic!("they part at the RST") };
    assert_eq!((found.step, &found.fields), (bare.step, &bare.fields));
    assert_eq!(found.right.rules, bare.right.rules, "a drop reason is no rule");
    let text = written(|out| diff::divergence(out, &found, Paint::NEVER));
    assert!(IN_WORDS.iter().all(|words| text.contains(words)), "{text}");
    let line = written(|out| jsonl::divergence(out, &found));
    let value: serde_json::Value = serde_json::from_str(&line).expect("JSON");
    assert_eq!(value["right"]["why"], json!(IN_WORDS));

    let alike = with_traced(left.clone(), left.case.prelude, &[DROPPED, CHANGED]);
    assert!(matches!(compared(&alike), Comparison::Equal), "nothing but what was traced differs");
}
