//! Any stack in any language as a target: `external:COMMAND`.
//!
//! The command is a driver: it reads requests as JSON lines and answers each with one line; `docs/external-protocol.md`
//! is the whole protocol, `examples/external/driver.py` a driver to copy. [`serve`] is the other side: it makes a
//! driver of any target of ours, so the suite can run on the reference through the protocol and has to give the same
//! verdicts. Before a stack is blamed for anything, its driver has to pass [`probe`].
//!
//! A driver that ends or falls silent in a case spoils that case only: it is started again for the next one. Left out:
//! the rules behind an answer; a driver cannot tell them.

mod message;
mod probe;
mod process;
pub mod serve;
mod switches;

use std::time::Duration;

use super::{
    Capabilities, ConnState, Emission, Endpoints, Handle, Outcome, Pair, Refusal, RuleNames, SocketCall, Target,
    TargetError, Time,
};
use crate::case::{format::Config, state::State};
use message::{Hex, PROTOCOL, Reply, Request, WireCall};
use process::{Lost, Process};

/// How long a driver may think about one request.
const PATIENCE: Duration = Duration::from_secs(10);
/// RFC9293#3.4.2, for a driver that does not say.
const MSL: Duration = Duration::from_secs(120);

/// A stack behind a driver.
pub struct External {
    command: String,
    name: String,
    capabilities: Capabilities,
    seed: u64,
    process: Option<Process>,
    now: Time,
    emitted: Vec<Emission>,
}

impl External {
    /// Starts the driver and has it prove itself.
    ///
    /// # Errors
    /// If the driver cannot be started or breaks the protocol: the stack behind it was not tested then.
    pub fn open(command: &str, seed: u64) -> Result<Self, TargetError> {
        let mut external = Self {
            command: command.to_owned(),
            name: format!("external:{command}"),
            capabilities: Capabilities {
                version: String::new(),
                live: false,
                state_is_dear: true,
                granularity: Duration::ZERO,
                wheel: false,
                msl: MSL,
                host: false,
            },
            seed,
            process: None,
            now: Time::ZERO,
            emitted: Vec::new(),
        };
        external.start()?;
        probe::prove(&mut external)?;
        Ok(external)
    }

    /// Starts the process and asks who it is.
    fn start(&mut self) -> Result<(), TargetError> {
        self.process = Some(Process::start(&self.command).map_err(lost)?);
        let hello = self.ask(&Request::Hello { protocol: PROTOCOL })?;
        let stack = hello.name.filter(|name| !name.trim().is_empty());
        let stack = stack.ok_or_else(|| self.wrong("hello", "it has no `name` for the stack"))?;
        self.capabilities = Capabilities {
            version: format!("{stack} {}", hello.version.unwrap_or_default()).trim_end().to_owned(),
            live: hello.live.unwrap_or(false),
            // A message each.
            state_is_dear: true,
            granularity: hello.granularity.map_or(Duration::ZERO, Duration::from_nanos),
            wheel: false,
            msl: hello.msl.map_or(MSL, Duration::from_nanos),
            host: false,
        };
        Ok(())
    }

    /// One request, one reply. A driver that is lost is started again by the next `begin`.
    fn ask(&mut self, request: &Request) -> Result<Reply, TargetError> {
        let real_wait = match request {
            Request::Advance { until } if self.capabilities.live => {
                Duration::from_nanos(*until).saturating_sub(self.now)
            }
            _ => Duration::ZERO,
        };
        let line = serde_json::to_string(request).map_err(|error| TargetError::Broken(error.to_string()))?;
        let Some(process) = &mut self.process else {
            return Err(TargetError::Broken(format!("the driver `{}` is not running", self.command)));
        };
        let reply = process.exchange(&line, PATIENCE + real_wait).map_err(|error| {
            self.process = None;
            lost(error)
        })?;
        let op = || line.split('"').nth(3).unwrap_or_default().to_owned();
        let mut reply: Reply = serde_json::from_str(&reply).map_err(|error| {
            let start: String = reply.chars().take(80).collect();
            self.wrong(&op(), &format!("it is not a reply ({error}): {start}"))
        })?;
        if let Some(error) = &reply.error {
            return Err(self.wrong(&op(), &format!("it reports: {error}")));
        }
        if let Some(now) = reply.now {
            self.now = Time::from_nanos(now);
        }
        let now = self.now;
        self.emitted.extend(reply.emitted.drain(..).map(|emitted| Emission {
            at: emitted.at.map_or(now, Time::from_nanos),
            packet: emitted.packet.0,
            rules: RuleNames::new(),
        }));
        Ok(reply)
    }

    fn wrong(&self, op: &str, what: &str) -> TargetError {
        TargetError::Broken(format!("the driver `{}` gave a bad reply to `{op}`: {what}", self.command))
    }

    /// A request about the connection, for `state` and `rto`.
    fn about(&mut self, on: Handle, pair: Pair) -> Result<Reply, TargetError> {
        self.ask(&Request::State { on: on.into(), target: pair.target, peer: pair.peer })
    }
}

fn lost(error: Lost) -> TargetError {
    TargetError::Broken(error.to_string())
}

impl Target for External {
    fn name(&self) -> &str {
        &self.name
    }

    fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    fn begin(&mut self, config: &Config) -> Result<Endpoints, Refusal> {
        let version = config.ip.unwrap_or_default();
        let endpoints = Endpoints::documentation(version);
        let config = switches::to_wire(config).map_err(Refusal::Unsupported)?;
        if self.process.is_none() {
            self.start()?;
        }
        self.now = Time::ZERO;
        let seed = self.seed;
        let (target, peer, prefix) = (endpoints.target, endpoints.peer, Endpoints::documentation_prefix(version));
        let reply = self.ask(&Request::Begin { target, peer, prefix, seed, config })?;
        self.emitted.clear();
        match reply.unsupported {
            Some(reason) => Err(Refusal::Unsupported(reason)),
            None => Ok(endpoints),
        }
    }

    fn now(&self) -> Time {
        self.now
    }

    fn call(&mut self, on: Handle, pair: Pair, call: &SocketCall<'_>) -> Result<Outcome, TargetError> {
        let call = WireCall::new(call).ok_or_else(|| TargetError::Broken("a span has no fixed length".to_owned()))?;
        let reply = self.ask(&Request::Call { on: on.into(), target: pair.target, peer: pair.peer, call })?;
        let outcome = reply.outcome.ok_or_else(|| self.wrong("call", "it has no `outcome` that the protocol knows"))?;
        Ok(outcome.into())
    }

    fn inject(&mut self, packet: &[u8]) -> Result<(), TargetError> {
        self.ask(&Request::Inject { packet: Hex(packet.to_vec()) }).map(drop)
    }

    fn capture(&mut self, into: &mut Vec<Emission>) -> Result<(), TargetError> {
        into.append(&mut self.emitted);
        Ok(())
    }

    fn advance(&mut self, until: Time) -> Result<(), TargetError> {
        if !self.emitted.is_empty() || until <= self.now {
            return Ok(());
        }
        let before = self.now;
        let nanos = u64::try_from(until.as_nanos()).unwrap_or(u64::MAX);
        let reply = self.ask(&Request::Advance { until: nanos })?;
        // The loop that calls us ends by the clock: one that stands still would hold it for ever.
        let moved = self.now > before && reply.now.is_some();
        if self.emitted.is_empty() && !moved {
            return Err(self.wrong("advance", "nothing was emitted, and its clock (`now`) did not move on"));
        }
        Ok(())
    }

    fn state(&mut self, on: Handle, pair: Pair) -> Result<ConnState, TargetError> {
        let reply = self.about(on, pair)?;
        let state = reply.state.ok_or_else(|| self.wrong("state", "it has no `state`"))?;
        match state.parse::<State>() {
            Ok(State::Closed) => Ok(ConnState::None { listening: false }),
            Ok(State::Listen) => Ok(ConnState::None { listening: true }),
            Ok(state) => Ok(ConnState::Is(state)),
            Err(_) => Err(self.wrong("state", &format!("`{state}` is none of the eleven states"))),
        }
    }

    fn rto(&mut self, on: Handle, pair: Pair) -> Result<Option<Duration>, TargetError> {
        Ok(self.about(on, pair)?.rto.map(Duration::from_nanos))
    }

    fn end(&mut self) -> Result<(), TargetError> {
        self.ask(&Request::End)?;
        self.emitted.clear();
        Ok(())
    }
}

#[cfg(test)]
mod tests;
