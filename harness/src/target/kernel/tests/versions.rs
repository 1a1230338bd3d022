//! IPv4 and IPv6 on one target, in turns.

use std::time::Duration;

use super::*;
use crate::{
    case::format::IpVersion,
    target::kernel::addresses::{belongs, pair_of},
};

fn over(version: IpVersion, mtu: Option<u16>) -> Config {
    Config { ip: Some(version), mtu, ..Config::default() }
}

#[test]
fn the_device_speaks_both_whatever_came_between() {
    with_target(KernelConfig::Conformance, |target| {
        let turns = [
            // The first case of a namespace comes at once: its address must be there.
            over(IpVersion::V6, None),
            over(IpVersion::V4, None),
            // Takes IPv6 from the device.
            over(IpVersion::V4, Some(576)),
            over(IpVersion::V6, Some(1280)),
            Config { ttl: Some(9), delayed_ack: Some(false), ..over(IpVersion::V6, None) },
            over(IpVersion::V6, None),
        ];
        for config in turns {
            let mut script = Script::begin(target, &config);
            assert_eq!(Some(script.endpoints.version()), config.ip);
            script.established();
            script.inject(PSH_ACK, 1, 1, b"x");
            assert_eq!(script.call(&SocketCall::Recv { max: 9 }), Outcome::Data(b"x".to_vec()), "{config:?}");
            assert_eq!(script.call(&SocketCall::Send { data: b"y", urgent: false }), Outcome::Sent(1));
            let emitted = script.emitted();
            let last = emitted.last().expect("text");
            assert_eq!((last.ttl, &last.text[..]), (config.ttl.unwrap_or(64), &b"y"[..]), "{config:?}");
        }
        let refused = target.begin(&over(IpVersion::V6, Some(1000)));
        assert!(matches!(refused, Err(Refusal::Unsupported(reason)) if reason.contains("1280")));
    });
}

#[test]
fn a_case_over_ipv6_hears_nothing_of_the_link() {
    case(&over(IpVersion::V6, None), |script| {
        script.established();
        // Longer than reports of group membership are held back for, and solicitations of routers.
        let until = script.target.now() + Duration::from_millis(1500);
        while script.target.now() < until {
            script.target.advance(until).unwrap();
        }
        script.nothing();
    });
}

#[test]
fn only_own_packets_of_the_version_belong() {
    let mut pool = crate::target::kernel::addresses::AddressPool::default();
    let (v4, v6) = (pool.next_case(IpVersion::V4, None), pool.next_case(IpVersion::V6, None));
    let other = pool.next_case(IpVersion::V6, None);
    let from = |ends: &Endpoints| build(&WireSegment::empty(ends.target, ends.peer));
    for (ends, foreign) in [(&v4, &v6), (&v6, &v4), (&v6, &other)] {
        assert!(belongs(&from(ends), ends) && !belongs(&from(foreign), ends));
    }
    let group = "[ff02::16]:0".parse().unwrap();
    let mut report = build(&WireSegment::empty(v6.target, group));
    assert!(belongs(&report, &v6), "TCP to a group is for the judges");
    report[6] = 0;
    assert!(!belongs(&report, &v6), "what tells the link of groups is not");
    let pair = pair_of(&build(&WireSegment::empty(v6.peer, v6.target)));
    assert_eq!(pair, Some(Pair { target: v6.target, peer: v6.peer }));
}
