//! The reference stack as a target: in process, in virtual time.
//!
//! A wait costs nothing: the clock jumps to the next deadline. Every packet comes with the rules that produced it.
//! One [`Reference`] serves any number of cases; each gets a fresh [`Stack`].

mod config;
mod translate;

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    time::Duration,
};

use stack_under_test::{
    CallError, Cidr, Event, Instant, Profile, Reply, Route, SocketId, SocketOption, Stack, State as StackState,
    UserCall, wire::ethernet::MacAddr,
};

use super::{
    Capabilities, ConnState, Emission, Endpoints, Explanation, Handle, Outcome, Pair, Refusal, SocketCall, Target,
    TargetError, Time, UdpSocketCall,
};
use crate::{
    case::format::{AddressName, Config, Errno, IpVersion, Medium, Readiness, SocketSwitch},
    segment::ethernet,
};
use config::Mapped;
use translate::{errno_of, rule_name, rule_names, state_of};

/// Virtual time begins here: not at 0, so that a clock-driven ISN is not 0 by chance.
const EPOCH: Instant = Instant::from_nanos(1_000_000_000_000);

/// The target `reference` or `reference:PROFILE`.
pub struct Reference {
    name: String,
    capabilities: Capabilities,
    profile: Profile,
    seed: u64,
    mapped: Mapped,
    stack: Stack,
    now: Instant,
    /// By the case's name for them: a handful, so to look through them costs less than a tree.
    sockets: Vec<(Handle, SocketId)>,
}

impl Reference {
    /// A target with this profile. `seed` fixes its ISNs.
    #[must_use]
    pub fn new(profile: Profile, seed: u64) -> Self {
        let name = match profile.name {
            "rfc9293" => "reference".to_owned(),
            other => format!("reference:{other}"),
        };
        let capabilities = Capabilities {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            live: false,
            state_is_dear: false,
            granularity: Duration::ZERO,
            wheel: false,
            msl: profile.msl,
            host: true,
        };
        let mapped = Mapped::default(&profile);
        let stack = Stack::new(stack_config(&mapped, seed));
        Self { name, capabilities, profile, seed, mapped, stack, now: EPOCH, sockets: Vec::new() }
    }

    fn socket(&self, on: Handle) -> Option<SocketId> {
        self.sockets.iter().find(|(handle, _)| *handle == on).map(|(_, socket)| *socket)
    }

    /// From now on this is the socket of `on`.
    fn assign(&mut self, on: Handle, socket: SocketId) {
        self.forget(on);
        self.sockets.push((on, socket));
    }

    fn forget(&mut self, on: Handle) {
        self.sockets.retain(|(handle, _)| *handle != on);
    }

    fn user_call(&mut self, on: Handle, call: UserCall<'_>) -> Result<Outcome, TargetError> {
        let outcome = match self.stack.user_call(self.now, call) {
            Err(error) => errno_of(error).map_or(Outcome::WouldBlock, Outcome::Error),
            Ok(Reply::Socket(socket)) => {
                self.assign(on, socket);
                Outcome::Ok
            }
            Ok(Reply::Accepted { remote, .. }) => Outcome::Accepted(remote),
            Ok(Reply::Sent(count)) => Outcome::Sent(count),
            Ok(Reply::Received(bytes)) if bytes.is_empty() => Outcome::Eof,
            Ok(Reply::Received(bytes)) => Outcome::Data(bytes),
            Ok(Reply::Done | Reply::Status(_)) => Outcome::Ok,
            Ok(Reply::Readiness(ready)) => Outcome::Ready(Readiness {
                readable: Some(ready.readable),
                writable: Some(ready.writable),
                urgent: Some(ready.urgent),
                hangup: Some(ready.hangup),
                error: Some(ready.error),
            }),
        };
        Ok(outcome)
    }

    /// Why a socket cannot connect, if it is not free to: it has a connection, or is about to.
    fn connected(&mut self, on: Handle) -> Option<Errno> {
        let socket = self.socket(on)?;
        match self.stack.user_call(self.now, UserCall::Status { socket }) {
            Ok(Reply::Status(status)) => match status.state {
                StackState::Closed | StackState::Listen => None,
                StackState::SynSent | StackState::SynReceived => Some(Errno::EALREADY),
                StackState::Established
                | StackState::FinWait1
                | StackState::FinWait2
                | StackState::CloseWait
                | StackState::Closing
                | StackState::LastAck
                | StackState::TimeWait => Some(Errno::EISCONN),
            },
            Ok(_) | Err(_) => None,
        }
    }

    /// Takes the next connection of the accept queue; it becomes the socket of `on`.
    fn accept(&mut self, on: Handle) -> Result<Outcome, TargetError> {
        let Some(listener) = self.socket(Handle::Listener) else { return Ok(Outcome::NoSocket) };
        let outcome = match self.stack.user_call(self.now, UserCall::Accept { listener }) {
            Ok(Reply::Accepted { socket, remote }) => {
                self.assign(on, socket);
                Outcome::Accepted(remote)
            }
            Ok(_) | Err(CallError::WouldBlock) => Outcome::WouldBlock,
            Err(error) => errno_of(error).map_or(Outcome::WouldBlock, Outcome::Error),
        };
        Ok(outcome)
    }

    fn call_on(&mut self, on: Handle, call: &SocketCall<'_>) -> Result<Outcome, TargetError> {
        let Some(socket) = self.socket(on) else { return Ok(Outcome::NoSocket) };
        let user_call = match *call {
            SocketCall::Send { data, urgent } => UserCall::Send { socket, data, urgent },
            SocketCall::Recv { max } => UserCall::Receive { socket, max },
            SocketCall::Shutdown => UserCall::Shutdown { socket },
            SocketCall::Close => UserCall::Close { socket },
            SocketCall::Abort => UserCall::Abort { socket },
            SocketCall::Poll => UserCall::Poll { socket },
            SocketCall::Set(switch) => UserCall::SetOption { socket, option: self.option(switch) },
            SocketCall::Listen { .. } | SocketCall::Connect { .. } | SocketCall::Accept | SocketCall::Udp(_) => {
                return Err(TargetError::Broken("a call that makes a socket reached one that has it".to_owned()));
            }
        };
        let outcome = self.user_call(on, user_call)?;
        if matches!(call, SocketCall::Close | SocketCall::Abort) && outcome == Outcome::Ok {
            self.forget(on);
        }
        Ok(outcome)
    }

    fn udp(&mut self, port: u16, call: &UdpSocketCall<'_>) -> Outcome {
        let done = match *call {
            UdpSocketCall::Bind => self.stack.udp_bind(port).map(|()| Outcome::Ok),
            UdpSocketCall::Send { data, to } => {
                self.stack.udp_send(self.now, port, to, data).map(|()| Outcome::Sent(data.len()))
            }
            UdpSocketCall::Recv => self.stack.udp_receive(port).map(|datagram| Outcome::Data(datagram.data)),
            UdpSocketCall::Close => self.stack.udp_close(port).map(|()| Outcome::Ok),
        };
        match done {
            Ok(outcome) => outcome,
            Err(CallError::NoSuchSocket) => Outcome::NoSocket,
            Err(error) => errno_of(error).map_or(Outcome::WouldBlock, Outcome::Error),
        }
    }

    fn option(&self, switch: SocketSwitch) -> SocketOption {
        match switch {
            SocketSwitch::Nagle(on) => SocketOption::NoDelay(!on),
            SocketSwitch::Keepalive(on) => {
                SocketOption::KeepAlive(on.then(|| self.mapped.options.keepalive.unwrap_or_default()))
            }
            SocketSwitch::Tos(tos) => SocketOption::Tos(tos),
            SocketSwitch::UserTimeout(span) => SocketOption::UserTimeout(config::fixed(span)),
        }
    }
}

/// What an event explains, if it is not for a user.
fn explanation(event: Event) -> Option<Explanation> {
    match event {
        Event::StateChanged { from, to, rule, .. } => {
            Some(Explanation::StateChanged { from: state_of(from), to: state_of(to), rule: rule_name(rule) })
        }
        Event::Dropped { rule } => Some(Explanation::Dropped(rule_name(rule))),
        Event::Notify { .. } => None,
    }
}

fn stack_config(mapped: &Mapped, seed: u64) -> stack_under_test::Config {
    let version = mapped.version;
    let address = Cidr::new(Endpoints::documentation(version).target.ip(), Endpoints::documentation_prefix(version));
    let medium = match mapped.medium {
        Medium::Ip => stack_under_test::Medium::Ip,
        Medium::Ethernet => stack_under_test::Medium::Ethernet(MacAddr(ethernet::TARGET.0)),
    };
    let gateway = Endpoints::documentation(version).address(AddressName::Gateway);
    let everywhere: IpAddr = match version {
        IpVersion::V4 => Ipv4Addr::UNSPECIFIED.into(),
        IpVersion::V6 => Ipv6Addr::UNSPECIFIED.into(),
    };
    stack_under_test::Config {
        mtu: mapped.mtu,
        medium,
        // Heeded on Ethernet alone.
        routes: vec![Route { destination: Cidr::new(everywhere, 0), gateway }],
        ..stack_under_test::Config::new(address, seed, mapped.profile.clone())
    }
}

impl Target for Reference {
    fn name(&self) -> &str {
        &self.name
    }

    fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    fn begin(&mut self, config: &Config) -> Result<Endpoints, Refusal> {
        self.mapped = Mapped::new(&self.profile, config).map_err(Refusal::Unsupported)?;
        self.stack = Stack::new(stack_config(&self.mapped, self.seed));
        self.now = EPOCH;
        self.sockets.clear();
        Ok(Endpoints::documentation(self.mapped.version))
    }

    fn now(&self) -> Time {
        self.now.saturating_since(EPOCH)
    }

    fn call(&mut self, on: Handle, pair: Pair, call: &SocketCall<'_>) -> Result<Outcome, TargetError> {
        match *call {
            SocketCall::Listen { backlog } => {
                let backlog =
                    backlog.map_or(self.mapped.backlog, |backlog| usize::try_from(backlog).unwrap_or(usize::MAX));
                let options = self.mapped.options.clone();
                self.user_call(on, UserCall::Listen { port: pair.target.port(), backlog, options })
            }
            SocketCall::Connect { to } => {
                if let Some(errno) = self.connected(on) {
                    return Ok(Outcome::Error(errno));
                }
                let options = self.mapped.options.clone();
                self.user_call(on, UserCall::Connect { local_port: pair.target.port(), remote: to, options })
            }
            SocketCall::Accept => self.accept(on),
            SocketCall::Send { .. }
            | SocketCall::Recv { .. }
            | SocketCall::Shutdown
            | SocketCall::Close
            | SocketCall::Abort
            | SocketCall::Poll
            | SocketCall::Set(_) => self.call_on(on, call),
            SocketCall::Udp(call) => Ok(self.udp(pair.target.port(), &call)),
        }
    }

    fn inject(&mut self, packet: &[u8]) -> Result<(), TargetError> {
        self.stack.handle_packet(self.now, packet);
        Ok(())
    }

    fn capture(&mut self, into: &mut Vec<Emission>) -> Result<(), TargetError> {
        let at = self.now();
        while let Some(transmit) = self.stack.poll_transmit(self.now) {
            into.push(Emission { at, packet: transmit.packet, rules: rule_names(&transmit.rules) });
        }
        Ok(())
    }

    fn advance(&mut self, until: Time) -> Result<(), TargetError> {
        let until = EPOCH + until;
        // One deadline at a time, so that what it sends can be captured before the next one.
        match self.stack.poll_timeout() {
            Some(deadline) if deadline <= until => {
                self.now = self.now.max(deadline);
                self.stack.handle_timeout(self.now);
            }
            Some(_) | None => self.now = self.now.max(until),
        }
        Ok(())
    }

    fn state(&mut self, _on: Handle, pair: Pair) -> Result<ConnState, TargetError> {
        Ok(match self.stack.connection_state(pair.target.port(), pair.peer) {
            None | Some(StackState::Closed | StackState::Listen) => {
                ConnState::None { listening: self.stack.is_listening(pair.target.port()) }
            }
            Some(state) => ConnState::Is(state_of(state)),
        })
    }

    fn rto(&mut self, _on: Handle, pair: Pair) -> Result<Option<Duration>, TargetError> {
        Ok(self.stack.connection_rto(pair.target.port(), pair.peer))
    }

    fn explain(&mut self, into: &mut Vec<Explanation>) {
        while let Some(event) = self.stack.poll_event() {
            if let Some(explanation) = explanation(event) {
                into.push(explanation);
            }
        }
    }

    fn end(&mut self) -> Result<(), TargetError> {
        self.sockets.clear();
        Ok(())
    }
}

#[cfg(test)]
mod tests;
