//! A script's packets: segments, ICMP errors and fragments whose numbers are near the live ones, or anywhere.
//!
//! Called by [`super::stack_input`]. What the packets say may be wrong in every way; their checksums mostly are not, or
//! the stack would look no further.

use std::net::SocketAddr;

use super::{ADDRESS, PEER, PORT, Script, Wire};
use crate::{
    case::{
        flags::Flags,
        format::{Checksum, Fragments, Ip, Message, Order},
    },
    segment::{
        build::{USUAL_IP, WireSegment, build},
        fragment::fragment,
        icmp::{WireIcmp, build_icmp, quote},
    },
};

const IP_HEADER: usize = 20;
const ICMP: u8 = 1;
/// The types that say something of a segment, and source quench and redirect.
const TYPES: [u8; 6] = [3, 3, 11, 12, 4, 5];
/// Few identifications, so that fragments of different events meet.
const IDENTIFICATIONS: u8 = 4;

/// 128 below to 127 above a number.
fn near(base: u32, offset: u8) -> u32 {
    base.wrapping_add(u32::from(offset)).wrapping_sub(128)
}

/// A segment with right checksums.
pub(super) fn segment(script: &mut Script<'_>, wire: &Wire) -> Vec<u8> {
    let shape = script.byte();
    let seq = if shape & 1 == 0 { near(wire.rcv_nxt, script.byte()) } else { script.word() };
    let ack = if shape & 2 == 0 { near(wire.snd_nxt, script.byte()) } else { script.word() };
    let flags = Flags(u16::from(script.byte()));
    let win = u16::from(script.byte()) << (shape >> 4);
    let options = if shape & 4 == 0 { &[] } else { script.bytes() };
    let options = &options[..options.len().min(40)];
    let text = if shape & 8 == 0 { &[] } else { script.bytes() };
    let port = PEER.port().wrapping_add(u16::from(shape >> 7));
    build(&WireSegment {
        seq,
        ack,
        flags,
        win,
        urg: u16::from(shape),
        options,
        text,
        checksum: (shape == u8::MAX).then_some(Checksum::Bad),
        ..WireSegment::empty(SocketAddr::new(PEER.ip(), port), SocketAddr::new(ADDRESS, PORT))
    })
}

/// An ICMP message; most quote a segment of the stack's.
pub(super) fn icmp(script: &mut Script<'_>, wire: &Wire) -> Vec<u8> {
    let shape = script.byte();
    let kind = if shape & 1 == 0 { TYPES[usize::from(shape >> 5) % TYPES.len()] } else { script.byte() };
    let message = Message { kind, code: script.byte() % 16 };
    let body = if shape & 6 == 6 { script.bytes().to_vec() } else { quoted(script, wire) };
    let checksum = (shape == u8::MAX).then_some(Checksum::Bad);
    let rest = [0, 0, script.byte(), shape];
    packet(
        ICMP,
        1,
        &build_icmp(&WireIcmp { ends: [PEER.ip(), ADDRESS], message, rest, body: &body, checksum }),
        &USUAL_IP,
    )
}

/// The beginning of a segment that the stack has sent, or says it has.
fn quoted(script: &mut Script<'_>, wire: &Wire) -> Vec<u8> {
    let shape = script.byte();
    let seq = if shape & 1 == 0 { near(wire.snd_nxt, script.byte()) } else { script.word() };
    let port = PEER.port().wrapping_add(u16::from(shape >> 7));
    let length = if shape & 2 == 0 { 8 } else { usize::from(script.byte() % 32) };
    let segment = WireSegment {
        seq,
        flags: Flags::ACK,
        ip: &Ip { header_length: (shape & 12 == 12).then_some(shape >> 4), ..USUAL_IP },
        ..WireSegment::empty(SocketAddr::new(ADDRESS, PORT), SocketAddr::new(PEER.ip(), port))
    };
    quote(&segment, length)
}

/// Some or all fragments of a packet, in any order, or one that fits nowhere.
pub(super) fn fragments(script: &mut Script<'_>, wire: &Wire) -> Vec<Vec<u8>> {
    let shape = script.byte();
    let id = u16::from(shape % IDENTIFICATIONS);
    if shape & 0x1c == 0x1c {
        let offset = script.word();
        let ip = Ip {
            mf: Some(offset & 1 == 0),
            fragment_offset: u16::try_from(offset >> 1 & 0x1fff).ok(),
            df: Some(false),
            ..USUAL_IP
        };
        return vec![packet(if shape & 0x20 == 0 { 6 } else { ICMP }, id, script.bytes(), &ip)];
    }
    let (protocol, whole) = if shape & 4 == 0 { (6, segment(script, wire)) } else { (ICMP, icmp(script, wire)) };
    let how = script.byte();
    let order = match how >> 6 {
        0 => Order::InOrder,
        1 => Order::Reversed,
        _ => Order::Listed(script.bytes().iter().map(|number| u16::from(number % 16)).collect()),
    };
    let overlap = if how & 8 == 0 { 0 } else { 8 };
    let size = Fragments::UNIT * (1 + u16::from(how & 7));
    let how = Fragments { size, overlap, conflict: overlap != 0 && how & 16 != 0, order };
    let ip = Ip { protocol: Some(protocol), ..USUAL_IP };
    let header = WireSegment { id, ip: &ip, ..WireSegment::empty(PEER, SocketAddr::new(ADDRESS, PORT)) };
    fragment(&header, &whole[IP_HEADER..], &how).into_iter().map(|piece| piece.packet).collect()
}

fn packet(protocol: u8, id: u16, payload: &[u8], ip: &Ip) -> Vec<u8> {
    let ip = Ip { protocol: Some(protocol), ..ip.clone() };
    let destination = SocketAddr::new(ADDRESS, PORT);
    build(&WireSegment { raw: Some(payload), id, ip: &ip, ..WireSegment::empty(PEER, destination) })
}
