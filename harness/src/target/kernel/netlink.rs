//! Netlink messages: what [`super::sock_diag`] and [`super::route`] speak with.

use std::{
    io::ErrorKind,
    mem,
    os::fd::{AsRawFd, OwnedFd},
};

use nix::{
    errno::Errno,
    sys::socket::{AddressFamily, SockFlag, SockProtocol, SockType, socket},
};

use super::errno::io;
use crate::{
    fiber::{self, Call},
    target::TargetError,
};

/// Length of a message header.
const HEADER: usize = 16;

/// A netlink socket: one request, one answer.
pub(super) struct Netlink {
    fd: OwnedFd,
    sequence: u32,
    buffer: Vec<u8>,
}

/// A request and the room for its answer, to be made together with other calls.
pub(super) struct Request {
    message: Vec<u8>,
    sequence: u32,
    answer: Vec<u8>,
}

impl Netlink {
    /// Opens one in the calling thread's namespace.
    pub(super) fn open(protocol: SockProtocol) -> Result<Self, TargetError> {
        fiber::enter().map_err(|error| io("enter a namespace", error))?;
        let fd = socket(AddressFamily::Netlink, SockType::Raw, SockFlag::SOCK_CLOEXEC, protocol)
            .map_err(|errno| io("open a netlink socket", errno))?;
        Ok(Self { fd, sequence: 0, buffer: vec![0; 8192] })
    }

    /// A request whose answer has no more octets than there is room for.
    pub(super) fn prepare(&mut self, kind: u16, flags: libc::c_int, payload: &[u8], room: Vec<u8>) -> Request {
        self.sequence = self.sequence.wrapping_add(1);
        let flags = (flags | libc::NLM_F_REQUEST) as u16;
        let mut message = Vec::with_capacity(HEADER + payload.len());
        message.extend(((HEADER + payload.len()) as u32).to_ne_bytes());
        message.extend(kind.to_ne_bytes());
        message.extend(flags.to_ne_bytes());
        message.extend(self.sequence.to_ne_bytes());
        message.extend(0u32.to_ne_bytes());
        message.extend(payload);
        Request { message, sequence: self.sequence, answer: room }
    }

    /// The calls that ask and hear the answer. The request and this socket have to outlive them.
    pub(super) fn asking(&self, request: &mut Request) -> [Call; 2] {
        let fd = self.fd.as_raw_fd() as usize;
        let (message, to) = (&request.message, &mut request.answer);
        [
            Call::new(libc::SYS_sendto, [fd, message.as_ptr() as usize, message.len(), 0, 0, 0]),
            // The kernel answers within the send: what is to be read is there, and an old answer never.
            Call::new(libc::SYS_recvfrom, [fd, to.as_mut_ptr() as usize, to.len(), libc::MSG_DONTWAIT as usize, 0, 0])
                .depending(),
        ]
    }

    /// Sends one request and gives the payload of the answer; an acknowledgement has none.
    ///
    /// # Errors
    /// Inside: the kernel's word on the request. Outside: the socket broke.
    pub(super) fn request(
        &mut self,
        kind: u16,
        flags: libc::c_int,
        payload: &[u8],
    ) -> Result<Result<&[u8], Errno>, TargetError> {
        let room = mem::take(&mut self.buffer);
        let mut request = self.prepare(kind, flags, payload, room);
        let mut calls = self.asking(&mut request);
        // SAFETY: socket and request outlive the calls.
        unsafe { fiber::make(&mut calls) };
        self.buffer = request.answer;
        let len = heard(&calls).map_err(|error| io("receive a netlink answer", error))?;
        parse(&self.buffer[..len], request.sequence)
    }
}

impl Request {
    /// The kernel's word on a request that it answers only if it refuses it.
    ///
    /// # Errors
    /// Inside: that word. Outside: the socket broke.
    pub(super) fn refused(&self, calls: &[Call; 2]) -> Result<Result<(), Errno>, TargetError> {
        match heard(calls) {
            Ok(len) => Ok(parse(&self.answer[..len], self.sequence)?.map(drop)),
            Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(Ok(())),
            Err(error) => Err(io("receive a netlink answer", error)),
        }
    }
}

/// How many octets the answer has.
fn heard([sent, received]: &[Call; 2]) -> std::io::Result<usize> {
    sent.result().and_then(|_| received.result())
}

/// The payload of an answer to the request of this number.
fn parse(answer: &[u8], sequence: u32) -> Result<Result<&[u8], Errno>, TargetError> {
    let malformed = || TargetError::Broken("a netlink answer is malformed".to_owned());
    let (header, rest) = answer.split_first_chunk::<HEADER>().ok_or_else(malformed)?;
    let [l0, l1, l2, l3, k0, k1, _, _, s0, s1, s2, s3, ..] = *header;
    if u32::from_ne_bytes([s0, s1, s2, s3]) != sequence {
        return Err(TargetError::Broken("a netlink answer is for another request".to_owned()));
    }
    let end = (u32::from_ne_bytes([l0, l1, l2, l3]) as usize).checked_sub(HEADER).ok_or_else(malformed)?;
    let payload = rest.get(..end).ok_or_else(malformed)?;
    if libc::c_int::from(u16::from_ne_bytes([k0, k1])) != libc::NLMSG_ERROR {
        return Ok(Ok(payload));
    }
    match i32::from_ne_bytes(*payload.first_chunk::<4>().ok_or_else(malformed)?) {
        0 => Ok(Ok(&[])),
        error => Ok(Err(Errno::from_raw(-error))),
    }
}

/// Appends an attribute; `payload` is padded to the next multiple of 4.
pub(super) fn attribute(into: &mut Vec<u8>, kind: u16, payload: &[u8]) {
    into.extend(((4 + payload.len()) as u16).to_ne_bytes());
    into.extend(kind.to_ne_bytes());
    into.extend(payload);
    into.resize(into.len().next_multiple_of(4), 0);
}

/// The payload of the first attribute of this kind.
pub(super) fn find_attribute(mut bytes: &[u8], kind: u16) -> Option<&[u8]> {
    while let Some((&[l0, l1, k0, k1], rest)) = bytes.split_first_chunk::<4>() {
        let len = usize::from(u16::from_ne_bytes([l0, l1])).checked_sub(4)?;
        let payload = rest.get(..len)?;
        if u16::from_ne_bytes([k0, k1]) == kind {
            return Some(payload);
        }
        bytes = rest.get(len.next_multiple_of(4)..)?;
    }
    None
}
