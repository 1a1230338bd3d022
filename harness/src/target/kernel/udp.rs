//! The UDP socket of a case (RFC1122#4.1): bound to a port of every address, so that it hears broadcasts too.
//!
//! Called by [`super::calls`]. ICMP errors about its datagrams are reported (`IP_RECVERR`): an
//! unconnected socket of Linux does not hear of them otherwise.

use std::{
    io::ErrorKind,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    os::fd::AsRawFd,
};

use nix::{
    errno::Errno,
    sys::socket::{MsgFlags, setsockopt, sockopt},
};
use socket2::{Domain, Protocol, Socket, Type};

use super::errno;
use crate::{
    fiber,
    target::{Outcome, TargetError, UdpSocketCall},
};

/// The longest datagram.
const LONGEST: usize = 65_535;

/// One socket, or none.
#[derive(Debug)]
pub(super) struct UdpSocket(Option<Socket>);

impl UdpSocket {
    /// Not bound yet.
    pub(super) const fn none() -> Self {
        Self(None)
    }

    /// Makes a call.
    pub(super) fn call(&mut self, at: SocketAddr, call: &UdpSocketCall<'_>) -> Result<Outcome, TargetError> {
        if let UdpSocketCall::Bind = call {
            return self.bind(at);
        }
        let Some(socket) = &self.0 else { return Ok(Outcome::NoSocket) };
        match call {
            UdpSocketCall::Bind => Ok(Outcome::NoSocket),
            UdpSocketCall::Send { data, to } => match socket.send_to(data, &(*to).into()) {
                Ok(sent) => Ok(Outcome::Sent(sent)),
                Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(Outcome::WouldBlock),
                Err(error) => Ok(Outcome::Error(errno::of_call("send a datagram", error)?)),
            },
            UdpSocketCall::Recv => recv(socket),
            UdpSocketCall::Close => {
                self.0 = None;
                Ok(Outcome::Ok)
            }
        }
    }

    fn bind(&mut self, at: SocketAddr) -> Result<Outcome, TargetError> {
        fiber::enter().map_err(|error| errno::io("enter a namespace", error))?;
        let socket = Socket::new(Domain::for_address(at), Type::DGRAM.nonblocking().cloexec(), Some(Protocol::UDP))
            .map_err(|error| errno::io("make a UDP socket", error))?;
        let every: IpAddr = match at {
            SocketAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
            SocketAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
        };
        match at {
            SocketAddr::V4(_) => setsockopt(&socket, sockopt::Ipv4RecvErr, &true),
            SocketAddr::V6(_) => setsockopt(&socket, sockopt::Ipv6RecvErr, &true),
        }
        .map_err(|error| errno::io("ask for ICMP errors", error))?;
        socket.set_broadcast(true).map_err(|error| errno::io("allow broadcasts", error))?;
        match socket.bind(&SocketAddr::new(every, at.port()).into()) {
            Ok(()) => {
                self.0 = Some(socket);
                Ok(Outcome::Ok)
            }
            Err(error) => Ok(Outcome::Error(errno::of_call("bind", error)?)),
        }
    }
}

fn recv(socket: &Socket) -> Result<Outcome, TargetError> {
    let mut buffer = vec![0; LONGEST];
    match nix::sys::socket::recv(socket.as_raw_fd(), &mut buffer, MsgFlags::MSG_DONTWAIT) {
        Ok(len) => {
            buffer.truncate(len);
            Ok(Outcome::Data(buffer))
        }
        Err(Errno::EAGAIN) => Ok(Outcome::WouldBlock),
        Err(errno) => Ok(Outcome::Error(errno::of_call("recv", errno.into())?)),
    }
}
