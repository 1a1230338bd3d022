//! What a campaign in a guest has in hand, kept where it can be read when the guest is gone.
//!
//! A kernel that panics takes everything with it that its processes have not said. [`note`] is called before each
//! execution and writes the input to a file that both sides hold, past the guest's own memory of files; [`Noted::read`]
//! reads it outside. Workers that take turns have a place each; whose turn it was, the kernel says ([`caller`]).

use std::{
    fs::File,
    io,
    os::{fd::AsRawFd, unix::fs::FileExt},
    path::Path,
    sync::OnceLock,
};

use crate::fiber::{self, Call};

static FILE: OnceLock<File> = OnceLock::new();
/// The length of what follows it.
const LEN: usize = 4;
/// No input is longer.
const MOST: usize = 1 << 16;
/// A worker's place in the file: whole pages.
const PLACE: usize = MOST + (1 << 12);

/// Where it is noted from now on.
pub(super) fn open(file: File) {
    let _ = FILE.set(file);
}

/// Notes what is to be executed by this worker; nowhere, if this is no guest.
pub fn note(input: &[u8]) {
    if let Some(file) = FILE.get() {
        write(file, fiber::number().unwrap_or(0), input);
    }
}

/// What cannot be noted is not: nothing else depends on it.
fn write(file: &File, worker: usize, input: &[u8]) {
    let mut all = Vec::with_capacity(LEN + input.len());
    all.extend(u32::try_from(input.len()).unwrap_or(0).to_le_bytes());
    all.extend(input);
    let (fd, at) = (file.as_raw_fd() as usize, worker * PLACE);
    let mut calls = [
        Call::new(libc::SYS_pwrite64, [fd, all.as_ptr() as usize, all.len(), at, 0, 0]),
        // To the host's files, not to its disk.
        Call::new(libc::SYS_sync_file_range, [fd, at, all.len(), libc::SYNC_FILE_RANGE_WRITE as usize, 0, 0]),
    ];
    // SAFETY: calls about a descriptor that is open; what is written outlives them.
    unsafe { fiber::make(&mut calls) };
}

/// Which worker a kernel that broke down was doing something for, as its console tells.
pub(super) fn caller(console: &str) -> Option<usize> {
    let (_, number) = console.rsplit_once("batch: in a call of caller ")?;
    number.split_whitespace().next()?.parse().ok()
}

/// The file of what was noted, from outside.
pub(super) struct Noted(File);

impl Noted {
    /// Makes the file.
    pub(super) fn new(path: &Path) -> io::Result<Self> {
        File::options().read(true).write(true).create(true).truncate(false).open(path).map(Self)
    }

    /// What this worker noted last; nothing if it noted nothing.
    pub(super) fn read(&self, worker: usize) -> Vec<u8> {
        let at = (worker * PLACE) as u64;
        let mut len = [0; LEN];
        let mut input = Vec::new();
        if self.0.read_exact_at(&mut len, at).is_ok() {
            input.resize((u32::from_le_bytes(len) as usize).min(MOST), 0);
        }
        match self.0.read_exact_at(&mut input, at + LEN as u64) {
            Ok(()) => input,
            Err(_) => Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests;
