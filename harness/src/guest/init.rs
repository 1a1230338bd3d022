//! Process 1 of a guest: makes the place habitable, does the command, ends the machine.
//!
//! The CLI calls [`take_over`] before anything else. The command gets the highest priority of all, so that no clock
//! reading wanders; it must never spin, as time stands still for whoever does.

use std::{
    ffi::OsString,
    fs::{self, File, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
};

use nix::{
    mount::{MsFlags, mount},
    sys::reboot::{RebootMode, reboot},
    unistd::{dup2_stderr, dup2_stdout, getpid},
};

use super::{INPUT, KERNEL, ORDER, Order, PROGRESS, STATUS, STDERR, STDOUT, input, progress};

/// The first argument of a guest's process 1; the second is the folder that it shares with the program outside.
pub const WORD: &str = "guest-init";

/// If this process is the first of a guest, does `command` with the words it was ordered and never returns.
pub fn take_over(arguments: &[OsString], command: impl FnOnce(Vec<OsString>) -> u8) {
    // A kernel hands on words of its own command line that it does not know, behind these.
    let [_, word, shared, ..] = arguments else { return };
    if getpid().as_raw() != 1 || word != WORD {
        return;
    }
    let shared = PathBuf::from(shared);
    match prepare(&shared) {
        Ok((order, mut status)) => {
            let words = order.arguments.into_iter().map(OsString::from).collect();
            let code = command(words);
            // Without it the program outside reports what the console says.
            let _ = write!(status, "{code}");
        }
        Err(error) => eprintln!("rfc793: {error}"),
    }
    let Err(errno) = reboot(RebootMode::RB_POWER_OFF);
    panic!("the guest cannot end: {errno}");
}

/// Makes the place habitable. Also returns the file that the exit code goes to.
fn prepare(shared: &Path) -> io::Result<(Order, File)> {
    let nothing: Option<&str> = None;
    mount(Some("proc"), "/proc", Some("proc"), MsFlags::empty(), nothing)?;
    mount(Some("sysfs"), "/sys", Some("sysfs"), MsFlags::empty(), nothing)?;
    let order = fs::read_to_string(shared.join(ORDER))?;
    let order: Order = serde_json::from_str(&order)?;
    std::env::set_current_dir(&order.folder)?;
    let append = |name: &str| -> io::Result<File> { OpenOptions::new().append(true).open(shared.join(name)) };
    dup2_stdout(append(STDOUT)?)?;
    dup2_stderr(append(STDERR)?)?;
    let status = append(STATUS)?;
    progress::open(append(PROGRESS)?);
    input::open(OpenOptions::new().write(true).open(shared.join(INPUT))?);
    // Both sides hold what they need of it: so nothing is left behind however this ends.
    fs::remove_dir_all(shared)?;
    first_in_line()?;
    let _ = KERNEL.set(order.kernel.clone());
    Ok((order, status))
}

/// No other process is served before this one: timers would fire up to 0.1 % late.
fn first_in_line() -> io::Result<()> {
    let parameters = libc::sched_param { sched_priority: 50 };
    // SAFETY: a system call with a pointer to an initialised value that outlives it.
    let done = unsafe { libc::sched_setscheduler(0, libc::SCHED_FIFO, &raw const parameters) };
    if done == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}
