//! Which thread of a guest's command goes first.
//!
//! The command itself goes before everything else in the guest ([`super::init`]); its threads have the same rank and
//! the one that runs is never interrupted by another of them. Who listens to the program outside, and who watches a
//! campaign, has to come in between.

use std::io;

/// A thread's rank; higher ones interrupt lower ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rank {
    /// Watches the command's workers.
    Watcher = 60,
    /// Listens to the program outside.
    Listener = 70,
}

/// Gives the calling thread a rank.
pub(super) fn set(rank: Rank) -> io::Result<()> {
    let parameters = libc::sched_param { sched_priority: rank as libc::c_int };
    // SAFETY: a system call with a pointer to an initialised value that outlives it.
    let done = unsafe { libc::sched_setscheduler(0, libc::SCHED_FIFO, &raw const parameters) };
    if done == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}
