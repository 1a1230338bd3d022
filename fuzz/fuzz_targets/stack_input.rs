//! Raw bytes at the reference stack: no panic, nothing malformed leaves, nothing runs away.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| harness::generate::raw::stack_input(data));
