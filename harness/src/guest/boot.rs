//! Starting a guest, from outside.
//!
//! [`start`] is called by [`super::pool`] and [`super::command`]. What the guest has to say comes through files of a
//! folder that both sides see, so nothing of its kernel's console mixes with it.
//!
//! A guest needs no rights. It runs on one processor (it is several times slower when it moves), with a fixed layout of
//! memory, so that two runs are alike, and ends with this process however that ends.

use std::{
    env,
    ffi::OsString,
    fs::{self, File},
    io::{self, Read, Write},
    os::unix::process::CommandExt,
    path::Path,
    process::{Child, Command, ExitStatus, Stdio},
    time::Duration,
};

use nix::{
    fcntl::{FcntlArg, OFlag, fcntl},
    sched::{CpuSet, sched_getcpu, sched_setaffinity},
    sys::{
        personality::{self, Persona},
        prctl,
        signal::{Signal, killpg},
        statvfs::{FsFlags, statvfs},
    },
    unistd::{AccessFlags, Pid, access},
};
use tempfile::TempDir;

use super::{
    INPUT, ORDER, Order, PROGRESS, RECORDS, STATUS, STDERR, STDOUT, Work,
    cache::Kernel,
    init,
    input::{self, Noted},
    progress,
    report::{self, Report},
};

/// How often the guest's output is looked at.
pub(super) const GLANCE: Duration = Duration::from_millis(2);
/// What the console said last, in an error.
const CONSOLE_LINES: usize = 12;

/// A guest did not do what it was told.
#[derive(Debug, thiserror::Error)]
pub enum BootError {
    /// A step outside failed.
    #[error("failed to {step} for the guest linux:{kernel}: {error}")]
    Io {
        /// What was to be done.
        step: &'static str,
        /// The guest.
        kernel: String,
        /// Why it was not.
        error: io::Error,
    },
    /// An argument that a guest cannot be told.
    #[error("a guest takes arguments in UTF-8 only, not {0:?}")]
    NotUtf8(OsString),
    /// It ended before its command did: a panic of the kernel, or no place to run.
    #[error("the guest linux:{kernel} ended without a result ({status}); its console said:\n{console}")]
    Died {
        /// The guest.
        kernel: String,
        /// How its process ended.
        status: String,
        /// The end of what it printed.
        console: String,
        /// What its kernel said of itself, if it did.
        report: Option<Box<Report>>,
        /// What a campaign had in hand.
        input: Vec<u8>,
    },
    /// It does not do what it was told.
    #[error("the guest linux:{kernel} cannot run cases: {words}")]
    Confused {
        /// The guest.
        kernel: String,
        /// What is wrong.
        words: String,
    },
    /// What the guest wrote cannot be passed on.
    #[error("failed to write: {0}")]
    Output(io::Error),
}

/// Starts a guest of `kernel` that does `work`.
///
/// # Errors
/// If it cannot be started.
pub(super) fn start(kernel: &Kernel, work: Work) -> Result<Guest, BootError> {
    let failed = |step| {
        let kernel = kernel.name.clone();
        move |error| BootError::Io { step, kernel, error }
    };
    let folder = env::current_dir().map_err(failed("ask for the current folder"))?;
    let memory = match &work {
        // A campaign keeps what it found. Memory costs boot time: 30 ms for this, and the suite takes what it has with less.
        Work::Command(_) => "mem=1G",
        Work::Cases(_) => "mem=96M",
    };
    let order = Order { kernel: kernel.name.clone(), symbols: kernel.symbols(), folder, work };
    let shared = tempfile::Builder::new().prefix("rfc793-guest-").tempdir().map_err(failed("make a folder"))?;
    let shared_path = shared.path();
    let text = serde_json::to_string(&order).map_err(io::Error::other).map_err(failed("write the order"))?;
    fs::write(shared_path.join(ORDER), text).map_err(failed("write the order"))?;
    let tail = |name: &str| Tail::new(&shared_path.join(name)).map_err(failed("make a file"));
    let (out, err, status) = (tail(STDOUT)?, tail(STDERR)?, tail(STATUS)?);
    let (records, progress, console) = (tail(RECORDS)?, tail(PROGRESS)?, tail(CONSOLE)?);
    let input = Noted::new(&shared_path.join(INPUT)).map_err(failed("make a file"))?;
    let program = env::current_exe().map_err(failed("find this program"))?;
    let process = spawn(kernel, &program, memory, shared_path).map_err(failed("start the program"))?;
    if let Some(console) = &process.stdin {
        // Nobody waits for one that does not listen.
        fcntl(console, FcntlArg::F_SETFL(OFlag::O_NONBLOCK)).map_err(io::Error::from).map_err(failed("open a pipe"))?;
    }
    Ok(Guest {
        process,
        kernel: kernel.name.clone(),
        _folder: shared,
        out,
        err,
        status,
        records,
        progress,
        input,
        console,
    })
}

/// The words that boot a kernel with this program as its first process.
///
/// They are the same words in every run: the kernel's randomness begins with them.
fn command_line(program: &Path, memory: &str) -> Vec<OsString> {
    let mut init = OsString::from("init=");
    init.push(program);
    let fixed = [
        "rootfstype=hostfs",
        "rootflags=/",
        "rw",
        "con=null",
        "con0=fd:0,fd:1",
        // Warnings and worse are shown: what a kernel says of itself may be no more than a warning.
        "loglevel=5",
        "norandmaps",
        "random.trust_bootloader=on",
        // It makes the texts of all tracepoints' formats nicer, which takes a tenth of the time to boot. Nobody reads them.
        "initcall_blacklist=trace_eval_init",
        "panic=-1",
        // What the kernel finds wrong in itself ends the guest: the first report is the cause of all others.
        "panic_on_warn=1",
        "oops=panic",
        "kasan.fault=panic",
        "time-travel=inf-cpu",
        "time-travel-start=1000000000",
        // Else it has a name by chance.
        "umid=guest",
        // The environment of process 1: memory that is given back has to be fetched again, each page a fault of 40 µs.
        "MIMALLOC_PURGE_DELAY=-1",
        // A campaign fetches all that the allocator has set aside, at once.
        "MIMALLOC_ARENA_RESERVE=128MiB",
    ];
    let mut words: Vec<OsString> = fixed.into_iter().map(OsString::from).collect();
    words.extend([memory.into(), init, "--".into(), init::WORD.into()]);
    words
}

fn spawn(kernel: &Kernel, program: &Path, memory: &str, shared: &Path) -> io::Result<Child> {
    let console = File::options().append(true).open(shared.join(CONSOLE))?;
    let mut command = Command::new(kernel.program());
    command
        .args(command_line(program, memory))
        // Where the guest's process 1 finds its order.
        .current_dir(shared)
        .env_clear()
        .env("HOME", shared)
        .env("TMPDIR", memory_folder().unwrap_or(shared))
        // The guest's own processes may not share what the host's C library keeps with the host's kernel.
        .env("GLIBC_TUNABLES", "glibc.pthread.rseq=0")
        .stdin(Stdio::piped())
        .stdout(console.try_clone()?)
        .stderr(console)
        // Ctrl-C is for this process, which then ends the guest.
        .process_group(0);
    // SAFETY: between fork and exec these are plain system calls; nothing is allocated and no lock is taken.
    unsafe {
        command.pre_exec(|| {
            prctl::set_pdeathsig(Signal::SIGKILL)?;
            personality::set(Persona::ADDR_NO_RANDOMIZE)?;
            // Where the host has put it, so that several guests do not share one.
            let mut one = CpuSet::new();
            one.set(sched_getcpu()?)?;
            sched_setaffinity(Pid::from_raw(0), &one)?;
            Ok(())
        });
    }
    command.spawn()
}

/// Where the file can be that is a guest's memory, if not on a disk, which is several times slower. It has no name from the
/// start, and code in it is executed.
fn memory_folder() -> Option<&'static Path> {
    let folder = Path::new("/dev/shm");
    let stat = statvfs(folder).ok()?;
    let room = stat.blocks_available() * stat.fragment_size() > 2 << 30;
    let usable = access(folder, AccessFlags::W_OK).is_ok() && !stat.flags().contains(FsFlags::ST_NOEXEC);
    (room && usable).then_some(folder)
}

/// What the kernel itself prints.
const CONSOLE: &str = "console";

/// A running guest; it does not outlive this.
pub(super) struct Guest {
    process: Child,
    kernel: String,
    /// Gone as soon as the guest has what it needs of it; else this removes it.
    _folder: TempDir,
    /// Its standard output.
    pub(super) out: Tail,
    /// What it complains about.
    pub(super) err: Tail,
    status: Tail,
    /// The records of the cases that it ran.
    pub(super) records: Tail,
    progress: Tail,
    input: Noted,
    console: Tail,
}

/// How a guest ended.
pub(super) enum Ended {
    /// Its work is done, with this exit code.
    Code(u8),
    /// It broke down before.
    Died {
        /// How its process ended.
        status: String,
        /// All that its kernel said.
        console: String,
    },
}

impl Guest {
    /// How it ended, if it has. Its exit code is the last thing it has to say; nobody waits for its kernel to shut down.
    pub(super) fn ended(&mut self) -> io::Result<Option<Ended>> {
        let gone = self.process.try_wait()?;
        let code = self.status.rest().and_then(|code| code.trim().parse().ok());
        let died = |status: ExitStatus| {
            let console = self.console.rest().unwrap_or_default();
            Ended::Died { status: status.to_string(), console }
        };
        Ok(code.map(Ended::Code).or_else(|| gone.map(died)))
    }

    /// Writes on its console. One that is not that far yet hears it later, and one that is gone, or does not listen, never.
    pub(super) fn tell(&mut self, line: &str) {
        let _ = self.process.stdin.as_mut().map(|console| console.write_all(line.as_bytes()));
    }

    /// What it said of its progress since the last time.
    pub(super) fn progress(&mut self) -> Option<(u64, String)> {
        let told = self.progress.rest()?;
        progress::parse(&told).map(|(position, remark)| (position, remark.to_owned()))
    }

    /// It broke down.
    pub(super) fn died(&self, status: String, console: &str) -> BootError {
        BootError::Died {
            kernel: self.kernel.clone(),
            status,
            console: last_lines(console),
            report: report::find(console).map(Box::new),
            input: self.input.read(input::caller(console).unwrap_or(0)),
        }
    }
}

impl Drop for Guest {
    fn drop(&mut self) {
        if let Ok(None) = self.process.try_wait() {
            // It is the leader of its group; its processes are in it.
            let _ = killpg(Pid::from_raw(self.process.id().cast_signed()), Signal::SIGKILL);
            let _ = self.process.wait();
        }
    }
}

/// The end of a console's text.
pub(super) fn last_lines(console: &str) -> String {
    let lines: Vec<&str> = console.lines().map(str::trim_end).filter(|line| !line.is_empty()).collect();
    let first = lines.len().saturating_sub(CONSOLE_LINES);
    if lines.is_empty() { "(nothing)".to_owned() } else { lines[first..].join("\n") }
}

/// The growing end of a file, which is gone from its folder once the guest runs.
pub(super) struct Tail(File);

impl Tail {
    fn new(path: &Path) -> io::Result<Self> {
        File::create(path)?;
        File::open(path).map(Self)
    }

    /// All that is new, if it can be read.
    fn rest(&mut self) -> Option<String> {
        let mut bytes = Vec::new();
        self.read_new(&mut bytes).ok()?;
        Some(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// Puts what is new behind what is there.
    pub(super) fn read_new(&mut self, bytes: &mut Vec<u8>) -> io::Result<usize> {
        self.0.read_to_end(bytes)
    }

    /// Copies what is new.
    pub(super) fn pass_on(&mut self, to: &mut impl Write) -> io::Result<()> {
        let mut chunk = [0; 8192];
        loop {
            match self.0.read(&mut chunk)? {
                0 => return to.flush(),
                len => to.write_all(&chunk[..len])?,
            }
        }
    }
}

#[cfg(test)]
mod tests;
