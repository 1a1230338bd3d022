//! Generated cases on the reference and on this host's kernel. Each new way to part is written to the folder `FINDINGS`
//! names, else to `findings/`.
#![no_main]

use std::sync::{LazyLock, Mutex};

use harness::{generate::differential::Worker, target::spec::TargetSpec};

static PAIR: LazyLock<Mutex<Worker>> = LazyLock::new(|| {
    let reference = TargetSpec::Reference("rfc9293");
    let findings = std::env::var_os("FINDINGS").unwrap_or("findings".into()).into();
    Mutex::new(Worker::start(reference, TargetSpec::Kernel, 0, findings).expect("both targets open"))
});

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let _ = PAIR.lock().expect("no run panicked before").execute(data);
});
