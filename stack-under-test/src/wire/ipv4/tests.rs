use proptest::prelude::*;

use super::*;

/// 192.0.2.1 to 198.51.100.7, 26 octets of TCP, TTL 61, TOS 0x28, id 0xbeef, DF. The checksum was
/// computed by other means.
const HEADER: [u8; 20] = [0x45, 0x28, 0, 46, 0xbe, 0xef, 0x40, 0, 61, 6, 0x92, 0x76, 192, 0, 2, 1, 198, 51, 100, 7];

fn repr() -> Ipv4Repr {
    Ipv4Repr {
        ttl: 61,
        tos: 0x28,
        ident: 0xbeef,
        ..Ipv4Repr::new([192, 0, 2, 1].into(), [198, 51, 100, 7].into(), PROTOCOL_TCP)
    }
}

/// The header changed by `edit` and with its checksum right again, and 26 octets of payload.
fn packet(edit: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    let mut bytes = HEADER.to_vec();
    edit(&mut bytes);
    bytes[10..12].fill(0);
    let checksum = Checksum::new().add(&bytes).finish();
    bytes[10..12].copy_from_slice(&checksum.to_be_bytes());
    bytes.extend(1..=26);
    bytes
}

#[test]
fn reads_every_field() {
    let bytes = packet(|_| {});
    assert_eq!(bytes[..20], HEADER, "the checksum helper agrees");
    let packet = Ipv4Packet::parse(&bytes).expect("a sound packet");
    assert_eq!(packet.source(), Ipv4Addr::new(192, 0, 2, 1));
    assert_eq!(packet.destination(), Ipv4Addr::new(198, 51, 100, 7));
    assert_eq!(packet.protocol(), PROTOCOL_TCP);
    assert_eq!(packet.ttl(), 61);
    assert_eq!(packet.tos(), 0x28);
    assert_eq!(packet.ident(), 0xbeef);
    assert!(packet.dont_fragment());
    assert!(!packet.more_fragments());
    assert_eq!(packet.fragment_offset(), 0);
    assert_eq!(packet.options(), &[] as &[u8]);
    assert_eq!(packet.payload(), (1..=26).collect::<Vec<u8>>());
}

#[test]
fn reads_fragments_in_octets() {
    let first = packet(|h| h[6..8].copy_from_slice(&[0x20, 0]));
    let first = Ipv4Packet::parse(&first).expect("a sound packet");
    assert!(first.more_fragments() && !first.dont_fragment());
    assert_eq!(first.fragment_offset(), 0);

    let last = packet(|h| h[6..8].copy_from_slice(&[0x1f, 0xff]));
    let last = Ipv4Packet::parse(&last).expect("a sound packet");
    assert!(!last.more_fragments() && !last.dont_fragment());
    assert_eq!(last.fragment_offset(), 65_528);
}

#[test]
fn options_are_not_payload() {
    let bytes = packet(|h| {
        h[0] = 0x46;
        h[3] = 50;
        h.extend([1, 1, 1, 0]);
    });
    let packet = Ipv4Packet::parse(&bytes).expect("a sound packet");
    assert_eq!(packet.options(), [1, 1, 1, 0]);
    assert_eq!(packet.payload().len(), 26);
}

#[test]
fn padding_of_the_link_is_cut() {
    let mut bytes = packet(|_| {});
    bytes.extend([0xaa; 9]);
    let packet = Ipv4Packet::parse(&bytes).expect("a sound packet");
    assert_eq!(packet.payload().len(), 26);
}

#[track_caller]
fn refused(bytes: &[u8], why: Ipv4Error) {
    assert_eq!(Ipv4Packet::parse(bytes), Err(why));
}

#[test]
fn names_what_is_wrong() {
    let sound = packet(|_| {});
    refused(&[], Ipv4Error::TooShort);
    refused(&sound[..19], Ipv4Error::TooShort);
    refused(&packet(|h| h[0] = 0x65), Ipv4Error::BadVersion);
    refused(&packet(|h| h[0] = 0x44), Ipv4Error::BadHeaderLength);
    refused(&packet(|h| h[0] = 0x40), Ipv4Error::BadHeaderLength);
    refused(&packet(|h| h[0] = 0x4f), Ipv4Error::BadHeaderLength);
    refused(&packet(|h| h[3] = 19), Ipv4Error::BadTotalLength);
    refused(&packet(|h| h[3] = 47), Ipv4Error::BadTotalLength);
    refused(&sound[..45], Ipv4Error::BadTotalLength);
    let mut wrong = sound;
    wrong[8] -= 1;
    refused(&wrong, Ipv4Error::BadChecksum);
}

#[test]
fn a_total_length_of_just_the_header_is_an_empty_payload() {
    let bytes = packet(|h| h[3] = 20);
    let packet = Ipv4Packet::parse(&bytes).expect("a sound packet");
    assert_eq!(packet.payload(), &[] as &[u8]);
}

#[test]
fn the_checksum_covers_options() {
    let mut bytes = packet(|h| {
        h[0] = 0x46;
        h[3] = 50;
        h.extend([1, 1, 1, 0]);
    });
    bytes[20] = 2;
    refused(&bytes, Ipv4Error::BadChecksum);
}

#[test]
fn emits_the_known_header_behind_what_is_there() {
    let mut out = vec![0xcc];
    repr().emit(26, &mut out).expect("it fits");
    assert_eq!(out[0], 0xcc);
    assert_eq!(out[1..], HEADER);
}

#[test]
fn fragmenting_may_be_allowed() {
    let mut out = Vec::new();
    let repr = Ipv4Repr { dont_fragment: false, ..repr() };
    repr.emit(0, &mut out).expect("it fits");
    let packet = Ipv4Packet::parse(&out).expect("a sound packet");
    assert!(!packet.dont_fragment());
}

#[test]
fn a_payload_beyond_the_length_field_is_refused() {
    let mut out = Vec::new();
    assert_eq!(repr().emit(65_516, &mut out), Err(PayloadTooLong));
    assert_eq!(repr().emit(usize::MAX, &mut out), Err(PayloadTooLong));
    assert!(out.is_empty());
    assert_eq!(repr().emit(65_515, &mut out), Ok(()));
    assert_eq!(out[2..4], [0xff, 0xff]);
}

#[test]
fn errors_are_lowercase_fragments() {
    assert_eq!(Ipv4Error::BadVersion.to_string(), "not IP version 4");
    assert_eq!(PayloadTooLong.to_string(), "payload does not fit an IP packet");
}

proptest! {
    #[test]
    fn what_is_emitted_is_read_back(
        (source, destination) in any::<(u32, u32)>(),
        (protocol, ttl, tos) in any::<(u8, u8, u8)>(),
        ident: u16,
        (dont_fragment, more_fragments) in any::<(bool, bool)>(),
        units in 0..8192_u16,
        payload in prop::collection::vec(any::<u8>(), 0..100),
    ) {
        let (source, destination) = (source.into(), destination.into());
        let whole = Ipv4Repr::new(source, destination, protocol);
        let repr = Ipv4Repr { ttl, tos, ident, dont_fragment, more_fragments, fragment_offset: units * 8, ..whole };
        let mut bytes = Vec::new();
        prop_assert_eq!(repr.emit(payload.len(), &mut bytes), Ok(()));
        bytes.extend(&payload);
        let packet = Ipv4Packet::parse(&bytes).expect("sound");
        let back = Ipv4Repr {
            source: packet.source(),
            destination: packet.destination(),
            protocol: packet.protocol(),
            ttl: packet.ttl(),
            tos: packet.tos(),
            ident: packet.ident(),
            dont_fragment: packet.dont_fragment(),
            fragment_offset: packet.fragment_offset(),
            more_fragments: packet.more_fragments(),
        };
        prop_assert_eq!(back, repr);
        prop_assert_eq!(packet.payload(), payload);
    }

    #[test]
    fn a_flipped_bit_is_never_accepted(bit in 0usize..160) {
        let mut bytes = packet(|_| {});
        bytes[bit / 8] ^= 1 << (bit % 8);
        prop_assert!(Ipv4Packet::parse(&bytes).is_err());
    }

    #[test]
    fn no_input_panics(bytes in prop::collection::vec(any::<u8>(), 0..80), plausible: bool) {
        let mut bytes = bytes;
        if plausible && bytes.len() >= 20 {
            bytes[0] = 0x40 | bytes[0] & 0x0f;
            bytes[2] = 0;
        }
        if let Ok(packet) = Ipv4Packet::parse(&bytes) {
            prop_assert!(packet.options().len() <= 40);
            prop_assert!(20 + packet.options().len() + packet.payload().len() <= bytes.len());
        }
    }
}
