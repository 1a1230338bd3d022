use core::net::Ipv4Addr;

use proptest::prelude::*;

use super::*;

/// The definition, word by word.
fn by_definition(bytes: &[u8]) -> u16 {
    let mut sum = 0u64;
    for pair in bytes.chunks(2) {
        let low = pair.get(1).copied().unwrap_or(0);
        sum += u64::from(u16::from_be_bytes([pair[0], low]));
    }
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    !(sum as u16)
}

#[test]
fn nothing_sums_to_zero() {
    assert_eq!(Checksum::new().finish(), 0xffff);
    assert_eq!(Checksum::new().add(&[]).finish(), 0xffff);
}

#[test]
fn an_odd_octet_is_a_high_half() {
    assert_eq!(Checksum::new().add(&[0x12]).finish(), !0x1200);
    assert_eq!(Checksum::new().add(&[0x12]).add(&[0x34]).finish(), !0x1234);
    assert_eq!(Checksum::new().add(&[0x12]).add(&[]).add(&[0x34]).finish(), !0x1234);
}

#[test]
fn carries_go_round() {
    assert_eq!(Checksum::new().add(&[0xff, 0xff, 0x00, 0x01]).finish(), !0x0001);
    let ones = vec![0xff; 65_535];
    assert_eq!(Checksum::new().add(&ones).finish(), by_definition(&ones));
}

#[test]
fn the_pseudo_header_is_the_sum_of_its_twelve_octets() {
    let (src, dst) = (Ipv4Addr::new(192, 0, 2, 255), Ipv4Addr::new(255, 255, 255, 254));
    let pseudo = [192, 0, 2, 255, 255, 255, 255, 254, 0, 6, 0xff, 0xeb];
    let sum = Checksum::pseudo_header(src, dst, 6, 0xffeb);
    assert_eq!(sum.finish(), by_definition(&pseudo));
}

proptest! {
    #[test]
    fn equals_the_definition_however_the_bytes_are_split(
        bytes in prop::collection::vec(prop_oneof![any::<u8>(), Just(0xff)], 0..200),
        cuts in prop::collection::vec(0usize..200, 0..5),
    ) {
        let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(bytes.len())).collect();
        cuts.extend([0, bytes.len()]);
        cuts.sort_unstable();
        let parts = cuts.windows(2).map(|pair| &bytes[pair[0]..pair[1]]);
        let sum = parts.fold(Checksum::new(), Checksum::add);
        prop_assert_eq!(sum.finish(), by_definition(&bytes));
    }
}
