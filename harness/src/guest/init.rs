//! Process 1 of a guest: makes the place habitable, does its work, ends the machine.
//!
//! The CLI calls [`take_over`] before anything else. The work gets the highest priority of all, so that no clock
//! reading wanders; it must never spin, as time stands still for whoever does.

use std::{
    ffi::OsString,
    fs::{self, File, OpenOptions},
    io::{self, Write},
    path::PathBuf,
};

use nix::{
    mount::{MsFlags, mount},
    sys::reboot::{RebootMode, reboot},
    unistd::{dup2_stderr, dup2_stdout, getpid},
};

use crate::target::kernel;

use super::{
    INPUT, KERNEL, ORDER, Order, PROGRESS, RECORDS, STATUS, STDERR, STDOUT, Work, input, memory, progress, serve,
};

/// The first argument of a guest's process 1.
pub const WORD: &str = "guest-init";

/// If this process is the first of a guest, does `command` with the words it was ordered and never returns.
pub fn take_over(arguments: &[OsString], command: impl FnOnce(Vec<OsString>) -> u8) {
    // A kernel hands on words of its own command line that it does not know, behind these.
    if getpid().as_raw() != 1 || arguments.get(1).is_none_or(|word| word != WORD) {
        return;
    }
    memory::fetch_program();
    match prepare() {
        Ok((work, mut status, records)) => {
            let code = match work {
                Work::Command(words) => command(words.into_iter().map(OsString::from).collect()),
                Work::Cases(cases) => serve::run(cases, records),
            };
            // Without it the program outside reports what the console says.
            let _ = write!(status, "{code}");
        }
        Err(error) => eprintln!("rfc793: {error}"),
    }
    let Err(errno) = reboot(RebootMode::RB_POWER_OFF);
    panic!("the guest cannot end: {errno}");
}

/// The folder that this process shares with the program outside, in which that started the guest.
///
/// No word of the kernel's command line can tell it, as the kernel's randomness begins with those words: the guest still
/// sees the host's list of processes, in which the one that looks is the guest's kernel.
fn shared_folder() -> io::Result<PathBuf> {
    fs::read_link("/proc/self/cwd")
}

/// Makes the place habitable. Returns what is to be done, and the files that the exit code and the records go to.
fn prepare() -> io::Result<(Work, File, File)> {
    let nothing: Option<&str> = None;
    // Else whether reading a file is written down depends on when the host last did, and takes time.
    mount(nothing, "/", nothing, MsFlags::MS_REMOUNT | MsFlags::MS_BIND | MsFlags::MS_NOATIME, nothing)?;
    let shared = &shared_folder()?;
    mount(Some("proc"), "/proc", Some("proc"), MsFlags::empty(), nothing)?;
    mount(Some("sysfs"), "/sys", Some("sysfs"), MsFlags::empty(), nothing)?;
    let order = fs::read_to_string(shared.join(ORDER))?;
    let order: Order = serde_json::from_str(&order)?;
    std::env::set_current_dir(&order.folder)?;
    let append = |name: &str| -> io::Result<File> { OpenOptions::new().append(true).open(shared.join(name)) };
    dup2_stdout(append(STDOUT)?)?;
    dup2_stderr(append(STDERR)?)?;
    let (status, records) = (append(STATUS)?, append(RECORDS)?);
    progress::open(append(PROGRESS)?);
    input::open(OpenOptions::new().write(true).open(shared.join(INPUT))?);
    // Both sides hold what they need of it: so nothing is left behind however this ends.
    fs::remove_dir_all(shared)?;
    first_in_line()?;
    kernel::take_symbols_from(&order.symbols);
    let _ = KERNEL.set(order.kernel);
    Ok((order.work, status, records))
}

/// No other process is served before this one: timers would fire up to 0.1 % late.
fn first_in_line() -> io::Result<()> {
    let parameters = libc::sched_param { sched_priority: 50 };
    // SAFETY: a system call with a pointer to an initialised value that outlives it.
    let done = unsafe { libc::sched_setscheduler(0, libc::SCHED_FIFO, &raw const parameters) };
    if done == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}
