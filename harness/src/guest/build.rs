//! Making a kernel: fetch or take a source, configure, compile, keep.
//!
//! [`build`] is called by `rfc793 kernel build`. All work is done in a folder beside the finished kernels that vanishes
//! with the build, however it ends (after kill -9: with the next build); only a whole kernel is renamed into place. What
//! the tools say goes to a log that stays when something fails.
//!
//! - `source`: Debian's packaged source and what is changed in it
//! - `batch`: the file that is added to it
//! - `instrument`: KCOV and the sanitizers
//! - `stand_in`: a tree in the place of the user's own
//! - `tools`: what a build needs, and running it with its words in the log

mod batch;
mod instrument;
mod source;
mod stand_in;
mod tools;

use std::{
    fs::{self, File, TryLockError},
    io,
    path::{Path, PathBuf},
    sync::atomic::{AtomicBool, Ordering},
};

use nix::sys::statvfs::statvfs;

pub use self::instrument::Instruments;
use self::tools::Log;
use super::cache::{self, CONFIG, Kernel, PROGRAM, RECIPE, SYMBOLS, VERSION};

/// What to build.
#[derive(Clone, Debug)]
pub struct Plan {
    /// What `linux:NAME` will call it; without `source` also which of the distribution's versions it is.
    pub name: String,
    /// A kernel tree of the user's own. It is only read.
    pub source: Option<PathBuf>,
    /// What it is built with beside itself; the name ends with it.
    pub with: Instruments,
    /// How many compilers run at once.
    pub jobs: usize,
}

/// What a build does, for a progress display.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Gets the distribution's source.
    Fetch,
    /// Unpacks it.
    Unpack,
    /// Configures it.
    Configure,
    /// Compiles; so many files are done.
    Compile(u64),
}

/// A kernel was not built.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// The name or the place of the cache is unusable.
    #[error("{0}")]
    Cache(#[from] cache::CacheError),
    /// Programs that are needed.
    #[error("building a kernel needs {}; install: apt-get install {}", missing.join(", "), packages.join(" "))]
    Missing {
        /// The programs.
        missing: Vec<&'static str>,
        /// Debian's packages of them.
        packages: Vec<&'static str>,
    },
    /// Too little room.
    #[error("building a kernel needs {needed} MiB in {folder}; there are {free}", folder = folder.display())]
    NoSpace {
        /// MiB.
        needed: u64,
        /// MiB.
        free: u64,
        /// Where.
        folder: PathBuf,
    },
    /// Not a kernel's source.
    #[error("{folder} is no kernel source: it has no {missing}", folder = folder.display())]
    NoSource {
        /// The folder.
        folder: PathBuf,
        /// What a source has.
        missing: &'static str,
    },
    /// This kernel does not have what a guest needs.
    #[error("this kernel has no {option}: it is too old for virtual time (5.1), or {option} has another name in it")]
    NoOption {
        /// The option.
        option: &'static str,
    },
    /// Something in it is another than those this program knows how to change.
    #[error("this kernel cannot be changed for a guest: its {file} has no `{text}`")]
    NoPlace {
        /// The file.
        file: &'static str,
        /// What is looked for in it.
        text: &'static str,
    },
    /// A tool failed.
    #[error("{what} failed; its words are in {log}", log = log.display())]
    Failed {
        /// What was run.
        what: String,
        /// Where its words are.
        log: PathBuf,
    },
    /// The file system refused.
    #[error("failed to {step}: {error}")]
    Io {
        /// What was to be done.
        step: String,
        /// Why it was not.
        error: io::Error,
    },
    /// The user stopped it.
    #[error("the build was stopped; nothing of it is left")]
    Stopped,
}

/// Source, objects and the kernel itself, with some room to spare.
const NEEDED_MIB: u64 = 3072;
/// What unfinished builds are called: no kernel can have this name.
const PARTIAL: &str = ".partial-";
/// What the debugging information calls the folders of the source and of the objects, wherever they were.
pub(super) const SOURCE: &str = "/linux";
/// Held by whoever builds in a folder.
const LOCK: &str = "lock";
/// What a guest cannot do without.
const NEEDED_OPTIONS: [&str; 4] = ["CONFIG_UML_TIME_TRAVEL_SUPPORT", "CONFIG_HOSTFS", "CONFIG_TUN", "CONFIG_IPV6"];

impl Plan {
    /// What `linux:…` will call it.
    #[must_use]
    pub fn entry(&self) -> String {
        format!("{}{}", self.name, self.with.suffix())
    }
}

/// Whether this program would make the kernel of a source as it was made: a newer program may add to it, or configure it in
/// another way.
#[must_use]
pub fn is_current(kernel: &Kernel) -> bool {
    let with = Instruments { kcov: kernel.has("CONFIG_KCOV"), kasan: kernel.has("CONFIG_KASAN") };
    kernel.recipe() == recipe(with)
}

/// All that goes into a kernel beside its source.
fn recipe(with: Instruments) -> String {
    let mut text = format!("{}{}\n{}", configuration(with), batch::ADDED, batch::TEXT);
    for change in instrument::changes(with) {
        text.push_str(&format!("\n{}\n{}{}", change.file, change.from, change.to));
    }
    text
}

/// What the options are set to; all others are off.
fn configuration(with: Instruments) -> String {
    format!("{}{}", include_str!("build/uml.config"), with.config())
}

/// Builds a kernel and keeps it in `root`, in the place of an older one of its name.
///
/// # Errors
/// See [`BuildError`]; nothing is kept then but the log.
pub fn build(
    plan: &Plan,
    root: &Path,
    stop: &AtomicBool,
    progress: &mut dyn FnMut(Step),
) -> Result<Kernel, BuildError> {
    // What stands behind a `+` is what it is built with.
    if !cache::is_name(&plan.name) || plan.name.contains('+') {
        return Err(cache::CacheError::BadName(plan.name.clone()).into());
    }
    if let Some(folder) = &plan.source {
        source::check(folder)?;
    }
    tools::check(plan.source.is_none())?;
    make_folder(root)?;
    remove_left_over(root);
    check_space(root)?;
    let work = tempfile::Builder::new().prefix(PARTIAL).tempdir_in(root).map_err(io_error("make a folder", root))?;
    let work = work.path();
    let lock = File::create(work.join(LOCK)).map_err(io_error("make a file in", work))?;
    lock.lock().map_err(io_error("lock a file in", work))?;
    let log_path = root.join(format!("{}.log", plan.entry()));
    let mut log = Log::new(&log_path, stop)?;

    let source = match &plan.source {
        Some(folder) => own(folder, plan.with, work)?,
        None => source::fetch(&plan.name, work, &mut log, progress)?,
    };
    instrument::change(&source, plan.with)?;
    let objects = work.join("objects");
    make_folder(&objects)?;
    progress(Step::Configure);
    configure(&source, &objects, plan.with, &mut log)?;
    progress(Step::Compile(0));
    let mut compiled = 0;
    let mut make = tools::make(&source, &objects);
    make.arg(format!("-j{}", plan.jobs)).arg("linux");
    if plan.with.keeps_lines() {
        let folder = |from: &Path| format!("-fdebug-prefix-map={}={SOURCE}", from.display());
        make.arg(format!("KCFLAGS={} {}", folder(&source), folder(&objects)));
    }
    log.run(&mut make, "compiling the kernel", &mut |line| {
        if line.trim_start().starts_with("CC ") {
            compiled += 1;
            progress(Step::Compile(compiled));
        }
    })?;
    let entry = collect(&objects, work, plan.with, &mut log)?;
    if stop.load(Ordering::Relaxed) {
        return Err(BuildError::Stopped);
    }
    keep(&entry, &root.join(plan.entry()), work)?;
    let _ = fs::remove_file(&log_path);
    Ok(cache::find(root, &plan.entry())?)
}

/// A tree that looks like the user's own, with what a guest needs.
fn own(folder: &Path, with: Instruments, work: &Path) -> Result<PathBuf, BuildError> {
    let folder = folder.canonicalize().map_err(io_error("find", folder))?;
    let place = work.join("source");
    let instrumented = instrument::changes(with).map(|change| change.file);
    let files: Vec<&str> = instrumented.chain([batch::MAKEFILE]).collect();
    stand_in::make(&folder, &place, &files)?;
    batch::add(&place)?;
    Ok(place)
}

fn configure(source: &Path, objects: &Path, with: Instruments, log: &mut Log<'_>) -> Result<(), BuildError> {
    let fragment = objects.join("fragment");
    fs::write(&fragment, configuration(with)).map_err(io_error("write", &fragment))?;
    let mut make = tools::make(source, objects);
    make.env("KCONFIG_ALLCONFIG", &fragment).arg("allnoconfig");
    log.run(&mut make, "configuring the kernel", &mut |_| {})?;
    let path = objects.join(".config");
    let made = fs::read_to_string(&path).map_err(io_error("read", &path))?;
    match NEEDED_OPTIONS
        .into_iter()
        .chain(with.needed())
        .find(|option| !made.lines().any(|line| line == format!("{option}=y")))
    {
        Some(option) => Err(BuildError::NoOption { option }),
        None => Ok(()),
    }
}

/// What is kept of a build.
fn collect(objects: &Path, work: &Path, with: Instruments, log: &mut Log<'_>) -> Result<PathBuf, BuildError> {
    let entry = work.join("entry");
    make_folder(&entry)?;
    if with.keeps_lines() {
        let (from, to) = (objects.join(PROGRAM), entry.join(PROGRAM));
        fs::copy(&from, &to).map_err(io_error("copy", &from))?;
    } else {
        let mut strip = tools::strip(&objects.join(PROGRAM), &entry.join(PROGRAM));
        log.run(&mut strip, "stripping the kernel", &mut |_| {})?;
    }
    let copy = |from: &str, to: &str| {
        let from = objects.join(from);
        fs::copy(&from, entry.join(to)).map(drop).map_err(io_error("copy", &from))
    };
    copy(".config", CONFIG)?;
    copy("include/config/kernel.release", VERSION)?;
    copy("System.map", SYMBOLS)?;
    let file = entry.join(RECIPE);
    fs::write(&file, recipe(with)).map_err(io_error("write", &file))?;
    Ok(entry)
}

/// Puts a whole kernel in its place; an older one of that name leaves with the build's folder.
fn keep(entry: &Path, place: &Path, work: &Path) -> Result<(), BuildError> {
    match fs::rename(place, work.join("older")) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(io_error("replace", place)(error)),
        _ => {}
    }
    fs::rename(entry, place).map_err(io_error("make", place))
}

/// What a build that was killed has left: nobody holds its lock.
fn remove_left_over(root: &Path) {
    let Ok(entries) = fs::read_dir(root) else { return };
    for folder in entries.flatten().filter(|entry| entry.file_name().to_string_lossy().starts_with(PARTIAL)) {
        let folder = folder.path();
        let held = File::open(folder.join(LOCK)).map(|lock| matches!(lock.try_lock(), Err(TryLockError::WouldBlock)));
        if !held.unwrap_or(false) {
            let _ = fs::remove_dir_all(folder);
        }
    }
}

fn check_space(root: &Path) -> Result<(), BuildError> {
    let stat = statvfs(root).map_err(|errno| io_error("ask for the free space of", root)(errno.into()))?;
    let free = (stat.blocks_available() * stat.fragment_size()) >> 20;
    if free < NEEDED_MIB {
        return Err(BuildError::NoSpace { needed: NEEDED_MIB, free, folder: root.to_owned() });
    }
    Ok(())
}

fn make_folder(folder: &Path) -> Result<(), BuildError> {
    fs::create_dir_all(folder).map_err(io_error("make the folder", folder))
}

fn io_error(step: &str, path: &Path) -> impl FnOnce(io::Error) -> BuildError {
    let step = format!("{step} {}", path.display());
    move |error| BuildError::Io { step, error }
}

#[cfg(test)]
mod tests;
