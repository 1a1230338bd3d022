//! What the workers of one thread share to decide what to try next: the inputs worth changing, and what was seen.
//!
//! A worker asks [`Guide::next`] for an input and tells what it showed by [`Guide::sees`]. It is borrowed only between
//! two calls of a target, so that fibers never meet in it.

use std::{
    hash::{DefaultHasher, Hash, Hasher},
    ops::Range,
    path::Path,
};

use fastrand::Rng;

use super::{
    engine::{CampaignError, Plan},
    feedback::{Seen, Triple},
    input::Corpus,
};
use crate::{generate::script::Script, trace::event::CaseRun};

/// The inputs and the triples of one thread.
#[derive(Debug)]
pub(super) struct Guide {
    corpus: Corpus,
    /// The inputs to begin with that have not run yet.
    seeds: Range<usize>,
    seen: Seen,
}

impl Guide {
    /// What a plan begins with.
    ///
    /// # Errors
    /// If the plan's corpus cannot be read.
    pub(super) fn of(plan: &Plan) -> Result<Self, CampaignError> {
        let mut corpus = Corpus::of(&plan.seeds);
        if let Some(folder) = &plan.corpus {
            corpus.read(folder).map_err(|source| CampaignError::files("read the inputs in", folder, source))?;
        }
        let seeds = if plan.seeds_ran { 0..0 } else { 0..corpus.kept().len() };
        Ok(Self { corpus, seeds, seen: Seen::default() })
    }

    /// The next input, and whether it is one of those to begin with.
    pub(super) fn next(&mut self, rng: &mut Rng) -> (Script, bool) {
        match self.seeds.next() {
            Some(seed) => (self.corpus.kept()[seed].clone(), true),
            None => (self.corpus.next(rng), false),
        }
    }

    /// Takes in the triples of a run; `tell` is told of each, and whether it is new.
    pub(super) fn sees(&mut self, run: &CaseRun, tell: &mut dyn FnMut(Triple, bool)) {
        self.seen.take(run, tell);
    }

    /// Keeps an input.
    pub(super) fn keep(&mut self, script: Script) {
        self.corpus.keep(script);
    }

    /// All triples that were seen.
    pub(super) fn into_seen(self) -> Seen {
        self.seen
    }
}

/// Where inputs worth keeping are written: named by what they are.
pub(super) fn write(script: &Script, folder: &Path) -> Result<(), CampaignError> {
    let bytes = script.encode();
    let mut hasher = DefaultHasher::new();
    bytes.hash(&mut hasher);
    let file = folder.join(format!("{:016x}", hasher.finish()));
    std::fs::create_dir_all(folder).map_err(|source| CampaignError::files("make the folder", folder, source))?;
    std::fs::write(&file, bytes).map_err(|source| CampaignError::files("write the input", &file, source))
}
