//! What a target emits beside TCP: ICMP, UDP, IP fragments; on Ethernet the frames, ARP and neighbor discovery.
//!
//! Called by [`Run::emitted`](super::Run) for what is no TCP segment, and for everything where the link is Ethernet. Such
//! packets wait for an `expect` as segments do; a datagram in fragments does when it is whole.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::{Run, Stop, Waiting};
use crate::{
    case::format::{Action, AddressName, Call, Case, Expect, ExpectSegment, Medium, Message},
    peer::{Peer, View},
    segment::{
        arp::{self, ArpPacket},
        assemble::Assembler,
        ethernet::{self, Header, Mac},
        neighbor::{ON_LINK, WireNeighbor},
        other::{self, Body, Other, parse_other},
    },
    target::{Capabilities, RuleNames, Time},
    trace::{
        event::{Event, EventKind},
        event_class::EventClass,
        packet::{CasePacket, Content, Quoted},
    },
};

/// What has to be remembered of it.
#[derive(Debug, Default)]
pub(super) struct Beside {
    ethernet: bool,
    /// The peer's side answers ARP and neighbor discovery unseen.
    answers_arp: bool,
    /// Questions that were not answered yet: who asks, for which address.
    asked: Vec<ArpPacket>,
    /// The same of neighbor discovery.
    sought: Vec<Sought>,
    fragments: Assembler,
}

/// A solicitation that the peer's side answers.
#[derive(Clone, Copy, Debug)]
struct Sought {
    /// Who asks.
    by: Ipv6Addr,
    /// From which station.
    from: Mac,
    /// For whom.
    about: Ipv6Addr,
}

impl Beside {
    pub(super) fn new(case: &Case) -> Self {
        Self {
            ethernet: case.config.link == Some(Medium::Ethernet),
            answers_arp: case.peer.answers_arp.unwrap_or(true),
            ..Self::default()
        }
    }

    /// Whether packets travel in frames.
    pub(super) const fn is_ethernet(&self) -> bool {
        self.ethernet
    }
}

/// Why a target cannot run the case: it is about more than TCP, and the target is not.
pub(super) fn missing(capabilities: &Capabilities, case: &Case) -> Option<String> {
    if capabilities.host {
        return None;
    }
    if case.config.link == Some(Medium::Ethernet) {
        return Some("no Ethernet: IP packets are all it is given here".to_owned());
    }
    let beside_tcp = |segment: &ExpectSegment| segment.beside_tcp().is_some();
    case.steps.iter().find_map(|step| match &step.value.action {
        Action::Call(call) => {
            matches!(call.call, Call::Udp(_)).then(|| "no UDP sockets: only its TCP is driven here".to_owned())
        }
        Action::Expect(expect) => {
            let needed = match expect {
                Expect::InOrder(segments) | Expect::AnyOrder(segments) => segments.iter().any(beside_tcp),
                // An alternative without it will do.
                Expect::Either(any) => any.iter().all(|one| one.segments.iter().any(beside_tcp)),
            };
            needed.then(|| "the case is about ICMP, UDP or ARP: only its TCP is driven here".to_owned())
        }
        Action::Inject(inject) if inject.udp.is_some() => Some("no UDP: only its TCP is driven here".to_owned()),
        Action::Inject(_) | Action::State(_) | Action::Wait(_) | Action::Save(_) | Action::Check(_) => None,
    })
}

impl Run<'_> {
    /// A frame: what is in it, if it can be read.
    pub(super) fn frame_emitted(&mut self, at: Time, bytes: &[u8], rules: RuleNames) {
        let Some((header, payload)) = Header::of(bytes).zip(bytes.get(Header::LEN..)) else {
            let content = Content::Unreadable { len: bytes.len() };
            let seen = CasePacket { at, rules, content, ..CasePacket::default() };
            return self.waits(bytes.to_vec(), seen, None);
        };
        match header.kind {
            ethernet::TYPE_ARP => self.arp_emitted(at, payload, rules, header),
            _ => self.packet_emitted(at, payload.to_vec(), rules, Some(header)),
        }
    }

    fn arp_emitted(&mut self, at: Time, bytes: &[u8], rules: RuleNames, header: Header) {
        let Some(packet) = ArpPacket::parse(bytes) else {
            let faults = vec![("no ARP packet between Ethernet and IPv4".to_owned(), "RFC826")];
            let seen = CasePacket { at, rules, faults, ..CasePacket::default() };
            return self.waits(bytes.to_vec(), seen, Some(header));
        };
        let seen = CasePacket { rules, ..self.peer.emitted_arp(&packet, at) };
        let asks = packet.operation == 1 && self.peer.station_of(packet.target.into()).is_some();
        if asks && self.beside.answers_arp {
            self.beside.asked.push(packet);
            let seen = Box::new(seen);
            let kind = EventKind::EmittedOther { packet: bytes.to_vec(), seen };
            self.trace.events.push(Event { at, step: self.step, kind, frame: Some(header) });
        } else {
            self.waits(bytes.to_vec(), seen, Some(header));
        }
    }

    /// Answers what was asked for; whether anything was.
    pub(super) fn answer_neighbors(&mut self) -> Result<bool, Stop> {
        let any = self.answer_arp()?;
        Ok(self.answer_solicitations()? || any)
    }

    fn answer_solicitations(&mut self) -> Result<bool, Stop> {
        let sought = std::mem::take(&mut self.beside.sought);
        for Sought { by, from, about } in &sought {
            let Some(mac) = self.peer.station_of((*about).into()) else { continue };
            let packet = self.advertisement(*about, *by, &WireNeighbor { about: *about, station: Some(mac) });
            let header = Header { destination: *from, source: mac, kind: ethernet::TYPE_IPV6 };
            self.target.inject(&header.around(&packet))?;
            let name = |name: Option<AddressName>| name.map_or("nobody", AddressName::name);
            let (about, station) = (name(self.peer.name_of((*about).into())), name(ethernet::name_of(mac)));
            let note = Some(other::neighbor(Message::ADVERTISEMENT, about, station));
            let kind = EventKind::Injected { packet, segment: None, class: EventClass::NotTcp, note };
            let at = self.target.now();
            self.trace.events.push(Event { at, step: self.step, kind, frame: Some(header) });
        }
        Ok(!sought.is_empty())
    }

    fn answer_arp(&mut self) -> Result<bool, Stop> {
        if self.beside.asked.is_empty() {
            return Ok(false);
        }
        let asked = std::mem::take(&mut self.beside.asked);
        for question in &asked {
            let Some(mac) = self.peer.station_of(question.target.into()) else { continue };
            let reply = ArpPacket {
                operation: 2,
                sender_mac: mac,
                sender: question.target,
                target_mac: question.sender_mac,
                target: question.sender,
                ..*question
            };
            let header = Header { destination: question.sender_mac, source: mac, kind: ethernet::TYPE_ARP };
            let packet = reply.build();
            self.target.inject(&header.around(&packet))?;
            let note = Some(arp_words(&self.peer, &reply));
            let kind = EventKind::Injected { packet, segment: None, class: EventClass::NotTcp, note };
            let at = self.target.now();
            self.trace.events.push(Event { at, step: self.step, kind, frame: Some(header) });
        }
        Ok(true)
    }

    /// An IP packet that is no TCP segment.
    pub(super) fn other_emitted(&mut self, at: Time, packet: Vec<u8>, rules: RuleNames, frame: Option<Header>) {
        let Some(read) = parse_other(&packet) else {
            let content = Content::Unreadable { len: packet.len() };
            let seen = CasePacket { at, rules, content, ..CasePacket::default() };
            return self.waits(packet, seen, frame);
        };
        let sought = sought(&read, frame.as_ref());
        let mut seen = CasePacket { rules, ..self.peer.emitted_other(read, at) };
        if let (Some(_), Some(header)) = (seen.neighbor, &frame) {
            check_neighbor(&packet, header, &mut seen);
            let answered = sought.filter(|sought| self.peer.station_of(sought.about.into()).is_some());
            let Some(sought) = answered.filter(|_| self.beside.answers_arp) else {
                return self.waits(packet, seen, frame);
            };
            self.beside.sought.push(sought);
            let seen = Box::new(seen);
            let kind = EventKind::EmittedOther { packet, seen };
            self.trace.events.push(Event { at, step: self.step, kind, frame });
            return;
        }
        if let Some(mtu) = self.case.config.mtu
            && packet.len() > usize::from(mtu)
        {
            seen.faults.push((format!("{} bytes on a link with an MTU of {mtu}", packet.len()), "RFC791#3.2"));
        }
        if let Content::Fragment { .. } = seen.content {
            return self.fragment_emitted(packet, seen, frame);
        }
        if is_housekeeping(&seen.content) {
            let seen = Box::new(seen);
            self.trace.events.push(Event {
                at,
                step: self.step,
                kind: EventKind::EmittedOther { packet, seen },
                frame,
            });
            return;
        }
        self.find_quote(&mut seen);
        self.waits(packet, seen, frame);
    }

    /// A fragment waits alone until the last one missing makes a whole datagram of all.
    fn fragment_emitted(&mut self, packet: Vec<u8>, mut seen: CasePacket, frame: Option<Header>) {
        let event = self.trace.events.len();
        if let Some(whole) = self.beside.fragments.add(&packet, event)
            && let Some(read) = parse_other(&whole.packet)
        {
            let joined = self.peer.emitted_other(read, seen.at);
            let mut faults = joined.faults;
            for earlier in self.scratch.pending.iter().filter(|waiting| whole.events.contains(&waiting.event)) {
                if let EventKind::EmittedOther { seen, .. } = &self.trace.events[earlier.event].kind {
                    faults.extend(seen.faults.iter().cloned());
                }
            }
            faults.append(&mut seen.faults);
            let pieces = u32::try_from(whole.events.len()).unwrap_or(u32::MAX);
            seen = CasePacket { pieces, faults, rules: seen.rules, df: seen.df, ..joined };
            self.find_quote(&mut seen);
            self.scratch.pending.retain(|waiting| !whole.events.contains(&waiting.event));
        }
        self.waits(packet, seen, frame);
    }

    /// It has to be expected, or allowed.
    fn waits(&mut self, packet: Vec<u8>, seen: CasePacket, frame: Option<Header>) {
        let event = self.trace.events.len();
        let at = seen.at;
        let kind = EventKind::EmittedOther { packet, seen: Box::new(seen) };
        self.trace.events.push(Event { at, step: self.step, kind, frame });
        self.scratch.pending.push(Waiting { event, before: View::unknown() });
    }

    /// Which packet of the peer's an error quotes, and how much of it.
    fn find_quote(&self, seen: &mut CasePacket) {
        let Content::Icmp { message, body, quote, .. } = &mut seen.content else { return };
        if !message.is_error() {
            return;
        }
        let header = body.first().map_or(0, |first| if first >> 4 == 6 { 40 } else { usize::from(first & 15) * 4 });
        let kept = self.trace.events.iter().rev().filter_map(|event| match &event.kind {
            EventKind::Injected { packet, .. } => Some(packet),
            EventKind::Emitted { .. }
            | EventKind::EmittedOther { .. }
            | EventKind::Called { .. }
            | EventKind::Explained(_)
            | EventKind::Waited(_) => None,
        });
        // Of those that the trace does not keep the last one is still there.
        let latest = Some(&self.scratch.packet).filter(|_| self.mode.is_terse());
        let sent = latest.into_iter().chain(kept).find(|packet| packet.starts_with(body) && body.len() >= header);
        *quote = sent.map(|packet| Quoted { bytes: body.len() - header, whole: packet.len() == body.len() });
    }
}

/// What a solicitation asks for; a probe for an address of the target's own is not to be answered (RFC4862#5.4).
fn sought(read: &Other, frame: Option<&Header>) -> Option<Sought> {
    let (Body::Icmp { message: Message::SOLICITATION, body, .. }, IpAddr::V6(by)) = (&read.body, read.source) else {
        return None;
    };
    let says = WireNeighbor::parse(Message::SOLICITATION, body).filter(|_| !by.is_unspecified())?;
    Some(Sought { by, from: says.station.or(frame.map(|header| header.source))?, about: says.about })
}

/// What holds for every message of neighbor discovery.
fn check_neighbor(packet: &[u8], header: &Header, seen: &mut CasePacket) {
    if seen.ttl != ON_LINK {
        seen.faults.push((format!("neighbor discovery with a hop limit of {}", seen.ttl), "RFC4861#4.3"));
    }
    let octets = packet.get(24..40).and_then(<[u8]>::first_chunk::<16>);
    if let Some(to) = octets.map(|octets| Ipv6Addr::from(*octets)).filter(Ipv6Addr::is_multicast)
        && header.destination != ethernet::group(to)
    {
        seen.faults.push((format!("{to} in a frame to {}", header.destination), "RFC2464#7"));
    }
}

/// What a host says on an IPv6 link without being asked: groups, routers, neighbors. No step speaks of it.
fn is_housekeeping(content: &Content) -> bool {
    matches!(content, Content::Icmp { message, .. } if matches!(message.kind, 130..=137 | 143))
}

/// An ARP packet of the peer in words, with the names of the case.
pub(super) fn arp_words(peer: &Peer, packet: &ArpPacket) -> String {
    let host = |address: Ipv4Addr| {
        peer.name_of(address.into()).map_or_else(|| address.to_string(), |name| name.name().to_owned())
    };
    let station = |mac: Mac| ethernet::name_of(mac).map_or_else(|| mac.to_string(), |name| name.name().to_owned());
    let (sender, target) = (host(packet.sender), host(packet.target));
    let odd = (packet.hardware, packet.protocol) != (arp::ETHERNET, arp::IPV4) || !matches!(packet.operation, 1 | 2);
    if odd {
        let ArpPacket { hardware, protocol, operation, .. } = packet;
        return format!("ARP hardware {hardware} protocol {protocol:#06x} operation {operation}");
    }
    other::arp(packet.kind(), &sender, &station(packet.sender_mac), &target)
}
