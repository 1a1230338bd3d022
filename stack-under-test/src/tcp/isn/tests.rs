use core::net::Ipv4Addr;
use core::time::Duration;
use std::collections::HashSet;

use proptest::prelude::*;

use super::*;

fn socket(text: &str) -> SocketAddr {
    text.parse().expect("a socket address")
}

fn at(nanos: u64) -> Instant {
    Instant::from_nanos(nanos)
}

#[test]
fn the_clock_ticks_every_four_microseconds() {
    assert_eq!(IsnGenerator::clock793(at(3_999)), Seq(0));
    assert_eq!(IsnGenerator::clock793(at(4_000)), Seq(1));
    assert_eq!(IsnGenerator::clock793(at(1_000_000_000)), Seq(250_000));
}

#[test]
fn the_clock_wraps_after_2_32_ticks() {
    let round = 4_000 << 32;
    assert_eq!(IsnGenerator::clock793(at(round - 1)), Seq(u32::MAX));
    assert_eq!(IsnGenerator::clock793(at(round)), Seq(0));
}

/// The key and F computed by another SipHash-2-4: a run must be repeatable anywhere.
#[test]
fn known_answer() {
    let isn = IsnGenerator::new(42);
    let iss = isn.rfc6528(at(0), socket("192.0.2.1:80"), socket("192.0.2.2:40000"));
    assert_eq!(iss, Seq(3_973_774_119));
}

#[test]
fn every_part_of_the_connection_id_and_the_key_count() {
    let iss = |seed, local, remote| IsnGenerator::new(seed).rfc6528(at(0), socket(local), socket(remote));
    let variants = [
        iss(1, "10.0.0.1:80", "10.0.0.2:4000"),
        iss(2, "10.0.0.1:80", "10.0.0.2:4000"),
        iss(1, "10.0.0.3:80", "10.0.0.2:4000"),
        iss(1, "10.0.0.1:81", "10.0.0.2:4000"),
        iss(1, "10.0.0.1:80", "10.0.0.4:4000"),
        iss(1, "10.0.0.1:80", "10.0.0.2:4001"),
        iss(1, "10.0.0.2:4000", "10.0.0.1:80"),
    ];
    let distinct: HashSet<_> = variants.iter().collect();
    assert_eq!(distinct.len(), variants.len(), "{variants:?}");
}

#[test]
fn neighbouring_ports_are_spread_over_the_circle() {
    let isn = IsnGenerator::new(0);
    let mut quarters = [0; 4];
    for port in 1024..2048 {
        let remote = SocketAddr::new([10, 0, 0, 2].into(), port);
        let iss = isn.rfc6528(at(0), socket("10.0.0.1:80"), remote);
        quarters[(iss.0 >> 30) as usize] += 1;
    }
    assert!(quarters.iter().all(|&count| (200..=312).contains(&count)), "{quarters:?} is not about 256 each");
}

#[test]
fn debug_hides_the_key() {
    assert_eq!(format!("{:?}", IsnGenerator::new(1)), "IsnGenerator { .. }");
}

proptest! {
    /// RFC6528#3: for one connection F is constant, so its numbers follow the clock and an old
    /// incarnation's segments stay behind the new ISN.
    #[test]
    fn one_connection_follows_the_clock(
        seed: u64,
        start in 0..u64::MAX / 2,
        pause in 0..u64::MAX / 4,
        (local_port, remote_port) in any::<(u16, u16)>(),
        (local, remote) in any::<(u32, u32)>(),
    ) {
        let isn = IsnGenerator::new(seed);
        let local = SocketAddr::new(Ipv4Addr::from_bits(local).into(), local_port);
        let remote = SocketAddr::new(Ipv4Addr::from_bits(remote).into(), remote_port);
        let later = at(start) + Duration::from_nanos(pause);
        let first = isn.rfc6528(at(start), local, remote);
        let second = isn.rfc6528(later, local, remote);
        let ticks = IsnGenerator::clock793(later).since(IsnGenerator::clock793(at(start)));
        prop_assert_eq!(second.since(first), ticks);
    }
}
