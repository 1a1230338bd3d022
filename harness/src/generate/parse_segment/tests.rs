use std::net::IpAddr;

use fastrand::Rng;

use super::*;
use crate::case::flags::Flags;

fn packet(rng: &mut Rng) -> Vec<u8> {
    let options: Vec<u8> = (0..rng.usize(..=40)).map(|_| rng.u8(..12)).collect();
    let text: Vec<u8> = (0..rng.usize(..30)).map(|_| rng.u8(..)).collect();
    let old = rng.bool();
    let socket = |rng: &mut Rng| {
        let address: IpAddr = if old { rng.u32(..).to_be_bytes().into() } else { rng.u128(..).to_be_bytes().into() };
        SocketAddr::new(address, rng.u16(..))
    };
    let flags = Flags(rng.u16(..0x1000));
    build(&WireSegment {
        seq: rng.u32(..),
        ack: rng.u32(..),
        win: rng.u16(..),
        urg: rng.u16(..),
        flags,
        options: &options,
        text: &text,
        ..WireSegment::empty(socket(rng), socket(rng))
    })
}

#[test]
fn segments_with_any_options_and_damage_are_read_and_built() {
    let mut rng = Rng::with_seed(1);
    let mut read = 0;
    for _ in 0..20_000 {
        let mut packet = packet(&mut rng);
        for _ in 0..rng.usize(..4) {
            let at = rng.usize(..packet.len());
            packet[at] = rng.u8(..);
        }
        packet.truncate(if rng.u8(..8) == 0 { rng.usize(..packet.len()) } else { packet.len() });
        read += usize::from(parse_segment(&packet));
    }
    assert!((10_000..20_000).contains(&read), "{read} of 20000 were segments");
}

#[test]
fn no_bytes_are_too_odd() {
    let mut rng = Rng::with_seed(2);
    for len in 0..2000 {
        let noise: Vec<u8> = (0..len % 100).map(|_| rng.u8(..)).collect();
        parse_segment(&noise);
    }
}
