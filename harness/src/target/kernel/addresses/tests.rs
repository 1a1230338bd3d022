use super::*;

const SYN: u8 = 0x02;
const URG: u8 = 0x20;

/// A packet of 60 octets that begins like this; the octet where a plain one has its flags, and where longer headers would
/// have them, is `flags`.
fn packet(begin: &[u8], flags: u8) -> [u8; 60] {
    let mut packet = [flags; 60];
    packet[..begin.len()].copy_from_slice(begin);
    packet
}

const V4: [u8; 20] = [0x45, 0, 0, 60, 0, 0, 0, 0, 64, TCP, 0, 0, 10, 1, 0, 1, 10, 0, 0, 1];
const V6: [u8; 8] = [0x60, 0, 0, 0, 0, 20, TCP, 64];

#[test]
fn flags_are_looked_at_where_a_plain_packet_has_them() {
    for begin in [&V4[..], &V6] {
        assert!(may_have(&packet(begin, SYN), SYN) && !may_have(&packet(begin, SYN), URG));
        assert!(may_have(&packet(begin, URG), URG) && !may_have(&packet(begin, URG), SYN));
    }
    assert!(!may_have(&[], SYN) && !may_have(&V4, SYN));
}

/// Whatever stands there may be a checksum.
#[test]
fn what_is_no_plain_packet_may_have_any() {
    let other = |at: usize, octet: u8| {
        let mut begin = V4;
        begin[at] = octet;
        begin
    };
    let mut v6 = V6;
    v6[5] = 21;
    let options = other(0, 0x46);
    let not_whole = other(0, 0x44);
    let first_part = other(6, 0x20);
    let last_part = other(7, 1);
    let odd = other(9, 99);
    for begin in [&options[..], &not_whole, &first_part, &last_part, &odd, &v6, &[0x60, 0, 0, 0, 0, 20, FRAGMENT, 64]] {
        assert!([0, 0xff].iter().all(|&flags| may_have(&packet(begin, flags), SYN)), "{begin:?}");
    }
    for begin in [&other(9, 1)[..], &other(9, 17), &[0x60, 0, 0, 0, 0, 20, 58, 64]] {
        assert!([0, 0xff].iter().all(|&flags| !may_have(&packet(begin, flags), SYN)), "{begin:?}");
    }
}
