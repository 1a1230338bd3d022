//! Starting a guest and passing on what it says, from outside.
//!
//! [`run`] is called by the CLI for a command whose target is `linux:NAME`. What the command writes comes through files
//! of a folder that both sides see, so nothing of the guest's console mixes with it.
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
    process::{Child, Command, Stdio},
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::{Duration, Instant},
};

use nix::{
    fcntl::{FcntlArg, OFlag, fcntl},
    sched::{CpuSet, sched_getaffinity, sched_setaffinity},
    sys::{
        personality::{self, Persona},
        prctl,
        signal::{Signal, killpg},
    },
    unistd::Pid,
};

use super::{
    INPUT, ORDER, Order, PROGRESS, STATUS, STDERR, STDOUT,
    cache::Kernel,
    clock::{self, TICK},
    init,
    input::Noted,
    progress,
    report::{self, Report},
};

/// How often the guest's output is looked at.
const GLANCE: Duration = Duration::from_millis(2);
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
    /// What the guest wrote cannot be passed on.
    #[error("failed to write: {0}")]
    Output(io::Error),
}

/// How a guest's command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// With this exit code.
    Code(u8),
    /// The user stopped it.
    Stopped,
}

/// Shows how far a command is: a number, and a remark.
pub type Show<'a> = dyn FnMut(u64, &str) + 'a;

/// Does the command of `arguments` in a guest of `kernel`; its output is passed on as it comes. When the user stops it, the
/// command is asked to end and to tell what it has. With `show` it is told real time, which it cannot measure itself, and
/// what it says of its progress is shown.
///
/// # Errors
/// If the guest cannot be started or dies.
pub fn run(
    kernel: &Kernel,
    arguments: Vec<OsString>,
    show: Option<&mut Show<'_>>,
    stop: &AtomicBool,
) -> Result<Ended, BootError> {
    let failed = |step| {
        let kernel = kernel.name.clone();
        move |error| BootError::Io { step, kernel, error }
    };
    let arguments = arguments.into_iter().map(OsString::into_string).collect::<Result<_, _>>();
    let order = Order {
        kernel: kernel.name.clone(),
        arguments: arguments.map_err(BootError::NotUtf8)?,
        folder: env::current_dir().map_err(failed("ask for the current folder"))?,
    };
    let shared = tempfile::Builder::new().prefix("rfc793-guest-").tempdir().map_err(failed("make a folder"))?;
    let shared_path = shared.path();
    let text = serde_json::to_string(&order).map_err(io::Error::other).map_err(failed("write the order"))?;
    fs::write(shared_path.join(ORDER), text).map_err(failed("write the order"))?;
    let tail = |name: &str| Tail::new(&shared_path.join(name)).map_err(failed("make a file"));
    let said = Said {
        out: tail(STDOUT)?,
        err: tail(STDERR)?,
        status: tail(STATUS)?,
        progress: tail(PROGRESS)?,
        input: Noted::new(&shared_path.join(INPUT)).map_err(failed("make a file"))?,
        console: tail(CONSOLE)?,
    };
    let program = env::current_exe().map_err(failed("find this program"))?;
    let guest = Guest(start(kernel, &program, shared_path).map_err(failed("start the program"))?);
    if let Some(console) = &guest.0.stdin {
        // Nobody waits for one that does not listen.
        fcntl(console, FcntlArg::F_SETFL(OFlag::O_NONBLOCK)).map_err(io::Error::from).map_err(failed("open a pipe"))?;
    }
    attend(guest, said, show, stop, kernel)
}

/// The words that boot a kernel with this program as its first process.
fn command_line(program: &Path, shared: &Path) -> Vec<OsString> {
    let mut init = OsString::from("init=");
    init.push(program);
    let mut folder = OsString::from("uml_dir=");
    folder.push(shared);
    let fixed = [
        "mem=1G",
        "rootfstype=hostfs",
        "rootflags=/",
        "rw",
        "con=null",
        "con0=fd:0,fd:1",
        // Warnings and worse are shown: what a kernel says of itself may be no more than a warning.
        "loglevel=5",
        "norandmaps",
        "random.trust_bootloader=on",
        "panic=-1",
        // What the kernel finds wrong in itself ends the guest: the first report is the cause of all others.
        "panic_on_warn=1",
        "oops=panic",
        "kasan.fault=panic",
        "time-travel=inf-cpu",
        "time-travel-start=1000000000",
    ];
    let mut words: Vec<OsString> = fixed.into_iter().map(OsString::from).collect();
    words.extend([init, folder, "--".into(), init::WORD.into(), shared.into()]);
    words
}

fn start(kernel: &Kernel, program: &Path, shared: &Path) -> io::Result<Child> {
    let console = File::options().append(true).open(shared.join(CONSOLE))?;
    let mut command = Command::new(kernel.program());
    command
        .args(command_line(program, shared))
        .env_clear()
        .env("HOME", shared)
        .env("TMPDIR", shared)
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
            let allowed = sched_getaffinity(Pid::from_raw(0))?;
            let first = (0..CpuSet::count()).find(|cpu| allowed.is_set(*cpu).unwrap_or(false));
            let mut one = CpuSet::new();
            one.set(first.unwrap_or(0))?;
            sched_setaffinity(Pid::from_raw(0), &one)?;
            Ok(())
        });
    }
    command.spawn()
}

/// What the kernel itself prints.
const CONSOLE: &str = "console";

/// A running guest; it does not outlive this.
struct Guest(Child);

impl Guest {
    /// Writes on its console. One that is not that far yet hears it later, and one that is gone, or does not listen, never.
    fn tell(&mut self, line: &str) {
        let _ = self.0.stdin.as_mut().map(|console| console.write_all(line.as_bytes()));
    }
}

impl Drop for Guest {
    fn drop(&mut self) {
        if let Ok(None) = self.0.try_wait() {
            // It is the leader of its group; its processes are in it.
            let _ = killpg(Pid::from_raw(self.0.id().cast_signed()), Signal::SIGKILL);
            let _ = self.0.wait();
        }
    }
}

/// How long a command that the user stopped may take to tell what it has.
const PATIENCE: Duration = Duration::from_secs(10);

fn attend(
    mut guest: Guest,
    mut said: Said,
    mut show: Option<&mut Show<'_>>,
    stop: &AtomicBool,
    kernel: &Kernel,
) -> Result<Ended, BootError> {
    let began = Instant::now();
    let mut told_at = Duration::ZERO;
    let mut stopped_at = None;
    loop {
        let ended = guest.0.try_wait().map_err(BootError::Output)?;
        said.out.pass_on(&mut io::stdout().lock()).map_err(BootError::Output)?;
        said.err.pass_on(&mut io::stderr().lock()).map_err(BootError::Output)?;
        if let Some(status) = ended {
            let code = said.status.rest().and_then(|code| code.trim().parse().ok());
            if stop.load(Ordering::Relaxed) {
                return Ok(Ended::Stopped);
            }
            let console = said.console.rest().unwrap_or_default();
            return code.map(Ended::Code).ok_or_else(|| BootError::Died {
                kernel: kernel.name.clone(),
                status: status.to_string(),
                console: last_lines(&console),
                report: report::find(&console).map(Box::new),
                input: said.input.read(),
            });
        }
        let running = began.elapsed();
        if let Some(show) = &mut show
            && running >= told_at + TICK
        {
            told_at = running;
            guest.tell(&clock::line(Some(running)));
            if let Some(told) = said.progress.rest()
                && let Some((position, remark)) = progress::parse(&told)
            {
                show(position, remark);
            }
        }
        if stop.load(Ordering::Relaxed) {
            if stopped_at.is_none() {
                guest.tell(&clock::line(None));
            }
            if stopped_at.get_or_insert_with(Instant::now).elapsed() > PATIENCE {
                return Ok(Ended::Stopped);
            }
        }
        thread::sleep(GLANCE);
    }
}

/// The end of a console's text.
fn last_lines(console: &str) -> String {
    let lines: Vec<&str> = console.lines().map(str::trim_end).filter(|line| !line.is_empty()).collect();
    let first = lines.len().saturating_sub(CONSOLE_LINES);
    if lines.is_empty() { "(nothing)".to_owned() } else { lines[first..].join("\n") }
}

/// What comes from a guest. The files are gone from their folder once it runs.
struct Said {
    out: Tail,
    err: Tail,
    status: Tail,
    progress: Tail,
    input: Noted,
    console: Tail,
}

/// The growing end of a file.
struct Tail(File);

impl Tail {
    fn new(path: &Path) -> io::Result<Self> {
        File::create(path)?;
        File::open(path).map(Self)
    }

    /// All that is new, if it can be read.
    fn rest(&mut self) -> Option<String> {
        let mut bytes = Vec::new();
        self.0.read_to_end(&mut bytes).ok()?;
        Some(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// Copies what is new.
    fn pass_on(&mut self, to: &mut impl Write) -> io::Result<()> {
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
