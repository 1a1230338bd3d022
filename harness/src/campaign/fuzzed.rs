//! A campaign whose inputs come from elsewhere: from libFuzzer, in the targets under `fuzz/`.
//!
//! [`Fuzzed`] keeps a worker on a thread of its own, which a kernel target needs. Each input is run, judged, confirmed,
//! shrunk and written as in a campaign of ours. Left out: mutation and the corpus, which are the fuzzer's.

use std::{
    sync::{atomic::AtomicBool, mpsc},
    thread,
};

use super::{
    engine::{CampaignError, Discovery, Plan, Shared, learn},
    worker::Worker,
};
use crate::generate::script::Script;

/// A worker that takes inputs one by one.
pub struct Fuzzed {
    inputs: mpsc::Sender<Vec<u8>>,
    results: mpsc::Receiver<Result<Vec<Discovery>, CampaignError>>,
}

impl Fuzzed {
    /// Starts the thread and opens the targets on it.
    ///
    /// # Errors
    /// If a target cannot be opened.
    pub fn start(plan: Plan) -> Result<Self, CampaignError> {
        let (inputs, to_run) = mpsc::channel::<Vec<u8>>();
        let (done, results) = mpsc::channel();
        let (opened, opening) = mpsc::channel();
        thread::spawn(move || {
            let stop = AtomicBool::new(false);
            let shared = match learn(&plan) {
                Ok(known) => Shared::new(&plan, known, &stop),
                Err(error) => return drop(opened.send(Err(error))),
            };
            let mut worker = match Worker::open(&shared, 0) {
                Ok(worker) => worker,
                Err(error) => return drop(opened.send(Err(error))),
            };
            let _ = opened.send(Ok(()));
            for bytes in to_run {
                let result = worker.execute(Script::decode(&bytes), true).map(|()| worker.fresh());
                if done.send(result).is_err() {
                    return;
                }
            }
        });
        opening.recv().unwrap_or(Err(CampaignError::Worker))?;
        Ok(Self { inputs, results })
    }

    /// Runs one input and gives what it showed that nobody had shown before; each has been written.
    ///
    /// # Panics
    /// If the harness itself failed, so that the fuzzer sees it on its own thread.
    #[must_use]
    pub fn execute(&self, bytes: &[u8]) -> Vec<Discovery> {
        let result = self.inputs.send(bytes.to_vec()).ok().and_then(|()| self.results.recv().ok());
        let result = result.expect("the harness panicked; its message stands above");
        result.unwrap_or_else(|error| panic!("the campaign cannot go on: {error}"))
    }
}

#[cfg(test)]
mod tests;
