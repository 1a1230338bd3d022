//! Ctrl-C: the first one asks the run to stop and tell what it has, the second one ends the program at once.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use nix::sys::signal::{SigSet, Signal};

use crate::guest;

/// Raised when the user wants to stop.
///
/// Call it before any thread that shall not be disturbed: SIGINT and SIGTERM are blocked in the calling thread and
/// those it starts later, and taken by a thread of their own. If the system refuses, the default action (the end of
/// the process) stays.
pub(super) fn stop_flag() -> Arc<AtomicBool> {
    let stop = Arc::new(AtomicBool::new(false));
    let mut signals = SigSet::empty();
    signals.add(Signal::SIGINT);
    signals.add(Signal::SIGTERM);
    if guest::kernel().is_some() {
        // The program outside asks by a line on the console.
        let raised = Arc::clone(&stop);
        guest::clock::listen(move || raised.store(true, Ordering::Relaxed));
    } else if signals.thread_block().is_ok() {
        let raised = Arc::clone(&stop);
        std::thread::spawn(move || {
            while signals.wait().is_ok() {
                if raised.swap(true, Ordering::Relaxed) {
                    std::process::exit(130);
                }
            }
        });
    }
    stop
}
