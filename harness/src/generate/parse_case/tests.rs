use std::{fs, path::Path};

use fastrand::Rng;

use super::*;
use crate::case::load::discover;

/// The suite's files.
fn suite() -> Vec<String> {
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("../cases");
    let mut files: Vec<_> = discover(&[cases]).cases.into_iter().map(|case| case.file).collect();
    files.dedup();
    files.into_iter().map(|file| fs::read_to_string(file).unwrap()).collect()
}

/// A piece of the file goes, comes twice, or is another file's; or some bytes are.
fn damaged(text: &str, other: &str, rng: &mut Rng) -> Vec<u8> {
    let mut bytes = text.as_bytes().to_vec();
    let piece = |len: usize, rng: &mut Rng| {
        let from = rng.usize(..len);
        from..(from + rng.usize(..40)).min(len)
    };
    let (here, there) = (piece(bytes.len(), rng), piece(other.len(), rng));
    match rng.u8(..4) {
        0 => drop(bytes.drain(here)),
        1 => drop(bytes.splice(here.start..here.start, text.as_bytes()[here.clone()].iter().copied())),
        2 => drop(bytes.splice(here, other.as_bytes()[there].iter().copied())),
        _ => bytes[here].iter_mut().for_each(|byte| *byte = b"0-9:[]{},#&*!|>'\"%@`$ \n~"[rng.usize(..24)]),
    }
    bytes
}

#[test]
fn every_file_of_the_suite_is_printed_as_itself() {
    for text in suite() {
        assert!(parse_case(text.as_bytes()));
    }
}

#[test]
fn damaged_files_are_refused_or_mean_the_same_when_printed() {
    let suite = suite();
    let mut rng = Rng::with_seed(7);
    let mut usable = 0;
    for _ in 0..4000 {
        let (one, other) = (rng.usize(..suite.len()), rng.usize(..suite.len()));
        usable += usize::from(parse_case(&damaged(&suite[one], &suite[other], &mut rng)));
    }
    assert!((100..3900).contains(&usable), "{usable} of 4000 were usable");
}

#[test]
fn no_bytes_are_too_odd() {
    let mut rng = Rng::with_seed(8);
    for len in 0..500 {
        let noise: Vec<u8> = (0..len).map(|_| rng.u8(..128)).collect();
        parse_case(&noise);
    }
    for text in ["", "{", "[[[[", "a: &a [*a]", "\u{feff}title: x", "title: >\n", "? a\n: b", "---\n---\n"] {
        assert!(!parse_case(text.as_bytes()), "{text:?}");
    }
    parse_case("[".repeat(100_000).as_bytes());
    parse_case("{a: ".repeat(50_000).as_bytes());
}
