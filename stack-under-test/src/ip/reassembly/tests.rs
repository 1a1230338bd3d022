use core::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::packet_script::{PSH_ACK, SYN, SYN_ACK, Script, given, given_with, seg};
use crate::wire::checksum::Checksum;
use crate::wire::ipv4::Ipv4Repr;
use crate::{SocketOptions, State};

/// A fragment of a packet's payload. `mf`: more follow.
fn fragment(packet: &[u8], from: usize, until: usize, mf: bool) -> Vec<u8> {
    let mut header = packet[..20].to_vec();
    let total = u16::try_from(20 + until - from).expect("it fits");
    header[2..4].copy_from_slice(&total.to_be_bytes());
    let field = u16::try_from(from / 8).expect("it fits") | if mf { 0x2000 } else { 0 };
    header[6..8].copy_from_slice(&field.to_be_bytes());
    header[10..12].fill(0);
    let sum = Checksum::new().add(&header).finish();
    header[10..12].copy_from_slice(&sum.to_be_bytes());
    header.extend(&packet[20 + from..20 + until]);
    header
}

fn text_packet(s: &Script) -> Vec<u8> {
    s.packet(4000, &seg(PSH_ACK, 1, 1).text(b"0123456789abcdefghij"))
}

/// The rule of the last drop, if there was one.
fn last_drop(s: &mut Script) -> Option<Rule> {
    s.events.drain(..).rev().find_map(|event| match event {
        crate::Event::Dropped { rule } => Some(rule),
        crate::Event::StateChanged { .. } | crate::Event::Notify { .. } => None,
    })
}

#[test]
fn fragments_make_a_segment_in_any_order() {
    for order in [[0, 1, 2], [2, 1, 0], [1, 2, 0]] {
        let mut s = given(State::Established);
        let packet = text_packet(&s);
        let pieces = [(0, 16, true), (16, 32, true), (32, 40, false)];
        for index in order {
            let (from, until, mf) = pieces[index];
            s.inject_bytes(&fragment(&packet, from, until, mf));
        }
        s.receive(b"0123456789abcdefghij");
    }
}

#[test]
fn a_syn_may_come_in_fragments() {
    let mut s = given(State::Listen);
    let packet = s.packet(4000, &seg(SYN, 0, 0));
    s.inject_bytes(&fragment(&packet, 0, 8, true)).expect_nothing();
    s.inject_bytes(&fragment(&packet, 8, 20, false)).expect(&[seg(SYN_ACK, 0, 1)]);
}

#[test]
fn datagrams_do_not_mix() {
    let mut s = given(State::Established);
    let one = text_packet(&s);
    let mut other = one.clone();
    other[5] ^= 1;
    s.inject_bytes(&fragment(&one, 0, 16, true));
    s.inject_bytes(&fragment(&other, 16, 40, false)).receive_fails(crate::CallError::WouldBlock);
    s.inject_bytes(&fragment(&one, 16, 40, false)).receive(b"0123456789abcdefghij");
}

/// RFC1122#3.3.2.
#[test]
fn the_rest_must_come_in_time() {
    for (millis, received) in [(59_999, true), (60_000, false)] {
        let mut s = given(State::Established);
        let packet = text_packet(&s);
        s.inject_bytes(&fragment(&packet, 0, 16, true)).wait(Duration::from_millis(millis));
        assert_eq!(last_drop(&mut s), (!received).then_some(Rule::ReassemblyTimeout));
        s.inject_bytes(&fragment(&packet, 16, 40, false));
        if received {
            s.receive(b"0123456789abcdefghij");
        } else {
            s.receive_fails(crate::CallError::WouldBlock);
        }
    }
}

#[test]
fn fragments_that_fit_no_datagram_are_dropped() {
    let mut s = given(State::Established);
    let packet = text_packet(&s);
    s.inject_bytes(&fragment(&packet, 0, 12, true)).dropped(Rule::FragmentLength);
    s.inject_bytes(&fragment(&packet, 8, 8, false)).dropped(Rule::FragmentLength);
    let mut far = fragment(&packet, 0, 40, false);
    far[6..8].copy_from_slice(&0x1fff_u16.to_be_bytes());
    far[10..12].fill(0);
    let sum = Checksum::new().add(&far[..20]).finish();
    far[10..12].copy_from_slice(&sum.to_be_bytes());
    s.inject_bytes(&far).dropped(Rule::FragmentTooFar);
    s.inject_bytes(&fragment(&packet, 16, 32, true));
    s.inject_bytes(&fragment(&packet, 8, 24, false)).dropped(Rule::FragmentEnd);
    s.inject_bytes(&fragment(&packet, 32, 40, false));
    s.inject_bytes(&fragment(&packet, 24, 32, false)).dropped(Rule::FragmentEnd);
    s.inject_bytes(&fragment(&packet, 0, 16, true)).receive(b"0123456789abcdefghij");
}

#[test]
fn the_profile_says_which_copy_counts() {
    // The octets from 24 on come twice; those of the first copy are wrong.
    let outcome = |fragment_overlap| {
        let profile = Profile { fragment_overlap, ..Profile::rfc9293() };
        let mut s = given_with(State::Established, profile, SocketOptions::default());
        let packet = text_packet(&s);
        let mut wrong = packet.clone();
        wrong[20 + 24..].fill(0xff);
        s.inject_bytes(&fragment(&wrong, 0, 32, true));
        s.inject_bytes(&fragment(&packet, 24, 40, false));
        last_drop(&mut s)
    };
    assert_eq!(outcome(FragmentOverlap::LastCopy), None);
    assert_eq!(outcome(FragmentOverlap::FirstCopy), Some(Rule::TcpBadChecksum));
    assert_eq!(outcome(FragmentOverlap::Discard), Some(Rule::FragmentOverlap));
}

#[test]
fn a_duplicate_is_no_overlap() {
    let profile = Profile { fragment_overlap: FragmentOverlap::Discard, ..Profile::rfc9293() };
    let mut s = given_with(State::Established, profile, SocketOptions::default());
    let packet = text_packet(&s);
    for (from, until, mf) in [(0, 16, true), (0, 16, true), (16, 32, true), (8, 24, true), (32, 40, false)] {
        s.inject_bytes(&fragment(&packet, from, until, mf));
    }
    s.receive(b"0123456789abcdefghij");
}

#[test]
fn memory_is_bounded() {
    let mut reassembler = Reassembler::default();
    let profile = Profile::rfc9293();
    let mut full = 0;
    for ident in 0..1000_u16 {
        let mut packet = Vec::new();
        let header = Ipv4Repr { ident, ..Ipv4Repr::new([10, 0, 0, 2].into(), [10, 0, 0, 1].into(), 6) };
        header.emit(8, &mut packet).expect("it fits");
        packet.extend([0; 8]);
        let packet = fragment(&packet, 0, 8, true);
        let packet = IpPacket::parse(&packet).expect("sound");
        full += usize::from(
            reassembler.fragment_arrives(&packet, packet.fragment.expect("a fragment"), Instant::ZERO, &profile)
                == Err(Rule::ReassemblyFull),
        );
    }
    assert_eq!(full, 1000 - profile.limits.datagrams);
    assert_eq!(reassembler.expire(Instant::ZERO + Duration::from_secs(60)).len(), profile.limits.datagrams);
    assert_eq!(reassembler.deadline(), None);
}

/// One octet at a time, written apart from the code under test.
#[derive(Default)]
struct ByteMap {
    octets: Vec<Option<u8>>,
    len: Option<usize>,
}

impl ByteMap {
    /// The datagram if this piece completes it; the piece must agree on the end.
    fn take(&mut self, from: usize, payload: &[u8], more: bool, overlap: FragmentOverlap) -> Option<Vec<u8>> {
        let end = from + payload.len();
        let agrees = match self.len {
            Some(len) => end <= len && (more || end == len),
            None => more || end >= self.octets.len(),
        };
        if !agrees {
            return None;
        }
        self.octets.resize(self.octets.len().max(end), None);
        let cells = &mut self.octets[from..end];
        let duplicate = cells.iter().zip(payload).all(|(cell, octet)| *cell == Some(*octet));
        if overlap == FragmentOverlap::Discard && !duplicate && cells.iter().any(Option::is_some) {
            *self = Self::default();
            return None;
        }
        for (cell, &octet) in cells.iter_mut().zip(payload) {
            if overlap != FragmentOverlap::FirstCopy || cell.is_none() {
                *cell = Some(octet);
            }
        }
        if !more {
            self.len = Some(end);
        }
        let whole: Option<Vec<u8>> = self.octets.iter().copied().collect();
        let whole = whole.filter(|whole| Some(whole.len()) == self.len);
        if whole.is_some() {
            *self = Self::default();
        }
        whole
    }
}

proptest! {
    #[test]
    fn it_agrees_with_a_map_of_octets(
        pieces in prop::collection::vec((0..8_usize, 1..6_usize, 0..8_usize, any::<bool>(), any::<u8>()), 1..40),
        policy in 0..3_usize,
    ) {
        let policies = [FragmentOverlap::LastCopy, FragmentOverlap::FirstCopy, FragmentOverlap::Discard];
        let profile = Profile { fragment_overlap: policies[policy], ..Profile::rfc9293() };
        let (mut reassembler, mut map) = (Reassembler::default(), ByteMap::default());
        for (unit, units, cut, more, octet) in pieces {
            let len = if more { units * 8 } else { units * 8 - cut };
            let payload: Vec<u8> = (0..len).map(|at| octet.wrapping_add(u8::try_from(at).unwrap_or(0))).collect();
            let mut packet = Vec::new();
            let header = Ipv4Repr::new([10, 0, 0, 2].into(), [10, 0, 0, 1].into(), 6);
            header.emit(unit * 8 + len, &mut packet).expect("it fits");
            packet.extend(vec![0; unit * 8]);
            packet.extend(&payload);
            let packet = fragment(&packet, unit * 8, unit * 8 + len, more);
            let packet = IpPacket::parse(&packet).expect("sound");
            let part = Fragment { ident: 0, offset: u16::try_from(unit * 8).expect("it fits"), more };
            let whole = reassembler.fragment_arrives(&packet, part, Instant::ZERO, &profile).unwrap_or(None);
            let expected = map.take(unit * 8, &payload, more, profile.fragment_overlap);
            prop_assert_eq!(whole.map(|whole| whole[20..].to_vec()), expected);
        }
    }
}
