//! A campaign whose inputs come from elsewhere: from libFuzzer, in the differential targets under `fuzz/`.
//!
//! [`Fuzzed`] runs each input, judges it, confirms what it shows, shrinks and writes it, as a campaign of ours does, on
//! the thread that started it. A way to part goes to the folder of findings and stops nobody; a broken invariant or a
//! panic of the reference panics: that is the fuzzer's crash. Left out: mutation and the corpus, which are the fuzzer's.

use std::{
    cell::RefCell,
    path::Path,
    rc::Rc,
    sync::{Arc, atomic::AtomicBool},
};

use super::{
    engine::{CampaignError, Discovery, Plan, Shared, learn},
    feedback::Triple,
    guide::Guide,
    worker::Worker,
};
use crate::{
    case::load::discover,
    generate::script::Script,
    judge::ledger::Ledger,
    target::spec::{TargetOptions, TargetSpec},
};

/// A worker that takes inputs one by one.
pub struct Fuzzed {
    worker: Worker<'static>,
}

impl Fuzzed {
    /// Opens the targets on this thread, which a kernel target keeps for itself.
    ///
    /// # Errors
    /// If a target cannot be opened.
    pub fn start(plan: Plan) -> Result<Self, CampaignError> {
        let known = learn(&plan)?;
        // A worker borrows them. A process has one fuzzer, for as long as it lives.
        let plan: &'static Plan = Box::leak(Box::new(plan));
        let stop: &'static AtomicBool = Box::leak(Box::default());
        let shared: &'static Shared<'static> = Box::leak(Box::new(Shared::new(plan, known, stop)));
        let mut worker = Worker::open(shared, 0, &Rc::new(RefCell::new(Guide::of(shared.plan)?)))?;
        worker.told = Some(Vec::new());
        Ok(Self { worker })
    }

    /// The reference and another target. What the suite at `cases` shows between them is known, and so is what its ledgers
    /// cover, as in `rfc793 fuzz`; `findings` is where new discoveries are written.
    ///
    /// # Errors
    /// If a target cannot be opened.
    pub fn against(right: &TargetSpec, cases: &Path, findings: &Path) -> Result<Self, CampaignError> {
        let left = TargetSpec::Reference("rfc9293");
        let suite: Vec<_> = discover(&[cases.to_owned()]).cases.into_iter().map(Arc::new).collect();
        let ledgers = [&left, right].map(|target| {
            let file = cases.join("ledger").join(format!("{}.yaml", target.ledger_name()));
            if file.exists() { Ledger::read(&file).0 } else { Ledger::default() }
        });
        Self::start(Plan::between(&left, right, TargetOptions::default(), findings).knowing(&suite, ledgers))
    }

    /// Runs one input and gives what it showed that nobody had shown before; each has been written. `seen` is called
    /// with each (state, event class, rule) triple.
    ///
    /// # Panics
    /// If the reference is wrong, or the harness failed: that is the fuzzer's finding.
    pub fn execute(&mut self, bytes: &[u8], seen: &mut dyn FnMut(Triple)) -> Vec<Discovery> {
        let done = self.worker.execute(Script::decode(bytes), true);
        done.unwrap_or_else(|error| panic!("the campaign cannot go on: {error}"));
        self.worker.told.iter_mut().flat_map(|told| told.drain(..)).for_each(seen);
        let fresh = self.worker.fresh();
        let fault = fresh.iter().find(|found| self.worker.is_our_own_fault(&found.key));
        if let Some(Discovery { key, explanation, file, .. }) = fault {
            panic!("{key}\n{explanation}\nwritten to {file:?}");
        }
        fresh
    }
}

#[cfg(test)]
mod tests;
