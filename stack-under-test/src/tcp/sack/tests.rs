use crate::packet_script::{ACK, Line, PSH_ACK, RST, SYN, SYN_ACK, Script, seg};
use crate::{Profile, Rule, SocketOptions};

fn profile() -> Profile {
    Profile { sack: true, delayed_ack: None, ..Profile::rfc9293() }
}

#[track_caller]
fn established(profile: Profile) -> Script {
    let mut s = Script::new(profile);
    s.listen().inject(seg(SYN, 0, 0).mss(1460).sack_ok(true)).expect(&[seg(SYN_ACK, 0, 1).sack_ok(true)]);
    s.inject(seg(ACK, 1, 1)).accept();
    s
}

fn text(seq: u32, len: usize) -> Line {
    seg(PSH_ACK, seq, 1).zeros(len)
}

/// RFC2018#2, #4: on SYNs only, and in a SYN,ACK only as the answer.
#[test]
fn negotiation() {
    let mut s = Script::new(profile());
    s.connect().expect(&[seg(SYN, 0, 0).sack_ok(true)]);
    s.inject(seg(SYN_ACK, 0, 1)).expect(&[seg(ACK, 1, 1).sack_ok(false)]);
    s.inject(text(3, 2)).expect(&[seg(ACK, 1, 1).sack(&[])]);
    let mut s = Script::new(profile());
    s.listen().inject(seg(SYN, 0, 0)).expect(&[seg(SYN_ACK, 0, 1).sack_ok(false)]);
    let mut s = Script::new(Profile::rfc9293());
    s.listen().inject(seg(SYN, 0, 0).sack_ok(true)).expect(&[seg(SYN_ACK, 0, 1).sack_ok(false)]);
    s.inject(seg(ACK, 1, 1)).inject(text(3, 2)).expect(&[seg(ACK, 1, 1).sack(&[])]);
}

/// RFC2018#7, case 2 and case 3 with segments of 500 octets from 1 on: the latest block first.
#[test]
fn the_latest_block_comes_first() {
    let mut s = established(profile());
    s.inject(text(501, 500)).expect(&[seg(ACK, 1, 1).sack(&[(501, 1001)])]);
    s.inject(text(1001, 500)).expect(&[seg(ACK, 1, 1).sack(&[(501, 1501)])]);

    let mut s = established(profile());
    s.inject(text(501, 500)).inject(text(1501, 500)).take_lines();
    s.inject(text(2501, 500)).expect(&[seg(ACK, 1, 1).sack(&[(2501, 3001), (1501, 2001), (501, 1001)])]);
    s.inject(text(2001, 500)).expect(&[seg(ACK, 1, 1).sack(&[(1501, 3001), (501, 1001)])]);
    // What moved the ACK on is no block.
    s.inject(text(1, 500)).expect(&[seg(ACK, 1, 1001).sack(&[(1501, 3001)])]);
    s.inject(text(1001, 500)).expect(&[seg(ACK, 1, 3001).sack(&[])]);
}

/// RFC2018#3: four blocks, or three beside timestamps; others fill the room even if they are old.
#[test]
fn as_many_blocks_as_fit() {
    let blocks = |profile: Profile, value: Option<u32>| {
        let stamped = |line: Line| value.map_or(line.clone(), |value| line.ts(value, 0));
        let mut s = Script::new(profile);
        s.listen().inject(stamped(seg(SYN, 0, 0).sack_ok(true))).inject(stamped(seg(ACK, 1, 1))).accept().take_lines();
        for at in [11, 21, 31, 41, 51] {
            s.inject(stamped(text(at, 2)));
        }
        // Joins the two latest: the older ones come up again.
        s.inject(stamped(text(43, 8)));
        s.take_lines().pop().and_then(|line| line.sack).unwrap_or_default()
    };
    assert_eq!(blocks(profile(), None), [(41, 53), (31, 33), (21, 23), (11, 13)]);
    assert_eq!(blocks(Profile { timestamps: true, ..profile() }, Some(5)), [(41, 53), (31, 33), (21, 23)]);
}

/// RFC2018#4: also ACKs that carry text report, and the text leaves room for it (RFC6691#4).
#[test]
fn text_carries_blocks() {
    let mut s = established(profile());
    s.inject(text(11, 5)).take_lines();
    s.send(&[0; 1460]);
    let line = s.take_lines().remove(0);
    assert_eq!((line.text.len(), line.sack), (1448, Some(vec![(11, 16)])));
    // A RST reports nothing.
    let socket = s.socket();
    s.call(crate::UserCall::Abort { socket }).expect("it is open");
    assert_eq!(s.take_lines().pop().map(|line| (line.flags, line.sack)), Some((RST, Some(vec![]))));
}

/// RFC6691#4: a retransmission that is full already goes without blocks.
#[test]
fn a_full_retransmission_has_no_room() {
    let mut s = established(profile());
    s.send(&[0; 1460]).take_lines();
    s.inject(text(11, 5)).take_lines();
    s.wait_ms(1000).expect_for(Rule::RetransmissionTimeout, seg(PSH_ACK, 1, 1).zeros(1460).sack(&[]));
}

/// RFC2883#4.1: a whole duplicate, below RCV.NXT and in the queue (examples 1 to 3).
#[test]
fn whole_duplicates() {
    let mut s = established(profile());
    s.inject(text(1, 500)).inject(text(501, 500)).take_lines();
    s.inject(text(501, 500)).expect(&[seg(ACK, 1, 1001).sack(&[(501, 1001)])]);
    s.inject(text(1501, 500)).expect(&[seg(ACK, 1, 1001).sack(&[(1501, 2001)])]);
    s.inject(text(501, 500)).expect(&[seg(ACK, 1, 1001).sack(&[(501, 1001), (1501, 2001)])]);
    s.inject(text(2001, 500)).take_lines();
    s.inject(text(2001, 500)).expect(&[seg(ACK, 1, 1001).sack(&[(2001, 2501), (1501, 2501)])]);
    s.inject(text(1501, 1000)).expect(&[seg(ACK, 1, 1001).sack(&[(1501, 2501), (1501, 2501)])]);
    // Each is reported once.
    s.send(b"x");
    assert_eq!(s.take_lines()[0].sack, Some(vec![(1501, 2501)]));
}

/// RFC2883#4.2: a part of a segment, the first part if there are several (examples 4 to 6).
#[test]
fn parts_of_segments() {
    let mut s = established(profile());
    s.inject(text(1, 1000)).inject(text(1501, 500)).take_lines();
    s.inject(text(501, 1000)).expect(&[seg(ACK, 1, 2001).sack(&[(501, 1001)])]);

    let mut s = established(profile());
    s.inject(text(501, 100)).inject(text(1001, 100)).take_lines();
    s.inject(text(401, 1000)).expect(&[seg(ACK, 1, 1).sack(&[(501, 601), (401, 1401)])]);

    let delayed = Profile { delayed_ack: Some(core::time::Duration::from_millis(200)), ..profile() };
    let mut s = established(delayed);
    s.inject(text(1, 10)).wait_ms(200).take_lines();
    s.inject(text(6, 10)).expect_for(Rule::TextDuplicate, seg(ACK, 1, 16).sack(&[(6, 11)]));
}

/// The profile may leave duplicates unreported.
#[test]
fn without_d_sack() {
    let mut s = established(Profile { dsack: false, ..profile() });
    s.inject(text(1, 500)).take_lines();
    s.inject(text(1, 500)).expect(&[seg(ACK, 1, 501).sack(&[])]);
}

/// A tiny MSS leaves room for at least one octet.
#[test]
fn a_tiny_segment_size() {
    let mut s = Script::new(profile());
    s.listen_with(8, SocketOptions { nodelay: true, ..SocketOptions::default() });
    s.inject(seg(SYN, 0, 0).mss(5).sack_ok(true)).inject(seg(ACK, 1, 1)).accept().inject(text(11, 5)).take_lines();
    s.send(b"ab").expect(&[seg(ACK, 1, 1).text(b"a").sack(&[]), seg(PSH_ACK, 2, 1).text(b"b").sack(&[])]);
}

/// A RST brings no text that could be a duplicate.
#[test]
fn resets_are_no_duplicates() {
    let mut s = established(profile());
    s.inject(text(1, 10)).take_lines();
    s.inject(seg(RST, 1, 1).zeros(5)).expect_nothing().send(b"x").expect(&[seg(PSH_ACK, 1, 11).text(b"x").sack(&[])]);
}

/// RFC6691#4: beside timestamps the option has three blocks at most, and text what is left.
#[test]
fn text_beside_timestamps_and_blocks() {
    let mut s = Script::new(Profile { timestamps: true, ..profile() });
    s.listen().inject(seg(SYN, 0, 0).mss(1460).sack_ok(true).ts(5, 0)).inject(seg(ACK, 1, 1).ts(5, 0)).accept();
    for at in [11, 21, 31, 41] {
        s.inject(text(at, 2).ts(5, 0));
    }
    s.take_lines();
    s.send(&[0; 1460]);
    let line = s.take_lines().remove(0);
    assert_eq!((line.text.len(), line.sack.map(|blocks| blocks.len())), (1460 - 12 - 28, Some(3)));
}
