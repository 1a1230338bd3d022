//! Generated cases on the reference and on this host's kernel. Each new way to part is written to the folder `FINDINGS`
//! names, else to `findings/`.
#![no_main]

use std::sync::{LazyLock, Mutex};

use harness::campaign::{engine::Plan, fuzzed::Fuzzed};
use harness::target::spec::{TargetOptions, TargetSpec};

static PAIR: LazyLock<Mutex<Fuzzed>> = LazyLock::new(|| {
    let (reference, findings) = (TargetSpec::Reference("rfc9293"), std::env::var_os("FINDINGS"));
    let findings = findings.unwrap_or("findings".into());
    let plan = Plan::between(&reference, &TargetSpec::Kernel, TargetOptions::default(), findings.as_ref());
    Mutex::new(Fuzzed::start(plan).expect("both targets open"))
});

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let _ = PAIR.lock().expect("no run panicked before").execute(data);
});
