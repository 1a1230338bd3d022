use super::*;

#[test]
fn the_end_of_a_console() {
    assert_eq!(last_lines(""), "(nothing)");
    let text = (0..20).map(|line| format!("line {line}\r\n\n")).collect::<String>();
    let last = last_lines(&text);
    assert_eq!(last.lines().count(), CONSOLE_LINES);
    assert!(last.starts_with("line 8\nline 9") && last.ends_with("line 19"), "{last}");
}

#[test]
fn what_grows_is_passed_on_once() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("out");
    let mut tail = Tail::new(&path).expect("a file");
    let mut seen = Vec::new();
    for text in ["", "one", "two"] {
        let mut file = fs::OpenOptions::new().append(true).open(&path).expect("the file");
        file.write_all(text.as_bytes()).expect("written");
        tail.pass_on(&mut seen).expect("read");
    }
    assert_eq!(seen, b"onetwo");
}
