//! What the kernel tells about a socket: `TCP_INFO`, and its numbers for the states.

use std::{io, mem, time::Duration};

use super::{sock_diag::Sighting, socket::Socket};
use crate::case::state::State;

/// The RFC's state for one of the kernel's numbers (`include/net/tcp_states.h`).
pub(super) fn state(number: u8) -> Option<State> {
    match number {
        1 => Some(State::Established),
        2 => Some(State::SynSent),
        // 12 is the kernel's own name for a request that has no full socket yet.
        3 | 12 => Some(State::SynReceived),
        4 => Some(State::FinWait1),
        5 => Some(State::FinWait2),
        6 => Some(State::TimeWait),
        8 => Some(State::CloseWait),
        9 => Some(State::LastAck),
        10 => Some(State::Listen),
        11 => Some(State::Closing),
        // 7 is CLOSE, 13 "bound, but neither listening nor connected".
        _ => None,
    }
}

/// The state and retransmission timeout of a socket; a socket without a connection has neither.
///
/// # Errors
/// What `getsockopt` reports.
pub(super) fn read(socket: &Socket) -> io::Result<Sighting> {
    // SAFETY: `tcp_info` consists of integers only; all-zero is a valid value of it.
    let mut info: libc::tcp_info = unsafe { mem::zeroed() };
    socket.get_value(libc::IPPROTO_TCP, libc::TCP_INFO, &mut info)?;
    let state = state(info.tcpi_state);
    let has_timer = state.is_some_and(|state| state != State::Listen);
    Ok(Sighting { state, rto: has_timer.then(|| Duration::from_micros(u64::from(info.tcpi_rto))) })
}
