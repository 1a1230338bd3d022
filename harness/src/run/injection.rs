//! `inject`: resolve, build, send, and take in what comes back at once.
//!
//! A segment in one packet is built here, what is more or less than that in [`icmp`], [`neighbor`],
//! [`udp`], [`arp`] and [`fragments`].

mod arp;
mod fragments;
mod icmp;
mod neighbor;
mod udp;

pub(super) use fragments::Fragmented;

use std::net::Ipv6Addr;

use smallvec::SmallVec;

use super::{Run, Stop};
use crate::{
    case::{
        flags::Flags,
        format::{AddressName, Inject, Ip, IpVersion, Options},
    },
    judge::{event_class::of_packet, expect::Moment},
    peer::{Unknown, View},
    segment::{
        build::{WireSegment, build_into},
        ethernet,
        parse::{NotTcp, Parsed, parse, parse_around, plain},
    },
    target::{Time, data_bytes},
    trace::event::{CaseSegment, Event, EventKind},
};

impl<'a> Run<'a> {
    pub(super) fn inject(&mut self, inject: &'a Inject) -> Result<(), Stop> {
        // A new name with a source that no host can have is a connection too: answers to it are told apart by it.
        let from = inject.from.map(|name| self.peer.endpoints().address(name));
        self.in_hand = self.peer.resolve(inject.on.as_deref(), from);
        let id = self.next_ip_id;
        self.next_ip_id = id.wrapping_add(1);
        let before = self.peer.connection(self.in_hand).view;
        if let Some(how) = &inject.fragments {
            return self.inject_fragments(inject, how, id);
        }
        if let Some(arp) = &inject.arp {
            return self.arp(inject, arp);
        }
        if let Some((packet, note)) = self.beside_tcp(inject, id)? {
            let now = self.target.now();
            self.monitor.given(&packet, &parse(&packet), now);
            return self.send(inject, now, packet, None, note, before);
        }
        let (packet, parsed) = self.tcp(inject, id)?;
        let now = self.target.now();
        self.monitor.given(&packet, &parsed, now);
        let segment = parsed.ok().map(|parsed| self.peer.injected(self.in_hand, parsed, now));
        self.send(inject, now, packet, segment, None, before)
    }

    /// An IP packet that is no TCP segment, and what it is in words, if they are wanted; `None` if the step asks for a
    /// segment.
    #[allow(clippy::type_complexity, reason = "a packet and its words")]
    fn beside_tcp(&mut self, inject: &'a Inject, id: u16) -> Result<Option<(Vec<u8>, Option<String>)>, Stop> {
        let told = |(packet, note)| (packet, Some(note));
        match (&inject.icmp, &inject.udp) {
            (Some(icmp), _) if icmp.is_neighbor() => Ok(Some(told(self.neighbor(inject, icmp, id)))),
            (Some(icmp), _) => self.icmp(inject, icmp, id).map(Some),
            (None, Some(udp)) => Ok(Some(told(self.udp(inject, udp, id)))),
            (None, None) => Ok(None),
        }
    }

    /// Hands a packet to the target, not before `earliest`, and takes in what comes back at once. `before` is the view
    /// without it.
    fn send(
        &mut self,
        inject: &Inject,
        earliest: Time,
        packet: Vec<u8>,
        segment: Option<CaseSegment>,
        note: Option<String>,
        before: View,
    ) -> Result<(), Stop> {
        let frame = self.beside.is_ethernet().then(|| frame_of(inject, &packet, self.peer.endpoints().version()));
        let taken = match &frame {
            None => self.target.inject(&packet),
            Some(header) => self.target.inject(&header.around(&packet)),
        };
        let class = of_packet(&packet, segment.as_ref(), &before);
        let latest = self.target.now();
        let packet = self.kept(packet);
        let kind = EventKind::Injected { packet, segment, class, note };
        self.trace.events.push(Event { at: latest, step: self.step, kind, frame });
        self.since = Moment { earliest, latest };
        // The packet that breaks a target stands in the trace, too.
        taken?;
        self.collect()
    }

    /// The packet as the trace keeps it: for a person only ([`super::Mode::is_terse`]), else its memory serves the next
    /// one.
    fn kept(&mut self, packet: Vec<u8>) -> Vec<u8> {
        if !self.mode.is_terse() {
            return packet;
        }
        self.scratch.packet = packet;
        Vec::new()
    }

    /// A packet from the peer to the target, for `..` behind what is in it.
    fn envelope<'p>(&self, inject: &Inject, ip: &'p Ip, id: u16) -> WireSegment<'p> {
        let pair = self.peer.connection(self.in_hand).pair;
        let endpoints = self.peer.endpoints();
        WireSegment {
            source: inject.from.map_or(pair.peer.ip(), |name| endpoints.address(name)),
            destination: inject.to.map_or(pair.target.ip(), |name| endpoints.address(name)),
            id,
            ip,
            ..WireSegment::empty(pair.peer, pair.target)
        }
    }

    /// The packet, and what it says.
    fn tcp(&mut self, inject: &Inject, id: u16) -> Result<(Vec<u8>, Result<Parsed, NotTcp>), Stop> {
        let mut packet = std::mem::take(&mut self.scratch.packet);
        let view = self.peer.connection(self.in_hand).view;
        let acks = inject.flags.contains(Flags::ACK);
        let seq = inject.seq.as_ref().map_or(Ok(view.next_in()), |seq| view.position(seq))?;
        let ack = match &inject.ack {
            Some(ack) => view.real_ack(view.position(ack)?),
            None if acks => view.real_ack(view.next_out()),
            None => 0,
        };
        let first_byte = seq.wrapping_add(u32::from(inject.flags.contains(Flags::SYN)));
        let text = inject.data.as_ref().map(|data| data_bytes(data, first_byte)).unwrap_or_default();
        let segment = WireSegment {
            seq: view.real_seq(seq),
            ack,
            flags: inject.flags,
            win: inject.win.or(self.case.peer.win).unwrap_or(u16::MAX),
            urg: inject.urg.unwrap_or(0),
            options: &encode(&inject.options, &view)?,
            text: &text,
            checksum: inject.checksum,
            data_offset: inject.data_offset,
            raw: inject.raw.as_ref().map(|raw| &raw.0[..]),
            ..self.envelope(inject, &inject.ip, id)
        };
        build_into(&mut packet, &segment);
        let plain = plain(&segment);
        let parsed = match plain {
            Some(plain) => Ok(Parsed { text, ..plain }),
            None => parse_around(&packet, &text),
        };
        debug_assert_eq!(parsed, parse(&packet), "what is plain reads as it was written");
        Ok((packet, parsed))
    }
}

/// The header of the frame that a packet travels in.
fn frame_of(inject: &Inject, packet: &[u8], version: IpVersion) -> ethernet::Header {
    let station = |name| ethernet::station(name, version);
    // Groups have names in frames only where a case names them.
    let group = packet.get(24..40).and_then(<[u8]>::first_chunk::<16>).map(|octets| Ipv6Addr::from(*octets));
    let group = group.filter(|address| version == IpVersion::V6 && address.is_multicast()).map(ethernet::group);
    let usual = || group.unwrap_or(station(inject.to.unwrap_or(AddressName::Target)));
    ethernet::Header {
        destination: inject.frame.to.map_or_else(usual, station),
        source: station(inject.frame.from.or(inject.from).unwrap_or(AddressName::Peer)),
        kind: match version {
            IpVersion::V4 => ethernet::TYPE_IPV4,
            IpVersion::V6 => ethernet::TYPE_IPV6,
        },
    }
}

/// The options as bytes, in the order the format documents; a header has room for forty.
fn encode(options: &Options, view: &View) -> Result<SmallVec<[u8; 40]>, Unknown> {
    const NOP: u8 = 1;
    let mut bytes = SmallVec::new();
    if let Some(mss) = options.mss {
        bytes.extend_from_slice(&[2, 4]);
        bytes.extend_from_slice(&mss.to_be_bytes());
    }
    if options.sack_ok {
        bytes.extend_from_slice(&[NOP, NOP, 4, 2]);
    }
    if let Some((val, ecr)) = &options.ts {
        bytes.extend_from_slice(&[NOP, NOP, 8, 10]);
        bytes.extend_from_slice(&val.to_be_bytes());
        bytes.extend_from_slice(&view.position(ecr)?.to_be_bytes());
    }
    if let Some(shift) = options.wscale {
        bytes.extend_from_slice(&[NOP, 3, 3, shift]);
    }
    if !options.sack.is_empty() {
        // A header has room for four blocks; a fifth would not be a SACK option at all.
        let blocks = &options.sack[..options.sack.len().min(4)];
        let len = u8::try_from(2 + 8 * blocks.len()).unwrap_or(u8::MAX);
        bytes.extend_from_slice(&[NOP, NOP, 5, len]);
        for (left, right) in blocks {
            bytes.extend_from_slice(&view.real_ack(view.position(left)?).to_be_bytes());
            bytes.extend_from_slice(&view.real_ack(view.position(right)?).to_be_bytes());
        }
    }
    if let Some(raw) = &options.raw {
        bytes.extend_from_slice(&raw.0);
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests;
