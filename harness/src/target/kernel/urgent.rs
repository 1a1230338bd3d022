//! The notice of urgent data: `SIGURG`.
//!
//! Linux tells a program of an urgent pointer by signal as soon as the pointer arrives (MUST-32), while `poll` shows
//! `POLLPRI` only once the urgent octet itself has arrived. The target takes both as "urgent data is pending". The
//! signal is blocked on the worker thread and read as data; no handler is ever run, and no other thread is concerned.

use std::{
    io, mem,
    os::fd::{AsFd, AsRawFd},
    ptr,
};

use nix::{
    sys::{
        signal::{SigSet, Signal},
        signalfd::{SfdFlags, SignalFd},
    },
    unistd::gettid,
};

use super::{addresses, errno::io as io_error};
use crate::{
    fiber::{self, Call},
    target::TargetError,
};

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

/// What the kernel tells of a signal.
#[repr(C, align(8))]
pub(super) struct Notice([u8; mem::size_of::<libc::signalfd_siginfo>()]);

impl Notice {
    pub(super) const NONE: Self = Self([0; mem::size_of::<libc::signalfd_siginfo>()]);
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

    /// The call that takes a notice. Notices of one thread are one: there is never a second one to take.
    pub(super) fn taking(&self, notice: &mut Notice) -> Call {
        let (to, len) = (ptr::from_mut(notice) as usize, mem::size_of::<Notice>());
        Call::new(libc::SYS_read, [self.signals.as_fd().as_raw_fd() as usize, to, len, 0, 0, 0])
    }

    /// Whether it took one.
    pub(super) fn taken(call: &Call) -> Result<bool, TargetError> {
        match call.result() {
            Ok(_) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(false),
            Err(error) => Err(io_error("read a signal of urgent data", error)),
        }
    }
}

/// Sends the notices of this socket to the calling thread.
///
/// # Errors
/// What `fcntl` reports.
pub(super) fn own(socket: &impl AsRawFd) -> io::Result<()> {
    let owner = FOwnerEx { kind: F_OWNER_TID, pid: this_thread() };
    let arguments = [socket.as_raw_fd() as usize, F_SETOWN_EX as usize, &raw const owner as usize, 0, 0, 0];
    // SAFETY: the descriptor is open for the duration of the borrow; F_SETOWN_EX reads a `struct f_owner_ex`, whose
    // layout `FOwnerEx` has, and `owner` lives until the call is back.
    unsafe { fiber::call(libc::SYS_fcntl, arguments) }.map(drop)
}

/// Asked for once.
fn this_thread() -> libc::pid_t {
    thread_local! {
        static NUMBER: libc::pid_t = gettid().as_raw();
    }
    NUMBER.with(|number| *number)
}

/// Whether an arriving packet may have the URG bit.
pub(super) fn is_urgent(packet: &[u8]) -> bool {
    const URG: u8 = 0x20;
    addresses::may_have(packet, URG)
}
