//! TCP is the same over IPv6; what differs is in the header before it.

use crate::packet_script::{
    ACK, FIN_ACK, PEER_V6, PSH_ACK, RST, RST_ACK, SYN, SYN_ACK, Script, TARGET_V6, given_v6, seg,
};
use crate::wire::ipv6::{self, Ipv6Repr};
use crate::{Profile, Rule, State};

#[test]
fn every_state_is_reached() {
    for state in State::ALL {
        let mut s = given_v6(state);
        if state != State::Listen {
            s.state(state);
        }
    }
}

/// RFC9293#3.7.1 with RFC6691: 1500 less 40 and 20; without the option the peer takes 1220 (MUST-15).
#[test]
fn the_mss_is_that_of_the_longer_header() {
    let mut s = given_v6(State::Listen);
    s.inject(seg(SYN, 0, 0)).expect(&[seg(SYN_ACK, 0, 1).mss(1440)]);
    s.inject(seg(ACK, 1, 1)).expect_nothing().accept();
    s.send(&[7; 3000]);
    let first = s.take_lines();
    assert_eq!(first[0].text.len(), 1220);
}

#[test]
fn text_goes_both_ways_and_the_connection_closes() {
    let mut s = given_v6(State::Established);
    s.inject(seg(PSH_ACK, 1, 1).text(b"hello")).receive(b"hello");
    s.send(b"world").expect(&[seg(PSH_ACK, 1, 6).text(b"world")]);
    s.inject(seg(FIN_ACK, 6, 6)).expect(&[seg(ACK, 6, 7)]);
    s.shutdown().expect(&[seg(FIN_ACK, 6, 7)]);
    s.inject(seg(ACK, 7, 7)).expect_nothing().state(State::Closed);
}

#[test]
fn resets_carry_our_address() {
    let mut s = Script::new_v6(Profile::rfc9293());
    s.inject(seg(SYN, 0, 0)).expect_for(Rule::ClosedReset, seg(RST_ACK, 0, 1));
    let mut s = given_v6(State::Listen);
    s.inject(seg(ACK, 1, 1)).expect_for(Rule::ListenAck, seg(RST, 1, 0));
}

/// A packet of the script with extension headers put before TCP.
fn extended(packet: &[u8], first: u8, chain: &[u8]) -> Vec<u8> {
    let mut longer = Vec::new();
    let payload = &packet[ipv6::HEADER_LEN..];
    Ipv6Repr::new(PEER_V6, TARGET_V6, first).emit(chain.len() + payload.len(), &mut longer).expect("it fits");
    longer.extend(chain);
    longer.extend(payload);
    longer
}

#[test]
fn extension_headers_are_passed_over() {
    let mut s = given_v6(State::Listen);
    let syn = s.packet(4000, &seg(SYN, 0, 0));
    let options = [6, 0, 1, 4, 0, 0, 0, 0];
    s.inject_bytes(&extended(&syn, ipv6::HOP_BY_HOP, &options)).expect(&[seg(SYN_ACK, 0, 1)]);
    let unknown = [6, 0, 0xc0, 4, 0, 0, 0, 0];
    s.inject_bytes(&extended(&syn, ipv6::DESTINATION_OPTIONS, &unknown))
        .expect_nothing()
        .dropped(Rule::Ipv6UnknownOption);
}

/// A part of a packet's payload behind a fragment header.
fn fragment(packet: &[u8], from: usize, until: usize, more: bool) -> Vec<u8> {
    let field = u16::try_from(from).expect("it fits") | u16::from(more);
    let [high, low] = field.to_be_bytes();
    let part = &packet[..ipv6::HEADER_LEN + until];
    let mut cut = packet[..ipv6::HEADER_LEN].to_vec();
    cut.extend(&part[ipv6::HEADER_LEN + from..]);
    extended(&cut, ipv6::FRAGMENT, &[6, 0, high, low, 0, 0, 0, 9])
}

/// RFC8200#4.5.
#[test]
fn fragments_make_a_segment() {
    for order in [[0, 1], [1, 0]] {
        let mut s = given_v6(State::Established);
        let packet = s.packet(4000, &seg(PSH_ACK, 1, 1).text(b"0123456789abcdefghij"));
        let parts = [fragment(&packet, 0, 24, true), fragment(&packet, 24, 40, false)];
        for index in order {
            s.inject_bytes(&parts[index]);
        }
        s.receive(b"0123456789abcdefghij");
    }
}

/// RFC5722#4: the profile's choice is for IPv4 only.
#[test]
fn overlapping_fragments_discard_the_datagram() {
    let mut s = given_v6(State::Established);
    let packet = s.packet(4000, &seg(PSH_ACK, 1, 1).text(b"0123456789abcdefghij"));
    let mut other = packet.clone();
    other[ipv6::HEADER_LEN + 20] ^= 1;
    s.inject_bytes(&fragment(&packet, 0, 24, true));
    s.inject_bytes(&fragment(&other, 16, 40, false)).dropped(Rule::FragmentOverlap);
    s.inject_bytes(&fragment(&packet, 24, 40, false)).receive_fails(crate::CallError::WouldBlock);
}
