//! The programs that make a kernel, and what they say.

use std::{
    env,
    fs::File,
    io::{self, BufRead, BufReader, Write},
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::atomic::{AtomicBool, Ordering},
};

use nix::{
    sys::signal::{Signal, killpg},
    unistd::Pid,
};

use super::{BuildError, io_error};

/// A program, Debian's package of it, and whether only the distribution's source needs it.
const TOOLS: [(&str, &str, bool); 10] = [
    ("gcc", "gcc", false),
    ("make", "make", false),
    ("flex", "flex", false),
    ("bison", "bison", false),
    ("bc", "bc", false),
    ("strip", "binutils", false),
    ("xz", "xz-utils", true),
    ("tar", "tar", true),
    ("apt-get", "apt", true),
    ("dpkg-deb", "dpkg", true),
];

/// Whether all that is needed is there.
pub(super) fn check(fetches: bool) -> Result<(), BuildError> {
    let path = env::var_os("PATH").unwrap_or_default();
    let folders: Vec<PathBuf> = env::split_paths(&path).collect();
    let absent = |program: &str| !folders.iter().any(|folder| folder.join(program).is_file());
    let missing: Vec<_> = TOOLS.iter().filter(|(program, _, only)| (fetches || !only) && absent(program)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    Err(BuildError::Missing {
        missing: missing.iter().map(|(program, ..)| *program).collect(),
        packages: missing.iter().map(|(_, package, _)| *package).collect(),
    })
}

/// `make` for a kernel as a program, with its objects outside the source.
pub(super) fn make(source: &Path, objects: &Path) -> Command {
    let mut out = std::ffi::OsString::from("O=");
    out.push(objects);
    let mut command = Command::new("make");
    // What is set for the user's own builds is not for this one.
    for name in ["MAKEFLAGS", "ARCH", "CROSS_COMPILE", "KBUILD_OUTPUT"] {
        command.env_remove(name);
    }
    // Nothing of the machine or the hour is in the kernel: the same source makes the same program.
    let fixed = [("KBUILD_BUILD_TIMESTAMP", "@0"), ("KBUILD_BUILD_USER", "rfc793"), ("KBUILD_BUILD_HOST", "rfc793")];
    command.arg("-C").arg(source).arg(out).arg("ARCH=um").envs(fixed);
    command
}

/// `strip` of a program into another file.
pub(super) fn strip(from: &Path, to: &Path) -> Command {
    let mut command = Command::new("strip");
    command.arg("-o").arg(to).arg(from);
    command
}

/// What all tools of one build say.
pub(super) struct Log<'a> {
    path: PathBuf,
    file: File,
    stop: &'a AtomicBool,
}

impl<'a> Log<'a> {
    pub(super) fn new(path: &Path, stop: &'a AtomicBool) -> Result<Self, BuildError> {
        let file = File::create(path).map_err(io_error("write", path))?;
        Ok(Self { path: path.to_owned(), file, stop })
    }

    /// Runs a tool to its end; `each` sees every line it says.
    ///
    /// # Errors
    /// If it cannot be run, or fails.
    pub(super) fn run(
        &mut self,
        command: &mut Command,
        what: &str,
        each: &mut dyn FnMut(&str),
    ) -> Result<(), BuildError> {
        let (reader, writer) = io::pipe().map_err(io_error("make a pipe for", &self.path))?;
        writeln!(self.file, "$ {command:?}").map_err(io_error("write", &self.path))?;
        // Ctrl-C is for this process, which then ends the tool.
        command
            .process_group(0)
            .stdin(Stdio::null())
            .stdout(writer.try_clone().map_err(io_error("make a pipe for", &self.path))?);
        let child = command.stderr(writer).spawn();
        // The command holds the pipe's other end: with it open the reading would never end.
        command.stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = child.map_err(|error| BuildError::Io { step: format!("start {what}: {command:?}"), error })?;
        for line in BufReader::new(reader).split(b'\n') {
            let line = line.map_err(io_error("read what is told for", &self.path))?;
            let line = String::from_utf8_lossy(&line);
            writeln!(self.file, "{line}").map_err(io_error("write", &self.path))?;
            each(&line);
            if self.stop.load(Ordering::Relaxed) {
                let _ = killpg(Pid::from_raw(child.id().cast_signed()), Signal::SIGTERM);
            }
        }
        let status = child.wait().map_err(io_error("wait for what writes", &self.path))?;
        if self.stop.load(Ordering::Relaxed) {
            return Err(BuildError::Stopped);
        }
        if status.success() {
            return Ok(());
        }
        Err(BuildError::Failed { what: format!("{what} ({status})"), log: self.path.clone() })
    }
}
