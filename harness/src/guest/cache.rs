//! Built kernels: one folder each in the user's cache.
//!
//! A folder appears whole or not at all ([`build`](super::build) renames it into place). In it: `linux` (the program),
//! `config` (what it was configured with), `version` (what `uname -r` says in it), `System.map` (where its functions are) and
//! `recipe` (what this program had it made with). Those built before one of the last two was kept do without.

use std::{
    env, fs, io,
    path::{Path, PathBuf},
};

/// A kernel that can be booted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kernel {
    /// What `linux:NAME` calls it.
    pub name: String,
    /// Its release.
    pub version: String,
    /// Its folder.
    pub folder: PathBuf,
}

impl Kernel {
    /// The program that boots it.
    #[must_use]
    pub fn program(&self) -> PathBuf {
        self.folder.join(PROGRAM)
    }

    /// Where its functions are, in the form of `System.map`.
    #[must_use]
    pub fn symbols(&self) -> PathBuf {
        self.folder.join(SYMBOLS)
    }

    /// What it was made with beside its source: empty for those built before that was kept.
    #[must_use]
    pub(super) fn recipe(&self) -> String {
        fs::read_to_string(self.folder.join(RECIPE)).unwrap_or_default()
    }

    /// Whether it was configured with an option: `CONFIG_KCOV`.
    #[must_use]
    pub fn has(&self, option: &str) -> bool {
        let config = fs::read_to_string(self.folder.join(CONFIG)).unwrap_or_default();
        config.lines().any(|line| line.strip_prefix(option) == Some("=y"))
    }
}

/// The kernel as a program.
pub(super) const PROGRAM: &str = "linux";
/// Its configuration.
pub(super) const CONFIG: &str = "config";
/// Its release.
pub(super) const VERSION: &str = "version";
/// Where its functions are.
pub(super) const SYMBOLS: &str = "System.map";

/// What it was made with beside its source.
pub(super) const RECIPE: &str = "recipe";

/// A kernel cannot be had from the cache.
#[derive(Debug, thiserror::Error)]
pub enum CacheError {
    /// Nothing says where caches are.
    #[error("no place for built kernels: set XDG_CACHE_HOME or HOME")]
    NoPlace,
    /// It was never built.
    #[error("no kernel is named `{name}`{known}; build one: rfc793 kernel build {build}", build = name.replace('+', " --"))]
    Unknown {
        /// What was asked for.
        name: String,
        /// What there is instead.
        known: String,
    },
    /// The name would be a path.
    #[error(
        "`{0}` is no name for a kernel: use letters, digits, `.`, `-` and `_`; what is built in, `+kcov`, follows from the options"
    )]
    BadName(String),
    /// The folder cannot be read.
    #[error("failed to read {path}: {error}", path = path.display())]
    Io {
        /// Where.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
}

/// Whether a kernel can have this name: it names a folder.
#[must_use]
pub fn is_name(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | '+');
    !name.is_empty() && !name.starts_with('.') && name.chars().all(plain)
}

/// The folder of all built kernels; it need not exist.
///
/// # Errors
/// [`CacheError::NoPlace`].
pub fn root() -> Result<PathBuf, CacheError> {
    let absolute = |name: &str| env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let caches = absolute("XDG_CACHE_HOME").or_else(|| absolute("HOME").map(|home| home.join(".cache")));
    caches.map(|caches| caches.join("rfc793").join("kernels")).ok_or(CacheError::NoPlace)
}

/// All built kernels, by name.
///
/// # Errors
/// If the folder is there and cannot be read.
pub fn list(root: &Path) -> Result<Vec<Kernel>, CacheError> {
    let broken = |error| CacheError::Io { path: root.to_owned(), error };
    let entries = match fs::read_dir(root) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(broken)?,
    };
    let mut kernels = Vec::new();
    for entry in entries {
        let folder = entry.map_err(broken)?.path();
        let name = folder.file_name().and_then(|name| name.to_str()).filter(|name| is_name(name));
        if let Some(name) = name
            && let Ok(version) = fs::read_to_string(folder.join(VERSION))
        {
            kernels.push(Kernel { name: name.to_owned(), version: version.trim().to_owned(), folder });
        }
    }
    kernels.sort_by(|left, right| left.name.cmp(&right.name));
    Ok(kernels)
}

/// The kernel of this name.
///
/// # Errors
/// If there is none.
pub fn find(root: &Path, name: &str) -> Result<Kernel, CacheError> {
    if !is_name(name) {
        return Err(CacheError::BadName(name.to_owned()));
    }
    let mut kernels = list(root)?;
    match kernels.iter().position(|kernel| kernel.name == name) {
        Some(index) => Ok(kernels.swap_remove(index)),
        None => {
            let names: Vec<_> = kernels.into_iter().map(|kernel| kernel.name).collect();
            let known = if names.is_empty() { String::new() } else { format!(" (there are {})", names.join(", ")) };
            Err(CacheError::Unknown { name: name.to_owned(), known })
        }
    }
}

#[cfg(test)]
mod tests;
