//! The namespace's switches under `/proc/sys/net`, set for a case and put back after it.
//!
//! The kernel resolves these files by the network namespace of the thread that opens them, so a target's worker
//! thread reaches its own and no other's.

use std::{borrow::Cow, collections::BTreeMap, fs, io, io::ErrorKind};

use super::errno::io as io_error;
use crate::{
    fiber,
    target::{Refusal, TargetError},
};

/// A switch and its value: `("ipv4/tcp_sack", "0")`.
pub(super) type Setting = (&'static str, Cow<'static, str>);

/// The switches of one namespace.
pub(super) struct Sysctls {
    /// What every case starts from, as far as anything was set or changed.
    base: BTreeMap<&'static str, String>,
    /// What differs from the base now.
    changed: BTreeMap<&'static str, Cow<'static, str>>,
}

impl Sysctls {
    /// Nothing set yet.
    pub(super) const fn new() -> Self {
        Self { base: BTreeMap::new(), changed: BTreeMap::new() }
    }

    /// Sets what every case starts from. A switch that this kernel does not have is passed over: what it would
    /// switch is not there either, or cannot be switched.
    ///
    /// # Errors
    /// [`TargetError::Permission`] if the switches may not be written.
    pub(super) fn set_base(&mut self, settings: &[(&'static str, &'static str)]) -> Result<(), TargetError> {
        for &(key, value) in settings {
            match write(key, value) {
                Ok(()) => {
                    self.base.insert(key, value.to_owned());
                }
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                Err(error) => return Err(failed(key, value, error)),
            }
        }
        Ok(())
    }

    /// What every case starts from, if this kernel has the switch and it was set or changed.
    pub(super) fn base(&self, key: &str) -> Option<&str> {
        self.base.get(key).map(String::as_str)
    }

    /// Sets what the next case wants and puts back what the case before had changed.
    ///
    /// # Errors
    /// [`Refusal::Unsupported`] if this kernel has no such switch or does not take the value.
    pub(super) fn set_case(&mut self, settings: &[Setting]) -> Result<(), Refusal> {
        let stale: Vec<_> =
            self.changed.keys().copied().filter(|key| settings.iter().all(|(wanted, _)| wanted != key)).collect();
        for key in stale {
            let base = self.base.get(key).map_or("", String::as_str);
            write(key, base).map_err(|error| failed(key, base, error))?;
            self.changed.remove(key);
        }
        settings.iter().try_for_each(|setting| self.set_one(setting))
    }

    fn set_one(&mut self, (key, value): &Setting) -> Result<(), Refusal> {
        if self.changed.get(key) == Some(value) {
            return Ok(());
        }
        if !self.base.contains_key(key) {
            let base = read(key).map_err(|error| match error.kind() {
                ErrorKind::NotFound => Refusal::Unsupported(format!("this kernel has no switch net/{key}")),
                _ => Refusal::Failed(io_error(&format!("read net/{key}"), error)),
            })?;
            self.base.insert(key, base);
        }
        // Remembered first: if the kernel takes only part of the value, the base has to be put back.
        self.changed.insert(key, value.clone());
        write(key, value).map_err(|error| match error.kind() {
            ErrorKind::InvalidInput => Refusal::Unsupported(format!("this kernel does not take {value} for net/{key}")),
            _ => Refusal::Failed(failed(key, value, error)),
        })
    }
}

/// The value of a switch in the calling thread's namespace, without the line end.
pub(super) fn read(key: &str) -> io::Result<String> {
    fiber::enter()?;
    Ok(fs::read_to_string(path(key))?.trim_end().to_owned())
}

fn write(key: &str, value: &str) -> io::Result<()> {
    fiber::enter()?;
    // Not `fs::write`: creating and truncating mean nothing here.
    io::Write::write_all(&mut fs::OpenOptions::new().write(true).open(path(key))?, value.as_bytes())
}

fn path(key: &str) -> String {
    format!("/proc/sys/net/{key}")
}

fn failed(key: &str, value: &str, error: io::Error) -> TargetError {
    match error.kind() {
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => TargetError::Permission(format!(
            "the kernel target may not write /proc/sys/net/{key} ({error}): run it as root where /proc/sys can be written"
        )),
        _ => io_error(&format!("set net/{key} to {value}"), error),
    }
}
