use crate::packet_script::{ACK, FIN_ACK, Line, PSH_ACK, SYN, Script, seg};
use crate::profile::{InitialWindow, LossRecovery};
use crate::{Profile, Rule, SocketOptions, State};

const MSS: u32 = 1000;

fn profile() -> Profile {
    let initial_window = InitialWindow::Rfc6928;
    Profile { sack: true, loss_recovery: LossRecovery::Sack, initial_window, ..Profile::rfc9293() }
}

/// Ten segments of 1000 octets in flight, of `segments` to send.
#[track_caller]
fn sending(profile: Profile, segments: u32) -> Script {
    let mut s = Script::new(profile);
    s.listen_with(8, SocketOptions { nodelay: true, ..SocketOptions::default() });
    s.inject(seg(SYN, 0, 0).mss(1000).sack_ok(true)).inject(seg(ACK, 1, 1)).accept().take_lines();
    s.send(&vec![0; (segments * MSS) as usize]);
    assert_eq!(s.take_lines().len(), segments.min(10) as usize);
    s
}

/// The number of the n-th segment, from 0 on.
fn at(segment: u32) -> u32 {
    1 + segment * MSS
}

fn sack(ack: u32, blocks: &[(u32, u32)]) -> Line {
    let blocks: Vec<(u32, u32)> = blocks.iter().map(|&(left, right)| (at(left), at(right))).collect();
    seg(ACK, 1, at(ack)).sack(&blocks)
}

#[track_caller]
fn expect(s: &mut Script, expected: &[(u32, Rule)]) {
    let came: Vec<(u32, Rule)> =
        s.take_lines_with_rules().iter().map(|(line, rules)| ((line.seq - 1) / MSS, rules.first())).collect();
    assert_eq!(came, expected);
}

/// RFC6675#5: segments 0, 2 and 4 are lost; the third ACK that reports something new enters recovery.
#[test]
fn three_losses_in_a_window() {
    let mut s = sending(profile(), 20);
    s.inject(sack(0, &[(1, 2)])).inject(sack(0, &[(3, 4), (1, 2)]));
    expect(&mut s, &[]);
    // Three ranges are above 0. ssthresh and cwnd: five segments; pipe: 2 and 4 are not surely lost, nor 6 to 9.
    s.inject(sack(0, &[(5, 6), (3, 4), (1, 2)]));
    expect(&mut s, &[(0, Rule::FastRetransmit)]);
    // Four of 5 to 9 are here: 2 and 4 are lost. pipe: 0 and 9.
    s.inject(sack(0, &[(5, 9), (3, 4), (1, 2)]));
    expect(&mut s, &[(2, Rule::SackRetransmit), (4, Rule::SackRetransmit), (10, Rule::OutputData)]);
    // A cumulative ACK within recovery changes no window: pipe is 2, 4, 9 and 10.
    s.inject(sack(2, &[(5, 9), (3, 4)]));
    expect(&mut s, &[(11, Rule::OutputData)]);
    // Up to RecoveryPoint: recovery is over, with the cwnd it had; in flight are 10 and 11.
    s.inject(sack(10, &[]));
    expect(&mut s, &[(12, Rule::OutputData), (13, Rule::OutputData), (14, Rule::OutputData)]);
}

/// RFC6675#5, step 2: more than two segments above are enough, in however few ACKs; step 1: three ACKs are, however
/// little they report.
#[test]
fn what_enters_recovery() {
    let mut s = sending(profile(), 10);
    s.inject(sack(0, &[(1, 3)]));
    expect(&mut s, &[]);
    s.inject(seg(ACK, 1, 1).sack(&[(at(1), at(3) + 1)]));
    expect(&mut s, &[(0, Rule::FastRetransmit)]);

    let mut s = sending(profile(), 10);
    for octets in 1..=3 {
        s.inject(seg(ACK, 1, 1).sack(&[(at(1), at(1) + octets)]));
    }
    expect(&mut s, &[(0, Rule::FastRetransmit)]);

    // RFC6675#2: what reports nothing new is no duplicate.
    let mut s = sending(profile(), 10);
    for _ in 0..5 {
        s.inject(sack(0, &[])).inject(sack(0, &[(1, 2)]));
    }
    expect(&mut s, &[]);
}

/// RFC6675#4, rule 3: without new text a gap that is not surely lost goes out too; rule 4: then the end, once.
#[test]
fn last_resorts() {
    let mut s = sending(profile(), 10);
    s.inject(sack(0, &[(1, 4), (5, 7)]));
    // IsLost(4) does not hold: two segments are not more than two. pipe: 0, 4, 7, 8, 9: no room below cwnd 5.
    expect(&mut s, &[(0, Rule::FastRetransmit)]);
    s.inject(sack(4, &[(5, 7)]));
    // Below HighRxt there is nothing left; 4 may be lost, and pipe is 4, 7, 8 and 9.
    expect(&mut s, &[(4, Rule::SackPerhapsLost)]);
    s.inject(sack(7, &[]));
    // 7 to 9 are left: the last is sent again to keep the ACKs coming.
    expect(&mut s, &[(9, Rule::SackRescue)]);
    s.inject(sack(8, &[]));
    expect(&mut s, &[]);
}

/// RFC6675#5, step 3: limited transmit goes by pipe.
#[test]
fn limited_transmit() {
    let mut s = sending(Profile { limited_transmit: true, ..profile() }, 20);
    s.inject(sack(0, &[(1, 2)]));
    expect(&mut s, &[(10, Rule::LimitedTransmit)]);
    s.inject(sack(0, &[(1, 3)]));
    expect(&mut s, &[(11, Rule::LimitedTransmit)]);
    // RFC3042#2: nothing new, nothing sent.
    s.inject(sack(0, &[(1, 3)]));
    expect(&mut s, &[]);
    // FlightSize without the two: cwnd is five segments, pipe 0, 4 to 11.
    s.inject(sack(0, &[(1, 4)]));
    expect(&mut s, &[(0, Rule::FastRetransmit)]);
    s.inject(sack(12, &[]));
    assert_eq!(s.take_lines().len(), 5);
}

/// RFC2018#8, RFC6675#5.1: after a timeout old reports do not count, new ones do, and no recovery starts before all
/// that was in flight is acknowledged.
#[test]
fn a_timeout() {
    let mut s = sending(profile(), 12);
    s.inject(sack(0, &[(1, 2)]));
    s.wait_ms(1000);
    expect(&mut s, &[(0, Rule::RetransmissionTimeout)]);
    // The window is two segments: 1 leaves again although it was reported before.
    s.inject(sack(1, &[]));
    expect(&mut s, &[(1, Rule::RetransmitAfterTimeout), (2, Rule::RetransmitAfterTimeout)]);
    // 3 to 5 are reported now, and are not sent again.
    s.inject(sack(2, &[(3, 6)])).inject(sack(3, &[(3, 6)]));
    expect(
        &mut s,
        &[
            (6, Rule::RetransmitAfterTimeout),
            (7, Rule::RetransmitAfterTimeout),
            (8, Rule::RetransmitAfterTimeout),
            (9, Rule::RetransmitAfterTimeout),
        ],
    );
}

/// A FIN is repaired like text.
#[test]
fn the_fin_is_sent_again() {
    let mut s = sending(profile(), 4);
    s.shutdown().expect(&[seg(FIN_ACK, at(4), 1)]);
    s.inject(seg(ACK, 1, 1).sack(&[(at(1), at(4))]));
    s.expect(&[seg(ACK, 1, 1).zeros(1000)]);
    s.inject(seg(ACK, 1, at(4))).expect_for(Rule::SackRescue, seg(FIN_ACK, at(4), 1));
    s.inject(seg(ACK, 1, at(4) + 1)).state(State::FinWait2);
}

/// Without SACK on the other side, it is NewReno.
#[test]
fn alone_it_is_newreno() {
    let mut s = Script::new(profile());
    s.listen().inject(seg(SYN, 0, 0).mss(1000)).inject(seg(ACK, 1, 1)).accept().take_lines();
    s.send(&[0; 10_000]).take_lines();
    for _ in 0..3 {
        s.inject(seg(ACK, 1, 1).sack(&[(at(1), at(2))]));
    }
    expect(&mut s, &[(0, Rule::FastRetransmit)]);
    s.inject(seg(ACK, 1, at(3)));
    let rules: Vec<Rule> = s.take_lines_with_rules().iter().map(|(_, rules)| rules.first()).collect();
    assert_eq!(rules, [Rule::PartialAck]);
    s.inject(seg(PSH_ACK, 1, at(3)).text(b"x")).take_lines();
}

/// RFC6675#5, C: less than a whole segment of room is none.
#[test]
fn room_for_less_than_a_segment() {
    let mut s = sending(profile(), 10);
    s.inject(sack(0, &[(2, 5)]));
    expect(&mut s, &[(0, Rule::FastRetransmit)]);
    // pipe: 0, one octet of 6, and 7 to 9; cwnd is five segments.
    s.inject(seg(ACK, 1, 1).sack(&[(at(2), at(7) - 1)]));
    expect(&mut s, &[]);
    s.inject(seg(ACK, 1, 1).sack(&[(at(2), at(7))]));
    expect(&mut s, &[(1, Rule::SackRetransmit)]);
}

/// RFC6675#4, rule 4: not before something beyond the first retransmission is acknowledged.
#[test]
fn no_rescue_at_first() {
    let mut s = sending(profile(), 10);
    s.inject(sack(0, &[(2, 5)])).inject(sack(1, &[(2, 5)]));
    expect(&mut s, &[(0, Rule::FastRetransmit)]);
    // pipe: 5 and 9; 1 and 5 are lost.
    s.inject(sack(1, &[(6, 9), (2, 5)]));
    expect(&mut s, &[(1, Rule::SackRetransmit), (5, Rule::SackRetransmit)]);
    s.inject(sack(2, &[(6, 9), (2, 5)]));
    expect(&mut s, &[(9, Rule::SackRescue)]);
}
