//! The kernel target without the rights of root, in a user namespace that the process makes for itself.
//!
//! A program of its own (`harness = false`): a user namespace can only be entered before there are threads. The
//! parent runs itself again, through `setpriv`, without the two capabilities that the target needs.

use std::{env, process::Command, thread};

use harness::{
    case::{format::Config, state::State},
    target::{
        ConnState, Handle, Outcome, Pair, SocketCall, Target, TargetError,
        kernel::{KernelOptions, KernelTarget, Standing, enter_user_namespace_if_needed},
    },
};

const CHILD: &str = "RFC793_TEST_WITHOUT_RIGHTS";

fn main() {
    if env::var_os(CHILD).is_some() {
        return without_rights();
    }
    refuses_the_main_thread();
    let this = env::current_exe().expect("the test knows its own path");
    let child = Command::new("setpriv")
        .args(["--bounding-set=-net_admin,-sys_admin", "--inh-caps=-net_admin,-sys_admin", "--"])
        .arg(this)
        .env(CHILD, "1")
        .status();
    match child {
        Ok(status) => assert!(status.success(), "the child failed: {status}"),
        Err(error) => skip(&format!("setpriv cannot be run: {error}")),
    }
}

/// The main thread's namespace is the user's: the target is not opened there.
fn refuses_the_main_thread() {
    let namespace = || std::fs::read_link("/proc/self/ns/net").expect("/proc tells the namespace");
    let before = namespace();
    match KernelTarget::open(KernelOptions::default()) {
        Err(TargetError::Broken(why)) => assert!(why.contains("thread of its own"), "{why}"),
        Err(other) => panic!("refused for another reason: {other}"),
        Ok(_) => panic!("opened on the main thread"),
    }
    assert_eq!(namespace(), before);
}

fn without_rights() {
    let user_namespace = || std::fs::read_link("/proc/self/ns/user").expect("/proc tells the namespace");
    let before = user_namespace();
    match thread::spawn(|| KernelTarget::open(KernelOptions::default()).map(drop)).join().expect("no panic") {
        Err(TargetError::Permission(why)) => assert!(why.contains("run it as root"), "{why}"),
        Err(other) => panic!("refused for another reason: {other}"),
        Ok(()) => return skip("setpriv took no capability away"),
    }
    until_alone();
    match enter_user_namespace_if_needed() {
        Ok(standing) => assert_eq!(standing, Standing::UserNamespace),
        Err(TargetError::Permission(why)) => return skip(&why),
        Err(other) => panic!("{other}"),
    }
    assert_ne!(user_namespace(), before);
    assert_eq!(enter_user_namespace_if_needed().ok(), Some(Standing::Privileged), "a second call has nothing to do");
    match thread::spawn(use_a_target).join().expect("no panic") {
        Ok(()) => println!("user namespace: ok"),
        Err(TargetError::Permission(why)) => skip(&why),
        Err(other) => panic!("{other}"),
    }
}

/// Waits until the kernel has put away the joined thread: `join` returns a little before, and until then the process
/// counts as one with threads.
fn until_alone() {
    let threads = || std::fs::read_dir("/proc/self/task").expect("/proc lists the threads").count();
    while threads() > 1 {
        thread::yield_now();
    }
}

/// The device, sysctls, routes, sockets, states: all of it works without rights outside.
fn use_a_target() -> Result<(), TargetError> {
    let mut target = KernelTarget::open(KernelOptions::default())?;
    let config = Config { timestamps: Some(true), mtu: Some(900), delayed_ack: Some(false), ..Config::default() };
    let endpoints = target.begin(&config).expect("the case begins");
    let pair = Pair { target: endpoints.target, peer: endpoints.peer };
    let on = Handle::Connection(0);
    assert_eq!(target.call(on, pair, &SocketCall::Connect { to: endpoints.peer })?, Outcome::Ok);
    let mut emissions = Vec::new();
    target.capture(&mut emissions)?;
    // IP and TCP header, MSS and timestamps with padding.
    assert_eq!(emissions.iter().map(|emission| emission.packet.len()).collect::<Vec<_>>(), [20 + 20 + 4 + 12]);
    assert_eq!(target.state(on, pair)?, ConnState::Is(State::SynSent));
    target.end()?;
    target.begin(&Config::default()).expect("another case begins");
    assert_eq!(target.state(on, pair)?, ConnState::None { listening: false });
    target.end()
}

fn skip(why: &str) {
    assert!(env::var_os("CI").is_none_or(|value| value != "true"), "CI must have the kernel target: {why}");
    println!("SKIPPED: {why}");
}
