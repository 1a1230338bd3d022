//! What making a case costs a fuzzer: bytes → script → case → ready to run. Figures are nanoseconds per script.

use std::{hint::black_box, time::Instant};

use harness::{
    case::format::ConcreteCase,
    generate::{
        mutate::fuzz_mutate,
        script::{RECORD, Scope, Script},
    },
};

const SCRIPTS: usize = 128;
const ROUNDS: u32 = 300;

/// The fastest round, in nanoseconds per script: others share the machine.
fn nanos(mut work: impl FnMut(usize)) -> u128 {
    let mut round = || {
        let began = Instant::now();
        (0..SCRIPTS).for_each(&mut work);
        began.elapsed().as_nanos() / SCRIPTS as u128
    };
    (0..ROUNDS).map(|_| round()).min().unwrap_or_default()
}

fn main() {
    for records in [10, 40] {
        let mut rng = fastrand::Rng::with_seed(1);
        let inputs: Vec<Vec<u8>> =
            (0..SCRIPTS).map(|_| (0..RECORD * (records + 1)).map(|_| rng.u8(..)).collect()).collect();
        let case = |index: usize| Script::decode(&inputs[index]).to_case(&Scope::VIRTUAL);
        let made = nanos(|index| drop(black_box(case(index))));
        let ready = nanos(|index| drop(black_box(ConcreteCase::from_case("generated", case(index)))));
        let mut room = vec![0; 2048];
        let mutated = nanos(|index| {
            room[..inputs[index].len()].copy_from_slice(&inputs[index]);
            black_box(fuzz_mutate(&mut room, inputs[index].len(), 2048, u32::try_from(index).unwrap_or(0)));
        });
        println!("{records} records: to_case {made} ns, ready to run {ready} ns, fuzz_mutate {mutated} ns");
    }
}
