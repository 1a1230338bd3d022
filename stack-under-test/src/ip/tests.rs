use super::*;
use crate::packet_script::{SYN, SYN_ACK, Script, given, seg};
use crate::wire::checksum::Checksum;
use crate::{Profile, State};

/// A SYN that a listener answers, for a test to spoil.
fn syn(s: &Script) -> Vec<u8> {
    s.packet(4000, &seg(SYN, 0, 0))
}

/// Makes the header checksum right again.
fn mend(packet: &mut [u8]) {
    packet[10..12].fill(0);
    let sum = Checksum::new().add(&packet[..20]).finish();
    packet[10..12].copy_from_slice(&sum.to_be_bytes());
}

#[track_caller]
fn refused(rule: Rule, spoil: impl Fn(&mut Vec<u8>)) {
    let mut s = given(State::Listen);
    let mut packet = syn(&s);
    spoil(&mut packet);
    s.inject_bytes(&packet).expect_nothing().dropped(rule);
}

#[test]
fn a_whole_packet_for_us_is_accepted() {
    let mut s = given(State::Listen);
    let mut packet = syn(&s);
    packet.extend_from_slice(b"link padding");
    s.inject_bytes(&packet).expect(&[seg(SYN_ACK, 0, 1)]);
}

#[test]
fn broken_headers_are_refused() {
    refused(Rule::IpTooShort, |p| p.truncate(19));
    refused(Rule::IpBadVersion, |p| p[0] = 0x55);
    refused(Rule::IpBadHeaderLength, |p| p[0] = 0x44);
    refused(Rule::IpBadTotalLength, |p| p.truncate(30));
    refused(Rule::IpBadChecksum, |p| p[8] ^= 1);
    refused(Rule::TcpTooShort, |p| {
        p[3] = 30;
        mend(p);
    });
    refused(Rule::TcpBadDataOffset, |p| p[32] = 0x40);
    refused(Rule::TcpBadChecksum, |p| p[36] ^= 1);
}

/// MUST-63, RFC1122#3.2.1.3.
#[test]
fn a_source_that_is_no_host_is_refused() {
    for source in [
        [0, 0, 0, 0],
        [0, 1, 2, 3],
        [255, 255, 255, 255],
        [192, 0, 2, 255],
        [224, 0, 0, 1],
        [240, 0, 0, 1],
        [127, 0, 0, 1],
    ] {
        refused(Rule::IpInvalidSource, |p| {
            p[12..16].copy_from_slice(&source);
            mend(p);
        });
    }
}

/// Our own address as the source of a packet from the wire is a forgery.
#[test]
fn our_own_address_as_source_is_refused() {
    refused(Rule::IpInvalidSource, |p| {
        p[12..16].copy_from_slice(&[192, 0, 2, 1]);
        mend(p);
    });
}

/// MUST-57.
#[test]
fn group_destinations_are_refused() {
    for destination in [[255, 255, 255, 255], [192, 0, 2, 255], [224, 0, 0, 1]] {
        refused(Rule::IpGroupDestination, |p| {
            p[16..20].copy_from_slice(&destination);
            mend(p);
        });
    }
}

#[test]
fn what_is_not_for_us_is_refused() {
    refused(Rule::IpNotOurs, |p| {
        p[19] = 77;
        mend(p);
    });
    refused(Rule::IpUnknownProtocol, |p| {
        p[9] = 99;
        mend(p);
    });
}

/// RFC1122#3.2.1.7: a small TTL is no reason to discard; RFC9293#3.1: nor are reserved bits.
#[test]
fn ttl_and_reserved_bits_are_ignored() {
    let mut s = given(State::Listen);
    let mut packet = syn(&s);
    packet[8] = 0;
    mend(&mut packet);
    packet[32] |= 0x0f;
    crate::packet_script::mend_lengths(&mut packet, 5);
    packet[32] |= 0x0f;
    packet[36..38].fill(0);
    let pseudo = Checksum::pseudo_header([192, 0, 2, 2], [192, 0, 2, 1], 6, 20);
    let sum = pseudo.add(&packet[20..]).finish();
    packet[36..38].copy_from_slice(&sum.to_be_bytes());
    s.inject_bytes(&packet).expect(&[seg(SYN_ACK, 0, 1)]);
}

/// An absurd MTU leaves room for headers and a little text.
#[test]
fn a_tiny_mtu_is_raised() {
    let config = crate::Config::new(crate::Cidr::new([10, 0, 0, 1], 24), 0, Profile::rfc9293());
    let config = crate::Config { mtu: 0, ..config };
    let mut stack = crate::Stack::new(config);
    let remote = "10.0.0.2:80".parse().expect("an address");
    let options = crate::SocketOptions::default();
    let now = crate::Instant::ZERO;
    assert!(stack.user_call(now, crate::UserCall::Connect { local_port: 1, remote, options }).is_ok());
    let syn = stack.poll_transmit(now).expect("a SYN").packet;
    assert_eq!(syn[40..44], [2, 4, 0, 28]);
}
