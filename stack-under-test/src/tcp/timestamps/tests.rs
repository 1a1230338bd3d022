use core::time::Duration;

use crate::packet_script::{ACK, FIN_ACK, Line, PSH_ACK, RST, RST_ACK, SYN, SYN_ACK, Script, seg};
use crate::profile::{MissingTimestamp, Rttm};
use crate::{Profile, Rule, SocketOptions, State, UserCall};

fn profile() -> Profile {
    Profile { timestamps: true, delayed_ack: None, ..Profile::rfc9293() }
}

/// ESTABLISHED; the peer's clock stood at 1000 in its SYN and its last ACK.
#[track_caller]
fn established(profile: Profile) -> Script {
    let mut s = Script::new(profile);
    s.listen().inject(seg(SYN, 0, 0).mss(1460).ts(1000, 0)).expect(&[seg(SYN_ACK, 0, 1).ts(0, 1000)]);
    s.inject(seg(ACK, 1, 1).ts(1000, 0)).expect_nothing().accept().events.clear();
    s
}

fn text(seq: u32, text: &[u8], value: u32) -> Line {
    seg(PSH_ACK, seq, 1).text(text).ts(value, 0)
}

/// RFC7323#3.2: our SYN offers; the SYN,ACK has them only in answer; then every segment has them.
#[test]
fn negotiation() {
    let mut s = Script::new(profile());
    s.connect().expect(&[seg(SYN, 0, 0).ts(0, 0)]).wait_ms(250);
    s.inject(seg(SYN_ACK, 0, 1).ts(77, 0)).expect(&[seg(ACK, 1, 1).ts(250, 77)]);
    s.send(b"a").expect(&[seg(PSH_ACK, 1, 1).text(b"a").ts(250, 77)]);

    let mut s = Script::new(profile());
    s.listen().inject(seg(SYN, 0, 0)).expect(&[seg(SYN_ACK, 0, 1).no_ts()]);
    // Not agreed on: ignored.
    s.inject(seg(ACK, 1, 1).ts(5, 5)).accept().inject(text(1, b"a", 4)).expect(&[seg(ACK, 1, 2).no_ts()]);
}

/// RFC7323#3.2: a segment without them is dropped, or accepted if the profile says so; never a RST.
#[test]
fn a_missing_timestamp() {
    let mut s = established(profile());
    s.inject(seg(PSH_ACK, 1, 1).text(b"a")).expect_nothing().dropped(Rule::TimestampMissing);
    s.inject(seg(RST, 1, 0)).state(State::Closed);
    let mut s = established(Profile { missing_timestamp: MissingTimestamp::Accept, ..profile() });
    s.inject(seg(PSH_ACK, 1, 1).text(b"a")).expect(&[seg(ACK, 1, 2).ts(0, 1000)]);
}

/// RFC7323#4.3 (A), (B) and (C), with its own example.
#[test]
fn which_timestamp_is_echoed() {
    let mut s = established(profile());
    s.inject(text(1, b"A", 1001)).expect(&[seg(ACK, 1, 2).ts(0, 1001)]);
    s.inject(text(3, b"C", 1003)).expect(&[seg(ACK, 1, 2).ts(0, 1001)]);
    s.inject(text(2, b"B", 1002)).expect(&[seg(ACK, 1, 4).ts(0, 1002)]);
    s.inject(text(5, b"E", 1005)).expect(&[seg(ACK, 1, 4).ts(0, 1002)]);
    s.inject(text(4, b"D", 1004)).expect(&[seg(ACK, 1, 6).ts(0, 1004)]);

    let mut s = established(Profile { delayed_ack: Some(Duration::from_millis(200)), ..profile() });
    s.inject(text(1, b"A", 1001)).inject(text(2, b"B", 1002)).inject(text(3, b"C", 1003)).expect_nothing();
    s.wait_ms(200).expect(&[seg(ACK, 1, 4).ts(200, 1001)]);
}

/// RFC7323#5.3 R1, and its place before the acceptability test; a RST is exempt (#5.2).
#[test]
fn old_timestamps_are_refused() {
    let mut s = established(profile());
    s.inject(text(1, b"a", 999)).expect_for(Rule::TimestampOld, seg(ACK, 1, 1).ts(0, 1000));
    s.inject(text(100_000, b"a", 999)).expect_for(Rule::TimestampOld, seg(ACK, 1, 1));
    // 2^31 ahead is behind.
    s.inject(text(1, b"a", 1001 + (1 << 31))).expect_for(Rule::TimestampOld, seg(ACK, 1, 1));
    s.inject(seg(RST, 1, 0).ts(1, 0)).state(State::Closed);

    let mut s = established(Profile { paws: false, ..profile() });
    s.inject(text(1, b"a", 999)).expect(&[seg(ACK, 1, 2).ts(0, 1000)]);
}

/// RFC7323#5.5: after 24 days TS.Recent no longer counts.
#[test]
fn an_outdated_timestamp_is_forgotten() {
    let day = Duration::from_secs(24 * 3600);
    let mut s = established(profile());
    s.wait(24 * day).inject(text(1, b"a", 999)).expect_for(Rule::TimestampOld, seg(ACK, 1, 1));
    s.wait_ms(1).inject(text(1, b"a", 999));
    assert_eq!(s.take_lines()[0].ts, Some(Some(((24 * 24 * 3600 * 1000_u64 + 1) as u32, 999))));
}

/// ESTABLISHED after a round trip of 100 ms: SRTT 100 ms, RTTVAR 50 ms.
fn measured(rttm: Rttm) -> Script {
    let mut s = Script::new(Profile { rttm, min_rto: Duration::from_millis(10), ..profile() });
    s.listen().inject(seg(SYN, 0, 0).mss(1460).ts(1000, 0)).wait_ms(100).inject(seg(ACK, 1, 1).ts(1000, 0)).accept();
    s
}

/// RFC7323#4.1: the echo measures the round trip; an echo of nothing we sent does not.
#[test]
fn the_round_trip() {
    let rto = |rttm, echo| {
        let mut s = measured(rttm);
        s.send(b"a").wait_ms(100).inject(seg(ACK, 1, 2).ts(1000, echo));
        s.stack.connection_rto(80, Script::remote()).expect("a connection").as_micros()
    };
    assert_eq!(rto(Rttm::EverySample, 100), 100_000 + 4 * 37_500);
    assert_eq!(rto(Rttm::EverySample, 160), 92_500 + 4 * 52_500);
    assert_eq!(rto(Rttm::EverySample, 201), 100_000 + 4 * 37_500, "from the future: the queue's own time");
    assert_eq!(rto(Rttm::Queue, 160), 100_000 + 4 * 37_500);
}

/// RFC7323#4.1: with an echo, a retransmission measures too.
#[test]
fn the_round_trip_of_a_retransmission() {
    let mut s = measured(Rttm::EverySample);
    s.send(b"a").wait_ms(350).inject(seg(ACK, 1, 2).ts(1000, 400));
    let rto = s.stack.connection_rto(80, Script::remote()).expect("a connection");
    assert_eq!(rto.as_micros(), 93_750 + 4 * 50_000);
}

/// RFC7323#G: the gains are divided by the samples that a window gives.
#[test]
fn many_samples_weigh_less() {
    let rto = |rttm| {
        let mut s = measured(rttm);
        s.send(&[0; 4 * 1448]).wait_ms(60).inject(seg(ACK, 1, 1449).ts(1000, 100));
        s.stack.connection_rto(80, Script::remote()).expect("a connection").as_micros()
    };
    assert_eq!(rto(Rttm::EverySample), 95_000 + 4 * 47_500);
    // Three segments fit the initial window: two samples.
    assert_eq!(rto(Rttm::Weighted), 97_500 + 4 * 48_750);
}

/// RFC6691#4: the option takes its room from the text.
#[test]
fn text_leaves_room_for_the_option() {
    let mut s = established(profile());
    s.send(&[0; 2000]);
    assert_eq!(s.take_lines()[0].text.len(), 1448);
    let small = SocketOptions { mss: Some(5), ..SocketOptions::default() };
    let mut s = Script::new(profile());
    s.connect_with(small).inject(seg(SYN_ACK, 0, 1).ts(1, 0)).send(b"ab").take_lines();
}

/// RFC7323#5.2: resets carry them, the answer to a segment with an echo and no value.
#[test]
fn resets_carry_timestamps() {
    let mut s = established(profile());
    let socket = s.socket();
    s.call(UserCall::Abort { socket }).expect("it is open");
    s.expect(&[seg(RST, 1, 0).ts(0, 0)]);
    let mut s = Script::new(profile());
    s.inject(seg(SYN, 0, 0).ts(9, 0));
    let came = s.take_lines();
    assert_eq!((came[0].flags, came[0].ts), (RST_ACK, Some(Some((0, 9)))));
    let mut s = established(Profile { timestamps_in_rst: false, ..profile() });
    let socket = s.socket();
    s.call(UserCall::Abort { socket }).expect("it is open");
    s.expect(&[seg(RST, 1, 0).no_ts()]);
}

/// RFC6191#2, SHLD-4: a later timestamp reopens TIME-WAIT whatever the number, an earlier one does not.
#[test]
fn time_wait_is_reopened_by_timestamps() {
    let old = || {
        let mut s = established(profile());
        s.shutdown().inject(seg(FIN_ACK, 1, 2).ts(1010, 0)).state(State::TimeWait).take_lines();
        s.new_incarnation();
        s
    };
    let (below, beyond) = (u32::MAX - 70_000, 2);
    for (seq, value, opens) in [
        (below, Some(1011), true),
        (beyond, Some(1010), true),
        (below, Some(1010), false),
        (beyond, Some(1009), false),
        (beyond, None, true),
    ] {
        let mut s = old();
        let syn = seg(SYN, seq, 0);
        s.inject(value.map_or(syn.clone(), |value| syn.ts(value, 0)));
        s.state(if opens { State::SynReceived } else { State::TimeWait });
    }
    // The old one had none: the first to have one is new.
    let mut s = Script::new(profile());
    s.listen().inject(seg(SYN, 0, 0)).inject(seg(ACK, 1, 1)).accept().shutdown();
    s.inject(seg(FIN_ACK, 1, 2)).state(State::TimeWait).new_incarnation();
    s.inject(seg(SYN, below, 0).ts(1, 0)).state(State::SynReceived);
}

/// RFC7323#5.4: each pair of sockets has its own clock, which starts where the hash says.
#[test]
fn clocks_have_offsets() {
    let first = |timestamp_offset, port| {
        let mut s = Script::new(Profile { timestamp_offset, ..profile() });
        s.listen().inject_from(port, seg(SYN, 0, 0).ts(1, 0));
        s.target_clock().expect("a timestamp")
    };
    assert_eq!(first(false, 4000), 1_000_000);
    assert_ne!(first(true, 4000), first(true, 4001));
}
