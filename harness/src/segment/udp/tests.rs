use std::net::{IpAddr, Ipv4Addr};

use super::{WireUdp, build_udp, udp_checksum};
use crate::case::format::Checksum;

const FROM: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 2));
const TO: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1));

fn hello() -> WireUdp<'static> {
    WireUdp { from_port: 40_000, to_port: 7, data: b"hello", length: None, checksum: None }
}

/// The one's complement sum over pseudo header and datagram is zero (RFC768).
#[test]
fn the_checksum_is_right_unless_asked_otherwise() {
    let bytes = build_udp(&hello(), FROM, TO);
    assert_eq!(bytes[..6], [0x9c, 0x40, 0, 7, 0, 13]);
    let mut sum: u32 = [[192, 0], [2, 2], [192, 0], [2, 1]].iter().map(|pair| word(pair)).sum();
    sum += 17 + 13 + bytes.chunks(2).map(word).sum::<u32>();
    assert_eq!((sum >> 16) + (sum & 0xffff), 0xffff);
    let bad = build_udp(&WireUdp { checksum: Some(Checksum::Bad), ..hello() }, FROM, TO);
    assert_ne!(bad[6..8], bytes[6..8]);
    let none = build_udp(&WireUdp { checksum: Some(Checksum::Value(0)), ..hello() }, FROM, TO);
    assert_eq!(none[6..8], [0, 0]);
    assert_eq!(build_udp(&WireUdp { length: Some(9), ..hello() }, FROM, TO)[4..6], [0, 9]);
}

#[test]
fn a_sum_of_zero_is_written_as_ones() {
    // The data makes the sum what it is without it.
    let mut bytes = build_udp(&WireUdp { data: &[0, 0], ..hello() }, FROM, TO);
    let sum = udp_checksum(&bytes, FROM, TO);
    bytes[8..].copy_from_slice(&sum.to_be_bytes());
    assert_eq!(udp_checksum(&bytes, FROM, TO), 0xffff);
}

fn word(pair: &[u8]) -> u32 {
    u32::from(u16::from_be_bytes([pair[0], pair.get(1).copied().unwrap_or(0)]))
}
