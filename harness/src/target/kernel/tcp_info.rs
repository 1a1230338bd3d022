//! What the kernel tells about a socket: `TCP_INFO`, and its numbers for the states.

use std::{io, mem, slice, time::Duration};

use super::{sock_diag::Sighting, socket::Socket};
use crate::{
    case::state::State,
    fiber::{self, Call},
};

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

/// Room for what is told of a socket.
pub(super) struct TcpInfo {
    info: libc::tcp_info,
    len: libc::socklen_t,
}

impl TcpInfo {
    /// Nothing told yet.
    pub(super) fn new() -> Self {
        // SAFETY: `tcp_info` consists of integers only; all-zero is a valid value of it.
        Self { info: unsafe { mem::zeroed() }, len: mem::size_of::<libc::tcp_info>() as libc::socklen_t }
    }

    /// The call that asks; this and the socket have to outlive it.
    pub(super) fn asking(&mut self, socket: &Socket) -> Call {
        socket.getting(libc::IPPROTO_TCP, libc::TCP_INFO, &mut self.info, &mut self.len)
    }

    /// The state and retransmission timeout of the socket; one without a connection has neither.
    ///
    /// # Errors
    /// What `getsockopt` reports.
    pub(super) fn told(&self, call: &Call) -> io::Result<Sighting> {
        call.result()?;
        let state = state(self.info.tcpi_state);
        let has_timer = state.is_some_and(|state| state != State::Listen);
        Ok(Sighting { state, rto: has_timer.then(|| Duration::from_micros(u64::from(self.info.tcpi_rto))) })
    }
}

/// Asks now.
///
/// # Errors
/// As [`TcpInfo::told`].
pub(super) fn read(socket: &Socket) -> io::Result<Sighting> {
    let mut info = TcpInfo::new();
    let mut call = info.asking(socket);
    // SAFETY: the socket is borrowed and the room is there until the call is made.
    unsafe { fiber::make(slice::from_mut(&mut call)) };
    info.told(&call)
}
