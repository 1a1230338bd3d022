//! Memory in a guest, fetched at once.
//!
//! A page that is touched for the first time is a fault that the two processes of a guest hand over to each other, some
//! 40 µs; a list of pages costs little more than one.

use std::ptr::NonNull;

use nix::sys::mman::{MlockAllFlags, mlock, mlockall};

unsafe extern "C" {
    /// The linker's: where the program begins in memory, and where its code ends.
    static __executable_start: u8;
    static etext: u8;
}

/// Fetches this program's code.
pub(super) fn fetch_program() {
    let (from, to) = (&raw const __executable_start, &raw const etext);
    if let Some(begin) = NonNull::new(from.cast_mut()) {
        // SAFETY: pages of the program, which stay as they are.
        let _ = unsafe { mlock(begin.cast(), to.addr() - from.addr()) };
    }
}

/// Fetches all memory that the process has, and from now on all that it gets as it gets it. What the kernel refuses is
/// fetched page by page later.
pub fn fetch() {
    let _ = mlockall(MlockAllFlags::MCL_CURRENT | MlockAllFlags::MCL_FUTURE);
}
