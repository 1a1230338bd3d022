//! A socket of a case, whose calls are made with those of other fibers ([`crate::fiber`]) where this is one.
//!
//! Used by `calls`, `listener` and `config`. No call blocks.

use std::{
    io, mem,
    net::SocketAddr,
    os::fd::{AsRawFd, RawFd},
    ptr, slice,
};

use nix::poll::PollFlags;
use socket2::SockAddr;

use crate::{
    case::format::IpVersion,
    fiber::{self, Call},
};

/// An option of a socket: its level and its number.
#[derive(Clone, Copy, Debug)]
pub(super) struct SocketOption(libc::c_int, libc::c_int);

impl SocketOption {
    pub(super) const OOB_INLINE: Self = Self(libc::SOL_SOCKET, libc::SO_OOBINLINE);
    pub(super) const KEEP_ALIVE: Self = Self(libc::SOL_SOCKET, libc::SO_KEEPALIVE);
    pub(super) const REUSE_ADDRESS: Self = Self(libc::SOL_SOCKET, libc::SO_REUSEADDR);
    pub(super) const REUSE_PORT: Self = Self(libc::SOL_SOCKET, libc::SO_REUSEPORT);
    pub(super) const RECV_BUFFER: Self = Self(libc::SOL_SOCKET, libc::SO_RCVBUF);
    pub(super) const RECV_BUFFER_FORCE: Self = Self(libc::SOL_SOCKET, libc::SO_RCVBUFFORCE);
    pub(super) const SEND_BUFFER: Self = Self(libc::SOL_SOCKET, libc::SO_SNDBUF);
    pub(super) const SEND_BUFFER_FORCE: Self = Self(libc::SOL_SOCKET, libc::SO_SNDBUFFORCE);
    pub(super) const LINGER: Self = Self(libc::SOL_SOCKET, libc::SO_LINGER);
    pub(super) const NO_DELAY: Self = Self(libc::IPPROTO_TCP, libc::TCP_NODELAY);
    pub(super) const MAXSEG: Self = Self(libc::IPPROTO_TCP, libc::TCP_MAXSEG);
    /// Milliseconds.
    pub(super) const USER_TIMEOUT: Self = Self(libc::IPPROTO_TCP, libc::TCP_USER_TIMEOUT);
    pub(super) const QUICK_ACK: Self = Self(libc::IPPROTO_TCP, libc::TCP_QUICKACK);
    /// Seconds.
    pub(super) const KEEP_IDLE: Self = Self(libc::IPPROTO_TCP, libc::TCP_KEEPIDLE);
    /// Seconds.
    pub(super) const KEEP_INTERVAL: Self = Self(libc::IPPROTO_TCP, libc::TCP_KEEPINTVL);
    pub(super) const KEEP_COUNT: Self = Self(libc::IPPROTO_TCP, libc::TCP_KEEPCNT);
    pub(super) const TOS: Self = Self(libc::IPPROTO_IP, libc::IP_TOS);
    pub(super) const TRAFFIC_CLASS: Self = Self(libc::IPPROTO_IPV6, libc::IPV6_TCLASS);

    /// The option that does within the host's limits what this one does beyond them, which takes a right.
    pub(super) const fn within_limits(self) -> Option<Self> {
        match self {
            Self(libc::SOL_SOCKET, libc::SO_RCVBUFFORCE) => Some(Self::RECV_BUFFER),
            Self(libc::SOL_SOCKET, libc::SO_SNDBUFFORCE) => Some(Self::SEND_BUFFER),
            _ => None,
        }
    }
}

/// What makes a close a reset.
static NO_LINGER: libc::linger = libc::linger { l_onoff: 1, l_linger: 0 };

/// A TCP socket; closed when it is dropped.
#[derive(Debug)]
pub(super) struct Socket(RawFd);

impl Socket {
    /// A new one, in the namespace of the calling fiber or thread.
    ///
    /// # Errors
    /// What `socket` reports.
    pub(super) fn new(version: IpVersion) -> io::Result<Self> {
        let family = match version {
            IpVersion::V4 => libc::AF_INET,
            IpVersion::V6 => libc::AF_INET6,
        };
        let kind = libc::SOCK_STREAM | libc::SOCK_NONBLOCK | libc::SOCK_CLOEXEC;
        let arguments = [family as usize, kind as usize, libc::IPPROTO_TCP as usize, 0, 0, 0];
        let make = Call::new(libc::SYS_socket, arguments);
        match fiber::entering() {
            None => {
                let mut calls = [make];
                // SAFETY: calls that take numbers only.
                unsafe { fiber::make(&mut calls) };
                calls[0].result()
            }
            Some(enter) => {
                let mut calls = [enter, make];
                // SAFETY: as above; the namespace's descriptor is open as long as the fiber's target.
                unsafe { fiber::make(&mut calls) };
                calls[0].result().and_then(|_| calls[1].result())
            }
        }
        .map(Self::owned)
    }

    /// The socket of a descriptor that a call has just made.
    const fn owned(fd: usize) -> Self {
        Self(fd as RawFd)
    }

    /// A call on this socket: its other arguments are numbers, or addresses of what outlives the call, as the socket does.
    fn calling(&self, number: libc::c_long, arguments: [usize; 5]) -> Call {
        let [a, b, c, d, e] = arguments;
        Call::new(number, [self.0 as usize, a, b, c, d, e])
    }

    /// Makes such a call.
    fn call(&self, number: libc::c_long, arguments: [usize; 5]) -> io::Result<usize> {
        let mut call = self.calling(number, arguments);
        // SAFETY: the descriptor is open as long as `self`; each caller passes what its call takes, borrowed until this
        // is back.
        unsafe { fiber::make(slice::from_mut(&mut call)) };
        call.result()
    }

    /// Sets an option that is a number.
    ///
    /// # Errors
    /// What `setsockopt` reports.
    pub(super) fn set(&self, option: SocketOption, value: u32) -> io::Result<()> {
        self.set_value(option, &value)
    }

    /// Sets options that are numbers, all at once. Inside: what `setsockopt` reports of each.
    pub(super) fn set_all(&self, options: &[(SocketOption, u32)]) -> Vec<io::Result<()>> {
        let mut calls: Vec<_> = options.iter().map(|(option, value)| self.setting(*option, value)).collect();
        // SAFETY: the descriptor is open as long as `self`; the values are borrowed until the calls are made.
        unsafe { fiber::make(&mut calls) };
        calls.iter().map(|call| call.result().map(drop)).collect()
    }

    /// What is still to be sent is thrown away at the close, and the connection reset.
    ///
    /// # Errors
    /// What `setsockopt` reports.
    pub(super) fn reset_at_close(&self) -> io::Result<()> {
        self.set_value(SocketOption::LINGER, &NO_LINGER)
    }

    /// The call of [`Self::reset_at_close`].
    pub(super) fn resetting_at_close(&self) -> Call {
        self.setting(SocketOption::LINGER, &NO_LINGER)
    }

    fn set_value<T>(&self, option: SocketOption, value: &T) -> io::Result<()> {
        let mut call = self.setting(option, value);
        // SAFETY: the descriptor is open as long as `self`, and the value is borrowed until this is back.
        unsafe { fiber::make(slice::from_mut(&mut call)) };
        call.result().map(drop)
    }

    /// The call that sets an option; the value has to outlive it.
    fn setting<T>(&self, SocketOption(level, name): SocketOption, value: &T) -> Call {
        let (at, len) = (ptr::from_ref(value) as usize, mem::size_of::<T>());
        self.calling(libc::SYS_setsockopt, [level as usize, name as usize, at, len, 0])
    }

    /// An option that is a number.
    ///
    /// # Errors
    /// What `getsockopt` reports.
    pub(super) fn get(&self, option: SocketOption) -> io::Result<u32> {
        let (mut value, mut len) = (0u32, mem::size_of::<u32>() as libc::socklen_t);
        let mut call = self.getting(option.0, option.1, &mut value, &mut len);
        // SAFETY: the descriptor is open as long as `self`; value and length are there until the call is made.
        unsafe { fiber::make(slice::from_mut(&mut call)) };
        call.result().map(|_| value)
    }

    /// The call that reads an option. `T` is what the kernel writes, or longer, as `len` says, and any bytes are a value of
    /// it; both have to outlive it.
    pub(super) fn getting<T>(
        &self,
        level: libc::c_int,
        name: libc::c_int,
        value: &mut T,
        len: &mut libc::socklen_t,
    ) -> Call {
        let (at, len) = (ptr::from_mut(value) as usize, ptr::from_mut(len) as usize);
        self.calling(libc::SYS_getsockopt, [level as usize, name as usize, at, len, 0])
    }

    /// Binds it.
    ///
    /// # Errors
    /// What `bind` reports.
    pub(super) fn bind(&self, at: SocketAddr) -> io::Result<()> {
        let at = SockAddr::from(at);
        self.call(libc::SYS_bind, [at.as_ptr() as usize, at.len() as usize, 0, 0, 0]).map(drop)
    }

    /// Begins to connect.
    ///
    /// # Errors
    /// What `connect` reports; `EINPROGRESS` is usual.
    pub(super) fn connect(&self, to: SocketAddr) -> io::Result<()> {
        let to = SockAddr::from(to);
        self.call(libc::SYS_connect, [to.as_ptr() as usize, to.len() as usize, 0, 0, 0]).map(drop)
    }

    /// Listens.
    ///
    /// # Errors
    /// What `listen` reports.
    pub(super) fn listen(&self, backlog: i32) -> io::Result<()> {
        self.call(libc::SYS_listen, [backlog as usize, 0, 0, 0, 0]).map(drop)
    }

    /// The next connection of the queue, and its remote side.
    ///
    /// # Errors
    /// What `accept4` reports.
    pub(super) fn accept(&self) -> io::Result<(Self, SockAddr)> {
        let flags = libc::SOCK_NONBLOCK | libc::SOCK_CLOEXEC;
        self.address(libc::SYS_accept4, flags as usize).map(|(fd, remote)| (Self::owned(fd), remote))
    }

    /// The remote side.
    ///
    /// # Errors
    /// What `getpeername` reports.
    pub(super) fn peer(&self) -> io::Result<SockAddr> {
        self.address(libc::SYS_getpeername, 0).map(|(_, remote)| remote)
    }

    /// Makes a call that writes an address.
    fn address(&self, number: libc::c_long, flags: usize) -> io::Result<(usize, SockAddr)> {
        let make = |storage: *mut _, len: *mut _| self.call(number, [storage as usize, len as usize, flags, 0, 0]);
        // SAFETY: the call sets storage and length as it succeeds.
        unsafe { SockAddr::try_init(make) }
    }

    /// Stops writing: the half close.
    ///
    /// # Errors
    /// What `shutdown` reports.
    pub(super) fn stop_writing(&self) -> io::Result<()> {
        self.call(libc::SYS_shutdown, [libc::SHUT_WR as usize, 0, 0, 0, 0]).map(drop)
    }

    /// The call that stops reading. Of a listener Linux makes an unconnected socket that keeps its port.
    pub(super) fn stopping_to_read(&self) -> Call {
        self.calling(libc::SYS_shutdown, [libc::SHUT_RD as usize, 0, 0, 0, 0])
    }

    /// The call that closes it, which has to be made.
    pub(super) fn closing(self) -> Call {
        let call = self.calling(libc::SYS_close, [0; 5]);
        mem::forget(self);
        call
    }

    /// Sends; how much was taken.
    ///
    /// # Errors
    /// What `send` reports.
    pub(super) fn send(&self, data: &[u8], urgent: bool) -> io::Result<usize> {
        let flags = libc::MSG_NOSIGNAL | libc::MSG_DONTWAIT | if urgent { libc::MSG_OOB } else { 0 };
        self.call(libc::SYS_sendto, [data.as_ptr() as usize, data.len(), flags as usize, 0, 0])
    }

    /// Receives; how much there was.
    ///
    /// # Errors
    /// What `recv` reports.
    pub(super) fn recv(&self, into: &mut [u8]) -> io::Result<usize> {
        let flags = libc::MSG_DONTWAIT as usize;
        self.call(libc::SYS_recvfrom, [into.as_mut_ptr() as usize, into.len(), flags, 0, 0])
    }

    /// How many received bytes wait to be read.
    ///
    /// # Errors
    /// What `ioctl` reports.
    pub(super) fn unread(&self) -> io::Result<usize> {
        let mut bytes: libc::c_int = 0;
        self.call(libc::SYS_ioctl, [libc::FIONREAD as usize, &raw mut bytes as usize, 0, 0, 0])?;
        Ok(usize::try_from(bytes).unwrap_or(0))
    }

    /// What it is ready for, without waiting.
    ///
    /// # Errors
    /// What `poll` reports.
    pub(super) fn events(&self) -> io::Result<PollFlags> {
        let wanted = PollFlags::POLLIN | PollFlags::POLLOUT | PollFlags::POLLPRI;
        let mut fd = libc::pollfd { fd: self.0, events: wanted.bits(), revents: 0 };
        // SAFETY: `fd` is one pollfd and outlives the call, which does not wait.
        unsafe { fiber::call(libc::SYS_poll, [&raw mut fd as usize, 1, 0, 0, 0, 0]) }?;
        Ok(PollFlags::from_bits_truncate(fd.revents))
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        // SAFETY: the descriptor is this value's own and was open until now. What `close` reports helps nobody.
        let _ = unsafe { fiber::call(libc::SYS_close, [self.0 as usize, 0, 0, 0, 0, 0]) };
    }
}

impl AsRawFd for Socket {
    fn as_raw_fd(&self) -> RawFd {
        self.0
    }
}
