//! Generated cases on the reference and on smoltcp. Each new way to part is written to the folder that
//! `FINDINGS` names, else to `findings/`, and stops nobody; a wrong reference crashes.
#![no_main]

use std::cell::RefCell;

use harness::{generate::mutate::fuzz_crossover, target::spec::TargetSpec};
use rfc793_fuzz::{Differential, mutate};

thread_local!(static PAIR: RefCell<Differential> = RefCell::new(Differential::against(TargetSpec::Smoltcp)));

libfuzzer_sys::fuzz_target!(|data: &[u8]| PAIR.with_borrow_mut(|pair| pair.execute(data)));
libfuzzer_sys::fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    mutate(data, size, max_size, seed)
});
libfuzzer_sys::fuzz_crossover!(|one: &[u8], other: &[u8], out: &mut [u8], seed: u32| {
    fuzz_crossover(one, other, out, seed)
});
