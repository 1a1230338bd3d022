//! A kernel's own way to make many system calls at once: the file `batch` that [`super::build`] adds to it.

use std::{
    fs::File,
    io,
    os::fd::AsRawFd,
    ptr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use super::debugfs;
use crate::fiber::{Call, Maker};

/// Something with a word that the kernel writes.
pub type Word = dyn AsRef<AtomicU64> + Send + Sync;

/// `batch.c`
#[repr(C)]
pub struct List {
    calls: u64,
    count: u64,
    watch: u64,
}

mod request {
    nix::ioctl_write_ptr!(make, b'b', 1, super::List);
}

/// The open file.
pub struct Batch {
    file: File,
    watch: Option<Arc<Word>>,
}

impl Batch {
    /// Opens it; `None` if this kernel does not have it. `watch` is looked at behind every call.
    ///
    /// # Errors
    /// If the kernel refuses.
    pub fn open(watch: Option<Arc<Word>>) -> io::Result<Option<Self>> {
        Ok(debugfs::open("batch")?.map(|file| Self { file, watch }))
    }
}

impl Maker for Batch {
    unsafe fn make(&mut self, calls: &mut [Call]) -> io::Result<()> {
        let watch = self.watch.as_ref().map_or(ptr::null(), |watch| ptr::from_ref((**watch).as_ref()));
        let list = List { calls: calls.as_mut_ptr() as u64, count: calls.len() as u64, watch: watch as u64 };
        // SAFETY: the list names memory of `calls` that is borrowed until this is back, and a word that lives as long as
        // `self`; for the calls themselves the caller answers.
        unsafe { request::make(self.file.as_raw_fd(), &raw const list) }?;
        Ok(())
    }

    fn watched(&self) -> u64 {
        self.watch.as_ref().map_or(0, |watch| (**watch).as_ref().load(Ordering::Acquire))
    }
}
