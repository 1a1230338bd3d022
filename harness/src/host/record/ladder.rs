//! The wire as a ladder: the kernel on the left, the reference on the right, the rules behind what it says and does.
//!
//! Sequence numbers count from each side's ISN, as tcpdump shows them.

use std::{
    collections::BTreeMap,
    io::{self, Write},
};

use stack_under_test::{
    Event, Instant, Medium, Rule,
    wire::{
        arp::{ArpPacket, Operation},
        ethernet::{EthernetFrame, TYPE_ARP},
        icmp::{PROTOCOL_ICMP, PROTOCOL_ICMPV6},
        ipv4::{Ipv4Packet, PROTOCOL_TCP},
        tcp::{Flags, TcpSegment},
        tcp_options::TcpOptions,
        udp::PROTOCOL_UDP,
    },
};

use super::{Direction, Record, flow, ip, packet_of};
use crate::{host::services::Flow, segment::show};

/// Where states and drops stand.
const MIDDLE: usize = 24;
/// So many connections have relative numbers; it is a person who reads.
const MOST_FLOWS: usize = 1000;

/// A ladder that is written as things happen.
pub struct Ladder<W: Write> {
    out: W,
    began: Option<Instant>,
    /// The ISNs of each connection: of the kernel's side, of ours.
    isns: BTreeMap<Flow, [Option<u32>; 2]>,
}

impl<W: Write> Ladder<W> {
    /// Writes its lines there.
    pub const fn new(out: W) -> Self {
        Self { out, began: None, isns: BTreeMap::new() }
    }

    fn at(&mut self, at: Instant) -> String {
        let began = *self.began.get_or_insert(at);
        format!("{:>11.6}", at.saturating_since(began).as_secs_f64())
    }

    fn describe(&mut self, medium: Medium, way: Direction, bytes: &[u8]) -> String {
        if let (Medium::Ethernet(_), Some(frame)) = (medium, EthernetFrame::parse(bytes))
            && frame.kind == TYPE_ARP
        {
            return ArpPacket::parse(frame.payload).map_or_else(|error| format!("ARP: {error}"), |arp| show_arp(&arp));
        }
        let packet = packet_of(medium, bytes);
        let Some((source, destination, protocol, payload)) = ip(packet) else { return show_part(packet) };
        let first = |at: usize| payload.get(at).copied().unwrap_or(0);
        match protocol {
            PROTOCOL_TCP => {
                let flow = flow(medium, bytes, way);
                TcpSegment::parse(source, destination, payload)
                    .map_or_else(|error| format!("TCP: {error}"), |segment| self.show_segment(flow, way, &segment))
            }
            PROTOCOL_ICMP | PROTOCOL_ICMPV6 => show_icmp(protocol == PROTOCOL_ICMPV6, first(0), first(1)),
            PROTOCOL_UDP => format!("UDP, {} octets", payload.len().saturating_sub(8)),
            protocol => format!("IP protocol {protocol}, {} octets", payload.len()),
        }
    }

    fn show_segment(&mut self, flow: Option<Flow>, way: Direction, segment: &TcpSegment<'_>) -> String {
        if self.isns.len() >= MOST_FLOWS {
            self.isns.clear();
        }
        let isns = flow.map(|flow| self.isns.entry(flow).or_default());
        let (mut unknown, side) = ([None; 2], usize::from(way == Direction::Out));
        let isns = isns.unwrap_or(&mut unknown);
        if segment.flags().contains(Flags::SYN) {
            isns[side] = Some(segment.seq().0);
        }
        let relative = |number: u32, isn: Option<u32>| number.wrapping_sub(isn.unwrap_or(0));
        let mut line = format!("{}:{} {}", segment.src_port(), segment.dst_port(), segment.flags());
        // A RST that answers a segment without ACK has the absolute number zero.
        let absolute = segment.flags() == Flags::RST | Flags::ACK && segment.seq().0 == 0;
        let isn = if absolute { Some(0) } else { isns[side] };
        line += &format!(" seq {}", relative(segment.seq().0, isn));
        if segment.flags().contains(Flags::ACK) {
            line += &format!(" ack {}", relative(segment.ack().0, isns[1 - side]));
        }
        line += &format!(" win {}", segment.window());
        let options = TcpOptions::parse(segment.options_raw()).unwrap_or_else(|illegal| illegal.read);
        line += &show_options(&options, |number| relative(number, isns[1 - side]));
        if !segment.text().is_empty() {
            line += &format!(", {} octets {}", segment.text().len(), show_text(segment.text()));
        }
        line
    }
}

impl<W: Write> Record for Ladder<W> {
    fn packet(&mut self, at: Instant, way: Direction, medium: Medium, bytes: &[u8], rules: &[Rule]) -> io::Result<()> {
        let at = self.at(at);
        let what = self.describe(medium, way, bytes);
        match way {
            Direction::In => writeln!(self.out, "{at}  kernel ──▶ reference  {what}"),
            Direction::Out => {
                let rules: Vec<_> = rules.iter().map(|rule| format!("{} {}", rule.name(), rule.clause())).collect();
                writeln!(self.out, "{at}  kernel ◀── reference  {what}  [{}]", rules.join(", "))
            }
        }
    }

    fn event(&mut self, at: Instant, event: &Event) -> io::Result<()> {
        let (what, rule) = match event {
            Event::StateChanged { from, to, rule, .. } => (format!("{from} → {to}"), rule),
            Event::Dropped { rule } => ("dropped".to_owned(), rule),
            Event::Notify { .. } => return Ok(()),
        };
        let at = self.at(at);
        writeln!(self.out, "{at}  {:MIDDLE$}{what}  [{} {}]", "", rule.name(), rule.clause())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// ` <mss 1460, sack-ok, ts 7 0, wscale 7>`, in the words of cases; `relative` counts from the other side's ISN.
fn show_options(options: &TcpOptions, relative: impl Fn(u32) -> u32) -> String {
    let mut words = Vec::new();
    words.extend(options.mss.map(|mss| format!("mss {mss}")));
    words.extend(options.sack_permitted.then(|| "sack-ok".to_owned()));
    words.extend(options.timestamps.map(|(value, echo)| format!("ts {value} {echo}")));
    words.extend(options.window_scale.map(|shift| format!("wscale {shift}")));
    let blocks = options.sack.as_slice().iter();
    words.extend(blocks.map(|(left, right)| format!("sack {}..{}", relative(left.0), relative(right.0))));
    if words.is_empty() { String::new() } else { format!(" <{}>", words.join(", ")) }
}

/// The first line of text as it is, other bytes in hex.
fn show_text(text: &[u8]) -> String {
    let line = text.split(|octet| *octet == b'\r').next().unwrap_or_default();
    let printing = line.iter().all(|octet| (b' '..=b'~').contains(octet));
    if printing && line.len() < text.len() && !line.is_empty() { show::text(line) + "…" } else { show::text(text) }
}

/// A fragment, or what is no IP packet.
fn show_part(packet: &[u8]) -> String {
    let Ok(ip) = Ipv4Packet::parse(packet) else { return format!("{} octets that are no IP packet", packet.len()) };
    let (start, more) = (ip.fragment_offset(), ip.more_fragments());
    let end = usize::from(start) + ip.payload().len();
    format!("fragment {start}..{end} of datagram {}, {}", ip.ident(), if more { "more to come" } else { "the last" })
}

fn show_icmp(six: bool, kind: u8, code: u8) -> String {
    let name = match (six, kind) {
        (false, 0) | (true, 129) => "echo reply",
        (false, 8) | (true, 128) => "echo request",
        (false, 3) | (true, 1) => "destination unreachable",
        (false, 11) | (true, 3) => "time exceeded",
        (false, 12) | (true, 4) => "parameter problem",
        (true, 2) => "packet too big",
        (true, 135) => "neighbor solicitation",
        (true, 136) => "neighbor advertisement",
        _ => return format!("ICMP{} type {kind} code {code}", if six { "v6" } else { "" }),
    };
    let code = if code == 0 { String::new() } else { format!(", code {code}") };
    format!("ICMP{} {name}{code}", if six { "v6" } else { "" })
}

fn show_arp(arp: &ArpPacket) -> String {
    match arp.operation {
        Operation::Request if arp.sender != arp.target => format!("ARP who has {}? tell {}", arp.target, arp.sender),
        Operation::Request | Operation::Reply => format!("ARP {} is at {}", arp.sender, arp.sender_mac),
    }
}
