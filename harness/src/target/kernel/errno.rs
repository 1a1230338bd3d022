//! The system's error numbers as cases name them, and as faults of the environment.

use std::io;

use crate::{case::format::Errno, target::TargetError};

/// A failed system call of the harness itself.
pub(super) fn io(doing: &str, error: impl Into<io::Error>) -> TargetError {
    TargetError::Io { doing: doing.to_owned(), source: error.into() }
}

/// The error a socket call reported, by its POSIX name.
///
/// # Errors
/// An error that no TCP user call is meant to give (out of memory, no descriptors left): the environment broke.
pub(super) fn of_call(doing: &str, error: io::Error) -> Result<Errno, TargetError> {
    let known = match error.raw_os_error() {
        Some(libc::ECONNRESET) => Errno::ECONNRESET,
        Some(libc::ECONNREFUSED) => Errno::ECONNREFUSED,
        Some(libc::ECONNABORTED) => Errno::ECONNABORTED,
        Some(libc::ETIMEDOUT) => Errno::ETIMEDOUT,
        Some(libc::EPIPE) => Errno::EPIPE,
        Some(libc::ENOTCONN) => Errno::ENOTCONN,
        Some(libc::EISCONN) => Errno::EISCONN,
        Some(libc::EALREADY) => Errno::EALREADY,
        Some(libc::EADDRINUSE) => Errno::EADDRINUSE,
        Some(libc::EADDRNOTAVAIL) => Errno::EADDRNOTAVAIL,
        Some(libc::EHOSTUNREACH) => Errno::EHOSTUNREACH,
        Some(libc::ENETUNREACH) => Errno::ENETUNREACH,
        Some(libc::EPROTO) => Errno::EPROTO,
        Some(libc::EACCES) => Errno::EACCES,
        Some(libc::EINVAL) => Errno::EINVAL,
        Some(libc::EBADF) => Errno::EBADF,
        Some(libc::ENOBUFS) => Errno::ENOBUFS,
        Some(libc::ENOPROTOOPT) => Errno::ENOPROTOOPT,
        Some(libc::EOPNOTSUPP) => Errno::EOPNOTSUPP,
        _ => return Err(io(doing, error)),
    };
    Ok(known)
}
