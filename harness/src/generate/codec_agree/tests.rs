use fastrand::Rng;

use super::*;

/// A packet of the harness, some of its bytes changed.
fn packet(rng: &mut Rng) -> Vec<u8> {
    let options: Vec<u8> = (0..rng.usize(..=40)).map(|_| rng.u8(..12)).collect();
    let text: Vec<u8> = (0..rng.usize(..20)).map(|_| rng.u8(..)).collect();
    let version = VERSIONS[usize::from(rng.bool())];
    let socket = |rng: &mut Rng| SocketAddr::new(address(rng.u32(..), version), rng.u16(..));
    let (from, to) = (socket(rng), socket(rng));
    let flags = Flags(rng.u16(..0x1000));
    let mut packet =
        build(&WireSegment { seq: rng.u32(..), flags, options: &options, text: &text, ..WireSegment::empty(from, to) });
    for _ in 0..rng.usize(..3) {
        let at = rng.usize(..packet.len());
        packet[at] = rng.u8(..);
    }
    packet
}

#[test]
fn both_codecs_agree_on_noise_on_damage_and_on_what_they_build() {
    let mut rng = Rng::with_seed(1);
    for _ in 0..20_000 {
        codec_agree(&packet(&mut rng));
        let noise: Vec<u8> = (0..rng.usize(..160)).map(|_| rng.u8(..)).collect();
        codec_agree(&noise);
    }
}

#[test]
fn both_refuse_a_changed_byte_unless_checksums_follow() {
    for version in VERSIONS {
        let sound = whole(&[0x50; 40], version);
        assert!(parse(&sound).is_ok_and(|parsed| !refused(&sound, &parsed)));
        for at in 0..sound.len() {
            let mut damaged = sound.clone();
            damaged[at] ^= 0x10;
            codec_agree(&damaged);
            let accepted = parse(&damaged).is_ok_and(|parsed| !refused(&damaged, &parsed));
            // Over IPv6 no checksum covers traffic class, flow label and hop limit.
            let uncovered = version == IpVersion::V6 && (at == 1 || at == 2 || at == 3 || at == 7);
            assert_eq!(accepted, uncovered, "{version:?} byte {at}");
        }
    }
}
