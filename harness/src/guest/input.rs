//! What a campaign in a guest has in hand, kept where it can be read when the guest is gone.
//!
//! A kernel that panics takes everything with it that its processes have not said. [`note`] is called before each
//! execution and writes the input to a file that both sides hold, past the guest's own memory of files; [`Noted::read`]
//! reads it outside.

use std::{
    fs::File,
    io,
    os::{fd::AsRawFd, unix::fs::FileExt},
    path::Path,
    sync::OnceLock,
};

static FILE: OnceLock<File> = OnceLock::new();
/// The length of what follows it.
const LEN: usize = 4;
/// No input is longer.
const MOST: usize = 1 << 16;

/// Where it is noted from now on.
pub(super) fn open(file: File) {
    let _ = FILE.set(file);
}

/// Notes what is to be executed; nowhere, if this is no guest.
pub fn note(input: &[u8]) {
    if let Some(file) = FILE.get() {
        let _ = write(file, input);
    }
}

fn write(file: &File, input: &[u8]) -> io::Result<()> {
    let mut all = Vec::with_capacity(LEN + input.len());
    all.extend(u32::try_from(input.len()).unwrap_or(0).to_le_bytes());
    all.extend(input);
    file.write_all_at(&all, 0)?;
    // To the host's files, not to its disk.
    // SAFETY: a system call about a descriptor that is open.
    let done = unsafe { libc::sync_file_range(file.as_raw_fd(), 0, 0, libc::SYNC_FILE_RANGE_WRITE) };
    if done == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// The file of what was noted, from outside.
pub(super) struct Noted(File);

impl Noted {
    /// Makes the file.
    pub(super) fn new(path: &Path) -> io::Result<Self> {
        File::options().read(true).write(true).create(true).truncate(false).open(path).map(Self)
    }

    /// What was noted last; nothing if nothing was.
    pub(super) fn read(&self) -> Vec<u8> {
        let mut len = [0; LEN];
        let mut input = Vec::new();
        if self.0.read_exact_at(&mut len, 0).is_ok() {
            input.resize((u32::from_le_bytes(len) as usize).min(MOST), 0);
        }
        match self.0.read_exact_at(&mut input, LEN as u64) {
            Ok(()) => input,
            Err(_) => Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests;
