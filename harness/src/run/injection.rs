//! `inject`: resolve, build, send, and take in what comes back at once.
//!
//! A segment in one packet is built here, what is more or less than that in [`icmp`] and [`fragments`].

mod fragments;
mod icmp;

pub(super) use fragments::Fragmented;

use super::{Run, Stop};
use crate::{
    case::{
        flags::Flags,
        format::{Inject, Ip, Options},
    },
    judge::{event_class::of_packet, expect::Moment},
    peer::{Unknown, View},
    segment::{
        build::{WireSegment, build},
        parse::{NotTcp, Parsed, parse, plain},
    },
    target::data_bytes,
    trace::event::{CaseSegment, EventKind},
};

impl<'a> Run<'a> {
    pub(super) fn inject(&mut self, inject: &'a Inject) -> Result<(), Stop> {
        // A new name with a source that no host can have is a connection too: answers to it are told apart by it.
        let from = inject.from.map(|name| self.peer.endpoints().address(name));
        self.in_hand = self.peer.resolve(inject.on.as_deref(), from);
        let id = self.next_ip_id;
        self.next_ip_id = id.wrapping_add(1);
        let before = self.peer.connection(self.in_hand).view;
        match (&inject.icmp, &inject.fragments) {
            (None, None) => {
                let (packet, parsed) = self.tcp(inject, id)?;
                let now = self.target.now();
                self.monitor.given(&packet, &parsed, now);
                let segment = parsed.ok().map(|parsed| self.peer.injected(self.in_hand, parsed, now));
                self.send(packet, segment, None, before)
            }
            (Some(icmp), None) => {
                let (packet, note) = self.icmp(inject, icmp, id)?;
                self.monitor.given(&packet, &parse(&packet), self.target.now());
                self.send(packet, None, Some(note), before)
            }
            (_, Some(how)) => self.inject_fragments(inject, how, id),
        }
    }

    /// Hands a packet to the target and takes in what comes back at once. `before` is the view without it.
    fn send(
        &mut self,
        packet: Vec<u8>,
        segment: Option<CaseSegment>,
        note: Option<String>,
        before: View,
    ) -> Result<(), Stop> {
        let earliest = self.target.now();
        let taken = self.target.inject(&packet);
        let class = of_packet(&packet, segment.as_ref(), &before);
        let latest = self.event(EventKind::Injected { packet, segment, class, note });
        self.since = Moment { earliest, latest };
        // The packet that breaks a target stands in the trace, too.
        taken?;
        self.collect()
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
    fn tcp(&self, inject: &Inject, id: u16) -> Result<(Vec<u8>, Result<Parsed, NotTcp>), Stop> {
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
        let packet = build(&segment);
        let plain = plain(&segment);
        let parsed = match plain {
            Some(plain) => Ok(Parsed { text, ..plain }),
            None => parse(&packet),
        };
        debug_assert_eq!(parsed, parse(&packet), "what is plain reads as it was written");
        Ok((packet, parsed))
    }
}

/// The options as bytes, in the order the format documents.
fn encode(options: &Options, view: &View) -> Result<Vec<u8>, Unknown> {
    const NOP: u8 = 1;
    let mut bytes = Vec::new();
    if let Some(mss) = options.mss {
        bytes.extend([2, 4]);
        bytes.extend(mss.to_be_bytes());
    }
    if options.sack_ok {
        bytes.extend([NOP, NOP, 4, 2]);
    }
    if let Some((val, ecr)) = options.ts {
        bytes.extend([NOP, NOP, 8, 10]);
        bytes.extend(val.to_be_bytes());
        bytes.extend(ecr.to_be_bytes());
    }
    if let Some(shift) = options.wscale {
        bytes.extend([NOP, 3, 3, shift]);
    }
    if !options.sack.is_empty() {
        // A header has room for four blocks; a fifth would not be a SACK option at all.
        let blocks = &options.sack[..options.sack.len().min(4)];
        let len = u8::try_from(2 + 8 * blocks.len()).unwrap_or(u8::MAX);
        bytes.extend([NOP, NOP, 5, len]);
        for (left, right) in blocks {
            bytes.extend(view.real_ack(view.position(left)?).to_be_bytes());
            bytes.extend(view.real_ack(view.position(right)?).to_be_bytes());
        }
    }
    bytes.extend(options.raw.iter().flat_map(|raw| raw.0.iter().copied()));
    Ok(bytes)
}

#[cfg(test)]
mod tests;
