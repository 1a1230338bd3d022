//! What a campaign feeds its pair: scripts, new ones and changed ones, and which it keeps.
//!
//! Used by one worker; nothing here is shared. An input is kept when it made the target do something for the first
//! time ([`super::feedback`]). Left out: running it.

use std::{collections::HashSet, fs, io, path::Path};

use fastrand::Rng;

use crate::generate::{
    mutate::{cross, mutate},
    script::{MOST_BYTES, Script},
};

/// The inputs worth changing.
#[derive(Debug, Default)]
pub(super) struct Corpus {
    kept: Vec<Script>,
}

impl Corpus {
    /// The inputs to begin with, each once.
    pub(super) fn of(seeds: &[Script]) -> Self {
        let mut seen = HashSet::new();
        Self { kept: seeds.iter().filter(|seed| seen.insert(*seed)).cloned().collect() }
    }

    /// Keeps the scripts in the files of a folder, in the order of their names. A folder that is not there is empty.
    ///
    /// # Errors
    /// Those of the file system.
    pub(super) fn read(&mut self, folder: &Path) -> io::Result<()> {
        let mut files = match fs::read_dir(folder) {
            Ok(entries) => entries.map(|entry| entry.map(|entry| entry.path())).collect::<io::Result<Vec<_>>>()?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
            Err(error) => return Err(error),
        };
        files.sort();
        for file in files.into_iter().filter(|file| file.is_file()) {
            let bytes = fs::read(&file)?;
            self.keep(Script::decode(&bytes[..bytes.len().min(MOST_BYTES)]));
        }
        Ok(())
    }

    pub(super) fn keep(&mut self, script: Script) {
        self.kept.push(script);
    }

    /// Those kept, in the order they came.
    pub(super) fn kept(&self) -> &[Script] {
        &self.kept
    }

    /// The next input: mostly a change of one that is kept, sometimes a child of two, sometimes a new one.
    pub(super) fn next(&self, rng: &mut Rng) -> Script {
        if self.kept.is_empty() || rng.u8(..8) == 0 {
            return fresh(rng);
        }
        // Recent ones lead further: half of the choices fall on the newest quarter.
        let newest = self.kept.len() - self.kept.len().div_ceil(4);
        let from = if rng.bool() { newest } else { 0 };
        let one = &self.kept[rng.usize(from..self.kept.len())];
        let mut script =
            if rng.u8(..8) == 0 { cross(one, &self.kept[rng.usize(..self.kept.len())], rng) } else { one.clone() };
        mutate(&mut script, rng);
        script
    }
}

/// A script that owes nothing to another.
fn fresh(rng: &mut Rng) -> Script {
    let mut bytes = [0; 16];
    rng.fill(&mut bytes);
    let mut script = Script::decode(&bytes);
    for _ in 0..rng.usize(2..12) {
        mutate(&mut script, rng);
    }
    script
}
