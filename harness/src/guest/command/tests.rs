use std::fs;

use super::*;

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
