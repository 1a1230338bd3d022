//! Generated cases on the reference's profiles `rfc9293` and `rfc793`: they part only by a switch that is listed.
#![no_main]

use std::cell::RefCell;

use harness::{campaign::profiles::Profiles, generate::mutate::fuzz_crossover};
use rfc793_fuzz::{mutate, reached};

thread_local!(static PAIR: RefCell<Profiles> = RefCell::new(Profiles::open().expect("targets in process open")));

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let _ = PAIR.with_borrow_mut(|pair| pair.execute(data, &mut reached));
});
libfuzzer_sys::fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    mutate(data, size, max_size, seed)
});
libfuzzer_sys::fuzz_crossover!(|one: &[u8], other: &[u8], out: &mut [u8], seed: u32| {
    fuzz_crossover(one, other, out, seed)
});
