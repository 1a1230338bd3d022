//! What the structured fuzz targets share: the pair on the fuzzer's thread, its feedback, and the mutator.
//!
//! Start at [`Differential::execute`]. What a case is and what is wrong with it is said in `harness`; here is only what
//! needs libFuzzer, or the folders of this machine.

use std::{
    env,
    mem::ManuallyDrop,
    path::Path,
    sync::{
        atomic::{AtomicU8, Ordering},
        mpsc::{Receiver, Sender, channel},
    },
};

use harness::{
    campaign::{
        feedback::{Triple, print},
        fuzzed::Fuzzed,
    },
    generate::mutate::fuzz_mutate,
    target::spec::TargetSpec,
};

/// An execution makes many small things and drops them all.
#[cfg(feature = "mimalloc")]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// libFuzzer takes every byte in this section that an input sets for something that input reached: here, a (state, event
/// class, rule) triple. It clears them before each input.
#[unsafe(link_section = "__libfuzzer_extra_counters")]
static REACHED: [AtomicU8; 1 << 15] = [const { AtomicU8::new(0) }; 1 << 15];

/// Tells libFuzzer of a triple.
pub fn reached(triple: Triple) {
    REACHED[print(triple) as usize % REACHED.len()].store(1, Ordering::Relaxed);
}

/// The reference and another target. New discoveries are written to the folder that `FINDINGS` names, else to
/// `findings`; what the suite shows is known, if it lies where this was built.
///
/// It is never dropped: what it has leaked for its worker stays in reach, which a leak detector asks at the end.
pub struct Differential(ManuallyDrop<Place>);

enum Place {
    /// On this thread.
    Here(Box<Fuzzed>),
    /// On a thread of its own, which a kernel target moves into a network namespace: inputs go, and a word comes back
    /// when each is done.
    There(Sender<Vec<u8>>, Receiver<()>),
}

impl Differential {
    /// Opens both.
    pub fn against(right: TargetSpec) -> Self {
        if !right.is_live() {
            return Self(ManuallyDrop::new(Place::Here(Box::new(open(&right)))));
        }
        let (inputs, to_run) = channel::<Vec<u8>>();
        let (done, results) = channel();
        std::thread::spawn(move || {
            let mut pair = open(&right);
            for data in to_run {
                execute(&mut pair, &data);
                if done.send(()).is_err() {
                    return;
                }
            }
        });
        Self(ManuallyDrop::new(Place::There(inputs, results)))
    }

    /// Runs one input. What panics on either thread is the fuzzer's crash.
    pub fn execute(&mut self, data: &[u8]) {
        match &mut *self.0 {
            Place::Here(pair) => execute(pair, data),
            Place::There(inputs, results) => {
                inputs.send(data.to_vec()).and(Ok(results.recv())).expect("the pair is there").expect("the run ended");
            }
        }
    }
}

fn open(right: &TargetSpec) -> Fuzzed {
    let suite = Path::new(env!("CARGO_MANIFEST_DIR")).join("../cases");
    let findings = env::var_os("FINDINGS").unwrap_or("findings".into());
    Fuzzed::against(right, &suite, findings.as_ref()).unwrap_or_else(|error| {
        // A panic here would look like a finding.
        eprintln!("{error}");
        std::process::exit(3)
    })
}

fn execute(pair: &mut Fuzzed, data: &[u8]) {
    for found in pair.execute(data, &mut reached) {
        eprintln!("NEW {}: {}", found.key, found.file.unwrap_or_default().display());
    }
}

/// Mostly one step or field of the script; now and then libFuzzer's own mutation, which knows what it compared.
pub fn mutate(data: &mut [u8], size: usize, max_size: usize, seed: u32) -> usize {
    match seed % 8 {
        0 => libfuzzer_sys::fuzzer_mutate(data, size, max_size),
        _ => fuzz_mutate(data, size, max_size, seed),
    }
}
