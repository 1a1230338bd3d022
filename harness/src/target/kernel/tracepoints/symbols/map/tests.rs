//! Looking up in a file.

use std::io::Write;

use super::{super::Symbols, *};

fn map(text: &str) -> Map {
    let mut file = tempfile::tempfile().expect("a file");
    file.write_all(text.as_bytes()).expect("written");
    Map::of(file).expect("its size")
}

/// A kernel of some thousand functions, some with two names, with data and things without an address between them.
fn kernel() -> String {
    let mut text = String::from("0000000000000000 A per_cpu\n0000000000000040 t early\n");
    for n in 0_u64..5000 {
        let begins = 0x6000_0000 + n * 0x20;
        match n % 7 {
            3 => text += &format!("{begins:016x} D data_{n}\n"),
            5 => text += &format!("{begins:016x} T first_{n}\n{begins:016x} t second_{n}.isra.0\n"),
            _ => text += &format!("{begins:016x} t function_{n}.part.1\n"),
        }
    }
    text
}

/// The file says the same as the whole table would, for each address at a function's edges.
#[test]
fn the_file_agrees_with_the_whole_table() {
    let text = kernel();
    let (map, table) = (map(&text), Symbols::of(text.clone()));
    for address in (0x6000_0000 - 0x40..0x6000_0000 + 5001 * 0x20).step_by(0x20).flat_map(|at| [at - 1, at, at + 1]) {
        assert_eq!(map.function_at(address), table.function_at(address), "{address:#x}");
    }
    assert_eq!(map.function_at(0x6000_0001), Some("function_0"));
    assert_eq!(map.function_at(0x6000_00a1), Some("first_5"), "the first of two names");
    assert_eq!(map.function_at(u64::MAX), table.function_at(u64::MAX), "behind all");
    assert_eq!(map.function_at(0x40), None, "before all");
    assert_eq!(map.function_at(0), None);
}

#[test]
fn a_file_of_other_things_gives_no_names() {
    for text in ["", "\n", "no map at all", &"x".repeat(20_000), &"60000000 t\n".repeat(2000)] {
        assert_eq!(map(text).function_at(0x6000_0001), None);
    }
}
