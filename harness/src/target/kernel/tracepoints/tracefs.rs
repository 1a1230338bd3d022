//! The kernel's own description of its tracepoints: a tracefs that is attached to no folder, and goes with its
//! descriptor. On a live host it is read-only, so that nothing there can be set by mistake.

use std::{
    fs::File,
    io::{self, Read},
    os::fd::{AsFd, OwnedFd},
};

use rustix::{
    fs::{AtFlags, CWD, Mode, OFlags, mkdirat, openat, unlinkat},
    mount::{FsMountFlags, FsOpenFlags, MountAttrFlags, fsconfig_create, fsmount, fsopen},
};

/// What may be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Access {
    /// Read.
    Read,
    /// Also make instances and set switches in them.
    Write,
}

/// Where it usually is, if somebody has mounted it.
const MOUNTED: &str = "/sys/kernel/tracing";
/// A folder of every tracefs.
const EVENTS: &str = "events";

/// An open tracefs.
#[derive(Debug)]
pub(super) struct Tracefs(OwnedFd);

impl Tracefs {
    /// Opens it.
    pub(super) fn open(access: Access) -> io::Result<Self> {
        let folder = OFlags::DIRECTORY | OFlags::CLOEXEC;
        // Who may not mount may still be allowed to read what is mounted.
        if access == Access::Read
            && let Ok(root) = openat(CWD, MOUNTED, folder, Mode::empty())
            && openat(&root, EVENTS, folder, Mode::empty()).is_ok()
        {
            return Ok(Self(root));
        }
        let read_only = match access {
            Access::Read => MountAttrFlags::MOUNT_ATTR_RDONLY,
            Access::Write => MountAttrFlags::empty(),
        };
        let hardened = MountAttrFlags::MOUNT_ATTR_NOSUID | MountAttrFlags::MOUNT_ATTR_NODEV;
        let context = fsopen("tracefs", FsOpenFlags::FSOPEN_CLOEXEC)?;
        fsconfig_create(context.as_fd())?;
        Ok(Self(fsmount(context.as_fd(), FsMountFlags::FSMOUNT_CLOEXEC, read_only | hardened)?))
    }

    /// A whole file.
    pub(super) fn read(&self, path: &str) -> io::Result<String> {
        let mut text = String::new();
        self.file(path, OFlags::RDONLY)?.read_to_string(&mut text)?;
        Ok(text)
    }

    /// A file that is written to.
    pub(super) fn switch(&self, path: &str) -> io::Result<File> {
        self.file(path, OFlags::WRONLY)
    }

    /// A file that never blocks.
    pub(super) fn pipe(&self, path: &str) -> io::Result<File> {
        self.file(path, OFlags::RDONLY | OFlags::NONBLOCK)
    }

    pub(super) fn make_folder(&self, path: &str) -> io::Result<()> {
        Ok(mkdirat(&self.0, path, Mode::from_raw_mode(0o700))?)
    }

    pub(super) fn remove_folder(&self, path: &str) -> io::Result<()> {
        Ok(unlinkat(&self.0, path, AtFlags::REMOVEDIR)?)
    }

    fn file(&self, path: &str, flags: OFlags) -> io::Result<File> {
        Ok(openat(&self.0, path, flags | OFlags::CLOEXEC, Mode::empty())?.into())
    }
}
