//! Network namespaces: one per worker thread, held by descriptors only.
//!
//! [`move_this_thread`] is called by `KernelTarget::open`; [`enter_user_namespace_if_needed`] by the program before
//! it makes threads.

use std::{
    fs, io,
    os::fd::{AsRawFd, OwnedFd},
};

use nix::{
    errno::Errno,
    sched::{CloneFlags, unshare},
    unistd::{getegid, geteuid, getpid, gettid},
};

use super::errno::io as io_error;
use crate::{fiber, target::TargetError};

/// With which right the process may make network namespaces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It had the right from the start (root, or capabilities).
    Privileged,
    /// It has become its own administrator in a user namespace.
    UserNamespace,
}

const CAP_NET_ADMIN: u64 = 1 << 12;
const CAP_SYS_ADMIN: u64 = 1 << 21;

/// Puts the process into a user namespace if it has no right to make network namespaces otherwise.
///
/// Call it before any thread is made: the kernel refuses it afterwards. User and group ids stay as they are, so files
/// the program writes belong to the same user.
///
/// # Errors
/// [`TargetError::Permission`] if the system does not allow it; [`TargetError::Broken`] if there are threads already.
pub fn enter_user_namespace_if_needed() -> Result<Standing, TargetError> {
    let needed = CAP_NET_ADMIN | CAP_SYS_ADMIN;
    if effective_capabilities().is_some_and(|held| held & needed == needed) {
        return Ok(Standing::Privileged);
    }
    let (uid, gid) = (geteuid(), getegid());
    match unshare(CloneFlags::CLONE_NEWUSER) {
        Ok(()) => {}
        Err(Errno::EINVAL) => {
            return Err(TargetError::Broken("a user namespace can only be entered before threads are made".to_owned()));
        }
        Err(errno) => return Err(no_namespace("user", &errno.into())),
    }
    // Without this the kernel refuses a gid_map written without privilege.
    write_map("/proc/self/setgroups", "deny")?;
    write_map("/proc/self/uid_map", &format!("{uid} {uid} 1"))?;
    write_map("/proc/self/gid_map", &format!("{gid} {gid} 1"))?;
    Ok(Standing::UserNamespace)
}

fn write_map(path: &str, text: &str) -> Result<(), TargetError> {
    fs::write(path, text).map_err(|error| no_namespace("user", &error))
}

/// The effective capability set of this thread; `None` if /proc does not tell.
fn effective_capabilities() -> Option<u64> {
    let status = fs::read_to_string("/proc/thread-self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("CapEff:"))?;
    u64::from_str_radix(line.trim(), 16).ok()
}

/// Moves the calling thread into a new network namespace. A fiber, which shares its thread with others, keeps what this
/// returns as long as it uses the namespace.
///
/// # Errors
/// As `KernelTarget::open`.
pub(super) fn move_this_thread() -> Result<Option<OwnedFd>, TargetError> {
    if gettid() == getpid() {
        return Err(TargetError::Broken(
            "the kernel target changes its thread's network namespace; open it on a thread of its own".to_owned(),
        ));
    }
    unshare(CloneFlags::CLONE_NEWNET).map_err(|errno| match errno {
        Errno::EPERM | Errno::ENOSPC | Errno::EUSERS => no_namespace("network", &errno.into()),
        errno => io_error("make a network namespace", errno),
    })?;
    if fiber::number().is_none() {
        return Ok(None);
    }
    let namespace = fs::File::open("/proc/thread-self/ns/net").map_err(|error| io_error("open a namespace", error))?;
    fiber::set_namespace(namespace.as_raw_fd());
    Ok(Some(namespace.into()))
}

fn no_namespace(kind: &str, error: &io::Error) -> TargetError {
    TargetError::Permission(format!(
        "the kernel target may not make a {kind} namespace ({error}): run it as root, or allow unprivileged user \
         namespaces (sysctl user.max_user_namespaces, kernel.unprivileged_userns_clone, \
         kernel.apparmor_restrict_unprivileged_userns)"
    ))
}
