//! A `System.map`: lines of address, kind and name, in the order of the addresses.
//!
//! It is not read as a whole: a look-up halves the file until the rest fits one read.

use std::{
    collections::HashMap,
    fs::File,
    io,
    os::unix::fs::FileExt,
    sync::{Mutex, PoisonError},
};

use super::{function, plain};

/// Octets read at a time: several times the longest line.
const CHUNK: u64 = 4096;

/// The file, and what was looked up before.
pub(super) struct Map {
    file: File,
    len: u64,
    /// The names live as long as the process; there are no more than places that a kernel drops packets at.
    known: Mutex<HashMap<u64, Option<&'static str>>>,
}

impl Map {
    pub(super) fn of(file: File) -> io::Result<Self> {
        Ok(Self { len: file.metadata()?.len(), file, known: Mutex::default() })
    }

    /// The function that a call returns into at `address`.
    pub(super) fn function_at(&self, address: u64) -> Option<&'static str> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        *known.entry(address).or_insert_with(|| {
            let name = self.look_up(address).ok().flatten()?;
            Some(Box::leak(name.into_boxed_str()))
        })
    }

    fn look_up(&self, address: u64) -> io::Result<Option<String>> {
        // A call may be the last thing its function does: the next one begins where it would return to.
        let Some(within) = address.checked_sub(1) else { return Ok(None) };
        // The line that is looked for begins before `high`, and at `low` or behind, or a little before it.
        let (mut low, mut high) = (0, self.len);
        while high - low > CHUNK {
            let middle = low + (high - low) / 2;
            let text = self.read(middle)?;
            let line = text.split_once('\n').and_then(|(_, behind)| behind.lines().next());
            let begins = line.and_then(|line| u64::from_str_radix(line.split(' ').next()?, 16).ok());
            if begins.is_some_and(|begins| begins <= within) {
                low = middle;
            } else {
                high = middle;
            }
        }
        // With what stands before: there may be data between a function's beginning and `low`.
        let start = low.saturating_sub(CHUNK / 2);
        let text = self.read(start)? + &self.read(start + CHUNK)?;
        let whole = if start == 0 { &text } else { text.split_once('\n').map_or("", |(_, behind)| behind) };
        let before = whole.lines().filter_map(function).take_while(|(begins, _)| *begins <= within);
        // Of several names for one place the first.
        let last = before.reduce(|last, next| if next.0 == last.0 { last } else { next });
        Ok(last.and_then(|(_, name)| plain(name)).map(str::to_owned))
    }

    /// [`CHUNK`] octets, fewer at the end.
    fn read(&self, at: u64) -> io::Result<String> {
        let mut bytes = [0; CHUNK as usize];
        let mut len = 0;
        while len < bytes.len() {
            match self.file.read_at(&mut bytes[len..], at + len as u64)? {
                0 => break,
                more => len += more,
            }
        }
        Ok(String::from_utf8_lossy(&bytes[..len]).into_owned())
    }
}

#[cfg(test)]
mod tests;
