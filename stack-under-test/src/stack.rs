//! [`Stack`]: one host's TCP/IP. Three inputs, three outputs, nothing else.

use core::net::{IpAddr, SocketAddr};
use core::time::Duration;

use crate::call::{CallError, Reply, Status, UserCall};
use crate::event::Event;
use crate::icmp::report::Reporter;
use crate::icmp::{self, Heard};
use crate::ip::host::{Cidr, Host};
use crate::ip::packet::IpPacket;
use crate::ip::reassembly::Reassembler;
use crate::ip::route::Route;
use crate::ip::{self, Origin};
use crate::link::{Link, Medium};
use crate::outbox::{IpFields, Outbox, Transmit};
use crate::profile::Profile;
use crate::rule::{Rule, Rules};
use crate::tcp::connection::Connection;
use crate::tcp::icmp_error::Kind;
use crate::tcp::state::State;
use crate::tcp::{Environment, Pair, Tcp};
use crate::time::Instant;
use crate::udp::{Datagram, Udp};
use crate::wire::icmp::{PROTOCOL_ICMP, PROTOCOL_ICMPV6, Quote};
use crate::wire::ipv4::PROTOCOL_TCP;
use crate::wire::udp::{PROTOCOL_UDP, UdpDatagram};

/// What a [`Stack`] is made from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// The host's addresses, each with its subnet. Of the version of IP that none belongs to, nothing is spoken.
    pub addresses: Vec<Cidr>,
    /// What its interface is attached to.
    pub medium: Medium,
    /// Gateways for destinations off the link; of no use on [`Medium::Ip`], where everything goes to the other end.
    pub routes: Vec<Route>,
    /// The interface's MTU, octets of IP packet; below 68 counts as 68.
    pub mtu: u16,
    /// All randomness comes from it: initial sequence numbers and local ports.
    pub seed: u64,
    /// The choices the RFCs leave open.
    pub profile: Profile,
}

impl Config {
    /// A host with this one address on a bare IP link of the usual MTU, 1500 octets.
    pub fn new(address: Cidr, seed: u64, profile: Profile) -> Self {
        Self { addresses: vec![address], medium: Medium::Ip, routes: Vec::new(), mtu: 1500, seed, profile }
    }
}

/// One host with one interface. See the [crate documentation](crate) for the order of calls.
///
/// ```
/// use stack_under_test::{Cidr, Config, Instant, Profile, Reply, SocketOptions, Stack, State, UserCall};
///
/// let mut host = Stack::new(Config::new(Cidr::new([192, 0, 2, 1], 24), 1, Profile::rfc9293()));
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
    /// `None` on a bare IP link.
    link: Option<Link>,
    reporter: Reporter,
    udp: Udp,
    tcp: Tcp,
}

impl Stack {
    /// A host without sockets. Costs no more than a few allocations.
    pub fn new(config: Config) -> Self {
        let (link, routes) = match config.medium {
            Medium::Ip => (None, None),
            Medium::Ethernet(mac) => (Some(Link::new(mac, &config.profile)), Some(config.routes)),
        };
        Self {
            host: Host::new(config.addresses, routes, config.mtu),
            out: Outbox::new(&config.profile.limits),
            reassembler: Reassembler::default(),
            link,
            reporter: Reporter::default(),
            udp: Udp::default(),
            tcp: Tcp::new(config.seed),
            profile: config.profile,
        }
    }

    fn split(&mut self, now: Instant) -> (&mut Tcp, Environment<'_>) {
        let env = Environment { now, profile: &self.profile, host: &self.host, out: &mut self.out };
        (&mut self.tcp, env)
    }

    /// A packet arrives; on Ethernet a frame. Any bytes will do: what is none for us is dropped.
    pub fn handle_packet(&mut self, now: Instant, packet: &[u8]) {
        self.start_link(now);
        let Some(link) = &mut self.link else { return self.packet_arrives(now, Origin::Wire, packet) };
        match link.frame_arrives(packet, now, &mut self.host, &self.profile, &mut self.out) {
            Ok(Some(packet)) => self.packet_arrives(now, Origin::Wire, packet),
            Ok(None) => {}
            Err(rule) => self.out.dropped(rule),
        }
    }

    /// Every call and poll comes through here, and on a bare IP link there is nothing to do.
    #[inline(always)]
    fn start_link(&mut self, now: Instant) {
        if let Some(link) = &mut self.link {
            link.start(now, &self.host, &self.profile);
        }
    }

    fn packet_arrives(&mut self, now: Instant, origin: Origin, bytes: &[u8]) {
        if let Err(rule) = self.try_packet(now, origin, bytes) {
            self.out.dropped(rule);
            self.report(now, rule, bytes);
        }
    }

    fn try_packet(&mut self, now: Instant, origin: Origin, bytes: &[u8]) -> Result<(), Rule> {
        let mut packet = IpPacket::parse(bytes)?;
        ip::accept(&self.host, origin, &mut packet)?;
        if !packet.to_group && self.link.as_ref().is_some_and(|link| !link.holds(packet.destination)) {
            return Err(Rule::AddressTentative);
        }
        let Some(part) = packet.fragment else { return self.deliver(now, &packet) };
        match self.reassembler.fragment_arrives(&packet, part, now, &self.profile)? {
            Some(whole) => {
                let whole = IpPacket { to_group: packet.to_group, ..IpPacket::parse(&whole)? };
                self.deliver(now, &whole)
            }
            None => Ok(()),
        }
    }

    /// A whole packet goes to its protocol.
    fn deliver(&mut self, now: Instant, packet: &IpPacket<'_>) -> Result<(), Rule> {
        match (packet.protocol, packet.destination) {
            (PROTOCOL_TCP, _) => {
                let (tcp, mut env) = self.split(now);
                tcp.packet_arrives(packet, &mut env);
                Ok(())
            }
            (PROTOCOL_UDP, _) => self.udp.packet_arrives(packet, &self.profile.limits),
            (PROTOCOL_ICMP, IpAddr::V4(_)) | (PROTOCOL_ICMPV6, IpAddr::V6(_)) => self.icmp_arrives(now, packet),
            _ => Err(Rule::IpUnknownProtocol),
        }
    }

    fn icmp_arrives(&mut self, now: Instant, packet: &IpPacket<'_>) -> Result<(), Rule> {
        match icmp::arrives(packet)? {
            Heard::Error(kind, quote) => self.icmp_error(now, kind, &quote),
            Heard::Echo(reply) => {
                // The type of service is the request's (RFC1122#3.2.2.6).
                let fields = IpFields { tos: packet.tos, dont_fragment: false, ..IpFields::default() };
                let addresses = (packet.destination, packet.source);
                let rules = Rules::one(Rule::IcmpEcho);
                self.out.send_payload(addresses, packet.protocol, fields, self.host.mtu(), &reply, rules);
                Ok(())
            }
            Heard::Redirect(redirect) => {
                self.host.redirect(&redirect, self.profile.limits.redirects)?;
                Err(Rule::IcmpRedirect)
            }
            Heard::Neighbor(message) => match &mut self.link {
                Some(link) => {
                    link.neighbor_message(packet, &message, now, &mut self.host, &self.profile, &mut self.out)
                }
                None => Err(Rule::IcmpNoError),
            },
        }
    }

    /// Something is said about a packet of ours.
    fn icmp_error(&mut self, now: Instant, kind: Kind, quote: &Quote) -> Result<(), Rule> {
        match quote.protocol {
            PROTOCOL_TCP => {
                let (tcp, mut env) = self.split(now);
                tcp.icmp_error(kind, quote, &mut env);
                Ok(())
            }
            PROTOCOL_UDP if self.host.is_ours(quote.source) => {
                let error = if kind == Kind::Hard { CallError::Refused } else { CallError::HostUnreachable };
                self.udp.icmp_error(error, quote)?;
                Err(Rule::IcmpUdp)
            }
            _ => Err(Rule::IcmpBadQuote),
        }
    }

    /// Tells the source of a packet that was dropped for this rule, if that is due.
    fn report(&mut self, now: Instant, rule: Rule, bytes: &[u8]) {
        match self.reporter.report(rule, bytes, &self.host, now, &self.profile) {
            Ok(None) => {}
            Ok(Some(report)) => {
                let fields = IpFields { dont_fragment: false, ..IpFields::default() };
                let mut rules = Rules::one(Rule::IcmpError);
                rules.and(rule);
                let addresses = (report.source, report.destination);
                self.out.send_payload(addresses, report.protocol, fields, self.host.mtu(), &report.message, rules);
            }
            Err(limit) => self.out.dropped(limit),
        }
    }

    /// An application calls (RFC9293#3.9.1). Never blocks.
    ///
    /// # Errors
    /// See [`CallError`].
    pub fn user_call(&mut self, now: Instant, call: UserCall<'_>) -> Result<Reply, CallError> {
        self.start_link(now);
        let (tcp, mut env) = self.split(now);
        tcp.user_call(call, &mut env)
    }

    /// Time has passed: runs what is due at `now`. Called early it does nothing.
    pub fn handle_timeout(&mut self, now: Instant) {
        self.start_link(now);
        for first in self.reassembler.expire(now) {
            self.out.dropped(Rule::ReassemblyTimeout);
            if let Some(first) = first {
                self.report(now, Rule::ReassemblyTimeout, &first);
            }
        }
        if let Some(link) = &mut self.link {
            for lost in link.handle_timeout(now, &self.host, &self.profile) {
                self.neighbor_is_silent(now, &lost);
            }
        }
        let (tcp, mut env) = self.split(now);
        tcp.handle_timeout(&mut env);
    }

    /// A packet could not leave: for its sender that is as if a gateway had said so (RFC1122#2.4).
    fn neighbor_is_silent(&mut self, now: Instant, lost: &Transmit) {
        self.out.dropped(Rule::NeighborUnreachable);
        let Some(quote) = Quote::parse(&lost.packet) else { return };
        self.host.forget_redirect(quote.destination);
        if let Err(rule) = self.icmp_error(now, Kind::Soft, &quote) {
            self.out.dropped(rule);
        }
    }

    /// The next packet, on Ethernet the next frame, that leaves. Packets to our own address do not: they are handled here.
    pub fn poll_transmit(&mut self, now: Instant) -> Option<Transmit> {
        self.start_link(now);
        loop {
            if let Some(frame) = self.link.as_mut().and_then(Link::next_frame) {
                return Some(frame);
            }
            if let Some(transmit) = self.out.next_transmit() {
                let Some(link) = &mut self.link else { return Some(transmit) };
                if let Err(rule) = link.send(transmit, now, &self.host, &self.profile) {
                    self.out.dropped(rule);
                }
                continue;
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
    pub fn poll_timeout(&mut self) -> Option<Instant> {
        let link = self.link.as_ref().and_then(Link::deadline);
        self.tcp.deadline().into_iter().chain(self.reassembler.deadline()).chain(link).min()
    }

    /// The next event, in the order they happened.
    pub fn poll_event(&mut self) -> Option<Event> {
        self.out.next_event()
    }

    /// Binds a UDP socket to a port of all our addresses.
    ///
    /// # Errors
    /// [`CallError::Invalid`] for port 0, [`CallError::AddressInUse`], [`CallError::InsufficientResources`].
    pub fn udp_bind(&mut self, port: u16) -> Result<(), CallError> {
        self.udp.bind(port, &self.profile.limits)
    }

    /// Gives up a UDP socket and what waits in it.
    ///
    /// # Errors
    /// [`CallError::NoSuchSocket`].
    pub fn udp_close(&mut self, port: u16) -> Result<(), CallError> {
        self.udp.close(port)
    }

    /// Sends a datagram from a bound port; it is cut if it is longer than the MTU.
    ///
    /// # Errors
    /// [`CallError::NoSuchSocket`] if the port is not bound, [`CallError::HostUnreachable`] if no way leads there,
    /// [`CallError::Invalid`] for port 0 or more octets than a datagram can have.
    pub fn udp_send(&mut self, now: Instant, port: u16, to: SocketAddr, data: &[u8]) -> Result<(), CallError> {
        self.start_link(now);
        if !self.udp.is_bound(port) {
            return Err(CallError::NoSuchSocket);
        }
        if to.port() == 0 {
            return Err(CallError::Invalid);
        }
        let source = self.host.source_for(to.ip()).ok_or(CallError::HostUnreachable)?;
        self.host.next_hop(to.ip()).ok_or(CallError::HostUnreachable)?;
        let datagram = UdpDatagram { src_port: port, dst_port: to.port(), data };
        let payload = datagram.emit(source, to.ip()).ok_or(CallError::Invalid)?;
        let fields = IpFields { dont_fragment: false, ..IpFields::default() };
        let rules = Rules::one(Rule::UdpSend);
        self.out.send_payload((source, to.ip()), PROTOCOL_UDP, fields, self.host.mtu(), &payload, rules);
        Ok(())
    }

    /// The next datagram that came for a port.
    ///
    /// # Errors
    /// [`CallError::WouldBlock`] if there is none, [`CallError::NoSuchSocket`], or once what an ICMP error said about a
    /// datagram that was sent from here.
    pub fn udp_receive(&mut self, port: u16) -> Result<Datagram, CallError> {
        self.udp.receive(port)
    }

    fn connection(&self, local_port: u16, remote: SocketAddr) -> Option<&Connection> {
        let ours = self.host.source_for(remote.ip())?;
        self.tcp.connection(Pair { local: SocketAddr::new(ours, local_port), remote })
    }

    /// The state of the connection with this pair of sockets; `None` if there is no TCB (CLOSED).
    pub fn connection_state(&self, local_port: u16, remote: SocketAddr) -> Option<State> {
        self.connection(local_port, remote).map(Connection::state)
    }

    /// STATUS of every connection, also of those that no user has (any more), in the order of their sockets.
    pub fn connections(&mut self, now: Instant) -> Vec<Status> {
        let (tcp, mut env) = self.split(now);
        tcp.all_connections(&mut env)
    }

    /// Its retransmission timeout, back-off included.
    pub fn connection_rto(&self, local_port: u16, remote: SocketAddr) -> Option<Duration> {
        self.connection(local_port, remote).map(|conn| conn.rto.rto())
    }

    /// Entries among the timers of connections.
    #[cfg(test)]
    pub(crate) fn timers(&self) -> usize {
        self.tcp.timers()
    }

    /// Whether some socket is in LISTEN on this port.
    pub fn is_listening(&self, local_port: u16) -> bool {
        self.tcp.is_listening(local_port)
    }
}

#[cfg(test)]
mod tests;
