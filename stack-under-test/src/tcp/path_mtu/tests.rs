use core::time::Duration;

use crate::packet_script::{ACK, Line, PSH_ACK, SYN, Script, seg};
use crate::{Profile, Rule, SocketOptions};

fn profile() -> Profile {
    Profile { path_mtu_discovery: true, ..Profile::rfc9293() }
}

#[track_caller]
fn established(profile: Profile) -> Script {
    let mut s = Script::new(profile);
    s.listen_with(8, SocketOptions { nodelay: true, ..SocketOptions::default() });
    s.inject(seg(SYN, 0, 0).mss(1460)).inject(seg(ACK, 1, 1)).accept().take_lines();
    s.events.clear();
    s
}

fn text(seq: u32, len: usize) -> Line {
    seg(ACK, seq, 1).zeros(len)
}

/// RFC1191#3, #6.4: what was too large leaves again at once, cut; and what follows is no larger.
#[test]
fn segments_become_smaller() {
    let mut s = established(profile());
    s.send(&[0; 3000]).expect(&[text(1, 1460), text(1461, 1460), seg(PSH_ACK, 2921, 1).zeros(80)]);
    s.too_big(1040, 1).dropped(Rule::PathMtuReduced);
    s.expect(&[text(1, 1000), text(1001, 460), text(1461, 1000), text(2461, 460)]);
    s.inject(seg(ACK, 1, 3001)).send(&[0; 1500]).expect(&[text(3001, 1000), seg(PSH_ACK, 4001, 1).zeros(500)]);
    // Nothing reached the retransmission timer, and the congestion window is no smaller.
    s.inject(seg(ACK, 1, 4501)).wait(Duration::from_secs(5)).expect_nothing();
}

/// RFC1191#7.1: a router that names none means the next common MTU below.
#[test]
fn a_router_that_names_no_mtu() {
    let mut s = established(profile());
    s.send(&[0; 1460]).take_lines();
    s.too_big(0, 1).dropped(Rule::PathMtuReduced).expect(&[text(1, 1452), seg(PSH_ACK, 1453, 1).zeros(8)]);
    s.too_big(0, 1).expect(&[text(1, 966), text(967, 486)]);
}

/// RFC5927#7.2: a claim that is not below what was sent, or below any path's MTU, is no report of ours.
#[test]
fn impossible_claims() {
    let mut s = established(profile());
    s.send(&[0; 500]).take_lines();
    for claimed in [540, 541, 1500, 67, 1] {
        s.too_big(claimed, 1).expect_nothing().dropped(Rule::PathMtuClaim);
    }
    // Not in flight.
    s.too_big(400, 501).expect_nothing().dropped(Rule::IcmpSequence);
    s.too_big(539, 1).dropped(Rule::PathMtuReduced).expect(&[text(1, 499), seg(PSH_ACK, 500, 1).zeros(1)]);
}

/// RFC5927#7.2: where packets of that size have arrived, only a timeout confirms the report.
#[test]
fn progress_proves_a_report_false() {
    let mut s = established(profile());
    s.send(&[0; 1460]).inject(seg(ACK, 1, 1461)).send(&[0; 1460]).take_lines();
    s.too_big(576, 1461).expect_nothing().dropped(Rule::PathMtuPending);
    s.wait_ms(1000).expect(&[text(1461, 536)]);
    s.inject(seg(ACK, 1, 1997)).expect(&[text(1997, 536), seg(PSH_ACK, 2533, 1).zeros(388)]);

    // Acknowledged in the meantime: forgotten.
    let mut s = established(profile());
    s.send(&[0; 1460]).inject(seg(ACK, 1, 1461)).send(&[0; 1460]).take_lines();
    s.too_big(576, 1461).inject(seg(ACK, 1, 2921)).send(&[0; 1460]).expect(&[seg(PSH_ACK, 2921, 1).zeros(1460)]);
    s.wait_ms(1000).expect(&[seg(PSH_ACK, 2921, 1).zeros(1460)]);

    // RFC1191#6.3 alone: believed at once.
    let mut s = established(Profile { path_mtu_timeouts: 0, ..profile() });
    s.send(&[0; 1460]).inject(seg(ACK, 1, 1461)).send(&[0; 1460]).take_lines();
    s.too_big(576, 1461).dropped(Rule::PathMtuReduced);
}

/// RFC1191#6.3: after ten minutes larger packets are tried again.
#[test]
fn what_was_learned_grows_old() {
    let mut s = established(profile());
    s.send(&[0; 1000]).take_lines();
    s.too_big(576, 1).inject(seg(ACK, 1, 1001)).take_lines();
    s.wait(Duration::from_secs(599)).send(&[0; 600]);
    assert_eq!(s.take_lines().len(), 2);
    s.inject(seg(ACK, 1, 1601)).wait(Duration::from_secs(1)).send(&[0; 600]);
    assert_eq!(s.take_lines().len(), 1);
}

/// Without path MTU discovery nothing changes.
#[test]
fn without_discovery() {
    let mut s = established(Profile::rfc9293());
    s.send(&[0; 1460]).take_lines();
    s.too_big(576, 1).expect_nothing().dropped(Rule::IcmpFragmentationNeeded);
}
