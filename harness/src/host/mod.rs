//! The reference stack as a host that real programs talk to: `rfc793 host`.
//!
//! - `faults`: a bad link between the two
//! - `services`, `page`: what the host serves
//! - `record`: what went over the wire, as a capture file and as lines to read
//! - `namespace`, `demo`: a place of its own, and a client to show it
//! - `caller`: an active connection that carries standard input and output
//!
//! [`Host::run`] is the loop. The stack is told the time; this is where it comes from a clock.

pub mod caller;
pub mod demo;
pub mod faults;
pub mod namespace;
mod page;
pub mod record;
pub mod services;

use std::{
    collections::BTreeSet,
    sync::atomic::{AtomicBool, Ordering},
    time::{Duration, Instant as Clock},
};

use stack_under_test::{CallError, Config, Instant, Medium, SocketOptions, Stack, wire::ethernet::MacAddr};

use self::{
    caller::Caller,
    faults::{Faults, Plan},
    record::{Direction, Record},
    services::{Flow, Services},
};
use crate::target::{TargetError, device::Device};

/// The stack's clock starts here: not at 0, so that a clock-driven ISN is not 0.
const EPOCH: Duration = Duration::from_secs(1000);
/// The loop looks at the stop flag so often at least.
const LONGEST_SLEEP: Duration = Duration::from_millis(100);
/// Octets that a service's connection buffers each way, as far as the profile lets it.
const BUFFER: usize = 1 << 20;
/// Packets taken in one go, before answers leave.
const BATCH: usize = 64;

/// The station address of a host on a TAP device: a local one.
pub const STATION: MacAddr = MacAddr([0x02, 0x00, 0x79, 0x93, 0x00, 0x02]);

/// A host on a device.
pub struct Host {
    device: Device,
    stack: Stack,
    medium: Medium,
    services: Services,
    caller: Option<Caller>,
    /// To the stack, and from it.
    link: [Faults; 2],
    record: Box<dyn Record>,
    started: Clock,
    touched: BTreeSet<Flow>,
}

/// Why a host ended.
#[derive(Debug, thiserror::Error)]
pub enum HostError {
    /// The device.
    #[error("{0}")]
    Device(#[from] TargetError),
    /// The stack refused a service's port or the call.
    #[error("the stack refuses: {0}")]
    Refused(#[from] CallError),
    /// What happened on the wire could not be written.
    #[error("failed to record: {0}")]
    Record(#[from] std::io::Error),
}

impl Host {
    /// A host on an open device, with its services listening.
    ///
    /// # Errors
    /// [`HostError::Refused`].
    pub fn new(device: Device, config: Config, faults: Plan, record: Box<dyn Record>) -> Result<Self, HostError> {
        let (medium, seed) = (config.medium, config.seed);
        let mut stack = Stack::new(config);
        let options = SocketOptions { recv_buffer: BUFFER, send_buffer: BUFFER, ..SocketOptions::default() };
        let services = Services::start(&mut stack, Instant::ZERO + EPOCH, &options)?;
        // That the services listen is no news.
        while stack.poll_event().is_some() {}
        Ok(Self {
            device,
            stack,
            medium,
            services,
            caller: None,
            link: [Faults::new(faults, seed), Faults::new(faults, seed.wrapping_add(1))],
            record,
            started: Clock::now(),
            touched: BTreeSet::new(),
        })
    }

    /// Opens a connection that carries standard input and output.
    ///
    /// # Errors
    /// [`HostError::Refused`].
    pub fn call(&mut self, remote: std::net::SocketAddr) -> Result<(), HostError> {
        let now = self.now();
        self.caller = Some(Caller::new(&mut self.stack, now, remote)?);
        Ok(())
    }

    fn now(&self) -> Instant {
        Instant::ZERO + EPOCH + self.started.elapsed()
    }

    /// Serves until the flag is raised, or until the connection of [`Host::call`] is over: then how it ended.
    ///
    /// # Errors
    /// Those of the device and of the record.
    pub fn run(&mut self, stop: &AtomicBool) -> Result<Option<Result<(), CallError>>, HostError> {
        while !stop.load(Ordering::Relaxed) {
            let busy = self.turn()?;
            if let Some(ended) = self.caller.as_ref().and_then(Caller::ended) {
                self.record.flush()?;
                return Ok(Some(ended));
            }
            if !busy {
                self.sleep()?;
            }
        }
        self.record.flush()?;
        Ok(None)
    }

    /// Everything that can be done now. `true`: there may be more.
    fn turn(&mut self) -> Result<bool, HostError> {
        let mut busy = false;
        for _ in 0..BATCH {
            let now = self.now();
            let Some(packet) = self.device.read()? else { break };
            self.link[0].send(now, packet);
            busy = true;
        }
        let now = self.now();
        while let Some(packet) = self.link[0].arrived(now) {
            self.record.packet(now, Direction::In, self.medium, &packet, &[])?;
            self.touched.extend(record::flow(self.medium, &packet, Direction::In));
            self.stack.handle_packet(now, &packet);
            self.record_events(now)?;
        }
        if self.stack.poll_timeout().is_some_and(|at| at <= now) {
            self.stack.handle_timeout(now);
            self.record_events(now)?;
            self.services.run_all(&mut self.stack, now);
        }
        let touched = std::mem::take(&mut self.touched);
        self.services.run(&mut self.stack, now, &touched);
        if let Some(caller) = &mut self.caller {
            busy |= caller.step(&mut self.stack, now)?;
        }
        self.record_events(now)?;
        while let Some(sent) = self.stack.poll_transmit(now) {
            let rules: Vec<_> = sent.rules.iter().collect();
            self.record.packet(now, Direction::Out, self.medium, &sent.packet, &rules)?;
            if let Some(flow) = record::flow(self.medium, &sent.packet, Direction::Out) {
                self.services.sent(flow, sent.rules);
            }
            self.link[1].send(now, &sent.packet);
        }
        while let Some(packet) = self.link[1].arrived(now) {
            self.device.write(&packet)?;
        }
        self.record_events(now)?;
        Ok(busy)
    }

    /// What happened in the stack, in its place among the packets.
    fn record_events(&mut self, now: Instant) -> Result<(), HostError> {
        while let Some(event) = self.stack.poll_event() {
            self.record.event(now, &event)?;
        }
        Ok(())
    }

    /// Until the next packet or deadline.
    fn sleep(&mut self) -> Result<(), HostError> {
        self.record.flush()?;
        let now = self.now();
        let deadlines = [self.stack.poll_timeout(), self.link[0].deadline(), self.link[1].deadline()];
        let next = deadlines.into_iter().flatten().min();
        let limit = next.map_or(LONGEST_SLEEP, |at| at.saturating_since(now)).min(LONGEST_SLEEP);
        let input = self.caller.as_ref().and_then(Caller::input);
        Ok(self.device.wait(input, limit)?)
    }
}
