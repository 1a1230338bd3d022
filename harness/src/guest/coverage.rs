//! What of a kernel was reached: from the places that KCOV told and the kernel's own program to functions and lines.
//!
//! [`Coverage::of`] is called by `rfc793 coverage`. A place is a basic block that the compiler put a call of
//! `__sanitizer_cov_trace_pc` into; all calls in the program are all places there are. The debugging information says of
//! which function and line each is, of an inlined function as of any other. Left out: what is not instrumented, and
//! lines in the middle of a block, which are reached with its beginning.

use std::{
    collections::{BTreeMap, BTreeSet, HashSet},
    ops::{Add, Range},
    path::Path,
};

use addr2line::Loader;
use object::{Object, ObjectSection, ObjectSymbol, SectionKind};
use serde::Serialize;

use super::build::SOURCE;

/// What the compiler calls in each basic block.
const CALLED: &str = "__sanitizer_cov_trace_pc";
/// `call` with an offset of four octets, from the end of the instruction.
const CALL: u8 = 0xe8;
const CALL_LEN: usize = 5;

/// What was reached of some files.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
pub struct Coverage {
    /// By their path in the source.
    pub files: BTreeMap<String, FileCoverage>,
}

/// What was reached of a file.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
pub struct FileCoverage {
    /// Its functions, by name.
    pub functions: BTreeMap<String, FunctionCoverage>,
}

/// What was reached of a function. A line is one at which a basic block begins.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
pub struct FunctionCoverage {
    /// Code of it ran: of an inlined function perhaps a part of a block that begins elsewhere.
    pub entered: bool,
    /// Lines that were reached.
    pub reached: BTreeSet<u32>,
    /// Those that were not.
    pub missed: BTreeSet<u32>,
}

/// How much of how many.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Share {
    /// Reached.
    pub reached: usize,
    /// All.
    pub all: usize,
}

/// The program or what is known of it cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum CoverageError {
    /// The file cannot be read.
    #[error("failed to read the kernel's program: {0}")]
    Read(#[from] std::io::Error),
    /// It is no program, or has no lines.
    #[error("failed to read the symbols and lines of the kernel's program: {0}")]
    Symbols(String),
    /// Nothing in it tells of places.
    #[error("the kernel's program has no {CALLED}: it is not built with --kcov")]
    NoKcov,
}

impl FunctionCoverage {
    /// Whether anything of it was.
    #[must_use]
    pub fn is_reached(&self) -> bool {
        self.entered || !self.reached.is_empty()
    }
}

impl FileCoverage {
    /// Of its functions.
    #[must_use]
    pub fn functions(&self) -> Share {
        let reached = self.functions.values().filter(|function| function.is_reached()).count();
        Share { reached, all: self.functions.len() }
    }

    /// Of its lines. A line can be part of two functions only as a macro; it counts in each.
    #[must_use]
    pub fn lines(&self) -> Share {
        let sum = |of: fn(&FunctionCoverage) -> usize| self.functions.values().map(of).sum();
        let reached = sum(|function| function.reached.len());
        Share { reached, all: reached + sum(|function| function.missed.len()) }
    }

    /// The functions that were not reached, by name.
    pub fn missed(&self) -> impl Iterator<Item = &str> {
        self.functions.iter().filter(|(_, function)| !function.is_reached()).map(|(name, _)| name.as_str())
    }
}

impl Add for Share {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self { reached: self.reached + other.reached, all: self.all + other.all }
    }
}

impl Coverage {
    /// What `places` (return addresses, as KCOV tells them) are of the program at `path`, in the files that are `wanted`
    /// by their path in the source.
    ///
    /// # Errors
    /// If the program cannot be read or has not what this needs.
    pub fn of(path: &Path, places: &[u64], wanted: &dyn Fn(&str) -> bool) -> Result<Self, CoverageError> {
        let program = std::fs::read(path)?;
        let blocks = instrumented(&program)?;
        drop(program);
        let reached: HashSet<u64> = places.iter().copied().collect();
        let lines = Lines::read(path)?;
        let mut coverage = Self::default();
        for block in &blocks {
            // The place told is behind the call.
            let place = block.start;
            if let Some(Spot { file, function, line }) = lines.spots(place - 1)?.into_iter().next()
                && wanted(&file)
            {
                let function = coverage.function(file, function);
                let side = if reached.contains(&place) { &mut function.reached } else { &mut function.missed };
                side.insert(line);
            }
        }
        for block in blocks.iter().filter(|block| reached.contains(&block.start)) {
            for Spot { file, function, line: _ } in lines.of_block(block)? {
                // A function that has no block of its own is not asked for.
                let known = coverage.files.get_mut(&file).and_then(|file| file.functions.get_mut(&function));
                known.into_iter().for_each(|function| function.entered = true);
            }
        }
        for function in coverage.files.values_mut().flat_map(|file| file.functions.values_mut()) {
            // Two blocks of one line: the line was reached.
            function.missed.retain(|line| !function.reached.contains(line));
        }
        Ok(coverage)
    }

    fn function(&mut self, file: String, function: String) -> &mut FunctionCoverage {
        self.files.entry(file).or_default().functions.entry(function).or_default()
    }

    /// Of all files together.
    #[must_use]
    pub fn sum(&self, of: fn(&FileCoverage) -> Share) -> Share {
        self.files.values().map(of).fold(Share::default(), |sum, share| sum + share)
    }
}

/// A line of a function.
struct Spot {
    file: String,
    function: String,
    line: u32,
}

/// The debugging information of a program.
struct Lines(Loader);

impl Lines {
    fn read(path: &Path) -> Result<Self, CoverageError> {
        Loader::new(path).map(Self).map_err(|error| broken(&error))
    }

    /// Where in the source an instruction comes from; the innermost function first if some are inlined there.
    fn spots(&self, address: u64) -> Result<Vec<Spot>, CoverageError> {
        let mut frames = self.0.find_frames(address).map_err(|error| broken(&error))?;
        let mut spots = Vec::new();
        while let Some(frame) = frames.next().map_err(|error| broken(&error))? {
            let name = frame.function.as_ref().and_then(|function| function.raw_name().ok());
            if let Some((name, location)) = name.zip(frame.location)
                && let (Some(file), Some(line)) = (location.file, location.line)
            {
                spots.push(Spot { file: in_source(file), function: name.into_owned(), line });
            }
        }
        Ok(spots)
    }

    /// All that a block's code comes from.
    fn of_block(&self, block: &Range<u64>) -> Result<Vec<Spot>, CoverageError> {
        let rows = self.0.find_location_range(block.start, block.end).map_err(|error| broken(&error))?;
        let mut spots = Vec::new();
        for (address, _, _) in rows {
            spots.extend(self.spots(address.max(block.start))?);
        }
        Ok(spots)
    }
}

fn broken(error: &dyn std::fmt::Display) -> CoverageError {
    CoverageError::Symbols(error.to_string())
}

/// A file's path in the source: [`super::build`] gives the source a folder's name of its own.
fn in_source(file: &str) -> String {
    let file = file.strip_prefix(SOURCE).unwrap_or(file).trim_start_matches('/');
    file.strip_prefix("./").unwrap_or(file).to_owned()
}

/// The basic blocks that are told of: each begins behind its call and goes to the next call or the end of its function.
fn instrumented(program: &[u8]) -> Result<Vec<Range<u64>>, CoverageError> {
    let file = object::File::parse(program).map_err(|error| broken(&error))?;
    let called = file.symbols().find(|symbol| symbol.name() == Ok(CALLED)).ok_or(CoverageError::NoKcov)?.address();
    let ends: BTreeSet<u64> = file.symbols().map(|symbol| symbol.address()).collect();
    let mut blocks = Vec::new();
    for section in file.sections().filter(|section| section.kind() == SectionKind::Text) {
        // What runs while the kernel boots is no case's to reach.
        if section.name().is_ok_and(|name| name.starts_with(".init") || name.starts_with(".exit")) {
            continue;
        }
        let code = section.data().map_err(|error| broken(&error))?;
        let places = calls(code, section.address(), called);
        let end = section.address() + section.size();
        for (index, place) in places.iter().enumerate() {
            let next = places.get(index + 1).map_or(end, |next| next - CALL_LEN as u64);
            let of_function = ends.range(place + 1..).next().copied().unwrap_or(end);
            blocks.push(*place..next.min(of_function).max(*place));
        }
    }
    if blocks.is_empty() { Err(CoverageError::NoKcov) } else { Ok(blocks) }
}

/// The addresses behind each call of `called` in code that stands at `start`. The four octets of an offset that leads
/// there are taken for a call wherever they follow its first octet.
fn calls(code: &[u8], start: u64, called: u64) -> Vec<u64> {
    let offset = |window: &[u8]| i32::from_le_bytes([window[1], window[2], window[3], window[4]]);
    let behind = code.windows(CALL_LEN).zip(start + CALL_LEN as u64..);
    behind
        .filter(|(window, behind)| window[0] == CALL && behind.wrapping_add_signed(i64::from(offset(window))) == called)
        .map(|(_, behind)| behind)
        .collect()
}

#[cfg(test)]
mod tests;
