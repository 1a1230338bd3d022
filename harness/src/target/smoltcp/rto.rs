//! The retransmission timeout of a socket. smoltcp has no accessor for it, but its sockets print theirs.
//!
//! What a socket prints ends with all bytes of its buffers, a hundred thousand of them. An error from the writer does
//! not end that (every byte is still visited, a hundred times the cost of the rest), so the writer unwinds as soon as
//! the part of interest is there.

use std::{
    fmt::{self, Write},
    panic::{self, AssertUnwindSafe},
    time::Duration,
};

use smoltcp::socket::tcp;

/// The first field behind the estimator that is not of interest.
const BEHIND: &str = "rx_buffer";

/// The timeout that the socket's next retransmission timer starts with; `None` if it does not print one.
pub(super) fn of(socket: &tcp::Socket<'_>) -> Option<Duration> {
    let mut start = Start(String::with_capacity(1024));
    // However it ends: what was printed up to there is what counts, and printing changes nothing in the socket.
    let _ = panic::catch_unwind(AssertUnwindSafe(|| write!(start, "{socket:?}")));
    let (_, estimator) = start.0.split_once("rtte: RttEstimator {")?;
    let (_, value) = estimator.split_once(" rto: ")?;
    let digits = value.split(|c: char| !c.is_ascii_digit()).next()?;
    digits.parse().ok().map(Duration::from_millis)
}

/// The first part of a text.
struct Start(String);

impl fmt::Write for Start {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        if text == BEHIND {
            // No panic: no hook is called and nothing is printed.
            panic::resume_unwind(Box::new(()));
        }
        self.0.push_str(text);
        Ok(())
    }
}
