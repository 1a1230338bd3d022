use super::{difference, is_version};

#[test]
fn only_what_differs_is_shown() {
    assert_eq!(difference("a\nb\nc\n", "a\nB\nc\n"), "@@ line 2 @@\n-b\n+B\n");
    assert_eq!(difference("", "a\n"), "@@ line 1 @@\n+a\n");
    assert_eq!(difference("a\na\n", "a\na\na\n"), "@@ line 3 @@\n+a\n");
    assert_eq!(difference("a\nx\ny\n", "a\n"), "@@ line 2 @@\n-x\n-y\n");
    let many: String = (0..30).map(|line| format!("{line}\n")).collect();
    assert!(difference(&many, "").ends_with("-9\n-… 20 more lines\n"));
}

#[test]
fn a_version_is_not_a_range() {
    assert!(["6.12.117", "6.1", "7"].iter().all(|text| is_version(text)));
    assert!(["", ">=6.1", "6.1..6.12", "newest", "6.12-rc1"].iter().all(|text| !is_version(text)));
}
