//! A whole command done in a guest, seen from outside.
//!
//! [`run`] is called by the CLI for a command whose target is `linux:NAME` and which is no mere list of cases.

use std::{
    ffi::OsString,
    io,
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::{Duration, Instant},
};

use super::{
    Work,
    boot::{self, BootError, GLANCE},
    cache::Kernel,
    clock::{self, TICK},
};

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

/// How long a command that the user stopped may take to tell what it has.
const PATIENCE: Duration = Duration::from_secs(10);

/// Does the command of `arguments` in a guest of `kernel`; its output is passed on as it comes. When the user stops it, the
/// command is asked to end and to tell what it has. With `show` it is told real time, which it cannot measure itself, and
/// what it says of its progress is shown.
///
/// # Errors
/// If the guest cannot be started or dies.
pub fn run(
    kernel: &Kernel,
    arguments: Vec<OsString>,
    mut show: Option<&mut Show<'_>>,
    stop: &AtomicBool,
) -> Result<Ended, BootError> {
    let arguments = arguments.into_iter().map(OsString::into_string).collect::<Result<_, _>>();
    let mut guest = boot::start(kernel, Work::Command(arguments.map_err(BootError::NotUtf8)?))?;
    let began = Instant::now();
    let mut told_at = Duration::ZERO;
    let mut stopped_at = None;
    loop {
        let ended = guest.ended().map_err(BootError::Output)?;
        guest.out.pass_on(&mut io::stdout().lock()).map_err(BootError::Output)?;
        guest.err.pass_on(&mut io::stderr().lock()).map_err(BootError::Output)?;
        let stopped = stop.load(Ordering::Relaxed);
        match ended {
            Some(_) if stopped => return Ok(Ended::Stopped),
            Some(boot::Ended::Code(code)) => return Ok(Ended::Code(code)),
            Some(boot::Ended::Died { status, console }) => return Err(guest.died(status, &console)),
            None => {}
        }
        let running = began.elapsed();
        if let Some(show) = &mut show
            && running >= told_at + TICK
        {
            told_at = running;
            guest.tell(&clock::line(Some(running)));
            if let Some((position, remark)) = guest.progress() {
                show(position, &remark);
            }
        }
        if stopped {
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

#[cfg(test)]
mod tests;
