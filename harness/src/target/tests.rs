use super::*;

#[test]
fn a_piece_of_the_pattern_is_the_pattern_wherever_it_begins() {
    for at in [0, 1, 250, 251, 65_535, u32::MAX - 100, u32::MAX] {
        for len in [0, 1, 100, 101, 102, 251, 4000, 65_535, 70_000] {
            let bytes: Vec<u8> = (0..len).map(|n| pattern_byte(at.wrapping_add(n))).collect();
            assert!(*data_bytes(&Data::Pattern(len), at) == *bytes, "{len} from {at} on");
        }
    }
}
