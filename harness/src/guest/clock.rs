//! Real time inside a guest, whose own clock is virtual: the program outside tells it, by lines on the console.
//!
//! A campaign measures with a [`Stopwatch`], on a live host as in a guest. The program outside writes [`line()`]s while a
//! campaign runs; [`listen`] takes them in, on a thread that goes before all others: the workers of a campaign never
//! sleep, and a thread of the same rank would never get its turn. How exact: [`TICK`].

use std::{
    io::{self, BufRead},
    sync::{
        Condvar, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use nix::sys::termios::{LocalFlags, SetArg, tcgetattr, tcsetattr};

use super::rank::{self, Rank};

/// How often the time is told.
pub const TICK: Duration = Duration::from_millis(20);
/// What asks the command to end.
const STOP: &str = "stop";

/// Real microseconds since the guest was started, as told last.
static TOLD: AtomicU64 = AtomicU64::new(0);
static CHANGED: Condvar = Condvar::new();
static LOCK: Mutex<()> = Mutex::new(());

/// What the program outside writes on the console: how long the guest has been running, or that it is to end.
#[must_use]
pub fn line(running: Option<Duration>) -> String {
    running.map_or_else(|| format!("{STOP}\n"), |running| format!("{}\n", running.as_micros()))
}

/// Takes in what the program outside tells a guest; calls `stop` when the command is to end.
pub fn listen(stop: impl FnOnce() + Send + 'static) {
    // What is written there shall not come back among what the kernel says.
    if let Ok(mut settings) = tcgetattr(io::stdin()) {
        settings.local_flags.remove(LocalFlags::ECHO);
        let _ = tcsetattr(io::stdin(), SetArg::TCSANOW, &settings);
    }
    thread::spawn(move || {
        let _ = rank::set(Rank::Listener);
        for line in io::stdin().lock().lines() {
            match line {
                Ok(line) if line != STOP => take(&line),
                Ok(_) | Err(_) => break,
            }
        }
        stop();
    });
}

fn take(line: &str) {
    if let Ok(micros) = line.trim().parse() {
        TOLD.store(micros, Ordering::Relaxed);
        drop(LOCK.lock().unwrap_or_else(PoisonError::into_inner));
        CHANGED.notify_all();
    }
}

/// Measures real time, wherever this runs.
#[derive(Clone, Copy, Debug)]
pub struct Stopwatch(Began);

#[derive(Clone, Copy, Debug)]
enum Began {
    Here(Instant),
    InGuest(u64),
}

impl Stopwatch {
    /// Begins to measure.
    #[must_use]
    pub fn start() -> Self {
        Self(match super::kernel() {
            None => Began::Here(Instant::now()),
            Some(_) => Began::InGuest(TOLD.load(Ordering::Relaxed)),
        })
    }

    /// Real time since then.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        match self.0 {
            Began::Here(began) => began.elapsed(),
            Began::InGuest(began) => Duration::from_micros(TOLD.load(Ordering::Relaxed).saturating_sub(began)),
        }
    }

    /// Whether it is told by somebody else.
    #[must_use]
    pub const fn is_told(&self) -> bool {
        matches!(self.0, Began::InGuest(_))
    }

    /// Lets all else in a guest go on for a moment, what is told on the console among it: nothing of it does while a thread
    /// of the command has something to do.
    pub fn breathe(&self) {
        match self.0 {
            Began::Here(_) => {}
            Began::InGuest(_) => thread::sleep(Duration::from_micros(1)),
        }
    }

    /// Waits about so long, in a guest until real time is told again (or, if nothing else is to be done, not at all).
    pub fn pause(&self, span: Duration) {
        match self.0 {
            Began::Here(_) => thread::sleep(span),
            Began::InGuest(_) => {
                // Or the workers would never let it go on.
                let _ = rank::set(Rank::Watcher);
                let held = LOCK.lock().unwrap_or_else(PoisonError::into_inner);
                drop(CHANGED.wait_timeout(held, span));
            }
        }
    }
}

#[cfg(test)]
mod tests;
