//! An active connection of the host that carries standard input and output, as `nc` does.

use std::{
    fs::File,
    io::{self, Read, Write},
    net::SocketAddr,
    os::fd::AsFd,
};

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use stack_under_test::{CallError, Instant, Reply, SocketId, SocketOptions, Stack, State, UserCall};

/// The most that is read at once.
const CHUNK: usize = 64 * 1024;

/// The connection and what is still to be sent over it.
pub struct Caller {
    socket: SocketId,
    remote: SocketAddr,
    input: File,
    pending: Vec<u8>,
    /// Nothing more comes from standard input, or nobody wants it.
    input_ended: bool,
    /// Our side is closed.
    shut: bool,
    /// The peer's side is closed.
    peer_ended: bool,
    ended: Option<Result<(), CallError>>,
}

impl Caller {
    /// Opens it.
    ///
    /// # Errors
    /// That of the stack; [`CallError::InsufficientResources`] if standard input is closed.
    pub(super) fn new(stack: &mut Stack, now: Instant, remote: SocketAddr) -> Result<Self, CallError> {
        let input = io::stdin().as_fd().try_clone_to_owned().map_err(|_| CallError::InsufficientResources)?;
        let call = UserCall::Connect { local_port: 0, remote, options: SocketOptions::default() };
        let Reply::Socket(socket) = stack.user_call(now, call)? else { return Err(CallError::Invalid) };
        Ok(Self {
            socket,
            remote,
            input: input.into(),
            pending: Vec::new(),
            input_ended: false,
            shut: false,
            peer_ended: false,
            ended: None,
        })
    }

    /// How it ended, once it has.
    pub(super) const fn ended(&self) -> Option<Result<(), CallError>> {
        self.ended
    }

    /// Where more to send may come from, while there is room for it.
    pub(super) fn input(&self) -> Option<&dyn AsFd> {
        (!self.input_ended && self.pending.is_empty()).then_some(&self.input as &dyn AsFd)
    }

    /// Carries what can be carried now. `true`: there may be more.
    ///
    /// # Errors
    /// Those of standard input and output.
    pub(super) fn step(&mut self, stack: &mut Stack, now: Instant) -> io::Result<bool> {
        if self.ended.is_some() {
            return Ok(false);
        }
        let received = self.receive(stack, now)?;
        if self.ended.is_some() {
            return Ok(false);
        }
        let read = self.read()?;
        if !self.pending.is_empty() {
            let call = UserCall::Send { socket: self.socket, data: &self.pending, urgent: false };
            match stack.user_call(now, call) {
                Ok(Reply::Sent(count)) => drop(self.pending.drain(..count)),
                Ok(_) | Err(CallError::WouldBlock) => {}
                Err(error) => self.ended = Some(Err(error)),
            }
        }
        self.close(stack, now);
        Ok(received || read)
    }

    fn receive(&mut self, stack: &mut Stack, now: Instant) -> io::Result<bool> {
        if self.peer_ended {
            return Ok(false);
        }
        match stack.user_call(now, UserCall::Receive { socket: self.socket, max: CHUNK }) {
            Ok(Reply::Received(data)) if data.is_empty() => {
                // Nobody is left to read what we would send.
                (self.peer_ended, self.input_ended) = (true, true);
                Ok(false)
            }
            Ok(Reply::Received(data)) => {
                let mut out = io::stdout().lock();
                out.write_all(&data)?;
                out.flush()?;
                Ok(true)
            }
            Ok(_) | Err(CallError::WouldBlock) => Ok(false),
            Err(error) => {
                self.ended = Some(Err(error));
                Ok(false)
            }
        }
    }

    /// More from standard input, if there is some now.
    fn read(&mut self) -> io::Result<bool> {
        if self.input().is_none() {
            return Ok(false);
        }
        let mut fds = [PollFd::new(self.input.as_fd(), PollFlags::POLLIN)];
        if poll(&mut fds, PollTimeout::ZERO)? == 0 {
            return Ok(false);
        }
        let mut chunk = vec![0; CHUNK];
        let len = self.input.read(&mut chunk)?;
        self.input_ended = len == 0;
        self.pending.extend(&chunk[..len]);
        Ok(len > 0)
    }

    /// The handshake is not over: a CLOSE would give the connection up (RFC9293#3.10.4).
    fn is_opening(&self, stack: &mut Stack, now: Instant) -> bool {
        match stack.user_call(now, UserCall::Status { socket: self.socket }) {
            Ok(Reply::Status(status)) => matches!(status.state, State::SynSent | State::SynReceived),
            Ok(_) | Err(_) => false,
        }
    }

    /// Closes our side when everything was sent. It is over when both sides are closed and our FIN is acknowledged.
    fn close(&mut self, stack: &mut Stack, now: Instant) {
        if self.input_ended && self.pending.is_empty() && !self.shut && !self.is_opening(stack, now) {
            self.shut = true;
            if let Err(error) = stack.user_call(now, UserCall::Shutdown { socket: self.socket }) {
                self.ended = Some(Err(error));
            }
        }
        if self.shut && self.peer_ended {
            let status = stack.connections(now).into_iter().find(|status| status.remote == self.remote);
            if status.is_none_or(|status| matches!(status.state, State::TimeWait | State::Closed)) {
                self.ended = Some(Ok(()));
            }
        }
    }
}
