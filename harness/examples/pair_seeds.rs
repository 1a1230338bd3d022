//! Two references over a link that loses, doubles, delays, reorders and damages packets, from a seed each: every byte
//! arrives once and in order or an error is reported, both ends come to an end, and no invariant is broken on either side.
//!
//! ```text
//! pair_seeds FIRST COUNT        exit code 0 if all seeds held, 1 if one did not, 2 for wrong arguments
//! ```

use std::{panic, process::ExitCode};

use harness::generate::stack_pair::stack_pair;

/// Bytes of a script: some hundred calls, deliveries, faults and waits.
const LENGTHS: std::ops::Range<usize> = 100..2000;

fn main() -> ExitCode {
    let numbers: Vec<Option<u64>> = std::env::args().skip(1).map(|text| text.parse().ok()).collect();
    let [Some(first), Some(count)] = numbers[..] else {
        eprintln!("pair_seeds FIRST COUNT");
        return ExitCode::from(2);
    };
    let (mut arrived, mut faults, mut cut_short) = (0, 0, 0);
    for seed in first..first.saturating_add(count) {
        let mut random = fastrand::Rng::with_seed(seed);
        let len = random.usize(LENGTHS);
        let script: Vec<u8> = std::iter::repeat_with(|| random.u8(..)).take(len).collect();
        // The panic's own message says what did not hold.
        let Ok(outcome) = panic::catch_unwind(|| stack_pair(&script)) else {
            eprintln!("seed {seed} again: cargo run --release -p harness --example pair_seeds -- {seed} 1");
            return ExitCode::FAILURE;
        };
        arrived += outcome.arrived;
        faults += outcome.faults;
        cut_short += usize::from(outcome.cut_short);
    }
    println!(
        "{count} seeds: {arrived} octets arrived through {faults} faults, {cut_short} connections told of an error"
    );
    ExitCode::SUCCESS
}
