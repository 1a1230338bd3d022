use core::time::Duration;

use crate::packet_script::{ACK, FIN_ACK, Line, PSH_ACK, RST, SYN, SYN_ACK, Script, seg};
use crate::profile::{Limits, SynCookies, WindowScaling};
use crate::wire::tcp::Flags;
use crate::{Profile, Reply, Rule, SocketOptions, State, Status, UserCall};

fn always() -> Profile {
    Profile { syn_cookies: SynCookies::Always, ..Profile::rfc9293() }
}

fn everything() -> Profile {
    let window_scale = WindowScaling::FromBuffer;
    Profile { timestamps: true, sack: true, ecn: true, window_scale, ..always() }
}

fn status(s: &mut Script) -> Status {
    let socket = s.socket();
    match s.call(UserCall::Status { socket }) {
        Ok(Reply::Status(status)) => status,
        other => panic!("{other:?}"),
    }
}

/// RFC4987#3.6: the SYN leaves nothing behind, the ACK brings back what is needed.
#[test]
fn a_handshake_without_a_record() {
    let mut s = Script::new(always());
    s.listen().inject(seg(SYN, 0, 0).mss(1460).win(500));
    s.expect_for(Rule::SynCookieSent, seg(SYN_ACK, 0, 1).mss(1460).win(65_535)).state(State::Closed);
    s.inject(seg(ACK, 1, 1).win(700)).expect_nothing().state(State::Established).accept();
    let status = status(&mut s);
    assert_eq!(
        (status.send_mss, status.snd_wnd, status.rcv_nxt),
        (1460, 700, crate::packet_script::PEER_ISN.0.wrapping_add(1))
    );
    s.inject(seg(PSH_ACK, 1, 1).text(b"hi")).wait_ms(200).expect(&[seg(ACK, 1, 3)]);
    s.send(b"yo").expect(&[seg(PSH_ACK, 1, 3).text(b"yo")]);
}

/// Text may come with the ACK, or be all that comes.
#[test]
fn text_with_the_ack() {
    let mut s = Script::new(always());
    s.listen().inject(seg(SYN, 0, 0)).take_lines();
    s.inject(seg(PSH_ACK, 1, 1).text(b"hello")).state(State::Established).accept().receive(b"hello");
}

/// The largest size that the peer takes; the default without an option.
#[test]
fn segment_sizes() {
    for (announced, taken) in [(None, 536), (Some(64), 64), (Some(535), 64), (Some(1459), 1440), (Some(1500), 1460)] {
        let mut s = Script::new(always());
        let syn = seg(SYN, 0, 0);
        s.listen().inject(announced.map_or(syn.clone(), |mss| syn.mss(mss))).inject(seg(ACK, 1, 1)).accept();
        assert_eq!(status(&mut s).send_mss, taken, "{announced:?}");
    }
    // Too small for any cookie: a record.
    let mut s = Script::new(always());
    s.listen().inject(seg(SYN, 0, 0).mss(63)).state(State::SynReceived);
}

/// A cookie is good for one to two intervals, and for its own SYN only.
#[test]
fn forged_and_old_cookies() {
    let given = |wait: u64, ack: Line| {
        let mut s = Script::new(always());
        s.listen().inject(seg(SYN, 0, 0)).take_lines();
        s.wait(Duration::from_secs(wait)).inject(ack);
        s.take_lines().first().map(|line| line.flags)
    };
    assert_eq!(given(0, seg(ACK, 1, 1)), None);
    assert_eq!(given(64, seg(ACK, 1, 1)), None);
    assert_eq!(given(128, seg(ACK, 1, 1)), Some(RST));
    assert_eq!(given(0, seg(ACK, 1, 2)), Some(RST));
    assert_eq!(given(0, seg(ACK, 2, 1)), Some(RST));
    assert_eq!(given(0, seg(ACK, 1, 1 + (1 << 24))), Some(RST), "another size");
    assert_eq!(given(0, seg(ACK, 1, 1 + (31 << 27))), Some(RST), "another interval");
    // 32 intervals later the five bits are the same.
    assert_eq!(given(32 * 64, seg(ACK, 1, 1)), Some(RST));
    let mut s = Script::new(Profile { syn_cookies: SynCookies::Off, ..always() });
    s.listen().inject(seg(ACK, 1, 1)).expect(&[seg(RST, 1, 0)]);
}

/// The first segment after the SYN,ACK is lost: what follows it cannot be verified, and must not be reset either.
#[test]
fn text_after_a_lost_ack() {
    let mut s = Script::new(always());
    s.listen().inject(seg(SYN, 0, 0)).take_lines();
    s.inject(seg(FIN_ACK, 6, 1)).expect_nothing().dropped(Rule::SynCookieUnverified);
    s.inject(seg(PSH_ACK, 1, 1).text(b"hello")).state(State::Established).accept().receive(b"hello");

    let answered = |wait: u64, ack: u32| {
        let mut s = Script::new(always());
        s.listen().inject(seg(SYN, 0, 0)).take_lines();
        s.wait(Duration::from_secs(wait)).inject(seg(FIN_ACK, 6, ack));
        s.take_lines().first().map(|line| line.flags)
    };
    assert_eq!(answered(64, 1), None);
    assert_eq!(answered(128, 1), Some(RST), "no cookie is so old");
    assert_eq!(answered(0, 1 + (2 << 27)), Some(RST), "none of a current interval");
    let mut s = Script::new(always());
    s.listen().inject(seg(FIN_ACK, 6, 1)).expect_for(Rule::ListenAck, seg(RST, 1, 0));
}

/// Beside timestamps the other options survive, in the low bits of TSval.
#[test]
fn options_in_the_timestamp() {
    let mut s = Script::new(everything());
    let options = SocketOptions { recv_buffer: 1 << 18, ..SocketOptions::default() };
    let setup = SYN | Flags::ECE | Flags::CWR;
    s.listen_with(8, options).inject(seg(setup, 0, 0).mss(1460).ws(3).sack_ok(true).ts(500, 0));
    s.expect(&[seg(SYN_ACK | Flags::ECE, 0, 1).ws(3).sack_ok(true).ecn(0)]);
    let base = s.target_clock().expect("a timestamp");
    assert_eq!(base & 63, 3 | 16 | 32);
    s.inject(seg(ACK, 1, 1).win(100).ts(501, 0)).state(State::Established).accept();
    assert_eq!(status(&mut s).snd_wnd, 800);
    s.send(b"x");
    let line = s.take_lines().remove(0);
    assert_eq!((line.ecn, line.ts.flatten().map(|(_, echo)| echo)), (Some(2), Some(501)));
    s.inject(seg(PSH_ACK, 5, 1).text(b"y").ts(501, 0));
    assert_eq!(s.take_lines()[0].sack, Some(vec![(5, 6)]));
    s.wait_ms(200);

    // Without timestamps the connection has none of them.
    let mut s = Script::new(everything());
    s.listen().inject(seg(setup, 0, 0).mss(1460).ws(3).sack_ok(true));
    s.expect(&[seg(SYN_ACK, 0, 1).no_ws().sack_ok(false).no_ts()]);
    s.inject(seg(ACK, 1, 1).win(100)).accept();
    assert_eq!(status(&mut s).snd_wnd, 100);
}

/// RFC7323#5.4: the clock never goes back, whatever the low bits.
#[test]
fn stamps_are_never_ahead_of_the_clock() {
    for clock in [0, 1, 62, 63, 64, 1000, u32::MAX] {
        for bits in [0, 1, 30, 63] {
            let value = super::stamp(clock, bits);
            assert_eq!(value & 63, bits);
            assert!(clock.wrapping_sub(value) < 64, "{clock} {bits}");
        }
    }
}

/// Only when there is no room for a record; and never when nobody could accept what would come of it.
#[test]
fn when_full() {
    let profile = Profile {
        syn_cookies: SynCookies::WhenFull,
        limits: Limits { connections: 1, ..Limits::default() },
        ..Profile::rfc9293()
    };
    let mut s = Script::new(profile);
    s.listen().inject(seg(SYN, 0, 0)).state(State::SynReceived).take_lines();
    s.inject_from(4001, seg(SYN, 0, 0));
    assert_eq!(s.take_lines_with_rules()[0].1.first(), Rule::SynCookieSent);

    let mut s = Script::new(Profile { backlog_slack: 0, ..always() });
    s.listen_with(1, SocketOptions::default()).inject(seg(SYN, 0, 0)).inject(seg(ACK, 1, 1)).take_lines();
    s.inject_from(4001, seg(SYN, 0, 0)).expect_nothing().dropped(Rule::ListenSynOverflowDrop);
}

/// No room when the ACK comes: it is dropped, and comes again.
#[test]
fn no_room_to_accept() {
    let mut s = Script::new(Profile { backlog_slack: 0, ..always() });
    s.listen_with(1, SocketOptions::default()).inject(seg(SYN, 0, 0)).take_lines();
    let iss = s.target_isn();
    s.new_incarnation();
    s.inject_from(4001, seg(SYN, 0, 0)).inject_from(4001, seg(ACK, 1, 1)).take_lines();
    s.new_incarnation();
    s.set_target_isn(iss);
    s.inject(seg(ACK, 1, 1)).expect_nothing().dropped(Rule::AcceptOverflowDrop).state(State::Closed);
    s.accept_any();
    s.inject(seg(ACK, 1, 1)).expect_nothing().state(State::Established);
}
