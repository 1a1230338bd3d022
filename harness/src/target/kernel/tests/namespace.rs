//! Nothing is named, nothing is left, and the main thread's namespace is not touched.

use std::{
    collections::BTreeSet,
    fs,
    io::{BufRead, BufReader, Write},
    process::{Command, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};

use super::*;

/// Set in the child process that is killed.
const CHILD: &str = "RFC793_TEST_OPEN_AND_HANG";

/// What a namespace shows of itself to a process in it.
fn main_namespace() -> (BTreeSet<String>, String) {
    let pid = std::process::id();
    let devices = fs::read_to_string(format!("/proc/{pid}/net/dev")).unwrap();
    let names = devices.lines().filter_map(|line| Some(line.split_once(':')?.0.trim().to_owned())).collect();
    (names, fs::read_link(format!("/proc/{pid}/ns/net")).unwrap().display().to_string())
}

fn named() -> Vec<String> {
    let entries = fs::read_dir("/run/netns").into_iter().flatten();
    entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect()
}

#[test]
fn a_target_is_nowhere_but_on_its_thread() {
    let before = (main_namespace(), named());
    let inside = with_target(KernelConfig::Conformance, |target| {
        Script::begin(target, &Config::default()).established();
        assert_eq!((main_namespace(), named()), before);
        fs::read_to_string("/proc/thread-self/net/dev").unwrap()
    });
    assert!(inside.is_none_or(|devices| devices.contains("peer0:") && devices.lines().count() == 4));
    assert_eq!((main_namespace(), named()), before);
}

#[test]
fn a_target_belongs_to_its_thread() {
    trait MaybeSend<Marker> {
        fn marker() {}
    }
    struct IfSend;
    impl<T> MaybeSend<()> for T {}
    impl<T: Send> MaybeSend<IfSend> for T {}
    // Ambiguous, so it does not compile, if the target is `Send`.
    <KernelTarget as MaybeSend<_>>::marker();
}

/// How many network namespaces the processes of this machine's threads are in, as far as this user can see.
fn namespaces_of(pid: u32) -> BTreeSet<String> {
    let tasks = fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten();
    tasks.filter_map(|task| Some(fs::read_link(task.path().join("ns/net")).ok()?.display().to_string())).collect()
}

#[test]
fn killing_the_process_leaves_nothing() {
    if std::env::var_os(CHILD).is_some() {
        let _ = with_target(KernelConfig::Conformance, |target| {
            Script::begin(target, &Config::default()).established();
            println!("\nOPEN");
            std::io::stdout().flush().unwrap();
            sleep(Duration::from_secs(600));
        });
        return;
    }
    if with_target(KernelConfig::Conformance, |_target| ()).is_none() {
        return;
    }
    let before = (main_namespace(), named());
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "--nocapture", "target::kernel::tests::namespace::killing_the_process_leaves_nothing"])
        .env(CHILD, "1")
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let pid = child.id();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert!(lines.map_while(Result::ok).any(|line| line == "OPEN"), "the child did not open a target");
    assert_eq!(namespaces_of(pid).len(), 2, "the child has its own and the target's namespace");
    assert_eq!((main_namespace(), named()), before, "the child's target shows nowhere");
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(namespaces_of(pid), BTreeSet::new());
    assert_eq!((main_namespace(), named()), before);
}

#[test]
fn the_next_case_sees_nothing_of_the_one_before() {
    with_target(KernelConfig::Conformance, |target| {
        let mut script = Script::begin(target, &Config::default());
        script.established();
        // Left behind: data that nobody acknowledges, a connection in TIME-WAIT, one in SYN-RECEIVED.
        script.call(&SocketCall::Send { data: b"again and again", urgent: false });
        script.one(PSH_ACK);
        script.on(1).handshake();
        script.accept();
        script.call(&SocketCall::Close);
        script.one(FIN_ACK);
        script.inject(FIN_ACK, 1, 2, &[]);
        script.is(State::TimeWait);
        script.on(2).inject(Flags::SYN, 0, 0, &[]);
        script.is(State::SynReceived);
        let old: Vec<Pair> = (0..3).map(|connection| script.on(connection).pair()).collect();
        let next = Script::begin(target, &Config::default());
        let endpoints = next.endpoints;
        assert!(old.iter().all(|pair| pair.peer != endpoints.peer));
        for pair in old {
            assert_eq!(target.diag.find(pair).unwrap().state, None, "{pair:?}");
        }
        let until = Duration::from_millis(1300);
        let began = Instant::now();
        target.advance(until).unwrap();
        assert!(began.elapsed() >= Duration::from_millis(1200), "something was emitted");
        let mut emissions = Vec::new();
        target.capture(&mut emissions).unwrap();
        assert_eq!(emissions, []);
    });
}
