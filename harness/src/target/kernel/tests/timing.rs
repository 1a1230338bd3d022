//! Time: nothing is early, nothing immediate needs waiting, and a case costs little.

use std::time::{Duration, Instant};

use super::*;

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
