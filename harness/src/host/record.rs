//! What goes over the host's wire: as a capture file, as lines to read (`ladder`), or both.

mod ladder;

use std::{
    io::{self, Write},
    net::{IpAddr, SocketAddr},
};

use stack_under_test::{
    Event, Instant, Medium, Rule,
    wire::{
        ethernet::EthernetFrame,
        ipv4::{Ipv4Packet, PROTOCOL_TCP},
        ipv6::Ipv6Packet,
    },
};

pub use ladder::Ladder;

use super::services::Flow;
use crate::trace::pcapng::Capture;

/// Which way a packet went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// To the stack.
    In,
    /// From it.
    Out,
}

/// Whoever wants to know what goes over the wire.
pub trait Record {
    /// A packet or frame, with the rules behind it if it is ours.
    ///
    /// # Errors
    /// Those of whatever it is written to.
    fn packet(&mut self, at: Instant, way: Direction, medium: Medium, bytes: &[u8], rules: &[Rule]) -> io::Result<()>;

    /// Something happened in the stack.
    ///
    /// # Errors
    /// Those of whatever it is written to.
    fn event(&mut self, at: Instant, event: &Event) -> io::Result<()>;

    /// A quiet moment: what was held back is written.
    ///
    /// # Errors
    /// Those of whatever it is written to.
    fn flush(&mut self) -> io::Result<()>;
}

/// All of these want to; none, if nobody does.
pub struct All(pub Vec<Box<dyn Record>>);

impl Record for All {
    fn packet(&mut self, at: Instant, way: Direction, medium: Medium, bytes: &[u8], rules: &[Rule]) -> io::Result<()> {
        self.0.iter_mut().try_for_each(|record| record.packet(at, way, medium, bytes, rules))
    }
    fn event(&mut self, at: Instant, event: &Event) -> io::Result<()> {
        self.0.iter_mut().try_for_each(|record| record.event(at, event))
    }
    fn flush(&mut self) -> io::Result<()> {
        self.0.iter_mut().try_for_each(|record| record.flush())
    }
}

/// A capture file that grows with every packet; the rules are its comments.
pub struct Pcap<W: Write> {
    capture: Capture<W>,
    began: Option<Instant>,
}

impl<W: Write> Pcap<W> {
    /// A file with its head.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn new(out: W, medium: Medium) -> io::Result<Self> {
        let ethernet = matches!(medium, Medium::Ethernet(_));
        Ok(Self { capture: Capture::begin(out, "rfc793 host", ethernet)?, began: None })
    }
}

impl<W: Write> Record for Pcap<W> {
    fn packet(&mut self, at: Instant, way: Direction, _: Medium, bytes: &[u8], rules: &[Rule]) -> io::Result<()> {
        let began = *self.began.get_or_insert(at);
        let lines: Vec<_> = rules.iter().map(|rule| explained(*rule)).collect();
        self.capture.packet(at.saturating_since(began), bytes, way == Direction::In, &lines.join("\n"))
    }
    fn event(&mut self, _: Instant, _: &Event) -> io::Result<()> {
        Ok(())
    }
    fn flush(&mut self) -> io::Result<()> {
        self.capture.flush()
    }
}

fn explained(rule: Rule) -> String {
    format!("rule {} ({}): {}", rule.name(), rule.clause(), rule.text())
}

/// Addresses, protocol and payload of an IP packet without extension headers.
fn ip(bytes: &[u8]) -> Option<(IpAddr, IpAddr, u8, &[u8])> {
    match bytes.first()? >> 4 {
        6 => Ipv6Packet::parse(bytes)
            .ok()
            .map(|ip| (ip.source().into(), ip.destination().into(), ip.next_header(), ip.payload())),
        _ => Ipv4Packet::parse(bytes)
            .ok()
            .filter(|ip| !ip.is_fragment())
            .map(|ip| (ip.source().into(), ip.destination().into(), ip.protocol(), ip.payload())),
    }
}

fn packet_of(medium: Medium, bytes: &[u8]) -> &[u8] {
    match medium {
        Medium::Ip => bytes,
        Medium::Ethernet(_) => EthernetFrame::parse(bytes).map_or(&[], |frame| frame.payload),
    }
}

/// The connection that a segment belongs to, as the stack has it: its port and the remote socket.
pub(super) fn flow(medium: Medium, bytes: &[u8], way: Direction) -> Option<Flow> {
    let (source, destination, protocol, payload) = ip(packet_of(medium, bytes))?;
    let &[s0, s1, d0, d1] = payload.first_chunk::<4>().filter(|_| protocol == PROTOCOL_TCP)?;
    let from = SocketAddr::new(source, u16::from_be_bytes([s0, s1]));
    let to = SocketAddr::new(destination, u16::from_be_bytes([d0, d1]));
    Some(match way {
        Direction::In => (to.port(), from),
        Direction::Out => (from.port(), to),
    })
}
