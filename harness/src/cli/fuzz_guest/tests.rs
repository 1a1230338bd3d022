use std::{os::unix::fs::PermissionsExt, path::Path};

use clap::Parser;

use super::*;
use crate::guest::report::find;

fn arguments(words: &[&str]) -> Box<Arguments> {
    let all = ["rfc793", "fuzz", "--right", "linux:fake"].iter().chain(words);
    match super::super::Arguments::try_parse_from(all).expect("arguments").command {
        super::super::Command::Fuzz(arguments) => Box::new(arguments),
        _ => panic!("another command"),
    }
}

/// A "kernel" that is a script.
fn kernel(folder: &Path, script: &str) -> Kernel {
    let kernel = Kernel { name: "fake".to_owned(), version: "0".to_owned(), folder: folder.to_owned() };
    fs::write(kernel.program(), format!("#!/bin/sh\n{script}")).expect("a script");
    fs::set_permissions(kernel.program(), fs::Permissions::from_mode(0o755)).expect("executable");
    kernel
}

fn words() -> Vec<OsString> {
    ["rfc793", "fuzz", "--right", "linux:fake"].map(OsString::from).to_vec()
}

/// The first two guests die of the same fault with an input in hand, the third ends: one finding, and exit code 1.
#[test]
fn a_guest_that_dies_is_a_finding_and_the_campaign_goes_on() {
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().join("findings");
    let dies = format!(
        "cd {}
echo x >> rounds
[ $(wc -l < rounds) = 3 ] && {{ printf 0 > $HOME/status; exit 0; }}
printf '\\020\\000\\000\\000abcdefghijklmnop' > $HOME/input
cp $HOME/order.json order.$(wc -l < rounds)
echo 'Linux version 0'
echo '[    1.5] BUG: KASAN: slab-out-of-bounds in tcp_v4_rcv+0x12/0x34'
echo '[    1.5] Write of size 1'
exit 1
",
        folder.path().display()
    );
    let kernel = kernel(folder.path(), &dies);
    let arguments = arguments(&["--seconds", "60", "--seed", "7", "--out", out.to_str().expect("UTF-8")]);
    assert_eq!(run(&kernel, &arguments, &words()).expect("it goes on"), Exit::Failed);
    let case = out.join("linux-fake-kasan-slab-out-of-bounds-in-tcp-v4-rcv.yaml");
    let mut names: Vec<_> = fs::read_dir(&out).expect("findings").flatten().map(|entry| entry.path()).collect();
    names.sort();
    assert_eq!(names, [case.with_extension("console.txt"), case.clone()]);
    let console = fs::read_to_string(&names[0]).expect("the console");
    assert_eq!(console, "BUG: KASAN: slab-out-of-bounds in tcp_v4_rcv+0x12/0x34\nWrite of size 1\n");
    let text = fs::read_to_string(&case).expect("the case");
    assert!(text.starts_with("# linux:fake 0: BUG: KASAN: slab-out-of-bounds in tcp_v4_rcv\n"), "{text}");
    // It is a case that can be run.
    let found = crate::case::load::discover(&[case]);
    assert_eq!((found.cases.len(), found.errors.len()), (1, 0), "{:?}", found.errors);
    let second = fs::read_to_string(folder.path().join("order.2")).expect("an order");
    assert!(second.contains(r#""fuzz","--round","1","--spent","#), "{second}");
}

/// Nobody knows what it died of, or of what: that is no finding but an error, at once.
#[test]
fn a_guest_that_dies_without_a_word() {
    for script in ["echo 'BUG: x'; exit 1", "printf '\\001\\000\\000\\000a' > $HOME/input; exit 1"] {
        let folder = tempfile::tempdir().expect("a folder");
        let out = folder.path().join("findings");
        let arguments = arguments(&["--executions", "9", "--out", out.to_str().expect("UTF-8")]);
        let error = run(&kernel(folder.path(), script), &arguments, &words()).expect_err("no finding");
        assert!(matches!(&error, Failure::Environment(text) if text.contains("ended without a result")), "{error}");
        assert!(!out.exists());
    }
}

/// A kernel that always dies does not go on for ever: each execution counts, the one it died of too.
#[test]
fn executions_are_counted_over_all_guests() {
    let folder = tempfile::tempdir().expect("a folder");
    let script = format!(
        "echo x >> {}/rounds; printf '\\001\\000\\000\\000a' > $HOME/input; echo 'kernel BUG at a.c:1!'; exit 1",
        folder.path().display()
    );
    let out = folder.path().join("findings");
    let arguments = arguments(&["--executions", "4", "--out", out.to_str().expect("UTF-8")]);
    assert_eq!(run(&kernel(folder.path(), &script), &arguments, &words()).expect("ended"), Exit::Failed);
    assert_eq!(fs::read_to_string(folder.path().join("rounds")).expect("rounds").lines().count(), 4);
}

#[test]
fn what_a_guest_is_told() {
    let told = |seed, round, spent| {
        let words = words_of(&words(), seed, round, spent);
        words[2..].iter().map(|word| word.to_str().expect("UTF-8").to_owned()).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(told(None, 0, 0), "--right linux:fake");
    assert_eq!(told(Some(5), 0, 0), "--seed 5 --right linux:fake");
    assert_eq!(told(None, 2, 1500), "--round 2 --spent 1500 --right linux:fake");
    let report = find("WARNING: CPU: 0 PID: 3 at net/ipv4/tcp.c:7 tcp_x+0x1/0x2").expect("a report");
    let kernel = Kernel { name: "6.12+kasan".to_owned(), version: "0".to_owned(), folder: PathBuf::new() };
    assert_eq!(name_of(&kernel, &report), "linux-6-12-kasan-warning-at-net-ipv4-tcp-c-7-tcp-x");
}
