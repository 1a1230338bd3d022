//! What waits to leave: packets, events, and packets to ourselves.
//!
//! The TCP code writes here, [`crate::Stack`]'s `poll_*` calls read. Each queue is bounded: a caller
//! that never polls loses packets and old events, never memory.

use core::net::IpAddr;
use std::collections::VecDeque;

use crate::call::SocketId;
use crate::event::{Event, Notice};
use crate::ip::fragment::Datagram;
use crate::profile::Limits;
use crate::rule::{Rule, Rules};
use crate::time::Instant;
use crate::wire::ipv4::PROTOCOL_TCP;
use crate::wire::ipv6;
use crate::wire::tcp::{self, TcpRepr};

/// A packet that leaves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transmit {
    /// The IP packet; on Ethernet the frame.
    pub packet: Vec<u8>,
    /// The rules that produced it, the deciding one first.
    pub rules: Rules,
}

/// The IP header fields a socket chooses (MUST-48, MUST-49).
#[derive(Clone, Copy, Debug)]
pub(crate) struct IpFields {
    pub ttl: u8,
    pub tos: u8,
    /// Routers shall not cut it.
    pub dont_fragment: bool,
}

impl Default for IpFields {
    fn default() -> Self {
        Self { ttl: 64, tos: 0, dont_fragment: true }
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Outbox {
    transmits: VecDeque<Transmit>,
    events: VecDeque<Event>,
    /// Packets from our address to our address, oldest first.
    loopback: VecDeque<Vec<u8>>,
    /// When the last loopback packet was handed over, and how many were at that time.
    looped: (Instant, usize),
    ident: u16,
    max_transmits: usize,
    max_events: usize,
    max_looped: usize,
}

impl Outbox {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self {
            transmits: VecDeque::new(),
            events: VecDeque::new(),
            loopback: VecDeque::new(),
            looped: (Instant::ZERO, 0),
            ident: 0,
            max_transmits: limits.transmit_queue,
            max_events: limits.event_queue,
            max_looped: limits.loopback_per_instant,
        }
    }

    /// Wraps a segment in an IP packet and queues it.
    pub(crate) fn send(&mut self, src: IpAddr, dst: IpAddr, ip: IpFields, segment: &TcpRepr<'_>, rules: Rules) {
        if self.is_full() {
            return self.dropped(Rule::TransmitQueueFull);
        }
        let options = segment.options.encode();
        let options = options.padded();
        let len = tcp::HEADER_LEN + options.len() + segment.text.len();
        let mut packet = Vec::with_capacity(ipv6::HEADER_LEN + len);
        let ident = u32::from(self.ident);
        let datagram =
            Datagram { source: src, destination: dst, protocol: PROTOCOL_TCP, fields: ip, ident, payload: &[] };
        self.ident = self.ident.wrapping_add(u16::from(src.is_ipv4()));
        if datagram.emit_header(len, None, &mut packet).is_none() {
            // The effective send MSS keeps every segment below the MTU, which is 16 bits wide.
            return self.dropped(Rule::TransmitQueueFull);
        }
        segment.emit_with(options, src, dst, &mut packet);
        self.queue((src, dst), packet, rules);
    }

    /// Puts a payload of any protocol into IP packets and queues them, in parts if it is longer than the MTU and may be
    /// cut.
    pub(crate) fn send_payload(
        &mut self,
        (src, dst): (IpAddr, IpAddr),
        protocol: u8,
        fields: IpFields,
        mtu: u16,
        payload: &[u8],
        rules: Rules,
    ) {
        self.ident = self.ident.wrapping_add(1);
        let datagram =
            Datagram { source: src, destination: dst, protocol, fields, ident: u32::from(self.ident), payload };
        let Some(packets) = datagram.packets(mtu) else { return self.dropped(Rule::PacketTooBig) };
        for packet in packets {
            if self.is_full() {
                return self.dropped(Rule::TransmitQueueFull);
            }
            self.queue((src, dst), packet, rules);
        }
    }

    fn is_full(&self) -> bool {
        self.transmits.len() + self.loopback.len() >= self.max_transmits
    }

    #[inline]
    fn queue(&mut self, (src, dst): (IpAddr, IpAddr), packet: Vec<u8>, rules: Rules) {
        if dst == src {
            self.loopback.push_back(packet);
        } else {
            self.transmits.push_back(Transmit { packet, rules });
        }
    }

    pub(crate) fn next_transmit(&mut self) -> Option<Transmit> {
        self.transmits.pop_front()
    }

    /// The next packet to ourselves, as long as this instant has not seen too many: two of our own
    /// endpoints that disagree could otherwise answer each other without end.
    pub(crate) fn next_loopback(&mut self, now: Instant) -> Option<Vec<u8>> {
        let packet = self.loopback.pop_front()?;
        if self.looped.0 != now {
            self.looped = (now, 0);
        }
        self.looped.1 = self.looped.1.saturating_add(1);
        if self.looped.1 > self.max_looped {
            self.loopback.clear();
            self.dropped(Rule::LoopbackOverrun);
            return None;
        }
        Some(packet)
    }

    pub(crate) fn event(&mut self, event: Event) {
        if self.events.len() >= self.max_events {
            self.events.pop_front();
        }
        self.events.push_back(event);
    }

    pub(crate) fn next_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    #[cold]
    pub(crate) fn dropped(&mut self, rule: Rule) {
        self.event(Event::Dropped { rule });
    }

    pub(crate) fn notify(&mut self, socket: Option<SocketId>, notice: Notice) {
        if let Some(socket) = socket {
            self.event(Event::Notify { socket, notice });
        }
    }
}
