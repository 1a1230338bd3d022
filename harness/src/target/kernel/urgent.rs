//! The notice of urgent data: `SIGURG`.
//!
//! Linux tells a program of an urgent pointer by signal as soon as the pointer arrives (MUST-32), while `poll` shows
//! `POLLPRI` only once the urgent octet itself has arrived. The target takes both as "urgent data is pending". The
//! signal is blocked on the worker thread and read as data; no handler is ever run, and no other thread is concerned.

use std::{io, os::fd::AsRawFd};

use nix::{
    sys::{
        signal::{SigSet, Signal},
        signalfd::{SfdFlags, SignalFd},
    },
    unistd::gettid,
};

use super::{addresses, errno::io as io_error};
use crate::target::TargetError;

/// `asm-generic/fcntl.h`
const F_SETOWN_EX: libc::c_int = 15;
/// `asm-generic/fcntl.h`: the owner is one thread.
const F_OWNER_TID: libc::c_int = 0;

/// `asm-generic/fcntl.h`
#[repr(C)]
struct FOwnerEx {
    kind: libc::c_int,
    pid: libc::pid_t,
}

/// Where the calling thread finds its notices.
pub(super) struct Notices {
    signals: SignalFd,
}

impl Notices {
    /// Blocks the signal on the calling thread, for good, and collects it from now on.
    pub(super) fn open() -> Result<Self, TargetError> {
        let mut urgent = SigSet::empty();
        urgent.add(Signal::SIGURG);
        let signals = urgent
            .thread_block()
            .and_then(|()| SignalFd::with_flags(&urgent, SfdFlags::SFD_NONBLOCK | SfdFlags::SFD_CLOEXEC))
            .map_err(|errno| io_error("collect signals of urgent data", errno))?;
        Ok(Self { signals })
    }

    /// Whether there was a notice since the last time.
    pub(super) fn take(&mut self) -> Result<bool, TargetError> {
        let mut any = false;
        while self.signals.read_signal().map_err(|errno| io_error("read a signal of urgent data", errno))?.is_some() {
            any = true;
        }
        Ok(any)
    }
}

/// Sends the notices of this socket to the calling thread.
///
/// # Errors
/// What `fcntl` reports.
pub(super) fn own(socket: &impl AsRawFd) -> io::Result<()> {
    let owner = FOwnerEx { kind: F_OWNER_TID, pid: gettid().as_raw() };
    // SAFETY: the descriptor is open for the duration of the borrow; F_SETOWN_EX reads a `struct f_owner_ex`, whose
    // layout `FOwnerEx` has, and `owner` lives until the call is back.
    let result = unsafe { libc::fcntl(socket.as_raw_fd(), F_SETOWN_EX, &raw const owner) };
    nix::errno::Errno::result(result)?;
    Ok(())
}

/// Whether an arriving packet has a TCP header with the URG bit. Lenient: it may be malformed otherwise.
pub(super) fn is_urgent(packet: &[u8]) -> bool {
    const URG: u8 = 0x20;
    let flags = addresses::tcp_at(packet).and_then(|at| packet.get(at + 13));
    flags.is_some_and(|flags| flags & URG != 0)
}
