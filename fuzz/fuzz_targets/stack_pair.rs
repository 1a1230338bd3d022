//! Two reference stacks over a faulty link: bytes arrive once and in order, or somebody is told; invariants hold.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let _ = harness::generate::stack_pair::stack_pair(data);
});
