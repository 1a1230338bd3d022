use proptest::prelude::*;

use super::*;

fn read(bytes: &[u8]) -> TcpOptions {
    TcpOptions::parse(bytes).expect("legal options")
}

fn written(options: &TcpOptions) -> Vec<u8> {
    options.encode().padded().to_vec()
}

fn blocks(count: u32) -> SackBlocks {
    (0..count).map(|i| (Seq(100 * i), Seq(100 * i + 50))).collect()
}

#[test]
fn reads_each_known_option() {
    assert_eq!(read(&[]), TcpOptions::default());
    assert_eq!(read(&[2, 4, 0x02, 0x18]).mss, Some(536));
    assert_eq!(read(&[3, 3, 14]).window_scale, Some(14));
    assert!(read(&[4, 2]).sack_permitted);
    assert_eq!(read(&[8, 10, 0, 0, 0, 1, 0xff, 0, 0, 0]).timestamps, Some((1, 0xff00_0000)));
    let sack = read(&[5, 10, 0, 0, 0, 7, 0, 0, 0, 9]).sack;
    assert_eq!(sack.as_slice(), [(Seq(7), Seq(9))]);
}

#[test]
fn a_shift_above_fourteen_is_shown_as_it_came() {
    assert_eq!(read(&[3, 3, 255]).window_scale, Some(255));
}

/// MUST-64.
#[test]
fn reads_at_any_alignment() {
    for nops in 0..8 {
        let mut bytes = vec![1; nops];
        bytes.extend([2, 4, 0x05, 0xb4]);
        assert_eq!(read(&bytes).mss, Some(1460), "after {nops} NOPs");
    }
}

/// MUST-6: with and without data; kind 254 is RFC 4727's experiment.
#[test]
fn skips_unknown_kinds_by_their_length() {
    let bytes = [254, 6, 0xde, 0xad, 2, 4, 77, 2, 3, 3, 7];
    let options = read(&bytes);
    assert_eq!(options.window_scale, Some(7));
    assert_eq!(options.mss, None, "an unknown option's data is not an option");
}

#[test]
fn nothing_is_read_after_the_end_of_the_list() {
    assert_eq!(read(&[3, 3, 7, 0, 2, 4, 1, 1]).mss, None);
    assert_eq!(read(&[0, 2, 0]), TcpOptions::default(), "not even what is illegal");
}

#[test]
fn of_two_the_later_counts() {
    assert_eq!(read(&[2, 4, 0, 1, 2, 4, 0, 2]).mss, Some(2));
}

/// MUST-7: zero, one, past the end, missing, and wrong for a known kind.
#[test]
fn an_illegal_length_is_named_and_what_stands_before_is_kept() {
    let illegal: [&[u8]; 17] = [
        &[77, 0],
        &[77, 1],
        &[77, 1, 0, 0],
        &[77, 3],
        &[77, 255, 0],
        &[77],
        &[2],
        &[2, 4, 5],
        &[2, 3, 5],
        &[2, 5, 5, 5, 5],
        &[3, 2],
        &[3, 4, 1, 1],
        &[4, 3, 0],
        &[8, 9, 0, 0, 0, 0, 0, 0, 0],
        &[5, 2],
        &[5, 9, 0, 0, 0, 0, 0, 0, 0],
        &[5, 14, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
    ];
    for option in illegal {
        let mut bytes = vec![3, 3, 9, 1];
        bytes.extend(option);
        let error = TcpOptions::parse(&bytes).expect_err("an illegal length");
        assert_eq!(error.kind, option[0], "{option:?}");
        assert_eq!(error.length, option.get(1).copied(), "{option:?}");
        let before = TcpOptions { window_scale: Some(9), ..TcpOptions::default() };
        assert_eq!(error.read, before, "{option:?}");
    }
}

#[test]
fn more_sack_blocks_than_a_header_holds_are_illegal() {
    let mut bytes = vec![5, 42];
    bytes.extend([0; 40]);
    let error = TcpOptions::parse(&bytes).expect_err("five blocks");
    assert_eq!((error.kind, error.length), (5, Some(42)));
}

#[test]
fn errors_are_lowercase_fragments_but_for_the_protocol() {
    let text = |bytes| TcpOptions::parse(bytes).expect_err("illegal").to_string();
    assert_eq!(text(&[2, 0]), "TCP option 2 has illegal length 0");
    assert_eq!(text(&[2]), "TCP option 2 has no length");
}

#[test]
fn nothing_to_say_takes_no_room() {
    assert_eq!(written(&TcpOptions::default()), []);
}

/// MUST-69: the zeros are End of Option List and padding.
#[test]
fn pads_with_zeros() {
    let options = TcpOptions { window_scale: Some(2), ..TcpOptions::default() };
    assert_eq!(written(&options), [3, 3, 2, 0]);
    let options = TcpOptions { sack_permitted: true, ..TcpOptions::default() };
    assert_eq!(written(&options), [4, 2, 0, 0]);
    let options = TcpOptions { window_scale: Some(2), ..options };
    assert_eq!(written(&options), [4, 2, 3, 3, 2, 0, 0, 0]);
}

#[test]
fn a_full_syn_takes_twenty_octets() {
    let options = TcpOptions {
        mss: Some(1460),
        window_scale: Some(7),
        sack_permitted: true,
        timestamps: Some((1, 2)),
        ..TcpOptions::default()
    };
    let expected = [2, 4, 5, 180, 4, 2, 8, 10, 0, 0, 0, 1, 0, 0, 0, 2, 3, 3, 7, 0];
    assert_eq!(written(&options), expected);
}

#[test]
fn timestamps_and_sack_are_aligned() {
    let options = TcpOptions { timestamps: Some((0x0102_0304, 5)), sack: blocks(1), ..TcpOptions::default() };
    let expected = [1, 1, 8, 10, 1, 2, 3, 4, 0, 0, 0, 5, 1, 1, 5, 10, 0, 0, 0, 0, 0, 0, 0, 50];
    assert_eq!(written(&options), expected);
}

/// RFC2018#3: four blocks alone, three beside timestamps.
#[test]
fn sack_blocks_that_do_not_fit_are_left_out() {
    let fit = |options: TcpOptions| {
        let bytes = written(&TcpOptions { sack: blocks(4), ..options });
        assert!(bytes.len() <= MAX_LEN);
        read(&bytes).sack
    };
    let timestamps = Some((1, 2));
    assert_eq!(fit(TcpOptions::default()), blocks(4));
    assert_eq!(fit(TcpOptions { timestamps, ..TcpOptions::default() }), blocks(3));
    let mss = Some(1);
    assert_eq!(fit(TcpOptions { mss, ..TcpOptions::default() }), blocks(4));
    let full_syn = TcpOptions { mss, timestamps, window_scale: Some(1), sack_permitted: true, ..TcpOptions::default() };
    assert_eq!(fit(full_syn), blocks(2));
}

#[test]
fn there_is_room_for_four_blocks() {
    let mut four = blocks(4);
    assert!(!four.push(Seq(1), Seq(2)));
    assert_eq!(four, blocks(4));
    assert_eq!(blocks(9), blocks(4));
    assert_eq!(format!("{:?}", blocks(2)), "[(0, 50), (100, 150)]");
}

fn sack_blocks() -> impl Strategy<Value = SackBlocks> {
    prop::collection::vec((any::<u32>(), any::<u32>()), 0..=4)
        .prop_map(|pairs| pairs.into_iter().map(|(l, r)| (Seq(l), Seq(r))).collect())
}

prop_compose! {
    fn options()(
        mss: Option<u16>,
        window_scale: Option<u8>,
        sack_permitted: bool,
        sack in sack_blocks(),
        timestamps in prop::option::of((any::<u32>(), any::<u32>())),
    ) -> TcpOptions {
        TcpOptions { mss, window_scale, sack_permitted, sack, timestamps, user_timeout: mss.filter(|mss| mss % 2 == 0) }
    }
}

proptest! {
    #[test]
    fn what_is_written_is_read_back_but_for_blocks_without_room(options in options()) {
        let bytes = written(&options);
        prop_assert_eq!(bytes.len() % 4, 0);
        prop_assert!(bytes.len() <= MAX_LEN);
        prop_assert_eq!(bytes.len(), options.wire_len());
        let back = read(&bytes);
        prop_assert_eq!(TcpOptions { sack: options.sack, ..back }, options);
        let (all, some) = (options.sack.as_slice(), back.sack.as_slice());
        prop_assert!(all.starts_with(some), "the first blocks stay");
        prop_assert!(some.len() == all.len() || bytes.len() + 8 > MAX_LEN, "no room is wasted");
    }

    #[test]
    fn no_input_panics_and_known_options_survive_rewriting(
        bytes in prop::collection::vec(prop_oneof![0u8..11, any::<u8>()], 0..=40),
    ) {
        let options = match TcpOptions::parse(&bytes) {
            Ok(options) => options,
            Err(error) => {
                prop_assert!(bytes.contains(&error.kind));
                error.read
            }
        };
        let again = read(&written(&options));
        prop_assert_eq!(TcpOptions { sack: options.sack, ..again }, options);
    }
}
