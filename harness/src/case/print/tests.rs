pub(crate) mod any_case;

use std::path::PathBuf;

use proptest::prelude::*;

use super::{format_source, to_yaml};
use crate::case::{
    format::{Case, ConcreteCase},
    load::{discover, load_str},
};

/// The case without its line numbers and its prelude.
fn bare(case: &ConcreteCase) -> Case {
    let mut case = case.authored();
    case.steps.iter_mut().for_each(|step| step.line = 0);
    case
}

#[track_caller]
fn cases(text: &str) -> Vec<ConcreteCase> {
    load_str(text, "t.yaml").unwrap_or_else(|error| panic!("{error}\n{text}"))
}

#[track_caller]
fn formatted(text: &str) -> String {
    let once = format_source(text, "t.yaml").unwrap_or_else(|error| panic!("{error}\n{text}"));
    assert_eq!(format_source(&once, "t.yaml").expect("still a case"), once, "printing twice changes nothing");
    let (before, after) = (cases(text), cases(&once));
    assert_eq!(before.iter().map(bare).collect::<Vec<_>>(), after.iter().map(bare).collect::<Vec<_>>(), "{once}");
    assert_eq!(words_of_comments(text), words_of_comments(&once), "every comment is kept");
    once
}

/// The comments of a file in which no text holds a `#`.
fn words_of_comments(text: &str) -> Vec<String> {
    let mut comments: Vec<String> =
        text.lines().filter_map(|line| Some(line.split_once('#')?.1.trim().to_owned())).collect();
    comments.sort();
    comments
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn a_printed_case_loads_as_the_same_case(case in any_case::any_case()) {
        let text = to_yaml(&case).expect("a text");
        let loaded = load_str(&text, "t.yaml").map_err(|error| TestCaseError::fail(format!("{error}\n{text}")))?;
        prop_assert_eq!(loaded.len(), 1);
        prop_assert_eq!(&bare(&loaded[0]), &case, "{}", text);
        let again = format_source(&text, "t.yaml").expect("a case");
        prop_assert_eq!(&again, &text, "what is printed is formatted");
    }

    #[test]
    fn formatting_keeps_comments_and_meaning(case in any_case::any_case(), seed in any::<u64>()) {
        let text = to_yaml(&case).expect("a text");
        prop_assume!(!text.contains('#'));
        formatted(&any_case::with_comments(&text, seed));
    }
}

#[test]
fn an_untidy_file_becomes_tidy() {
    insta::assert_snapshot!(formatted(
        "# what this is about\n\n# more\nclauses:\n  - U-6\n  - 'U-7'\ntitle: 'a RST inside the window'\n\nsteps:\n\n\
         - {inject: {seq: RCV.NXT+1, flags: RST}} # the RST\n\n\n# the answer\n- expect:\n    ack: RCV.NXT # as before\n    \
         flags: ACK\n  clause: U-6\n- state: [CLOSED,\n    LISTEN] # both\n\n- call: {send: hello}\n  returns: {sent: 5}\n\
         # the end\ngiven:   ESTABLISHED # by the prelude\n# after all\n"
    ));
}

#[test]
fn two_comments_behind_one_entry_are_both_kept() {
    let text = "title: # one\n  t # two\nclauses: [U-5, # three\n  U-6] # four\nsteps: # five\n  - # six\n    state: CLOSED # seven\n# eight";
    let first: Vec<String> = formatted(text).lines().take(5).map(str::to_owned).collect();
    assert_eq!(first, ["# two", "title: t  # one", "clauses:  # four", "  - U-5  # three", "  - U-6"]);
}

#[test]
fn a_matrix_stands_in_columns() {
    insta::assert_snapshot!(formatted(
        "title: $state $position\nclauses: [U-5]\ngiven: $state\nmatrix:\n  state: [ESTABLISHED, FIN-WAIT-1] # two\n  \
         position:\n    # one\n    left-edge: {seq: RCV.NXT, reply: nothing} # exact\n    \
         inside: {seq: RCV.NXT+RCV.WND-1, reply: {flags: ACK}}\n  text: { a: {d: \"$$x\"}, b: {d: 5} }\n\
         steps: [{inject: {flags: RST, seq: $seq, data: $d}}, {expect: $reply}]\n"
    ));
}

#[test]
fn long_values_stand_in_lines() {
    insta::assert_snapshot!(formatted(
        "title: t\nclauses: [U-5]\nsteps:\n- expect: {either: [{flags: ACK, seq: SND.NXT, ack: RCV.NXT, clause: MAY-13}, \
         {clause: SHLD-31, nothing: true}, nothing, {segments: [{flags: ACK}, {flags: RST}], clauses: [U-5, U-6]}]}\n\
         - inject: {flags: SYN, seq: RCV.NXT+RCV.WND-1, ack: SND.NXT, win: 65535, urg: 0, mss: 1460, wscale: 7, \
         sack-ok: true, ip: {ttl: 1, tos: 2}}\n"
    ));
}

#[test]
fn the_examples_of_the_design_are_canonical() {
    for example in [
        "title: a RST inside the window but not at RCV.NXT draws a challenge ACK\nclauses: [U-6, U-7]\ngiven: ESTABLISHED  # reached by the standard prelude\nsteps:\n  - inject: { flags: RST, seq: RCV.NXT+1 }\n  - expect: { flags: ACK, seq: SND.NXT, ack: RCV.NXT }\n  - state: ESTABLISHED\n",
        "title: t\nclauses: [MUST-13]\nsteps:\n  - call: listen\n  - inject: { flags: SYN, seq: 0, mss: 1460 }\n  - expect: { flags: SYN+ACK, seq: 0, ack: 1 }\n\n  # then\n  - state: SYN-RECEIVED\n  - inject: { flags: PSH+ACK, seq: 1, ack: 1, data: \"hello\" }\n  - expect: { flags: ACK, ack: 6, within: 500ms }\n  - call: recv\n    returns: { data: \"hello\" }\n",
    ] {
        assert_eq!(formatted(example), example);
    }
}

#[test]
fn quotes_stand_where_they_are_needed() {
    for (title, printed) in [
        ("'plain words, with a comma'", "plain words, with a comma"),
        ("'5'", "\"5\""),
        ("'a: b'", "\"a: b\""),
        ("'a #b'", "\"a #b\""),
        ("'- a'", "\"- a\""),
        ("'*'", "\"*\""),
        ("'it''s'", "it's"),
        ("\"two\\nlines\\t\\\\ \\u00e9 \\x01\"", "\"two\\nlines\\t\\\\ é \\x01\""),
        ("' a '", "\" a \""),
        ("true", "true"),
        ("\"null\"", "\"null\""),
        ("|\n  block\n", "\"block\\n\""),
        ("$$5", "$$5"),
    ] {
        let text = format!("title: {title}\nclauses: [MUST-3]\nsteps: [{{ state: CLOSED }}]\n");
        let once = format_source(&text, "t.yaml").unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(format_source(&once, "t.yaml").ok().as_ref(), Some(&once));
        assert_eq!(cases(&text)[0].case.title, cases(&once)[0].case.title);
        let first = once.lines().next().map(str::to_owned);
        assert_eq!(first, Some(format!("title: {printed}")));
    }
}

/// Parse → print → parse is the identity over the whole suite, comments included, for files and for typed cases.
#[test]
fn the_suite_survives_printing() {
    let suite = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../cases");
    let found = discover(&[suite]);
    assert!(found.errors.is_empty(), "{:?}", found.errors);
    assert!(found.cases.len() >= 120, "{} cases", found.cases.len());
    let mut last = None;
    for case in &found.cases {
        if last != Some(&case.file) {
            formatted(&case.source);
            last = Some(&case.file);
        }
        let text = to_yaml(&bare(case)).expect("a text");
        assert_eq!(bare(&cases(&text)[0]), bare(case), "{}\n{text}", case.id);
    }
}

#[test]
fn a_broken_file_is_not_formatted() {
    let error = format_source("title: t\nclauses: [MUST-3]\nsteps: [{ inject: { flag: RST } }]\n", "t.yaml");
    assert_eq!(error.expect_err("a typing mistake").line(), Some(3));
}
