use core::time::Duration;

use super::*;
use crate::rule::{Rule, Rules};

const STATION: MacAddr = MacAddr([2, 0, 0, 0, 0, 9]);
const OTHER: MacAddr = MacAddr([2, 0, 0, 0, 0, 8]);

fn hop() -> IpAddr {
    [192, 0, 2, 9].into()
}

fn packet(octet: u8) -> Transmit {
    Transmit { packet: vec![octet], rules: Rules::one(Rule::UdpSend) }
}

fn at(millis: u64) -> Instant {
    Instant::ZERO + Duration::from_millis(millis)
}

fn ask(station: Option<MacAddr>) -> Ask {
    Ask { address: hop(), station }
}

/// RFC826; RFC1122#2.3.2.2: at least the latest packet waits.
#[test]
fn packets_wait_for_the_answer() {
    let profile = Profile::rfc9293();
    let mut cache = Neighbors::default();
    assert_eq!(cache.resolve(hop(), packet(1), at(0), &profile), (Resolved::Waits, Some(ask(None))));
    for octet in 2..=3 {
        assert_eq!(cache.resolve(hop(), packet(octet), at(1), &profile), (Resolved::Waits, None));
    }
    assert_eq!(cache.resolve(hop(), packet(4), at(2), &profile), (Resolved::Displaced, None));
    let waited = cache.learn(hop(), STATION, Evidence::Answer, at(3), &profile);
    assert_eq!(waited, [packet(2), packet(3), packet(4)]);
    assert_eq!(cache.resolve(hop(), packet(5), at(4), &profile), (Resolved::To(STATION, packet(5)), None));
}

/// RFC1122#2.3.2.1: not more than one question a second; RFC4861#7.2.2: three, then the packets are lost.
#[test]
fn questions_repeat_and_end() {
    let profile = Profile::rfc9293();
    let mut cache = Neighbors::default();
    let _ = cache.resolve(hop(), packet(1), at(0), &profile);
    for second in 1..=2 {
        assert_eq!(cache.deadline(), Some(at(second * 1000)));
        assert_eq!(cache.expire(at(second * 1000 - 1), &profile), (vec![], vec![]));
        assert_eq!(cache.expire(at(second * 1000), &profile), (vec![ask(None)], vec![]));
    }
    assert_eq!(cache.expire(at(3000), &profile), (vec![], vec![packet(1)]));
    assert_eq!(cache.deadline(), None, "nothing is left");
    assert_eq!(cache.resolve(hop(), packet(2), at(3000), &profile).1, Some(ask(None)));
}

/// RFC4861#7.3.3; the unicast poll of RFC1122#2.3.2.1.
#[test]
fn a_stale_neighbor_is_used_then_asked_alone_then_forgotten() {
    let profile = Profile::rfc9293();
    let mut cache = Neighbors::default();
    let _ = cache.resolve(hop(), packet(1), at(0), &profile);
    cache.learn(hop(), STATION, Evidence::Answer, at(0), &profile);
    assert_eq!(cache.expire(at(30_000), &profile), (vec![], vec![]));
    assert_eq!(cache.deadline(), None, "an unused entry asks nothing");
    assert_eq!(cache.resolve(hop(), packet(2), at(40_000), &profile), (Resolved::To(STATION, packet(2)), None));
    assert_eq!(cache.deadline(), Some(at(45_000)));
    for second in 45..48 {
        assert_eq!(cache.expire(at(second * 1000), &profile), (vec![ask(Some(STATION))], vec![]), "{second} s");
    }
    assert_eq!(cache.expire(at(48_000), &profile), (vec![], vec![]));
    assert_eq!(cache.station(hop()), None);
}

#[test]
fn an_answer_to_the_poll_confirms() {
    let profile = Profile::rfc9293();
    let mut cache = Neighbors::default();
    cache.learn(hop(), STATION, Evidence::Mention, at(0), &profile);
    let _ = cache.resolve(hop(), packet(1), at(0), &profile);
    assert_eq!(cache.expire(at(5000), &profile).0.len(), 1);
    cache.learn(hop(), STATION, Evidence::Answer, at(5001), &profile);
    assert_eq!(cache.deadline(), Some(at(35_001)));
}

/// RFC826's merge flag: what is known is corrected, strangers are not remembered.
#[test]
fn overheard_news_only_corrects() {
    let profile = Profile::rfc9293();
    let mut cache = Neighbors::default();
    cache.learn(hop(), STATION, Evidence::Overheard, at(0), &profile);
    cache.learn(hop(), STATION, Evidence::Answer, at(0), &profile);
    assert_eq!(cache.station(hop()), None);
    cache.learn(hop(), STATION, Evidence::Mention, at(0), &profile);
    cache.learn(hop(), OTHER, Evidence::Overheard, at(1), &profile);
    assert_eq!(cache.station(hop()), Some(OTHER));
}

#[test]
fn the_table_is_bounded_and_forgets_the_least_used() {
    let mut profile = Profile::rfc9293();
    profile.limits.neighbors = 2;
    let mut cache = Neighbors::default();
    for (last, time) in [(1, 0), (2, 1), (1, 2), (3, 3)] {
        let address = [192, 0, 2, last].into();
        cache.learn(address, STATION, Evidence::Mention, at(time), &profile);
        let _ = cache.resolve(address, packet(last), at(time), &profile);
    }
    let known = |last: u8| cache.station([192, 0, 2, last].into()).is_some();
    assert_eq!([known(1), known(2), known(3)], [true, false, true]);
}
