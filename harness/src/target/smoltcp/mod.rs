//! smoltcp as a target: another's TCP, in process, in virtual time.
//!
//! [`Smoltcp`] serves any number of cases; each gets a fresh interface and fresh sockets, seeded alike, so the same
//! case gives the same bytes. Start at [`Smoltcp::poll`]: whatever happens, happens in a poll.
//!
//! smoltcp has sockets but neither `accept` nor a listen queue: a socket that listens becomes the connection. What a
//! BSD socket layer adds is in [`sockets`]: a backlog of `n` is a pool of `n + 1` listening sockets (made when they are
//! needed, which no peer can see), and a SYN that finds none of them free is smoltcp's to answer. What cannot be mapped
//! is named in [`config`]. Packets to the target's own address leave on the link like all others: smoltcp has no
//! loopback of its own.

mod buffers;
mod calls;
mod checksum;
mod clock;
mod config;
mod crash;
mod device;
mod rto;
mod sockets;

use std::time::Duration;

use smoltcp::{
    iface::{Config as InterfaceConfig, Interface},
    wire::{HardwareAddress, IpCidr},
};

use super::{
    Capabilities, ConnState, Emission, Endpoints, Handle, Outcome, Pair, Refusal, SocketCall, Target, TargetError, Time,
};
use crate::case::format::{Config, IpVersion};
use config::Options;
use device::Link;
use sockets::{Cause, Sockets};

/// The version that `Cargo.toml` asks for.
const VERSION: &str = "0.14.0";
/// How far time goes on where smoltcp asks to be polled at once and then does nothing.
const IDLE_STEP: Duration = Duration::from_millis(1);

/// The target `smoltcp`.
pub struct Smoltcp {
    capabilities: Capabilities,
    seed: u64,
    /// What was sent and not yet captured, oldest first.
    sent: Vec<Emission>,
    mtu: usize,
    interface: Interface,
    sockets: Sockets,
    now: Time,
}

impl Smoltcp {
    /// A target; `seed` fixes its initial sequence numbers.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        let mtu = config::DEFAULT_MTU;
        Self {
            capabilities: Capabilities {
                version: VERSION.to_owned(),
                live: false,
                state_is_dear: false,
                granularity: Duration::ZERO,
                wheel: false,
                msl: config::MSL,
                host: false,
            },
            seed,
            sent: Vec::new(),
            mtu,
            interface: interface(seed, IpVersion::V4, mtu),
            sockets: Sockets::new(),
            now: Time::ZERO,
        }
    }

    /// Lets smoltcp read what arrives and send what is due.
    fn poll(&mut self, cause: Cause, arriving: Option<&[u8]>) -> Result<(), TargetError> {
        clock::set_tsval(self.now);
        let mut link = Link { arriving, sent: &mut self.sent, mtu: self.mtu, now: self.now };
        crash::contain(|| {
            self.interface.poll(clock::instant(self.now), &mut link, &mut self.sockets.set);
            self.sockets.observe(cause);
        })?;
        if self.sent.len() < device::MOST {
            return Ok(());
        }
        self.sent.clear();
        Err(TargetError::Crashed(format!("it does not stop sending: {} packets at one moment", device::MOST)))
    }
}

fn interface(seed: u64, version: IpVersion, mtu: usize) -> Interface {
    let mut config = InterfaceConfig::new(HardwareAddress::Ip);
    config.random_seed = seed;
    let mut link = Link { arriving: None, sent: &mut Vec::new(), mtu, now: Time::ZERO };
    let mut interface = Interface::new(config, &mut link, clock::instant(Time::ZERO));
    interface.update_ip_addrs(|addresses| {
        // One of the few it has room for.
        let address = Endpoints::documentation(version).target.ip();
        let _ = addresses.push(IpCidr::new(address.into(), Endpoints::documentation_prefix(version)));
    });
    interface
}

impl Target for Smoltcp {
    fn name(&self) -> &'static str {
        "smoltcp"
    }

    fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    fn begin(&mut self, config: &Config) -> Result<Endpoints, Refusal> {
        let options = Options::new(config).map_err(Refusal::Unsupported)?;
        let version = config.ip.unwrap_or_default();
        self.now = Time::ZERO;
        self.sent.clear();
        self.mtu = options.mtu;
        self.interface = interface(self.seed, version, self.mtu);
        self.sockets.clear(options);
        Ok(Endpoints::documentation(version))
    }

    fn now(&self) -> Time {
        self.now
    }

    fn call(&mut self, on: Handle, pair: Pair, call: &SocketCall<'_>) -> Result<Outcome, TargetError> {
        let outcome = crash::contain(|| self.sockets.call(&mut self.interface, on, pair, call))?;
        self.poll(Cause::Call, None)?;
        Ok(outcome)
    }

    fn inject(&mut self, packet: &[u8]) -> Result<(), TargetError> {
        if cfg!(fuzzing) && checksum::is_wrong(packet) {
            return Ok(());
        }
        self.sockets.arriving(packet);
        self.poll(Cause::Packet, Some(packet))
    }

    fn capture(&mut self, into: &mut Vec<Emission>) -> Result<(), TargetError> {
        into.append(&mut self.sent);
        Ok(())
    }

    fn advance(&mut self, until: Time) -> Result<(), TargetError> {
        let now = clock::instant(self.now);
        let deadline = crash::contain(|| self.interface.poll_at(now, &self.sockets.set))?;
        // One deadline at a time, so that what it sends can be captured before the next one. Everything that was due
        // by now has had its poll: a deadline that has passed already is one that did nothing.
        let next = deadline.map(clock::time).map(|at| if at > self.now { at } else { self.now + IDLE_STEP });
        match next {
            Some(at) if at <= until => {
                self.now = at;
                self.poll(Cause::Deadline, None)
            }
            Some(_) | None => {
                self.now = self.now.max(until);
                Ok(())
            }
        }
    }

    fn state(&mut self, _on: Handle, pair: Pair) -> Result<ConnState, TargetError> {
        Ok(self.sockets.state(pair))
    }

    fn rto(&mut self, _on: Handle, pair: Pair) -> Result<Option<Duration>, TargetError> {
        Ok(self.sockets.living(pair).and_then(rto::of))
    }

    fn end(&mut self) -> Result<(), TargetError> {
        self.sockets.clear(Options::default());
        self.sent.clear();
        Ok(())
    }
}

#[cfg(test)]
mod tests;
