use core::time::Duration;

use super::*;
use crate::packet_script::{ACK, PSH_ACK, SYN, SYN_ACK, Script, seg};
use crate::{Reply, SocketOption, SocketOptions, State, UserCall};

fn profile() -> Profile {
    Profile { user_timeout_option: true, ..Profile::rfc9293() }
}

/// RFC5482#3.3, #3.4: seconds, then minutes; never zero, and zero says nothing.
#[test]
fn the_field() {
    let secs = Duration::from_secs;
    for (span, field) in [
        (Duration::ZERO, 1),
        (secs(100), 100),
        (secs(32_767), 32_767),
        (secs(32_768), MINUTES | 546),
        (secs(u64::MAX), u16::MAX),
    ] {
        assert_eq!(encode(span), field, "{span:?}");
    }
    assert_eq!([0, MINUTES, 7, MINUTES | 7].map(decode), [None, None, Some(secs(7)), Some(secs(420))]);
}

fn timeout(s: &mut Script) -> Option<Duration> {
    let socket = s.socket();
    match s.call(UserCall::Status { socket }) {
        Ok(Reply::Status(status)) => status.user_timeout,
        other => panic!("{other:?}"),
    }
}

/// RFC5482#3, #3.1: in the SYN and the first segment after it; the longer of both is adopted, within the limits.
#[test]
fn the_longer_one_is_adopted() {
    for (remote, adopted) in [(50, 100), (100, 100), (500, 500), (MINUTES | 30_000, 24 * 3600)] {
        let mut s = Script::new(profile());
        s.connect().expect(&[seg(SYN, 0, 0).uto(Some(100))]);
        s.inject(seg(SYN_ACK, 0, 1).uto(Some(remote))).expect(&[seg(ACK, 1, 1).uto(Some(100))]);
        assert_eq!(timeout(&mut s), Some(Duration::from_secs(adopted)), "{remote}");
        s.send(b"x").expect(&[seg(PSH_ACK, 1, 1).text(b"x").uto(None)]);
        s.wait(Duration::from_secs(adopted - 1)).state(State::Established).wait_ms(1000).state(State::Closed);
    }
    // However short both are.
    let mut s = Script::new(Profile { user_timeout: Some(Duration::from_secs(10)), ..profile() });
    s.connect().inject(seg(SYN_ACK, 0, 1).uto(Some(20)));
    assert_eq!(timeout(&mut s), Some(Duration::from_secs(100)));
    // Off, it says and hears nothing.
    let mut s = Script::new(Profile::rfc9293());
    s.connect().expect(&[seg(SYN, 0, 0).uto(None)]);
    s.inject(seg(SYN_ACK, 0, 1).uto(Some(500))).expect(&[seg(ACK, 1, 1).uto(None)]);
    assert_eq!(timeout(&mut s), None);
}

/// RFC5482#3.1: what the user has set stays; a change is told with the next segment that has room.
#[test]
fn the_users_own_stays() {
    let options = SocketOptions { user_timeout: Some(Duration::from_secs(20)), ..SocketOptions::default() };
    let mut s = Script::new(profile());
    s.listen_with(8, options).inject(seg(SYN, 0, 0).mss(1460).uto(Some(500)));
    s.expect(&[seg(SYN_ACK, 0, 1).uto(Some(20))]).inject(seg(ACK, 1, 1)).accept();
    assert_eq!(timeout(&mut s), Some(Duration::from_secs(20)));
    s.send(&[0; 1470]).expect(&[seg(ACK, 1, 1).zeros(1460).uto(None)]);
    s.inject(seg(ACK, 1, 1461)).expect(&[seg(PSH_ACK, 1461, 1).zeros(10).uto(Some(20))]);
    let socket = s.socket();
    let option = SocketOption::UserTimeout(None);
    assert_eq!(s.call(UserCall::SetOption { socket, option }), Ok(Reply::Done));
    s.inject(seg(ACK, 1, 1471)).send(b"x").expect(&[seg(PSH_ACK, 1471, 1).text(b"x").uto(Some(100))]);
    assert_eq!(timeout(&mut s), Some(Duration::from_secs(500)));
}
