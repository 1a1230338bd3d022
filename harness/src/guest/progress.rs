//! How far a command in a guest is, told to the program outside, which shows it.
//!
//! One line each time: how far, a space, a remark. [`tell`] writes it inside, [`parse`] reads it outside. Where nobody
//! outside wants to know ([`open`] was not called), nothing is told.

use std::{
    fs::File,
    io::Write,
    sync::{Mutex, OnceLock, PoisonError},
};

static FILE: OnceLock<Mutex<File>> = OnceLock::new();

/// Where it is told from now on.
pub(super) fn open(file: File) {
    let _ = FILE.set(Mutex::new(file));
}

/// Tells how far it is. What cannot be told is lost: it is only shown.
pub fn tell(position: u64, remark: &str) {
    if let Some(file) = FILE.get() {
        let line = format!("{position} {remark}\n");
        let _ = file.lock().unwrap_or_else(PoisonError::into_inner).write_all(line.as_bytes());
    }
}

/// The last whole line of what was told.
#[must_use]
pub fn parse(told: &str) -> Option<(u64, &str)> {
    let whole = &told[..told.rfind('\n')?];
    let (position, remark) = whole.lines().next_back()?.split_once(' ')?;
    Some((position.parse().ok()?, remark))
}

#[cfg(test)]
mod tests;
