//! The retransmission timeout of a socket. smoltcp has no accessor for it, but its sockets print theirs.

use std::{
    fmt::{self, Write},
    time::Duration,
};

use smoltcp::socket::tcp;

/// As far as the field can be: it stands before the buffers, whose print would be long.
const ENOUGH: usize = 2048;

/// The timeout that the socket's next retransmission timer starts with; `None` if it does not print one.
pub(super) fn of(socket: &tcp::Socket<'_>) -> Option<Duration> {
    let mut start = Start(String::new());
    // An error only says that there was more to print.
    let _ = write!(start, "{socket:?}");
    let (_, estimator) = start.0.split_once("rtte: RttEstimator {")?;
    let (_, value) = estimator.split_once(" rto: ")?;
    let digits = value.split(|c: char| !c.is_ascii_digit()).next()?;
    digits.parse().ok().map(Duration::from_millis)
}

/// The first part of a text.
struct Start(String);

impl fmt::Write for Start {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        if self.0.len() > ENOUGH {
            return Err(fmt::Error);
        }
        self.0.push_str(text);
        Ok(())
    }
}
