use crate::packet_script::{ACK, FIN_ACK, RST, RST_ACK, SYN, Script, given, seg};
use crate::wire::tcp::Flags;
use crate::{Rule, State};

/// RFC9293#3.10.7.1: `<SEQ=0><ACK=SEG.SEQ+SEG.LEN><CTL=RST,ACK>`; SYN, FIN and text all count.
#[test]
fn without_ack_the_reset_acknowledges_everything() {
    let mut s = given(State::Closed);
    s.inject(seg(SYN, 0, 0)).expect_for(Rule::ClosedReset, seg(RST_ACK, 0, 1));
    s.inject(seg(SYN, 7, 0).text(b"abc")).expect(&[seg(RST_ACK, 0, 11)]);
    s.inject(seg(SYN | Flags::FIN, 0, 0).text(b"abc")).expect(&[seg(RST_ACK, 0, 5)]);
    s.inject(seg(Flags::NONE, 5, 0)).expect(&[seg(RST_ACK, 0, 5)]);
}

/// RFC9293#3.10.7.1: `<SEQ=SEG.ACK><CTL=RST>`.
#[test]
fn with_ack_the_reset_is_at_the_number_it_acknowledges() {
    let mut s = given(State::Closed);
    for flags in [ACK, FIN_ACK, SYN | ACK] {
        s.inject(seg(flags, 0, 77)).expect_for(Rule::ClosedAckReset, seg(RST, 77, 0));
    }
}

/// RFC9293#3.10.7.1: no reset answers a reset.
#[test]
fn a_reset_is_discarded() {
    let mut s: Script = given(State::Closed);
    s.inject(seg(RST, 0, 0)).expect_nothing().dropped(Rule::ClosedRst);
    s.inject(seg(RST_ACK, 0, 9)).expect_nothing().dropped(Rule::ClosedRst);
}
