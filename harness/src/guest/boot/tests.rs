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

/// A "kernel" that is no kernel: what it prints is in the error, and its folder is gone afterwards.
#[test]
fn a_guest_that_dies_is_told_of() {
    let folder = tempfile::tempdir().expect("a folder");
    let kernel = Kernel { name: "bad".to_owned(), version: "0".to_owned(), folder: folder.path().to_owned() };
    let missing = run(&kernel, Vec::new(), None, &AtomicBool::new(false)).expect_err("no program").to_string();
    assert!(missing.starts_with("failed to start the program for the guest linux:bad: "), "{missing}");
    std::os::unix::fs::symlink("/bin/echo", kernel.program()).expect("a link");
    let error = run(&kernel, Vec::new(), None, &AtomicBool::new(false)).expect_err("no kernel").to_string();
    assert!(error.contains("linux:bad ended without a result (exit status: 0)"), "{error}");
    assert!(error.contains("rootfstype=hostfs"), "{error}");
}

/// It ends at once when the user wants to stop, with all its processes.
#[test]
fn a_stopped_guest() {
    let folder = tempfile::tempdir().expect("a folder");
    let kernel = Kernel { name: "slow".to_owned(), version: "0".to_owned(), folder: folder.path().to_owned() };
    fs::write(kernel.program(), "#!/bin/sh\nread answer\nexit 0\n").expect("a script");
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    fs::set_permissions(kernel.program(), mode).expect("executable");
    assert_eq!(run(&kernel, Vec::new(), None, &AtomicBool::new(true)).expect("stopped"), Ended::Stopped);
}
