use super::*;
use crate::State;
use crate::packet_script::{Script, given};
use crate::wire::checksum::Checksum;

/// Spoils the ICMP message of a packet and makes its checksum right again.
fn spoilt(s: &Script, spoil: impl Fn(&mut Vec<u8>)) -> Vec<u8> {
    let mut packet = s.icmp_packet(3, 1, 0);
    spoil(&mut packet);
    packet[22..24].fill(0);
    let sum = Checksum::new().add(&packet[20..]).finish();
    packet[22..24].copy_from_slice(&sum.to_be_bytes());
    packet
}

#[track_caller]
fn refused(rule: Rule, spoil: impl Fn(&mut Vec<u8>)) {
    let mut s = given(State::SynSent);
    let packet = spoilt(&s, spoil);
    s.inject_bytes(&packet).expect_nothing().dropped(rule).state(State::SynSent);
}

#[test]
fn what_does_not_speak_of_a_segment_is_dropped() {
    refused(Rule::IcmpNoError, |p| p[20] = 15);
    refused(Rule::IcmpNoError, |p| p[20] = 5);
    refused(Rule::IcmpNoError, |p| p[20] = 255);
    refused(Rule::IcmpSourceQuench, |p| p[20] = 4);
    refused(Rule::IcmpBadQuote, |p| p[28 + 9] = 99);
    refused(Rule::IcmpBadQuote, |p| p[28] = 0x4f);
    refused(Rule::IcmpNoConnection, |p| p[28 + 21] ^= 1);
    refused(Rule::IcmpNoConnection, |p| p[28 + 15] ^= 1);
    refused(Rule::IcmpSoft, |_| {});
}

#[test]
fn a_broken_message_is_dropped() {
    let mut s = given(State::SynSent);
    let mut packet = s.icmp_packet(3, 3, 0);
    packet[40] ^= 1;
    s.inject_bytes(&packet).expect_nothing().dropped(Rule::IcmpBadChecksum).state(State::SynSent);
    let mut short = Vec::new();
    let header = crate::wire::ipv4::Ipv4Repr::new([192, 0, 2, 2].into(), [192, 0, 2, 1].into(), 1);
    header.emit(7, &mut short).expect("it fits");
    short.extend([3; 7]);
    s.inject_bytes(&short).expect_nothing().dropped(Rule::IcmpTooShort);
}

#[test]
fn every_type_and_code_is_soft_hard_or_no_error() {
    for kind in 0..=255 {
        for code in 0..=255 {
            let expected = match (kind, code) {
                (3, 2 | 3) => Ok(Kind::Hard),
                (3, 4) => Ok(Kind::FragmentationNeeded { mtu: 0x0708 }),
                (3 | 11 | 12, _) => Ok(Kind::Soft),
                _ => Err(Rule::IcmpNoError),
            };
            assert_eq!(classify_v4(kind, code, [5, 6, 7, 8]).ok_or(Rule::IcmpNoError), expected, "{kind}/{code}");
        }
    }
}
