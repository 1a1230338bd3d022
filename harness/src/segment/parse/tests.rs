use proptest::prelude::*;

use super::*;

fn options(bytes: &[u8]) -> (ParsedOptions, Vec<&'static str>) {
    let mut faults = Vec::new();
    let parsed = parse_options(bytes, &mut faults);
    (parsed, faults.into_iter().map(|(_, clause)| clause).collect())
}

#[test]
fn every_option_is_read_at_any_alignment() {
    let (parsed, faults) = options(&[1, 2, 4, 5, 180, 3, 3, 7, 4, 2, 8, 10, 0, 0, 0, 1, 0, 0, 0, 2, 254, 2, 0]);
    assert_eq!((parsed.mss, parsed.wscale, parsed.sack_ok, parsed.ts), (Some(1460), Some(7), true, Some((1, 2))));
    assert_eq!(parsed.other, [254]);
    assert!(faults.is_empty());
}

#[test]
fn sack_blocks_are_read_in_order() {
    let (parsed, faults) = options(&[5, 18, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 5, 0, 0, 0, 9]);
    assert_eq!(parsed.sack, [(1, 2), (5, 9)]);
    assert!(faults.is_empty());
}

#[test]
fn faults_name_their_clause() {
    assert_eq!(options(&[2, 0, 0, 0]).1, ["MUST-68"], "length below 2");
    assert_eq!(options(&[254, 9, 0, 0]).1, ["MUST-68"], "length beyond the header");
    assert_eq!(options(&[2, 3, 0, 0]).1, ["MUST-68"], "MSS of length 3");
    assert_eq!(options(&[254]).1, ["MUST-68"], "kind without length");
    assert_eq!(options(&[0, 0, 9, 0]).1, ["MUST-69"], "padding");
}

#[test]
fn what_is_no_tcp_says_so() {
    assert_eq!(parse(&[]), Err(NotTcp::NotIp));
    assert_eq!(parse(&[0x50; 60]), Err(NotTcp::NotIp));
    let mut packet = vec![0; 40];
    packet[0] = 0x45;
    packet[3] = 40;
    packet[9] = 17;
    assert_eq!(parse(&packet), Err(NotTcp::Protocol(17)));
    packet[9] = 6;
    packet[7] = 1;
    assert_eq!(parse(&packet), Err(NotTcp::Fragment));
    packet[7] = 0;
    packet[3] = 30;
    assert_eq!(parse(&packet), Err(NotTcp::TooShort));
}

#[test]
fn a_checksum_of_zero_has_two_spellings() {
    let mut packet = vec![0; 40];
    packet[0] = 0x45;
    packet[3] = 40;
    packet[9] = 6;
    packet[32] = 0x50;
    let checksum_faults = |packet: &[u8]| {
        let faults = parse(packet).unwrap().faults;
        faults.into_iter().filter(|(text, _)| text.contains("TCP checksum")).count()
    };
    // All that is summed besides the sequence number: protocol, length, data offset.
    packet[26..28].copy_from_slice(&(0xffff_u16 - 6 - 20 - 0x5000).to_be_bytes());
    assert_eq!(checksum_faults(&packet), 0, "0x0000");
    packet[36..38].copy_from_slice(&[0xff, 0xff]);
    assert_eq!(checksum_faults(&packet), 0, "0xffff");
    packet[36..38].copy_from_slice(&[0xff, 0xfe]);
    assert_eq!(checksum_faults(&packet), 1, "0xfffe");
}

#[test]
fn a_data_offset_outside_the_segment_is_a_fault_and_no_panic() {
    let mut packet = vec![0; 40];
    packet[0] = 0x45;
    packet[3] = 40;
    packet[9] = 6;
    packet[32] = 0xf0;
    let parsed = parse(&packet).unwrap();
    assert!(parsed.faults.iter().any(|(text, _)| text.contains("data offset 60")), "{:?}", parsed.faults);
    packet[32] = 0x10;
    assert!(parse(&packet).unwrap().faults.iter().any(|(text, _)| text.contains("data offset 4")));
}

proptest! {
    #[test]
    fn no_input_panics(mut bytes in proptest::collection::vec(any::<u8>(), 0..120)) {
        let _ = parse(&bytes);
        // And with a header that lets it get further in.
        if bytes.len() > 20 {
            bytes[0] = 0x45;
            bytes[6..8].fill(0);
            bytes[9] = 6;
            let _ = parse(&bytes);
        }
    }
}

proptest! {
    /// What a script may put in a segment, right and wrong.
    #[test]
    fn what_is_plain_reads_as_it_was_written(
        numbers in any::<[u32; 2]>(),
        bits in any::<[u16; 3]>(),
        options in prop_oneof![
            Just(vec![]),
            Just(vec![2, 4, 5, 180, 1, 1, 4, 2]),
            Just(vec![1, 1, 8, 10, 0, 0, 0, 1, 0, 0, 0, 2]),
            Just(vec![1, 1, 5, 10, 0, 0, 0, 1, 0, 0, 0, 9]),
            proptest::collection::vec(0..9_u8, 0..44),
        ],
        text in proptest::collection::vec(any::<u8>(), 0..40),
        checksum in proptest::option::weighted(0.1, any::<u16>()),
        ttl in proptest::option::weighted(0.1, any::<u8>()),
    ) {
        let (peer, target) = ("192.0.2.2:7".parse().unwrap(), "192.0.2.1:8".parse().unwrap());
        let ip = crate::case::format::Ip { ttl, ..USUAL_IP };
        let segment = WireSegment {
            seq: numbers[0],
            ack: numbers[1],
            flags: Flags(bits[0] & 0x0fff),
            win: bits[1],
            urg: bits[2],
            options: &options,
            text: &text,
            checksum: checksum.map(crate::case::format::Checksum::Value),
            ip: &ip,
            ..WireSegment::empty(peer, target)
        };
        let packet = crate::segment::build::build(&segment);
        let other = text.iter().map(|byte| !byte).collect();
        for known in [text.clone(), other] {
            prop_assert_eq!(parse_around(&packet, &Text::Owned(known)), parse(&packet));
        }
        if let Some(plain) = plain(&segment) {
            prop_assert_eq!(Ok(Parsed { text: text.clone().into(), ..plain }), parse(&packet));
        }
        prop_assert!(plain(&segment).is_none() || (checksum.is_none() && ttl.is_none()));
    }
}
