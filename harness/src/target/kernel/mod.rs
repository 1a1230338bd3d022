//! This host's Linux kernel as a [`Target`], in real time.
//!
//! The target lives in a network namespace of its own: a TUN device on which the harness plays the whole other side
//! of the wire, and ordinary sockets for the user calls. The namespace belongs to one worker thread and is held by
//! descriptors only; it has no name, so when the thread or the process ends, however it ends, nothing is left.
//!
//! - `netns`: moving a thread into a namespace of its own, with or without root
//! - `tun`: the device: packets in and out, addresses, MTU
//! - `config`: what a case's `config` means here: sysctls, socket options, route metrics
//! - `sysctl`: setting the namespace's switches and putting them back
//! - `route`: the metrics of the route to the peers; segments one by one
//! - `calls`: the user calls; `socket`: the socket they are made on
//! - `ipv6`: the other version of IP, switched on when a case speaks it
//! - `listener`: the listening socket that most cases share, one after the other
//! - `udp`: the UDP socket of a case
//! - `urgent`: the notice of urgent data
//! - `tracepoints`: why the kernel dropped a packet, and which states a connection passed
//! - `sock_diag`: states of connections that have no descriptor; forgetting connections
//!
//! Who calls it: `run`, on a thread that it gives to the target ([`KernelTarget::open`] says why).
//!
//! A packet written to a TUN device is processed within the `write`: what the kernel answers at once can be read as
//! soon as [`Target::inject`] is back, so "nothing came" needs no timeout. It is read with the same list of calls.
//!
//! What it leaves out: claims to an IPv6 address. The clock is the machine's: an emission's time is when it was read, which is never before it was sent but may be later.

mod addresses;
mod calls;
mod clock;
mod config;
mod errno;
mod ipv6;
mod listener;
mod netlink;
mod netns;
mod route;
mod sock_diag;
mod socket;
mod sysctl;
mod tcp_info;
mod tracepoints;
mod tun;
mod udp;
mod urgent;

use std::{
    marker::PhantomData,
    os::fd::{AsFd, BorrowedFd, OwnedFd},
    time::Duration,
};

pub use self::{
    netns::{Standing, enter_user_namespace_if_needed},
    tracepoints::{missing as tracing_missing, take_symbols_from},
};
use nix::time::{ClockId, clock_getres};
use smallvec::{SmallVec, smallvec};

use self::{
    addresses::{AddressPool, Touched},
    calls::Sockets,
    clock::Clock,
    config::Plan,
    listener::Spare,
    route::Routes,
    sock_diag::{Sighting, SockDiag},
    sysctl::Sysctls,
    tracepoints::Tracepoints,
    tun::Wire,
    urgent::{Notice, Notices},
};
use super::{Capabilities, ConnState, Emission, Endpoints, Explanation, Handle, Outcome, Pair, Refusal, SocketCall};
use super::{RuleNames, Target, TargetError, Time, device::AT_ONCE};
use crate::{
    case::{
        format::{Config, IpVersion, Medium, SocketSwitch},
        state::State,
    },
    fiber::{self, Call},
    segment::ethernet::{Header, TYPE_ARP, TYPE_IPV4, TYPE_IPV6},
};

/// Maximum Segment Lifetime of Linux: TIME-WAIT lasts 60 s, whatever is configured.
pub const MSL: Duration = Duration::from_secs(30);

/// How to open a [`KernelTarget`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KernelOptions {
    /// Which switches the namespace gets before any case.
    pub config: KernelConfig,
    /// The target's name where this is a guest ([`crate::guest`]), whose time is virtual; `None` on a live host.
    pub guest: Option<String>,
}

/// The switches that every case starts from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum KernelConfig {
    /// What hides protocol behaviour is off (rate limits, SYN cookies, options, a congestion control that paces), and
    /// what depends on the host's tuning is fixed. `config` module: the list, with reasons.
    #[default]
    Conformance,
    /// As a new namespace of this kernel comes; only what the harness itself cannot do without is set.
    Stock,
}

/// This host's kernel in a network namespace of its own.
///
/// Not `Send`: it belongs to the thread whose namespace it made.
pub struct KernelTarget {
    name: String,
    capabilities: Capabilities,
    tun: Wire,
    sysctls: Sysctls,
    routes: Routes,
    diag: SockDiag,
    notices: Notices,
    /// Opened when they are wanted for the first time; [`Wanted`] says whether there were any.
    tracepoints: Wanted,
    addresses: AddressPool,
    /// The device has its IPv6 address.
    speaks_v6: bool,
    /// The listener of the last usual case.
    spare: Option<Spare>,
    case: Option<RunningCase>,
    pending: Vec<Emission>,
    /// Where the thread is not always in it.
    _namespace: Option<OwnedFd>,
    thread: PhantomData<*const ()>,
}

/// The kernel's tracepoints, if anybody wanted them.
enum Wanted {
    /// Nobody did.
    Never,
    /// They cannot be had.
    InVain,
    /// Here they are.
    Had(Box<Tracepoints>),
}

/// What belongs to the case that is running.
struct RunningCase {
    clock: Clock,
    endpoints: Endpoints,
    sockets: Sockets,
    touched: Touched,
    /// Urgent pointers have been injected, so notices may have come.
    urgent: bool,
    /// All is read that the last thing done made leave, or it is a call that makes nothing leave, or had no socket: what a
    /// timer sent is read with what comes next.
    silent: bool,
    /// The Ethernet link, in a case that wants one: made for it, so that no neighbor is known yet.
    ethernet: Option<Wire>,
}

impl RunningCase {
    /// The wire that the case is about, and what keeps those packets read from it that belong to the case.
    fn wire<'a>(
        &'a mut self,
        tun: &'a mut Wire,
        pending: &'a mut Vec<Emission>,
    ) -> (&'a mut Wire, impl FnMut(&[u8]) + 'a) {
        let Self { clock, endpoints, ethernet, .. } = self;
        let on_ethernet = ethernet.is_some();
        let keep = move |packet: &[u8]| {
            let belongs = match on_ethernet {
                true => belongs_on_ethernet(packet, endpoints.version()),
                false => addresses::belongs(packet, endpoints),
            };
            if belongs {
                pending.push(Emission { at: clock.now(), packet: packet.to_vec(), rules: RuleNames::new() });
            }
        };
        (ethernet.as_mut().unwrap_or(tun), keep)
    }
}

impl KernelTarget {
    /// Moves the CALLING thread into a new network namespace, for good, and sets up the target in it.
    ///
    /// Call it on a thread made for it; when that thread ends and the target is dropped, the namespace goes.
    /// Dropping takes the kernel some 20 ms (it waits for other processors to forget the device), so open a target
    /// once per worker and run many cases on it.
    ///
    /// # Errors
    /// [`TargetError::Permission`] when a right or the TUN driver is missing; [`TargetError::Broken`] on the
    /// process's main thread, whose namespace is never touched; [`TargetError::Io`] if the kernel refuses a step.
    pub fn open(options: KernelOptions) -> Result<Self, TargetError> {
        let namespace = netns::move_this_thread()?;
        // Before the device exists, so that IPv6 never starts on it.
        let mut sysctls = Sysctls::new();
        sysctls.set_base(&config::base(options.config))?;
        let tun = Wire::open(addresses::TARGET, addresses::PREFIX)?;
        let mut routes = Routes::open(tun.index()?)?;
        match options.config {
            KernelConfig::Conformance => routes.send_single_segments()?,
            KernelConfig::Stock => {}
        }
        let live = options.guest.is_none();
        Ok(Self {
            name: options.guest.unwrap_or_else(|| "kernel".to_owned()),
            capabilities: Capabilities {
                version: version()?,
                live,
                state_is_dear: true,
                // What looks like lateness on a live host is rounding to ticks where nothing is ever late.
                granularity: if live { Duration::ZERO } else { tick()? },
                wheel: true,
                msl: MSL,
                host: true,
            },
            tun,
            routes,
            sysctls,
            diag: SockDiag::open()?,
            notices: Notices::open()?,
            tracepoints: Wanted::Never,
            addresses: AddressPool::default(),
            speaks_v6: false,
            spare: None,
            case: None,
            pending: Vec::new(),
            _namespace: namespace,
            thread: PhantomData,
        })
    }

    fn running(&mut self) -> Result<&mut RunningCase, TargetError> {
        self.case.as_mut().ok_or_else(no_case)
    }

    /// An Ethernet link that nothing is known of, with a way out.
    fn open_ethernet(&mut self, version: IpVersion, mtu: u16) -> Result<Wire, Refusal> {
        let v4 = (version == IpVersion::V4).then_some((addresses::ETHERNET_TARGET, addresses::ETHERNET_PREFIX));
        let wire = Wire::open_ethernet(v4, mtu)?;
        let device = wire.index()?;
        if version == IpVersion::V6 {
            ipv6::switch_on_ethernet(&mut self.sysctls, &mut self.routes, device)?;
        }
        self.routes.add_gateway(version, device)?;
        Ok(wire)
    }

    /// The device as a case wants it.
    fn set_link(&mut self, version: IpVersion, mtu: u16) -> Result<(), Refusal> {
        self.tun.set_mtu(mtu)?;
        // A device of a smaller MTU loses IPv6 with all its switches, and gets it back as it was at first.
        self.speaks_v6 &= mtu >= tun::least_mtu(IpVersion::V6);
        if version == IpVersion::V6 && !self.speaks_v6 {
            ipv6::switch_on(&mut self.sysctls, &mut self.routes)?;
            self.speaks_v6 = true;
        }
        Ok(())
    }

    /// Reads what the device holds; keeps what belongs to the case.
    fn drain(&mut self) -> Result<(), TargetError> {
        let Some(case) = &mut self.case else { return self.tun.drain(&mut |_| {}) };
        let (wire, mut keep) = case.wire(&mut self.tun, &mut self.pending);
        wire.drain(&mut keep)
    }

    /// Gives everything back that the case used; nothing of it will send any more.
    fn finish(&mut self) -> Result<(), TargetError> {
        let Some(case) = self.case.take() else { return Ok(()) };
        let left = case.sockets.abort_all(case.endpoints.target.port());
        if left.spare.is_some() {
            self.spare = left.spare;
        }
        // Only now: the exact query falls back to a listener, and must not find one to destroy.
        let living = case.touched.pairs().filter(|pair| !left.gone.contains(&pair.peer));
        let mut forgetting = self.diag.forgetting(living);
        let mut calls = self.diag.forget(&mut forgetting);
        let forgets = calls.len();
        calls.extend(self.tun.reading());
        let mut notice = Notice::NONE;
        if case.urgent {
            calls.push(self.notices.taking(&mut notice));
        }
        // SAFETY: the sockets, the device and what they read into are there until the calls are made.
        unsafe { fiber::make(&mut calls) };
        self.diag.forgotten(&forgetting, &calls[..forgets])?;
        // Half-open connections that cannot be forgotten would stay in the listener's queue.
        self.spare.take_if(|_| case.touched.is_full() || !self.diag.can_destroy());
        if self.tun.packets(&calls[forgets..forgets + AT_ONCE], &mut |_| {})? {
            self.tun.drain(&mut |_| {})?;
        }
        self.pending.clear();
        Ok(())
    }

    fn look(&mut self, on: Handle, pair: Pair) -> Result<Sighting, TargetError> {
        let case = self.case.as_mut().ok_or_else(no_case)?;
        match case.sockets.info(on)? {
            // A descriptor outlives its connection: the connection may be in TIME-WAIT, or gone.
            None | Some(Sighting { state: None, .. }) => self.diag.find(pair),
            Some(sighting) => Ok(sighting),
        }
    }
}

/// The TUN device itself: for measuring what the machine takes without the harness.
impl AsFd for KernelTarget {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.tun.as_fd()
    }
}

impl Target for KernelTarget {
    fn name(&self) -> &str {
        &self.name
    }

    fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    fn begin(&mut self, config: &Config) -> Result<Endpoints, Refusal> {
        self.finish()?;
        fiber::between();
        let plan = Plan::new(config)?;
        plan.options.check()?;
        let version = plan.options.version;
        self.set_link(version, plan.mtu)?;
        self.sysctls.set_case(&plan.sysctls)?;
        self.routes.set(version, plan.metrics)?;
        let ethernet = match plan.medium {
            Medium::Ip => None,
            Medium::Ethernet => Some(self.open_ethernet(version, plan.mtu)?),
        };
        let usual = plan.is_usual();
        let spare = self.spare.take_if(|spare| usual && spare.version() == version);
        let endpoints = match ethernet {
            None => self.addresses.next_case(version, spare.as_ref().map(Spare::port)),
            Some(_) => self.addresses.next_case_on_ethernet(version),
        };
        self.case = Some(RunningCase {
            clock: Clock::start(self.capabilities.live),
            endpoints,
            sockets: Sockets::new(plan.options, usual, spare),
            touched: Touched::default(),
            urgent: false,
            silent: false,
            ethernet,
        });
        if let Wanted::Had(tracepoints) = &mut self.tracepoints {
            tracepoints.forget();
        }
        Ok(endpoints)
    }

    fn now(&self) -> Time {
        self.case.as_ref().map_or(Time::ZERO, |case| case.clock.now())
    }

    fn call(&mut self, on: Handle, pair: Pair, call: &SocketCall<'_>) -> Result<Outcome, TargetError> {
        if let SocketCall::Set(SocketSwitch::UserTimeout(span)) = call {
            let rto = if span.rto == 0 { None } else { self.rto(on, pair)? };
            let timeout = config::duration(*span, rto).map_err(TargetError::Broken)?;
            return self.running()?.sockets.set_user_timeout(on, timeout);
        }
        let case = self.running()?;
        if let SocketCall::Connect { .. } = call {
            case.touched.add(pair);
        }
        let outcome = case.sockets.call(on, pair, call)?;
        case.silent = match call {
            SocketCall::Listen { .. } | SocketCall::Accept | SocketCall::Poll => true,
            SocketCall::Connect { .. }
            | SocketCall::Send { .. }
            | SocketCall::Recv { .. }
            | SocketCall::Shutdown
            | SocketCall::Close
            | SocketCall::Abort
            | SocketCall::Set(_)
            | SocketCall::Udp(_) => outcome == Outcome::NoSocket,
        };
        Ok(outcome)
    }

    fn inject(&mut self, bytes: &[u8]) -> Result<(), TargetError> {
        let case = self.case.as_mut().ok_or_else(no_case)?;
        let packet = if case.ethernet.is_none() { bytes } else { bytes.get(Header::LEN..).unwrap_or(&[]) };
        if case.sockets.has_listener() {
            case.touched.add_packet(packet);
        }
        // Only now, as most connections never see an urgent pointer.
        let urgent = urgent::is_urgent(packet) && case.sockets.own_notices()?;
        case.urgent |= urgent;
        let mut notice = Notice::NONE;
        let (wire, mut keep) = case.wire(&mut self.tun, &mut self.pending);
        let mut calls: SmallVec<[Call; 2 + AT_ONCE]> = smallvec![wire.writing(bytes)];
        // With nothing between: fibers share their thread's notices.
        calls.extend(urgent.then(|| self.notices.taking(&mut notice)));
        let before = calls.len();
        calls.extend(wire.reading());
        // SAFETY: the descriptors are open, packet, notice and device are borrowed, until the calls are made.
        unsafe { fiber::make(&mut calls) };
        let (done, reads) = calls.split_at(before);
        Wire::written(&done[0])?;
        if wire.packets(reads, &mut keep)? {
            wire.drain(&mut keep)?;
        }
        drop(keep);
        // What it made leave at once is read.
        case.silent = true;
        if urgent
            && Notices::taken(&done[1])?
            && let Some(pair) = addresses::pair_of(packet)
        {
            case.sockets.urgent_announced(pair.peer);
        }
        Ok(())
    }

    fn capture(&mut self, into: &mut Vec<Emission>) -> Result<(), TargetError> {
        if !std::mem::take(&mut self.running()?.silent) {
            self.drain()?;
        }
        into.append(&mut self.pending);
        Ok(())
    }

    fn advance(&mut self, until: Time) -> Result<(), TargetError> {
        loop {
            let now = self.running()?.clock.after_waiting();
            self.drain()?;
            let left = until.saturating_sub(now);
            if !self.pending.is_empty() || left.is_zero() {
                return Ok(());
            }
            let ethernet = self.case.as_ref().and_then(|case| case.ethernet.as_ref());
            ethernet.unwrap_or(&self.tun).wait_readable(left)?;
        }
    }

    fn state(&mut self, on: Handle, pair: Pair) -> Result<ConnState, TargetError> {
        let has_listener = self.running()?.sockets.has_listener();
        if on == Handle::Listener {
            return Ok(ConnState::None { listening: has_listener });
        }
        Ok(match self.look(on, pair)? {
            Sighting { state: Some(State::Listen), .. } => ConnState::None { listening: true },
            Sighting { state: Some(State::Closed) | None, .. } => ConnState::None { listening: has_listener },
            Sighting { state: Some(state), .. } => ConnState::Is(state),
        })
    }

    fn rto(&mut self, on: Handle, pair: Pair) -> Result<Option<Duration>, TargetError> {
        Ok(self.look(on, pair)?.rto)
    }

    fn set_tracing(&mut self, on: bool) {
        // A trace is of the whole thread.
        let on = on && !fiber::takes_turns();
        if let (Wanted::Never, true) = (&self.tracepoints, on) {
            let opened = Tracepoints::open(!self.capabilities.live);
            self.tracepoints = opened.map_or(Wanted::InVain, |tracepoints| Wanted::Had(Box::new(tracepoints)));
        }
        if let Wanted::Had(tracepoints) = &mut self.tracepoints {
            tracepoints.switch(on);
        }
    }

    fn explain(&mut self, into: &mut Vec<Explanation>) {
        let Self { tracepoints: Wanted::Had(tracepoints), case: Some(case), diag, .. } = self else { return };
        let mut left = |pair| match diag.find(pair) {
            Ok(Sighting { state: Some(State::Listen | State::Closed) | None, .. }) | Err(_) => None,
            Ok(Sighting { state, .. }) => state,
        };
        tracepoints.take(&case.endpoints, &mut left, into);
    }

    fn end(&mut self) -> Result<(), TargetError> {
        self.finish()
    }
}

/// What a case on Ethernet speaks of: its version of IP.
fn belongs_on_ethernet(frame: &[u8], version: IpVersion) -> bool {
    Header::of(frame).is_some_and(|header| match version {
        IpVersion::V4 => matches!(header.kind, TYPE_IPV4 | TYPE_ARP),
        IpVersion::V6 => header.kind == TYPE_IPV6,
    })
}

fn no_case() -> TargetError {
    TargetError::Broken("the kernel target was used outside begin and end".to_owned())
}

/// The kernel's timer tick: what its coarse clock counts in.
fn tick() -> Result<Duration, TargetError> {
    let resolution = clock_getres(ClockId::CLOCK_MONOTONIC_COARSE);
    resolution.map(Duration::from).map_err(|errno| errno::io("ask for the kernel's tick", errno))
}

/// The kernel's release, as `uname -r` gives it.
fn version() -> Result<String, TargetError> {
    let name = nix::sys::utsname::uname().map_err(|errno| errno::io("ask for the kernel's release", errno))?;
    Ok(name.release().to_string_lossy().into_owned())
}

#[cfg(test)]
mod tests;
