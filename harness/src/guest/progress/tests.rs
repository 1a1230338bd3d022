use super::*;

#[test]
fn the_last_whole_line_counts() {
    assert_eq!(parse("1 one execution\n20 twenty, 1 new\n30 thi"), Some((20, "twenty, 1 new")));
    for nothing in ["", "1 one", "\n", "one 1\n", "12\n"] {
        assert_eq!(parse(nothing), None, "{nothing:?}");
    }
}
