//! lwIP as a target: Debian's liblwip in process, in virtual time. Cargo feature `lwip`.
//!
//! Made by [`super::spec::TargetSpec::open`]; the library itself is behind the crate `lwip`. Its timers are coarse: a
//! delayed ACK leaves with the next tick of 250 ms, everything else of TCP happens on ticks of 500 ms, reassembly
//! ages by the second. The ticks of a case are multiples of these since [`Target::begin`], so a wait ends on one or
//! passes several, one at a time. A timeout of n ticks fires with the n-th tick after the segment left.
//!
//! There is one lwIP in a process: it is this target's from `begin` to `end`, other threads wait meanwhile.
//! Its initial sequence numbers are fixed by the seed; only IP identifications go on from case to case.
//! If lwIP stops at an assertion of its own, the case ends with a crash that cites it; what it had is let go.

mod config;
mod sockets;

use std::{
    net::{Ipv4Addr, SocketAddr, SocketAddrV4},
    time::Duration,
};

use lwip::{Broken, FAST_INTERVAL, REASSEMBLY_INTERVAL, SLOW_INTERVAL, Stack, TcpState};

use super::{
    Capabilities, ConnState, Emission, Endpoints, Handle, Outcome, Pair, Refusal, RuleNames, SocketCall, Target,
    TargetError, Time,
};
use crate::case::{
    format::{Config, IpVersion},
    state::State,
};
use config::Plan;
use sockets::Sockets;

const NETMASK: Ipv4Addr = Ipv4Addr::new(255, 255, 255, 0);

/// The target `lwip`.
pub struct Lwip {
    capabilities: Capabilities,
    iss: u32,
    now: Time,
    case: Option<RunningCase>,
}

struct RunningCase {
    stack: Stack,
    sockets: Sockets,
}

impl Lwip {
    /// A target. `seed` fixes its initial sequence numbers.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        // Fibonacci hashing: neighbouring seeds give numbers far apart.
        let iss = (seed.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32) as u32;
        let capabilities = Capabilities {
            version: lwip::version(),
            live: false,
            state_is_dear: false,
            granularity: SLOW_INTERVAL,
            wheel: false,
            msl: lwip::MSL,
            host: false,
        };
        Self { capabilities, iss, now: Time::ZERO, case: None }
    }

    fn running(&mut self) -> Result<&mut RunningCase, TargetError> {
        self.case.as_mut().ok_or_else(|| TargetError::Broken("no case has begun on lwip".to_owned()))
    }

    /// Calls the timers that are due now.
    fn tick(&mut self) -> Result<(), TargetError> {
        let now = self.now;
        let due = |interval: Duration| now.as_millis().is_multiple_of(interval.as_millis());
        let stack = &mut self.running()?.stack;
        stack.fast_timer().map_err(broken)?;
        if due(SLOW_INTERVAL) {
            stack.slow_timer().map_err(broken)?;
        }
        if due(REASSEMBLY_INTERVAL) {
            stack.reassembly_timer().map_err(broken)?;
        }
        Ok(())
    }
}

impl Target for Lwip {
    fn name(&self) -> &str {
        "lwip"
    }

    fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    fn begin(&mut self, config: &Config) -> Result<Endpoints, Refusal> {
        if config.ip == Some(IpVersion::V6) {
            return Err(Refusal::Unsupported("this harness speaks to lwIP over IPv4 only".to_owned()));
        }
        let plan = Plan::new(config).map_err(Refusal::Unsupported)?;
        self.case = None;
        self.now = Time::ZERO;
        let endpoints = Endpoints::documentation(IpVersion::V4);
        let stack = Stack::begin(*v4(endpoints.target)?.ip(), NETMASK, plan.mtu, self.iss).map_err(broken)?;
        self.case = Some(RunningCase { stack, sockets: Sockets::new(plan.options) });
        Ok(endpoints)
    }

    fn now(&self) -> Time {
        self.now
    }

    fn call(&mut self, on: Handle, pair: Pair, call: &SocketCall<'_>) -> Result<Outcome, TargetError> {
        let case = self.running()?;
        case.sockets.call(&mut case.stack, on, pair, call)
    }

    fn inject(&mut self, packet: &[u8]) -> Result<(), TargetError> {
        self.running()?.stack.input(packet).map_err(broken)
    }

    fn capture(&mut self, into: &mut Vec<Emission>) -> Result<(), TargetError> {
        let at = self.now;
        let stack = &mut self.running()?.stack;
        while let Some(packet) = stack.take() {
            into.push(Emission { at, packet, rules: RuleNames::new() });
        }
        Ok(())
    }

    fn advance(&mut self, until: Time) -> Result<(), TargetError> {
        while self.now < until {
            let next = next_multiple(self.now, FAST_INTERVAL);
            if next > until {
                self.now = until;
                return Ok(());
            }
            self.now = next;
            self.tick()?;
            if self.running()?.stack.has_emitted() {
                return Ok(());
            }
        }
        Ok(())
    }

    fn state(&mut self, on: Handle, pair: Pair) -> Result<ConnState, TargetError> {
        let stack = &self.running()?.stack;
        let listening = stack.is_listening(pair.target.port());
        let state = match on {
            Handle::Listener => None,
            Handle::Connection(_) => stack.state(v4(pair.target)?, v4(pair.peer)?),
        };
        Ok(match state.map(state_of) {
            None | Some(State::Closed | State::Listen) => ConnState::None { listening },
            Some(state) => ConnState::Is(state),
        })
    }

    fn rto(&mut self, _on: Handle, pair: Pair) -> Result<Option<Duration>, TargetError> {
        Ok(self.running()?.stack.rto(v4(pair.target)?, v4(pair.peer)?))
    }

    fn end(&mut self) -> Result<(), TargetError> {
        self.case = None;
        Ok(())
    }
}

/// A socket of a case: `begin` refuses those over IPv6.
fn v4(at: SocketAddr) -> Result<SocketAddrV4, TargetError> {
    match at {
        SocketAddr::V4(at) => Ok(at),
        SocketAddr::V6(at) => Err(TargetError::Broken(format!("lwip was asked about {at}, which is not IPv4"))),
    }
}

/// The next multiple of `interval` after `time`.
fn next_multiple(time: Time, interval: Duration) -> Time {
    let passed = time.as_nanos() / interval.as_nanos();
    interval * u32::try_from(passed + 1).unwrap_or(u32::MAX)
}

/// lwIP's own name for a state as the RFC's.
const fn state_of(state: TcpState) -> State {
    match state {
        TcpState::Closed => State::Closed,
        TcpState::Listen => State::Listen,
        TcpState::SynSent => State::SynSent,
        TcpState::SynReceived => State::SynReceived,
        TcpState::Established => State::Established,
        TcpState::FinWait1 => State::FinWait1,
        TcpState::FinWait2 => State::FinWait2,
        TcpState::CloseWait => State::CloseWait,
        TcpState::Closing => State::Closing,
        TcpState::LastAck => State::LastAck,
        TcpState::TimeWait => State::TimeWait,
    }
}

fn broken(error: Broken) -> TargetError {
    match error {
        Broken::Assertion(said) => TargetError::Crashed(said),
        error @ (Broken::InUse | Broken::Start) => TargetError::Broken(error.to_string()),
    }
}

#[cfg(test)]
mod tests;
