//! [`Stack`]: one host's TCP/IP. Three inputs, three outputs, nothing else.

use core::net::SocketAddr;
use core::time::Duration;

use crate::call::{CallError, Reply, UserCall};
use crate::event::Event;
use crate::icmp;
use crate::ip::host::{Cidr, Host};
use crate::ip::packet::IpPacket;
use crate::ip::reassembly::Reassembler;
use crate::ip::{self, Origin};
use crate::outbox::{Outbox, Transmit};
use crate::profile::Profile;
use crate::rule::Rule;
use crate::tcp::connection::Connection;
use crate::tcp::state::State;
use crate::tcp::{Environment, Pair, Tcp};
use crate::time::Instant;
use crate::wire::icmp::PROTOCOL_ICMP;
use crate::wire::ipv4::PROTOCOL_TCP;

/// What a [`Stack`] is made from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// The host's addresses, each with its subnet. Of the version of IP that none belongs to, nothing is spoken.
    pub addresses: Vec<Cidr>,
    /// The interface's MTU, octets; below 68 counts as 68.
    pub mtu: u16,
    /// All randomness comes from it: initial sequence numbers and local ports.
    pub seed: u64,
    /// The choices the RFCs leave open.
    pub profile: Profile,
}

/// One host with one interface. See the [crate documentation](crate) for the order of calls.
///
/// ```
/// use stack_under_test::{Cidr, Config, Instant, Profile, Reply, SocketOptions, Stack, State, UserCall};
///
/// let mut host = Stack::new(Config {
///     addresses: vec![Cidr::new([192, 0, 2, 1], 24)],
///     mtu: 1500,
///     seed: 1,
///     profile: Profile::rfc9293(),
/// });
/// let remote = "192.0.2.2:80".parse().unwrap();
/// let call = UserCall::Connect { local_port: 4000, remote, options: SocketOptions::default() };
/// assert!(matches!(host.user_call(Instant::ZERO, call), Ok(Reply::Socket(_))));
/// let syn = host.poll_transmit(Instant::ZERO).expect("a SYN leaves");
/// assert_eq!(syn.rules.first().name(), "call-open");
/// assert_eq!(host.connection_state(4000, remote), Some(State::SynSent));
/// ```
#[derive(Clone, Debug)]
pub struct Stack {
    host: Host,
    profile: Profile,
    out: Outbox,
    reassembler: Reassembler,
    tcp: Tcp,
}

impl Stack {
    /// A host without sockets. Costs no more than a few allocations.
    pub fn new(config: Config) -> Self {
        Self {
            host: Host::new(config.addresses, config.mtu),
            out: Outbox::new(&config.profile.limits),
            reassembler: Reassembler::default(),
            tcp: Tcp::new(config.seed),
            profile: config.profile,
        }
    }

    fn split(&mut self, now: Instant) -> (&mut Tcp, Environment<'_>) {
        let env = Environment { now, profile: &self.profile, host: &self.host, out: &mut self.out };
        (&mut self.tcp, env)
    }

    /// An IP packet arrives. Any bytes will do: what is no packet for us is dropped.
    pub fn handle_packet(&mut self, now: Instant, packet: &[u8]) {
        self.packet_arrives(now, Origin::Wire, packet);
    }

    fn packet_arrives(&mut self, now: Instant, origin: Origin, packet: &[u8]) {
        let done = ip::accept(&self.host, origin, packet).and_then(|packet| {
            let Some(part) = packet.fragment else { return self.deliver(now, &packet) };
            match self.reassembler.fragment_arrives(&packet, part, now, &self.profile)? {
                Some(whole) => self.deliver(now, &IpPacket::parse(&whole)?),
                None => Ok(()),
            }
        });
        if let Err(rule) = done {
            self.out.dropped(rule);
        }
    }

    /// A whole packet goes to its protocol.
    fn deliver(&mut self, now: Instant, packet: &IpPacket<'_>) -> Result<(), Rule> {
        let (tcp, mut env) = self.split(now);
        match packet.protocol {
            PROTOCOL_TCP => tcp.packet_arrives(packet, &mut env),
            PROTOCOL_ICMP => {
                let (kind, quote) = icmp::arrives(packet.payload)?;
                tcp.icmp_error(kind, &quote, &mut env);
            }
            _ => return Err(Rule::IpUnknownProtocol),
        }
        Ok(())
    }

    /// An application calls (RFC9293#3.9.1). Never blocks.
    ///
    /// # Errors
    /// See [`CallError`].
    pub fn user_call(&mut self, now: Instant, call: UserCall<'_>) -> Result<Reply, CallError> {
        let (tcp, mut env) = self.split(now);
        tcp.user_call(call, &mut env)
    }

    /// Time has passed: runs what is due at `now`. Called early it does nothing.
    pub fn handle_timeout(&mut self, now: Instant) {
        for _ in 0..self.reassembler.expire(now) {
            self.out.dropped(Rule::ReassemblyTimeout);
        }
        let (tcp, mut env) = self.split(now);
        tcp.handle_timeout(&mut env);
    }

    /// The next IP packet that leaves. Packets to our own address do not: they are handled here.
    pub fn poll_transmit(&mut self, now: Instant) -> Option<Transmit> {
        loop {
            if let Some(transmit) = self.out.next_transmit() {
                return Some(transmit);
            }
            if let Some(packet) = self.out.next_loopback(now) {
                self.packet_arrives(now, Origin::Loopback, &packet);
                continue;
            }
            let (tcp, mut env) = self.split(now);
            if !tcp.send_scheduled(&mut env) {
                return None;
            }
        }
    }

    /// When to call [`Stack::handle_timeout`] at the latest; ask after [`Stack::poll_transmit`] has
    /// returned `None`.
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.tcp.deadline().into_iter().chain(self.reassembler.deadline()).min()
    }

    /// The next event, in the order they happened.
    pub fn poll_event(&mut self) -> Option<Event> {
        self.out.next_event()
    }

    fn connection(&self, local_port: u16, remote: SocketAddr) -> Option<&Connection> {
        let ours = self.host.source_for(remote.ip())?;
        self.tcp.connection(Pair { local: SocketAddr::new(ours, local_port), remote })
    }

    /// The state of the connection with this pair of sockets; `None` if there is no TCB (CLOSED).
    pub fn connection_state(&self, local_port: u16, remote: SocketAddr) -> Option<State> {
        self.connection(local_port, remote).map(Connection::state)
    }

    /// Its retransmission timeout, back-off included.
    pub fn connection_rto(&self, local_port: u16, remote: SocketAddr) -> Option<Duration> {
        self.connection(local_port, remote).map(|conn| conn.rto.rto())
    }

    /// Whether some socket is in LISTEN on this port.
    pub fn is_listening(&self, local_port: u16) -> bool {
        self.tcp.is_listening(local_port)
    }
}

#[cfg(test)]
mod tests;
