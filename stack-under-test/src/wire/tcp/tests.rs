use core::net::Ipv4Addr;

use proptest::prelude::*;

use super::*;

const SRC: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 1);
const DST: Ipv4Addr = Ipv4Addr::new(198, 51, 100, 7);

/// 8080 > 50000, SYN+ACK with MSS, SACK-permitted, window scale and three octets of text. The
/// checksum was computed by other means.
const SEGMENT: [u8; 35] = [
    0x1f, 0x90, 0xc3, 0x50, 0xff, 0xff, 0xff, 0xfe, 0x12, 0x34, 0x56, 0x78, 0x80, 0x12, 0xfa, 0xf0, 0x72, 0xe5, 0x00,
    0x05, 2, 4, 0x05, 0xb4, 4, 2, 3, 3, 7, 0, 0, 0, b'a', b'b', b'c',
];

fn repr() -> TcpRepr<'static> {
    TcpRepr {
        src_port: 8080,
        dst_port: 50000,
        seq: Seq(0xffff_fffe),
        ack: Seq(0x1234_5678),
        flags: Flags::SYN | Flags::ACK,
        window: 64_240,
        urgent: 5,
        options: TcpOptions { mss: Some(1460), sack_permitted: true, window_scale: Some(7), ..TcpOptions::default() },
        text: b"abc",
    }
}

fn emitted(repr: &TcpRepr<'_>) -> Vec<u8> {
    let mut out = Vec::new();
    repr.emit(SRC, DST, &mut out);
    out
}

/// Fills in the checksum of whatever `bytes` are.
fn sealed(mut bytes: Vec<u8>) -> Vec<u8> {
    bytes[16..18].fill(0);
    let pseudo = Checksum::pseudo_header(SRC, DST, PROTOCOL_TCP, bytes.len());
    let checksum = pseudo.add(&bytes).finish();
    bytes[16..18].copy_from_slice(&checksum.to_be_bytes());
    bytes
}

#[test]
fn reads_every_field() {
    let segment = TcpSegment::parse(SRC, DST, &SEGMENT).expect("a sound segment");
    assert_eq!((segment.src_port(), segment.dst_port()), (8080, 50000));
    assert_eq!(segment.seq(), Seq(0xffff_fffe));
    assert_eq!(segment.ack(), Seq(0x1234_5678));
    assert_eq!(segment.flags(), Flags::SYN | Flags::ACK);
    assert_eq!(segment.window(), 64_240);
    assert_eq!(segment.urgent(), 5);
    assert_eq!(segment.reserved(), 0);
    assert_eq!(segment.options_raw(), &SEGMENT[20..32]);
    assert_eq!(segment.text(), b"abc");
    assert_eq!(segment.seg_len(), 4);
}

#[test]
fn emits_the_known_segment_behind_what_is_there() {
    let mut out = vec![0xcc];
    repr().emit(SRC, DST, &mut out);
    assert_eq!(out[0], 0xcc);
    assert_eq!(out[1..], SEGMENT);
    assert_eq!(repr().wire_len(), SEGMENT.len());
}

#[test]
fn seg_len_counts_syn_and_fin() {
    for (flags, expected) in [
        (Flags::ACK, 3),
        (Flags::SYN, 4),
        (Flags::FIN | Flags::ACK, 4),
        (Flags::SYN | Flags::FIN, 5),
        (Flags::RST | Flags::PSH | Flags::URG, 3),
    ] {
        let repr = TcpRepr { flags, ..repr() };
        assert_eq!(repr.seg_len(), expected, "{flags}");
        let bytes = emitted(&repr);
        let segment = TcpSegment::parse(SRC, DST, &bytes).expect("a sound segment");
        assert_eq!(segment.seg_len(), expected, "{flags}");
    }
}

#[test]
fn reserved_bits_are_shown_and_do_no_harm() {
    let mut bytes = SEGMENT.to_vec();
    bytes[12] |= 0x0d;
    let bytes = sealed(bytes);
    let segment = TcpSegment::parse(SRC, DST, &bytes).expect("a sound segment");
    assert_eq!(segment.reserved(), 0x0d);
    assert_eq!(segment.text(), b"abc");
}

#[track_caller]
fn refused(bytes: &[u8], why: TcpError) {
    assert_eq!(TcpSegment::parse(SRC, DST, bytes), Err(why));
}

#[test]
fn names_what_is_wrong() {
    refused(&[], TcpError::TooShort);
    refused(&SEGMENT[..19], TcpError::TooShort);
    for words in [0, 4, 9, 15] {
        let mut bytes = SEGMENT.to_vec();
        bytes[12] = words << 4;
        refused(&sealed(bytes), TcpError::BadDataOffset);
    }
    let mut wrong = SEGMENT;
    wrong[34] ^= 0x20;
    refused(&wrong, TcpError::BadChecksum);
}

#[test]
fn a_data_offset_up_to_the_end_is_an_empty_text() {
    let bytes = sealed(SEGMENT[..32].to_vec());
    let segment = TcpSegment::parse(SRC, DST, &bytes).expect("a sound segment");
    assert_eq!(segment.options_raw().len(), 12);
    assert_eq!(segment.text(), b"");
}

/// The pseudo-header protects against misrouted segments (RFC9293#3.1). Swapped addresses sum to
/// the same, so they are no test.
#[test]
fn the_addresses_count() {
    let elsewhere = Ipv4Addr::new(198, 51, 100, 8);
    assert_eq!(TcpSegment::parse(SRC, elsewhere, &SEGMENT), Err(TcpError::BadChecksum));
    assert_eq!(TcpSegment::parse(elsewhere, DST, &SEGMENT), Err(TcpError::BadChecksum));
}

#[test]
fn flags_are_sets() {
    let flags = Flags::SYN | Flags::ACK;
    assert!(flags.contains(Flags::NONE) && flags.contains(flags));
    assert!(!flags.contains(Flags::SYN | Flags::FIN));
    assert!(flags.intersects(Flags::SYN | Flags::FIN));
    assert!(!flags.intersects(Flags::FIN | Flags::RST));
    assert_eq!(flags.without(Flags::ACK | Flags::FIN), Flags::SYN);
    assert!(Flags::NONE.is_empty() && !flags.is_empty());
    let mut growing = Flags::FIN;
    growing |= Flags::ACK;
    assert_eq!(growing.bits(), 0x11);
}

#[test]
fn flags_print_as_in_cases() {
    assert_eq!(format!("{}", Flags::FIN | Flags::ACK), "FIN+ACK");
    assert_eq!(format!("{:?}", Flags::NONE), "none");
    let all = Flags::from_bits(0xff).to_string();
    assert_eq!(all, "FIN+SYN+RST+PSH+ACK+URG+ECE+CWR");
}

#[test]
fn errors_are_lowercase_fragments() {
    assert_eq!(TcpError::BadDataOffset.to_string(), "impossible TCP data offset");
}

fn options() -> impl Strategy<Value = TcpOptions> {
    let timestamps = prop::option::of((any::<u32>(), any::<u32>()));
    (any::<Option<u16>>(), any::<Option<u8>>(), any::<bool>(), timestamps).prop_map(
        |(mss, window_scale, sack_permitted, timestamps)| TcpOptions {
            mss,
            window_scale,
            sack_permitted,
            timestamps,
            ..TcpOptions::default()
        },
    )
}

proptest! {
    #[test]
    fn what_is_emitted_is_read_back(
        (src, dst) in any::<(u32, u32)>(),
        (src_port, dst_port) in any::<(u16, u16)>(),
        (seq, ack) in any::<(u32, u32)>(),
        (bits, window, urgent) in any::<(u8, u16, u16)>(),
        options in options(),
        text in prop::collection::vec(any::<u8>(), 0..100),
    ) {
        let (src, dst) = (Ipv4Addr::from_bits(src), Ipv4Addr::from_bits(dst));
        let (seq, ack, flags) = (Seq(seq), Seq(ack), Flags::from_bits(bits));
        let text = text.as_slice();
        let repr = TcpRepr { src_port, dst_port, seq, ack, flags, window, urgent, options, text };
        let mut bytes = Vec::new();
        repr.emit(src, dst, &mut bytes);
        prop_assert_eq!(bytes.len(), repr.wire_len());

        let segment = TcpSegment::parse(src, dst, &bytes).expect("sound");
        let back = TcpRepr {
            src_port: segment.src_port(),
            dst_port: segment.dst_port(),
            seq: segment.seq(),
            ack: segment.ack(),
            flags: segment.flags(),
            window: segment.window(),
            urgent: segment.urgent(),
            options: TcpOptions::parse(segment.options_raw()).expect("legal"),
            text: segment.text(),
        };
        prop_assert_eq!(back, repr);
        prop_assert_eq!(segment.reserved(), 0);
        prop_assert_eq!(segment.seg_len(), repr.seg_len());
    }

    #[test]
    fn a_flipped_bit_is_never_accepted(bit in 0..8 * SEGMENT.len()) {
        let mut bytes = SEGMENT;
        bytes[bit / 8] ^= 1 << (bit % 8);
        prop_assert!(TcpSegment::parse(SRC, DST, &bytes).is_err());
    }

    #[test]
    fn no_input_panics(bytes in prop::collection::vec(any::<u8>(), 0..120), with_checksum: bool) {
        let bytes = if with_checksum && bytes.len() >= 20 { sealed(bytes) } else { bytes };
        if let Ok(segment) = TcpSegment::parse(SRC, DST, &bytes) {
            let parts = 20 + segment.options_raw().len() + segment.text().len();
            prop_assert_eq!(parts, bytes.len());
            prop_assert!(segment.options_raw().len() <= 40);
        }
    }
}
