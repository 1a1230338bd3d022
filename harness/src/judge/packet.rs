//! One expected packet against one that came, whatever it is: a segment, or ICMP, UDP, ARP.
//!
//! Called by [`super::expect`]. Segments are compared in [`super::segment`], the others here: all differing fields at once.

use super::segment::{self, Differences, described};
use crate::{
    case::format::{
        AddressName, Allow, ArpKind, ExpectArp, ExpectIcmp, ExpectSegment, ExpectUdp, Frame, IpVersion, Neighbor,
    },
    peer::{Unknown, View},
    segment::{
        ethernet::{self, Mac},
        show,
    },
    target::{Text, Time, data_bytes},
    trace::{
        event::{CaseSegment, Difference},
        packet::{CasePacket, Content, Quoted},
    },
};

/// What a target has emitted, and the header of its frame if there is one.
#[derive(Clone, Copy, Debug)]
pub struct Seen<'a> {
    /// What it is.
    pub what: What<'a>,
    /// What it travelled in.
    pub frame: Option<&'a ethernet::Header>,
}

/// A segment or something else.
#[derive(Clone, Copy, Debug)]
pub enum What<'a> {
    /// A TCP segment.
    Segment(&'a CaseSegment),
    /// Any other packet.
    Packet(&'a CasePacket),
}

impl<'a> Seen<'a> {
    /// A segment on a bare IP link.
    #[must_use]
    pub const fn segment(segment: &'a CaseSegment) -> Self {
        Self { what: What::Segment(segment), frame: None }
    }

    /// When it left.
    #[must_use]
    pub const fn at(&self) -> Time {
        match self.what {
            What::Segment(segment) => segment.at,
            What::Packet(packet) => packet.at,
        }
    }

    /// The short form of ledgers.
    #[must_use]
    pub fn short(&self) -> String {
        match self.what {
            What::Segment(segment) => show::short(segment),
            What::Packet(packet) => show::short_packet(packet),
        }
    }

    fn kind(&self) -> &'static str {
        match self.what {
            What::Segment(_) => "TCP segment",
            What::Packet(packet) => match packet.content {
                Content::Udp { .. } => "UDP datagram",
                Content::Icmp { .. } => "ICMP message",
                Content::Arp { .. } => "ARP packet",
                Content::Fragment { .. } => "IP fragment",
                Content::Protocol { .. } | Content::Unreadable { .. } => "other packet",
            },
        }
    }
}

/// Compares every field that the expectation names. `on` is the connection it speaks of; `view` is what the wire
/// showed just before the packet left.
///
/// # Errors
/// If a symbol has no value yet.
pub fn differences(expected: &ExpectSegment, on: u8, seen: Seen<'_>, view: &View) -> Result<Vec<Difference>, Unknown> {
    let is_usual = expected.beside_tcp().is_none() && expected.frame == Frame::default();
    if let (true, What::Segment(segment)) = (is_usual, seen.what) {
        return segment::differences(expected, on, segment, view);
    }
    let mut found = Differences(Vec::new());
    match (&expected.icmp, &expected.udp, &expected.arp, seen.what) {
        (None, None, None, What::Segment(segment)) => {
            found.0 = segment::differences(expected, on, segment, view)?;
        }
        (Some(wanted), _, _, What::Packet(packet @ CasePacket { content: Content::Icmp { .. }, .. })) => {
            icmp(wanted, packet, &mut found);
            around(expected, packet, view, &mut found)?;
        }
        (_, Some(wanted), _, What::Packet(packet @ CasePacket { content: Content::Udp { .. }, .. })) => {
            // What goes elsewhere has another host's name, and then no connection.
            if expected.to.is_none() && packet.on != Some(on) {
                let got = packet.on.map_or("none".to_owned(), |on| format!("connection {on}"));
                found.add("on", &format!("connection {on}"), &got);
            }
            udp(wanted, packet, view, &mut found)?;
            around(expected, packet, view, &mut found)?;
        }
        (_, _, Some(wanted), What::Packet(packet @ CasePacket { content: Content::Arp { .. }, .. })) => {
            arp(wanted, packet, &mut found);
        }
        (icmp, udp, arp, _) => {
            let wanted = match (icmp, udp, arp) {
                (Some(_), ..) => "ICMP message",
                (_, Some(_), _) => "UDP datagram",
                (_, _, Some(_)) => "ARP packet",
                (None, None, None) => "TCP segment",
            };
            found.add("packet", &wanted, &seen.kind());
            return Ok(found.0);
        }
    }
    stations(expected.frame, seen.frame, &mut found);
    Ok(found.0)
}

/// What every IP packet has.
fn around(expected: &ExpectSegment, packet: &CasePacket, view: &View, found: &mut Differences) -> Result<(), Unknown> {
    name("from", expected.from, packet.from, found);
    name("to", expected.to, packet.to, found);
    found.exactly("ttl", expected.ip.ttl, packet.ttl);
    found.exactly("tos", expected.ip.tos, packet.tos);
    found.exactly("df", expected.ip.df, packet.df);
    found.bounds("pieces", expected.pieces.as_ref(), packet.pieces, view)
}

fn name(field: &'static str, wanted: Option<AddressName>, is: Option<AddressName>, found: &mut Differences) {
    if let Some(wanted) = wanted
        && is != Some(wanted)
    {
        found.add(field, &wanted.name(), &is.map_or("nobody", AddressName::name));
    }
}

fn icmp(expected: &ExpectIcmp, packet: &CasePacket, found: &mut Differences) {
    let Content::Icmp { message, rest: [a, b, c, d], body, quote } = &packet.content else { return };
    let word = |high: &u8, low: &u8| u16::from_be_bytes([*high, *low]);
    found.exactly("message", expected.message, *message);
    found.exactly("id", expected.id, word(a, b));
    found.exactly("seq", expected.seq, word(c, d));
    found.exactly("mtu", expected.mtu, word(c, d));
    found.exactly("pointer", expected.pointer, *a);
    text(expected.data.as_ref().map(|data| data_bytes(data, 0)), body, found);
    neighbor(expected.neighbor.unwrap_or_default(), packet.neighbor.unwrap_or_default(), found);
    let Some(least) = expected.quotes else { return };
    match quote {
        Some(Quoted { bytes, whole }) if *bytes >= usize::from(least) || *whole => {}
        Some(Quoted { bytes, .. }) => found.add("quotes", &format!("{least} bytes or more"), bytes),
        None => found.add("quotes", &"a packet of the peer", &"none that it sent"),
    }
}

fn neighbor(expected: Neighbor, is: Neighbor, found: &mut Differences) {
    name("about", expected.about, is.about, found);
    name("station", expected.station, is.station, found);
    found.exactly("group", expected.group, is.group == Some(true));
    found.exactly("solicited", expected.solicited, is.solicited == Some(true));
    found.exactly("override", expected.overrides, is.overrides == Some(true));
}

fn udp(expected: &ExpectUdp, packet: &CasePacket, view: &View, found: &mut Differences) -> Result<(), Unknown> {
    let Content::Udp { from_port, to_port, data } = &packet.content else { return Ok(()) };
    found.exactly("from-port", expected.from_port, *from_port);
    found.exactly("to-port", expected.to_port, *to_port);
    text(expected.data.as_ref().map(|data| data_bytes(data, 0)), data, found);
    found.bounds("len", expected.len.as_ref(), u32::try_from(data.len()).unwrap_or(u32::MAX), view)
}

fn arp(expected: &ExpectArp, packet: &CasePacket, found: &mut Differences) {
    let Content::Arp { kind, sender, sender_mac, target, target_mac } = packet.content else { return };
    found.exactly("kind", expected.kind, kind);
    name("sender", expected.sender, sender, found);
    name("target", expected.target, target, found);
    name("sender-mac", expected.sender_mac, sender_mac, found);
    name("target-mac", expected.target_mac, target_mac, found);
}

fn text(wanted: Option<Text>, is: &[u8], found: &mut Differences) {
    if let Some(wanted) = wanted
        && wanted != is
    {
        found.add("data", &described(&wanted), &described(is));
    }
}

/// Several names may stand for one station: they are compared by their addresses.
fn stations(expected: Frame, header: Option<&ethernet::Header>, found: &mut Differences) {
    let version = header.map_or(IpVersion::V4, ethernet::Header::version);
    let mut station = |field, wanted: Option<AddressName>, is: Option<Mac>| {
        if let Some(wanted) = wanted
            && is != Some(ethernet::station(wanted, version))
        {
            let known =
                |mac: Mac| ethernet::name_of(mac).map_or_else(|| mac.to_string(), |name| name.name().to_owned());
            found.add(field, &wanted.name(), &is.map_or_else(|| "no frame".to_owned(), known));
        }
    };
    station("frame from", expected.from, header.map(|header| header.source));
    station("frame to", expected.to, header.map(|header| header.destination));
}

/// Whether the case allows this packet at any moment.
#[must_use]
pub fn is_allowed(allow: &[Allow], seen: Seen<'_>, view: &View) -> bool {
    let packet = match seen.what {
        What::Segment(segment) => return segment::is_allowed(allow, segment, view),
        What::Packet(packet) => packet,
    };
    allow.iter().any(|kind| match kind {
        Allow::Icmp => matches!(packet.content, Content::Icmp { .. }),
        Allow::ArpRequest => matches!(packet.content, Content::Arp { kind: ArpKind::Request, .. }),
        Allow::Ack | Allow::WindowUpdate | Allow::Retransmission => false,
    })
}

#[cfg(test)]
mod tests;
