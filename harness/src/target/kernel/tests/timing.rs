//! Time: nothing is early, nothing immediate needs waiting, and a case costs little.

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    time::{Duration, Instant},
};

use super::*;
use crate::{case::format::IpVersion, target::kernel::addresses::AddressPool};

#[test]
fn advance_ends_with_the_time_or_with_an_emission() {
    case(&Config::default(), |script| {
        let until = script.target.now() + Duration::from_millis(30);
        script.target.advance(until).unwrap();
        assert!(script.target.now() >= until);
        script.listen();
        script.inject(Flags::SYN, 0, 0, &[]);
        script.one(SYN_ACK);
        let sent = script.target.now();
        script.target.advance(sent + Duration::from_secs(10)).unwrap();
        let again = script.target.now() - sent;
        assert!((0.95..4.0).contains(&again.as_secs_f64()), "the first timeout is a second: {again:?}");
        script.one(SYN_ACK);
    });
}

#[test]
fn packets_that_are_no_packets_are_lost_without_harm() {
    case(&Config::default(), |script| {
        for packet in [&[][..], &[0x45], &[0x10; 40], &[0x60; 40], &[0x45; 20], &[0xff; 3000]] {
            script.target.inject(packet).unwrap();
        }
        script.nothing();
        script.established();
    });
}

/// Not a check of speed, which depends on the machine: prints what a case costs, and checks that all of many work.
#[test]
fn many_cases_in_one_namespace() {
    const CASES: u32 = 2_000;
    with_target(KernelConfig::Conformance, |target| {
        let began = Instant::now();
        for _ in 0..CASES {
            let mut script = Script::begin(target, &Config::default());
            script.listen();
            script.handshake();
            script.is(State::Established);
            script.accept();
            script.is(State::Established);
            target.end().unwrap();
        }
        println!("a case with a handshake takes {:?}", began.elapsed() / CASES);
    });
}

/// Waits until so many threads are here. Unlike a barrier it gives up, should one of them never come.
#[track_caller]
fn meet(here: &AtomicUsize, wanted: usize) {
    let began = Instant::now();
    here.fetch_add(1, Ordering::SeqCst);
    while here.load(Ordering::SeqCst) < wanted {
        assert!(began.elapsed() < Duration::from_secs(30), "not all targets came");
        thread::yield_now();
    }
}

#[test]
fn targets_on_many_threads_do_not_see_each_other() {
    const TARGETS: usize = 16;
    let (opened, done) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let one = || {
        let began = Instant::now();
        let times = with_target(KernelConfig::Conformance, |target| {
            let opening = began.elapsed();
            meet(&opened, TARGETS);
            // The same addresses in all of them, at the same time.
            let mut script = Script::begin(target, &Config::default());
            assert_eq!(script.endpoints, AddressPool::default().next_case(IpVersion::V4, None));
            script.established();
            script.inject(PSH_ACK, 1, 1, b"x");
            assert_eq!(script.call(&SocketCall::Recv { max: 9 }), Outcome::Data(b"x".to_vec()));
            meet(&done, TARGETS);
            (opening, Instant::now())
        });
        times.map(|(opening, closing)| (opening, closing.elapsed()))
    };
    let times: Vec<_> = thread::scope(|scope| {
        let threads: Vec<_> = (0..TARGETS).map(|_| scope.spawn(one)).collect();
        threads.into_iter().filter_map(|thread| thread.join().unwrap_or_else(|panic| resume_unwind(panic))).collect()
    });
    assert!(times.is_empty() || times.len() == TARGETS);
    if let (Some(open), Some(close)) = (times.iter().map(|t| t.0).max(), times.iter().map(|t| t.1).max()) {
        println!("{TARGETS} targets at once: the last is open after {open:?}, and closed after {close:?}");
    }
}
