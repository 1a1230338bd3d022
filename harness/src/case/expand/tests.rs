use crate::case::{
    format::{Action, Expect},
    load::load_str,
};

/// A file with this matrix, which uses `$x` in its title.
fn with_matrix(matrix: &str, title: &str, steps: &str) -> String {
    format!("title: {title}\nclauses: [MUST-3]\nmatrix: {matrix}\nsteps:\n  - state: CLOSED\n{steps}")
}

#[track_caller]
fn fails(matrix: &str, title: &str) -> String {
    load_str(&with_matrix(matrix, title, ""), "m.yaml").expect_err("a bad matrix").to_string()
}

#[track_caller]
fn titles(matrix: &str, title: &str) -> Vec<String> {
    let cases = load_str(&with_matrix(matrix, title, ""), "m.yaml").unwrap_or_else(|error| panic!("{error}"));
    cases.into_iter().map(|case| format!("{} {}", case.id, case.case.title)).collect()
}

#[test]
fn a_name_ends_where_a_word_ends_and_two_dollars_are_one() {
    assert_eq!(titles("{ a: [1, 2] }", "$a-1 $$a $5 $a$a"), ["m#1 1-1 $a $5 11", "m#2 2-1 $a $5 22"]);
    let escaped = load_str(&with_matrix("{ a: [\"$$b\"] }", "$a", ""), "m.yaml").expect("a case");
    assert_eq!((escaped[0].id.as_str(), escaped[0].case.title.as_str()), ("m#$$b", "$b"));
}

#[test]
fn rows_name_values_and_the_row_itself() {
    assert_eq!(titles("{ p: { left: { s: 1 }, right: { s: 2 } } }", "$p $s"), ["m#left left 1", "m#right right 2"]);
    assert_eq!(titles("{ p: { left: 1, right: 2 } }", "$p"), ["m#left 1", "m#right 2"]);
    assert_eq!(titles("{ p: { small: { p: 1, q: 3 }, big: { p: 2, q: 4 } } }", "$p $q"), ["m#small 1 3", "m#big 2 4"]);
    assert_eq!(titles("{ p: { left: { s: 1 }, right: { s: 2 } } }", "$s"), ["m#left 1", "m#right 2"]);
}

#[test]
fn the_last_key_turns_fastest() {
    assert_eq!(titles("{ a: [x, y], b: [1, 2] }", "$a$b"), ["m#x,1 x1", "m#x,2 x2", "m#y,1 y1", "m#y,2 y2"]);
}

#[test]
fn a_map_takes_the_place_of_a_variable_and_shows_in_a_text() {
    let text = with_matrix("{ r: { rst: { e: { flags: RST, seq: [1, 2] } } } }", "it draws $e", "");
    let error = load_str(&text, "m.yaml").map(|cases| cases[0].case.title.clone());
    assert_eq!(error.ok().as_deref(), Some("it draws { flags: RST, seq: [1, 2] }"));
    let text = with_matrix("{ r: { rst: { e: { flags: RST } }, none: { e: nothing } } }", "t", "  - expect: $e\n");
    let cases = load_str(&text, "m.yaml").unwrap_or_else(|error| panic!("{error}"));
    let lengths: Vec<usize> = cases
        .iter()
        .map(|case| match &case.case.steps[1].value.action {
            Action::Expect(Expect::InOrder(segments)) => segments.len(),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(lengths, [1, 0]);
}

#[test]
fn a_matrix_that_says_too_little_or_too_much_is_refused() {
    for (matrix, title, message) in [
        ("{}", "t", "3:9: an empty matrix"),
        ("[1, 2]", "t", "3:9: a matrix is a map"),
        ("{ x: 1 }", "$x", "3:14: `x` has one value only"),
        ("{ x: [] }", "$x", "3:11: `x` has no value"),
        ("{ x: [1], y: [2] }", "$x", "3:19: the matrix variable `y` is not used"),
        ("{ x: { r: { s: 1, t: 2 } } }", "$s", "3:30: the matrix variable `t` is not used"),
        ("{ x: [1], y: { r: { x: 2 } } }", "$x", "`x` is a variable of the matrix already"),
        ("{ x: [1, 2] }", "$x $y", "1:8: unknown variable `$y`"),
        ("{ x: [1, $x] }", "$x", "3:18: `$x` in a value of the matrix"),
        ("{ x-y: [1] }", "$x", "3:11: `x-y` is no variable name"),
        ("{ x: { a: { s: 1 }, b: { t: 1 } } }", "$s", "row `b` has no `s`, row `a` has"),
        ("{ x: { a: { s: 1 }, b: { s: 2, t: 1 } } }", "$s", "row `b` has `t`, row `a` has not"),
        ("{ x: { a: { s: 1 }, b: 2 } }", "$s", "3:32: row `b` is `2`, other rows are maps"),
        ("{ x: [a/b] }", "$x", "`a/b` cannot be part of a case's id"),
        ("{ x: [{ a: 1 }] }", "$x", "a map in a list of values"),
    ] {
        let error = fails(matrix, title);
        assert!(error.contains(message), "{matrix}\n  says {error}\n  not {message}");
    }
}

/// The version of IP of each case.
#[track_caller]
fn versions(matrix: &str, config: &str) -> Vec<String> {
    let text = with_matrix(matrix, "t", "").replacen("steps:", &format!("{config}steps:"), 1);
    let cases = load_str(&text, "m.yaml").unwrap_or_else(|error| panic!("{error:?}"));
    cases.into_iter().map(|case| format!("{} {:?}", case.id, case.case.config.ip)).collect()
}

#[test]
fn the_key_ip_sets_the_version_by_itself() {
    let both = ["m#4 Some(V4)", "m#6 Some(V6)"];
    assert_eq!(versions("{ ip: [4, 6] }", ""), both);
    assert_eq!(versions("{ ip: [4, 6] }", "config: { nagle: off }\n"), both);
    assert_eq!(versions("{ ip: [4, 6] }", "config: { ip: $ip }\n"), both);
    assert_eq!(versions("{ v: [4, 6] }", "config: { ip: $v }\n"), both);
    assert_eq!(versions("{ ip: { 4: { a: 1 }, 6: { a: 2 } } }", "origin: $a\n"), both);
    // What the case says itself counts.
    assert_eq!(
        versions("{ ip: { old: { a: 4 }, new: { a: 6 } } }", "config: { ip: $a }\n"),
        ["m#old Some(V4)", "m#new Some(V6)"]
    );
}

#[test]
fn a_version_that_is_none_is_shown_in_its_row() {
    let error = fails("{ ip: [4, 5] }", "t");
    assert!(error.contains("version of IP"), "{error}");
}
