//! The places of the kernel that were reached, from inside a guest whose kernel has KCOV.
//!
//! [`Collector::open`] is called by `rfc793 coverage` and by a campaign. The kernel tells each place once, whatever runs
//! there ([`super::build`] says how that differs from stock KCOV), so one collector serves all threads of the process, and
//! asking it for news is one read of memory. What the harness itself does to the kernel (namespaces, devices, states
//! asked for) is told like the rest.

use std::{
    fs::File,
    io,
    num::NonZero,
    os::fd::AsRawFd,
    ptr::NonNull,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use nix::sys::mman::{MapFlags, ProtFlags, mmap, munmap};

use super::debugfs;

/// Room for so many places, the count in front of them included; a kernel has some ten thousand.
const WORDS: usize = 1 << 18;
const OCTETS: usize = WORDS * size_of::<u64>();
const TRACE_PC: u64 = 0;

mod request {
    nix::ioctl_write_int_bad!(init_trace, nix::request_code_read!(b'c', 1, size_of::<libc::c_ulong>()));
    nix::ioctl_write_int_bad!(enable, nix::request_code_none!(b'c', 100));
}

/// Collects what is reached from its opening until the thread that opened it ends.
#[derive(Debug)]
pub struct Collector {
    /// A count, then as many addresses.
    area: NonNull<AtomicU64>,
    /// Up to here they were asked for.
    asked: Mutex<usize>,
    _file: File,
}

// SAFETY: the area is shared with the kernel, which writes to it at any time, and is only read here, by atomic loads.
unsafe impl Send for Collector {}
// SAFETY: as above.
unsafe impl Sync for Collector {}

impl Collector {
    /// Begins to collect; `None` if this kernel has no KCOV. Only one can be open at a time.
    ///
    /// # Errors
    /// If the kernel refuses a step.
    pub fn open() -> io::Result<Option<Self>> {
        let Some(file) = debugfs::open("kcov")? else { return Ok(None) };
        // SAFETY: an ioctl that takes a number.
        unsafe { request::init_trace(file.as_raw_fd(), WORDS as libc::c_int) }?;
        let Some(length) = NonZero::new(OCTETS) else { return Ok(None) };
        // SAFETY: a new mapping of a file that is open; nobody else knows it.
        let area = unsafe {
            mmap(None, length, ProtFlags::PROT_READ | ProtFlags::PROT_WRITE, MapFlags::MAP_SHARED, &file, 0)
        }?;
        let collector = Self { area: area.cast(), asked: Mutex::new(0), _file: file };
        // SAFETY: an ioctl that takes a number.
        unsafe { request::enable(collector._file.as_raw_fd(), TRACE_PC as libc::c_int) }?;
        Ok(Some(collector))
    }

    fn word(&self, index: usize) -> u64 {
        assert!(index < WORDS, "the collector's area has {WORDS} words");
        // SAFETY: within the mapping, which lives as long as this, and aligned.
        unsafe { self.area.add(index).as_ref() }.load(Ordering::Acquire)
    }

    fn len(&self) -> usize {
        usize::try_from(self.word(0)).unwrap_or(usize::MAX).min(WORDS - 1)
    }

    /// How many places were reached for the first time since this was asked last.
    pub fn news(&self) -> usize {
        let len = self.len();
        let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        let news = len.saturating_sub(*asked);
        *asked = len;
        news
    }

    /// The addresses of all places that were reached, in the order in which they were first.
    #[must_use]
    pub fn places(&self) -> Vec<u64> {
        (1..=self.len()).map(|index| self.word(index)).collect()
    }

    /// Whether there was no room for another place.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.len() == WORDS - 1
    }
}

/// The count of places.
impl AsRef<AtomicU64> for Collector {
    fn as_ref(&self) -> &AtomicU64 {
        // SAFETY: the first word of the mapping, which lives as long as this, and aligned.
        unsafe { self.area.as_ref() }
    }
}

impl Drop for Collector {
    fn drop(&mut self) {
        // SAFETY: the mapping is this value's own; nobody can hold a reference into it.
        let _ = unsafe { munmap(self.area.cast(), OCTETS) };
    }
}
