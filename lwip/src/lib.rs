//! lwIP's TCP, driven packet by packet in virtual time.
//!
//! The harness's target `lwip` is its only caller; start at [`Stack::begin`]. lwIP is one per process, so a [`Stack`]
//! is the right to use it, held for one case at a time: other threads wait for it. No thread of lwIP's runs, no real
//! time passes; the caller injects packets and calls the timers when they are due.
//!
//! All unsafe code of the harness's lwIP support is here, around the C functions of `shim/shim.c`. Left out: what a
//! socket call of a BSD layer returns (the target's business).

mod ffi;

use std::{
    cell::Cell,
    ffi::CStr,
    marker::PhantomData,
    net::{Ipv4Addr, SocketAddrV4},
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

/// How often [`Stack::fast_timer`] is due: lwIP's TCP_FAST_INTERVAL, after which delayed acknowledgements leave.
pub const FAST_INTERVAL: Duration = Duration::from_millis(250);
/// How often [`Stack::slow_timer`] is due: lwIP's TCP_SLOW_INTERVAL, the grain of every other TCP timer.
pub const SLOW_INTERVAL: Duration = Duration::from_millis(500);
/// How often [`Stack::reassembly_timer`] is due: lwIP's IP_TMR_INTERVAL.
pub const REASSEMBLY_INTERVAL: Duration = Duration::from_secs(1);
/// lwIP's TCP_MSL.
pub const MSL: Duration = Duration::from_secs(60);

/// The version of lwIP that the headers are of: `2.1.3`.
#[must_use]
pub fn version() -> String {
    // SAFETY: the shim gives a constant string that ends with 0.
    unsafe { CStr::from_ptr(ffi::shim_version()) }.to_string_lossy().into_owned()
}

/// There is one lwIP in a process.
static THE_STACK: Mutex<()> = Mutex::new(());

thread_local! {
    /// Whether this thread holds the lock: waiting for oneself would never end.
    static HELD: Cell<bool> = const { Cell::new(false) };
}

/// Why something could not be done. What a call reports about TCP is a [`CallError`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Broken {
    /// lwIP stopped at one of its own assertions; here is what it said. Its connections are gone.
    Assertion(String),
    /// This thread runs another case on it already.
    InUse,
    /// It could not be started.
    Start,
}

impl std::fmt::Display for Broken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Assertion(said) => write!(f, "lwIP stopped at an assertion of its own: {said}"),
            Self::InUse => f.write_str("there is one lwIP in a process, and this thread runs a case on it already"),
            Self::Start => f.write_str("lwIP could not be started: no memory for its network interface"),
        }
    }
}

impl std::error::Error for Broken {}

/// What lwIP's API reported instead of success.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallError {
    /// An `err_t` by lwIP's name.
    Code(Code),
    /// It has no control block for this socket (any more).
    NoConnection,
}

/// lwIP's `err_t` values that TCP uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Code {
    /// `ERR_MEM`: no room.
    NoMemory,
    /// `ERR_RTE`: no way to the address.
    NoRoute,
    /// `ERR_USE`: the address is in use.
    InUse,
    /// `ERR_ISCONN`: already connected.
    Connected,
    /// `ERR_CONN`: not connected.
    NotConnected,
    /// `ERR_ABRT`: lwIP gave the connection up.
    Aborted,
    /// `ERR_RST`: the peer reset it.
    Reset,
    /// `ERR_CLSD`: it is closed.
    Closed,
    /// Any other.
    Other(i8),
}

impl Code {
    const fn of(err: i8) -> Self {
        match err {
            -1 => Self::NoMemory,
            -4 => Self::NoRoute,
            -8 => Self::InUse,
            -10 => Self::Connected,
            -11 => Self::NotConnected,
            -13 => Self::Aborted,
            -14 => Self::Reset,
            -15 => Self::Closed,
            other => Self::Other(other),
        }
    }
}

/// lwIP's `tcp_state` of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the RFC's names")]
pub enum TcpState {
    Closed,
    Listen,
    SynSent,
    SynReceived,
    Established,
    FinWait1,
    FinWait2,
    CloseWait,
    Closing,
    LastAck,
    TimeWait,
}

impl TcpState {
    const fn of(state: i32) -> Option<Self> {
        Some(match state {
            0 => Self::Closed,
            1 => Self::Listen,
            2 => Self::SynSent,
            3 => Self::SynReceived,
            4 => Self::Established,
            5 => Self::FinWait1,
            6 => Self::FinWait2,
            7 => Self::CloseWait,
            8 => Self::Closing,
            9 => Self::LastAck,
            10 => Self::TimeWait,
            _ => return None,
        })
    }
}

/// What a socket starts with. `None`: lwIP's own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// TTL of its packets.
    pub ttl: Option<u8>,
    /// DS field of its packets.
    pub tos: u8,
    /// Nagle's algorithm off.
    pub nodelay: bool,
    /// Keep-alive on.
    pub keepalive: bool,
    /// Idle time before the first probe.
    pub keep_idle: Option<Duration>,
    /// Time between probes.
    pub keep_interval: Option<Duration>,
    /// Probes before the connection is given up.
    pub keep_count: Option<u32>,
}

/// A listener or a connection of the case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Socket(u32);

/// What is known of a socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Status {
    /// Bytes to receive; of a listener: connections to accept.
    pub unread: u64,
    /// Bytes that a send would take.
    pub free: u32,
    /// Why lwIP ended the connection, until [`Stack::take_error`].
    pub error: Option<Code>,
    /// lwIP's state; `None` if it has no control block any more.
    pub state: Option<TcpState>,
    /// The peer closed.
    pub eof: bool,
    /// It was once established.
    pub connected: bool,
}

/// The right to use lwIP for one case.
pub struct Stack {
    _only: MutexGuard<'static, ()>,
    /// lwIP's locks belong to a thread.
    _thread: PhantomData<*const ()>,
}

impl Stack {
    /// Waits until no other thread uses lwIP, and starts a case: nothing of an earlier one is left to see.
    /// `iss` fixes the initial sequence numbers; `mtu` is the interface's.
    ///
    /// # Errors
    /// If this thread has it already, or lwIP does not start.
    pub fn begin(address: Ipv4Addr, netmask: Ipv4Addr, mtu: u16, iss: u32) -> Result<Self, Broken> {
        if HELD.get() {
            return Err(Broken::InUse);
        }
        let only = THE_STACK.lock().unwrap_or_else(PoisonError::into_inner);
        HELD.set(true);
        let stack = Self { _only: only, _thread: PhantomData };
        // SAFETY: the lock is held, so nobody else is in lwIP; the arguments are plain numbers.
        let opened = unsafe { ffi::shim_open(address.to_bits(), netmask.to_bits()) };
        match opened {
            0 => {}
            ffi::ASSERTION => return Err(assertion()),
            _ => return Err(Broken::Start),
        }
        // SAFETY: as above, and lwIP is started.
        done(unsafe { ffi::shim_reset(iss, mtu) })?.map_err(|_| Broken::Start)?;
        Ok(stack)
    }

    /// One IP packet arrives.
    ///
    /// # Errors
    /// If lwIP stopped.
    pub fn input(&mut self, packet: &[u8]) -> Result<(), Broken> {
        // An IPv4 packet cannot be longer; what is too long for its own length field arrives cut.
        let len = u16::try_from(packet.len()).unwrap_or(u16::MAX);
        // SAFETY: `packet` is readable for at least `len` bytes and is copied before the call returns.
        done(unsafe { ffi::shim_input(packet.as_ptr(), len) }).map(drop)
    }

    /// The oldest packet that lwIP sent and nobody has taken.
    pub fn take(&mut self) -> Option<Vec<u8>> {
        // SAFETY: the lock is held.
        let len = unsafe { ffi::shim_emitted() };
        if len == 0 {
            return None;
        }
        let mut packet = vec![0; len];
        // SAFETY: there is such a packet, and `packet` has room for its `len` bytes.
        unsafe { ffi::shim_take(packet.as_mut_ptr()) };
        Some(packet)
    }

    /// Whether there is a packet to take.
    #[must_use]
    pub fn has_emitted(&self) -> bool {
        // SAFETY: the lock is held.
        unsafe { ffi::shim_emitted() != 0 }
    }

    /// [`FAST_INTERVAL`] has passed.
    ///
    /// # Errors
    /// If lwIP stopped.
    pub fn fast_timer(&mut self) -> Result<(), Broken> {
        // SAFETY: the lock is held.
        done(unsafe { ffi::shim_fast_timer() }).map(drop)
    }

    /// [`SLOW_INTERVAL`] has passed.
    ///
    /// # Errors
    /// If lwIP stopped.
    pub fn slow_timer(&mut self) -> Result<(), Broken> {
        // SAFETY: the lock is held.
        done(unsafe { ffi::shim_slow_timer() }).map(drop)
    }

    /// [`REASSEMBLY_INTERVAL`] has passed.
    ///
    /// # Errors
    /// If lwIP stopped.
    pub fn reassembly_timer(&mut self) -> Result<(), Broken> {
        // SAFETY: the lock is held.
        done(unsafe { ffi::shim_reassembly_timer() }).map(drop)
    }

    /// A passive open.
    ///
    /// # Errors
    /// Outer: lwIP stopped. Inner: what `tcp_bind` or `tcp_listen` reported.
    pub fn listen(&mut self, at: SocketAddrV4, options: &Options) -> Result<Result<Socket, CallError>, Broken> {
        let mut socket = 0;
        // SAFETY: both pointers are to live values of the types that the shim declares.
        let result = unsafe { ffi::shim_listen(at.into(), &options.into(), &raw mut socket) };
        Ok(done(result)?.map(|_| Socket(socket)))
    }

    /// An active open.
    ///
    /// # Errors
    /// Outer: lwIP stopped. Inner: what `tcp_bind` or `tcp_connect` reported.
    pub fn connect(
        &mut self,
        from: SocketAddrV4,
        to: SocketAddrV4,
        options: &Options,
    ) -> Result<Result<Socket, CallError>, Broken> {
        let mut socket = 0;
        // SAFETY: both pointers are to live values of the types that the shim declares.
        let result = unsafe { ffi::shim_connect(from.into(), to.into(), &options.into(), &raw mut socket) };
        Ok(done(result)?.map(|_| Socket(socket)))
    }

    /// Takes the oldest connection that waits to be accepted.
    pub fn accept(&mut self, listener: Socket) -> Option<(Socket, SocketAddrV4)> {
        let mut socket = 0;
        let mut remote = ffi::Address { ip: 0, port: 0 };
        // SAFETY: both pointers are to live values of the types that the shim declares.
        let taken = unsafe { ffi::shim_accept(listener.0, &raw mut socket, &raw mut remote) };
        let remote = SocketAddrV4::new(Ipv4Addr::from_bits(remote.ip), remote.port);
        (taken == 1).then_some((Socket(socket), remote))
    }

    /// Queues what there is room for (`tcp_write`) and sends what may leave (`tcp_output`). How many bytes were taken.
    ///
    /// # Errors
    /// Outer: lwIP stopped. Inner: what `tcp_write` reported.
    pub fn send(&mut self, socket: Socket, bytes: &[u8]) -> Result<Result<usize, CallError>, Broken> {
        // SAFETY: `bytes` is readable for its length and is copied before the call returns.
        let result = unsafe { ffi::shim_send(socket.0, bytes.as_ptr(), bytes.len()) };
        Ok(done(result)?.map(|taken| usize::try_from(taken).unwrap_or(0)))
    }

    /// Takes received bytes, at most `max`, and tells lwIP (`tcp_recved`).
    ///
    /// # Errors
    /// If lwIP stopped.
    pub fn recv(&mut self, socket: Socket, max: usize) -> Result<Vec<u8>, Broken> {
        let unread = self.status(socket).map_or(0, |status| usize::try_from(status.unread).unwrap_or(usize::MAX));
        let mut bytes = vec![0; unread.min(max)];
        // SAFETY: `bytes` is writable for its length.
        let moved = done(unsafe { ffi::shim_recv(socket.0, bytes.as_mut_ptr(), bytes.len()) })?;
        bytes.truncate(moved.map_or(0, |moved| usize::try_from(moved).unwrap_or(0)));
        Ok(bytes)
    }

    /// No more data to send (`tcp_shutdown` of the sending side).
    ///
    /// # Errors
    /// Outer: lwIP stopped. Inner: what the call reported.
    pub fn shutdown(&mut self, socket: Socket) -> Result<Result<(), CallError>, Broken> {
        // SAFETY: the lock is held.
        Ok(done(unsafe { ffi::shim_shutdown(socket.0) })?.map(drop))
    }

    /// Full close (`tcp_close`). The socket is gone; of a listener, also what waits to be accepted.
    ///
    /// # Errors
    /// Outer: lwIP stopped. Inner: what the call reported.
    pub fn close(&mut self, socket: Socket) -> Result<Result<(), CallError>, Broken> {
        // SAFETY: the lock is held.
        Ok(done(unsafe { ffi::shim_close(socket.0) })?.map(drop))
    }

    /// Resets the connection (`tcp_abort`). The socket is gone.
    ///
    /// # Errors
    /// Outer: lwIP stopped. Inner: what the call reported.
    pub fn abort(&mut self, socket: Socket) -> Result<Result<(), CallError>, Broken> {
        // SAFETY: the lock is held.
        Ok(done(unsafe { ffi::shim_abort(socket.0) })?.map(drop))
    }

    /// Nagle's algorithm off or on.
    ///
    /// # Errors
    /// If lwIP stopped.
    pub fn set_nodelay(&mut self, socket: Socket, on: bool) -> Result<(), Broken> {
        // SAFETY: the lock is held.
        done(unsafe { ffi::shim_set_nodelay(socket.0, i32::from(on)) }).map(drop)
    }

    /// Keep-alive on or off.
    ///
    /// # Errors
    /// If lwIP stopped.
    pub fn set_keepalive(&mut self, socket: Socket, on: bool) -> Result<(), Broken> {
        // SAFETY: the lock is held.
        done(unsafe { ffi::shim_set_keepalive(socket.0, i32::from(on)) }).map(drop)
    }

    /// The DS field of further packets.
    ///
    /// # Errors
    /// If lwIP stopped.
    pub fn set_tos(&mut self, socket: Socket, tos: u8) -> Result<(), Broken> {
        // SAFETY: the lock is held.
        done(unsafe { ffi::shim_set_tos(socket.0, tos) }).map(drop)
    }

    /// What is known of a socket; `None` if the case has no such socket.
    #[must_use]
    pub fn status(&self, socket: Socket) -> Option<Status> {
        let mut status = ffi::Status::default();
        // SAFETY: the pointer is to a live value of the type that the shim declares.
        let found = unsafe { ffi::shim_status(socket.0, &raw mut status) } == 0;
        found.then(|| Status {
            unread: status.unread,
            free: status.free,
            error: error_code(status.error),
            state: TcpState::of(status.state),
            eof: status.eof != 0,
            connected: status.connected != 0,
        })
    }

    /// Why lwIP ended the connection; it is told once.
    pub fn take_error(&mut self, socket: Socket) -> Option<Code> {
        // SAFETY: the lock is held.
        error_code(unsafe { ffi::shim_take_error(socket.0) })
    }

    /// The state of the connection between two addresses; `None` if lwIP has none.
    #[must_use]
    pub fn state(&self, local: SocketAddrV4, remote: SocketAddrV4) -> Option<TcpState> {
        // SAFETY: the lock is held.
        TcpState::of(unsafe { ffi::shim_state(local.into(), remote.into()) })
    }

    /// Whether a port has a listener.
    #[must_use]
    pub fn is_listening(&self, port: u16) -> bool {
        // SAFETY: the lock is held.
        unsafe { ffi::shim_is_listening(port) != 0 }
    }

    /// The retransmission timeout of the connection between two addresses, a multiple of [`SLOW_INTERVAL`].
    #[must_use]
    pub fn rto(&self, local: SocketAddrV4, remote: SocketAddrV4) -> Option<Duration> {
        // SAFETY: the lock is held.
        let millis = unsafe { ffi::shim_rto(local.into(), remote.into()) };
        u64::try_from(millis).ok().map(Duration::from_millis)
    }
}

impl Drop for Stack {
    fn drop(&mut self) {
        HELD.set(false);
    }
}

/// A result of the shim: a count, an `err_t`, no such socket, or lwIP stopped.
fn done(result: i32) -> Result<Result<i32, CallError>, Broken> {
    match result {
        ffi::ASSERTION => Err(assertion()),
        ffi::NO_SOCKET => Ok(Err(CallError::NoConnection)),
        0.. => Ok(Ok(result)),
        err => Ok(Err(CallError::Code(Code::of(i8::try_from(err).unwrap_or(i8::MIN))))),
    }
}

fn error_code(err: i32) -> Option<Code> {
    match i8::try_from(err) {
        Ok(err @ ..0) => Some(Code::of(err)),
        Ok(_) | Err(_) => None,
    }
}

fn assertion() -> Broken {
    // SAFETY: the shim gives a string that ends with 0 and lives until lwIP says more; the lock is held meanwhile.
    let said = unsafe { CStr::from_ptr(ffi::shim_said()) };
    Broken::Assertion(last_assertion(&said.to_string_lossy()))
}

/// The last assertion that a log speaks of, in one line: some of lwIP's words have a line break in them.
fn last_assertion(log: &str) -> String {
    let last = log.rfind("Assertion \"").map_or(log, |start| &log[start..]);
    let words: Vec<&str> = last.split_whitespace().collect();
    if words.is_empty() { "it did not say which".to_owned() } else { words.join(" ") }
}

#[cfg(test)]
mod tests;
