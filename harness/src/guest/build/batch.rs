//! One more file for a kernel: `batch.c`, which makes many system calls for the price of one.
//!
//! A campaign in a guest whose kernel has it is an order of magnitude faster ([`crate::fiber`]).

use std::{fs, path::Path};

use super::{BuildError, io_error};

/// Where the file goes.
pub(super) const FILE: &str = "arch/um/kernel/batch.c";
/// What names it.
pub(super) const MAKEFILE: &str = "arch/um/kernel/Makefile";
/// What is in it.
pub(super) const TEXT: &str = include_str!("batch.c");
/// What the makefile says of it.
pub(super) const ADDED: &str = "obj-y += batch.o\n";
/// A place in the makefile of every kernel that has virtual time.
const BEFORE: &str = "obj-$(CONFIG_BLK_DEV_INITRD) += initrd.o\n";

/// Adds it to a tree that may be written to.
pub(super) fn add(source: &Path) -> Result<(), BuildError> {
    let file = source.join(FILE);
    fs::write(&file, TEXT).map_err(io_error("write", &file))?;
    let makefile = source.join(MAKEFILE);
    let text = fs::read_to_string(&makefile).map_err(io_error("read", &makefile))?;
    if !text.contains(BEFORE) {
        return Err(BuildError::NoPlace { file: MAKEFILE, text: BEFORE.trim() });
    }
    let text = text.replacen(BEFORE, &format!("{ADDED}{BEFORE}"), 1);
    fs::write(&makefile, text).map_err(io_error("write", &makefile))
}

#[cfg(test)]
mod tests;
