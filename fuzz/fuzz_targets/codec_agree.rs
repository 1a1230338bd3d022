//! The reference's wire codec against the harness's: both accept or both refuse, and read and build the same.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let _ = harness::generate::codec_agree::codec_agree(data);
});
