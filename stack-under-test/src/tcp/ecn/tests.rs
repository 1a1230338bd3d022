use crate::packet_script::{ACK, FIN_ACK, Line, PSH_ACK, RST, SYN, SYN_ACK, Script, seg};
use crate::profile::InitialWindow;
use crate::wire::tcp::Flags;
use crate::{Profile, Rule, SocketOptions, State};

const ECE: Flags = Flags::ECE;
const CWR: Flags = Flags::CWR;
const SETUP: Flags = SYN.union(ECE).union(CWR);
const CE: u8 = 3;
const ECT_0: u8 = 2;

fn profile() -> Profile {
    Profile { ecn: true, delayed_ack: None, initial_window: InitialWindow::Rfc6928, ..Profile::rfc9293() }
}

fn nodelay() -> SocketOptions {
    SocketOptions { nodelay: true, tos: 0xff, ..SocketOptions::default() }
}

#[track_caller]
fn established(profile: Profile) -> Script {
    let mut s = Script::new(profile);
    s.listen_with(8, nodelay()).inject(seg(SETUP, 0, 0).mss(1000)).expect(&[seg(SYN_ACK | ECE, 0, 1).ecn(0)]);
    s.inject(seg(ACK, 1, 1)).accept();
    s
}

/// RFC3168#6.1.1: ECE and CWR ask, ECE alone answers, anything else is no; no mark on either.
#[test]
fn negotiation() {
    for (answer, agreed) in [(ECE, true), (ECE | CWR, false), (CWR, false), (Flags::NONE, false)] {
        let mut s = Script::new(profile());
        s.connect_with(nodelay()).expect(&[seg(SETUP, 0, 0)]).inject(seg(SYN_ACK | answer, 0, 1)).take_lines();
        s.send(b"x").expect(&[seg(PSH_ACK, 1, 1).text(b"x").ecn(if agreed { ECT_0 } else { 3 })]);
    }
    for asked in [ECE, CWR, Flags::NONE] {
        let mut s = Script::new(profile());
        s.listen().inject(seg(SYN | asked, 0, 0)).expect(&[seg(SYN_ACK, 0, 1)]);
    }
    let mut s = Script::new(Profile::rfc9293());
    s.listen().inject(seg(SETUP, 0, 0)).expect(&[seg(SYN_ACK, 0, 1)]);
    let mut s = Script::new(Profile { congestion_control: false, ..profile() });
    s.connect().expect(&[seg(SYN, 0, 0)]);
}

/// RFC3168#6.1.1.1: a SYN that met silence asks no more; then nothing is marked, but marks are still heard (#6.1.1).
#[test]
fn a_syn_that_met_silence() {
    let mut s = Script::new(profile());
    s.connect_with(nodelay()).expect(&[seg(SETUP, 0, 0)]);
    s.wait_ms(1000).expect_for(Rule::EcnFallback, seg(SYN, 0, 0));
    s.inject(seg(SYN_ACK | ECE, 0, 1).mss(1000)).take_lines();
    s.send(b"x").expect(&[seg(PSH_ACK, 1, 1).text(b"x").ecn(0)]);
    s.inject(seg(PSH_ACK, 1, 2).text(b"y").ecn(CE)).expect(&[seg(ACK | ECE, 2, 2).ecn(0)]);

    let mut s = Script::new(Profile { ecn_fallback: false, ..profile() });
    s.connect().expect(&[seg(SETUP, 0, 0)]).wait_ms(1000).expect(&[seg(SETUP, 0, 0)]);
}

/// RFC3168#6.1.1: the peer asked, then asked no more.
#[test]
fn a_repeated_syn_without() {
    for (again, marked) in [(SETUP, true), (SYN, false), (SYN | ECE, false)] {
        let mut s = Script::new(profile());
        s.listen_with(8, nodelay()).inject(seg(SETUP, 0, 0)).expect(&[seg(SYN_ACK | ECE, 0, 1)]);
        s.inject(seg(again, 0, 0)).take_lines();
        s.inject(seg(ACK, 1, 1)).accept().send(b"x");
        s.expect(&[seg(PSH_ACK, 1, 1).text(b"x").ecn(if marked { ECT_0 } else { 0 })]);
    }
}

/// RFC3168#6.1.2, #6.1.4 to #6.1.6: ECT(0) on new text, and on nothing else.
#[test]
fn what_is_capable() {
    let mut s = established(profile());
    s.send(b"text").expect(&[seg(PSH_ACK, 1, 1).text(b"text").ecn(ECT_0)]);
    s.wait_ms(1000).expect_for(Rule::RetransmissionTimeout, seg(PSH_ACK, 1, 1).text(b"text").ecn(0));
    s.inject(seg(PSH_ACK, 1, 5).text(b"a")).expect(&[seg(ACK, 5, 2).ecn(0)]);
    s.inject(seg(ACK, 2, 5).win(0))
        .send(b"x")
        .wait_ms(2000)
        .expect_for(Rule::ZeroWindowProbe, seg(ACK, 5, 2).text(b"x").ecn(0));
    let mut s = established(profile());
    s.shutdown().expect(&[seg(FIN_ACK, 1, 1).ecn(0)]);
}

/// RFC3168#6.1.3: every ACK echoes until CWR comes; a mark beside CWR is a new one.
#[test]
fn marks_are_echoed() {
    let mut s = established(profile());
    let text = |seq: u32, flags: Flags, field: u8| seg(PSH_ACK | flags, seq, 1).text(b"a").ecn(field);
    s.inject(text(1, Flags::NONE, ECT_0)).expect(&[seg(ACK, 1, 2)]);
    s.inject(text(2, Flags::NONE, CE)).expect_for(Rule::EcnEcho, seg(ACK | ECE, 1, 3));
    s.inject(text(3, Flags::NONE, ECT_0)).expect(&[seg(ACK | ECE, 1, 4)]);
    s.send(b"b").expect(&[seg(PSH_ACK | ECE, 1, 4).text(b"b")]);
    s.inject(text(4, CWR, ECT_0)).expect(&[seg(ACK, 2, 5)]);
    s.inject(text(5, Flags::NONE, CE)).expect(&[seg(ACK | ECE, 2, 6)]);
    s.inject(text(6, CWR, CE)).expect(&[seg(ACK | ECE, 2, 7)]);
    let socket = s.socket();
    s.call(crate::UserCall::Abort { socket }).expect("it is open");
    s.expect(&[seg(RST, 2, 0)]);
}

/// RFC3168#6.1.4, #6.1.5: marks on what has no text, or lies outside the window, mean nothing.
#[test]
fn marks_without_meaning() {
    let mut s = established(profile());
    s.inject(seg(ACK, 1, 1).ecn(CE)).inject(seg(PSH_ACK, 70_000, 1).text(b"a").ecn(CE)).expect(&[seg(ACK, 1, 1)]);
    s.inject(seg(PSH_ACK, 1, 1).text(b"a")).expect(&[seg(ACK, 1, 2)]);
    let mut s = Script::new(profile());
    s.listen().inject(seg(SYN, 0, 0)).inject(seg(ACK, 1, 1)).accept().take_lines();
    s.inject(seg(PSH_ACK, 1, 1).text(b"a").ecn(CE)).expect(&[seg(ACK, 1, 2)]);
}

fn cwnd(s: &mut Script) -> u32 {
    let socket = s.socket();
    match s.call(crate::UserCall::Status { socket }) {
        Ok(crate::Reply::Status(status)) => status.cwnd,
        other => panic!("{other:?}"),
    }
}

fn echo(ack: u32) -> Line {
    seg(ACK | ECE, 1, ack)
}

/// RFC3168#6.1.2: the window is halved once per window of data, and the next new text says so.
#[test]
fn the_window_is_halved_once() {
    let mut s = established(profile());
    s.send(&[0; 30_000]);
    assert_eq!((s.take_lines().len(), cwnd(&mut s)), (10, 10_000));
    s.inject(echo(1001)).expect_nothing();
    assert_eq!(cwnd(&mut s), 5000);
    for ack in [2001, 3001, 4001, 5001] {
        s.inject(echo(ack)).expect_nothing();
    }
    assert_eq!(cwnd(&mut s), 5000, "no more, and no less");
    s.inject(echo(6001)).expect_for(Rule::EcnReduced, seg(ACK | CWR, 10_001, 1).zeros(1000).ecn(ECT_0));
    s.inject(echo(7001)).expect(&[seg(ACK, 11_001, 1).zeros(1000)]);
    s.inject(echo(10_001)).take_lines();
    assert_eq!(cwnd(&mut s), 5000, "all of it was in flight when the window was halved");
    s.inject(echo(11_001)).take_lines();
    assert_eq!(cwnd(&mut s), 2500);
}

/// RFC3168#6.1.2: a loss in the same window of data halves nothing again; and CWR tells of a loss, too.
#[test]
fn a_loss_and_a_mark() {
    let mut s = established(profile());
    s.send(&[0; 30_000]).take_lines();
    s.inject(echo(1001));
    for _ in 0..3 {
        s.inject(seg(ACK, 1, 1001));
    }
    s.expect_for(Rule::FastRetransmit, seg(ACK, 1001, 1).zeros(1000).ecn(0));
    assert_eq!(cwnd(&mut s), 5000 + 3000);
    s.inject(echo(10_001));
    s.expect(&[
        seg(ACK | CWR, 10_001, 1).zeros(1000),
        seg(ACK, 11_001, 1).zeros(1000),
        seg(ACK, 12_001, 1).zeros(1000),
        seg(ACK, 13_001, 1).zeros(1000),
        seg(ACK, 14_001, 1).zeros(1000),
    ]);

    let mut s = established(profile());
    s.send(b"ab").take_lines();
    s.wait_ms(1000).expect(&[seg(PSH_ACK, 1, 1).text(b"ab")]);
    s.inject(seg(ACK, 1, 3)).send(b"c").expect(&[seg(PSH_ACK | CWR, 3, 1).text(b"c")]);
}

/// RFC3168#6.1.2: at one segment, a mark means waiting for the retransmission timeout.
#[test]
fn a_window_of_one_segment() {
    let mut s = established(profile());
    s.send(&[0; 1000]).take_lines();
    // The timeout leaves a window of one segment.
    s.wait_ms(1000).expect(&[seg(PSH_ACK, 1, 1).zeros(1000)]).send(&[0; 1000]).expect_nothing();
    s.inject(echo(1001));
    // That window of data was reduced by the timeout already: not again.
    s.expect(&[seg(PSH_ACK | CWR, 1001, 1).zeros(1000)]);
    s.send(&[0; 1000]).expect_nothing().inject(echo(2001)).expect_nothing();
    s.wait_ms(999).expect_nothing().wait_ms(1).expect(&[seg(PSH_ACK | CWR, 2001, 1).zeros(1000)]);
    s.state(State::Established);
}
