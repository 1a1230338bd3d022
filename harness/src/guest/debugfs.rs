//! Files of debugfs, through which a kernel that was built here offers more than others.

use std::{
    fs::{File, OpenOptions},
    io,
    path::Path,
};

use nix::mount::{MsFlags, mount};

/// Where it is mounted.
const FOLDER: &str = "/sys/kernel/debug";

/// Opens this file for reading and writing; `None` if this kernel does not have it.
///
/// # Errors
/// If the kernel refuses.
pub(super) fn open(name: &str) -> io::Result<Option<File>> {
    let path = Path::new(FOLDER).join(name);
    if !path.exists() {
        let nothing: Option<&str> = None;
        // Where it is there already, or not to be had, the next step shows.
        let _ = mount(Some("debugfs"), FOLDER, Some("debugfs"), MsFlags::empty(), nothing);
    }
    match OpenOptions::new().read(true).write(true).open(path) {
        Ok(file) => Ok(Some(file)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}
