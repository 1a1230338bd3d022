//! `inject`: resolve, build, send, and take in what comes back at once.

use super::{Run, Stop};
use crate::{
    case::{
        flags::Flags,
        format::{Inject, Options},
    },
    judge::{event_class::of_packet, expect::Moment},
    peer::{Unknown, View},
    segment::{
        build::{WireSegment, build},
        parse::parse,
    },
    target::data_bytes,
    trace::event::EventKind,
};

impl<'a> Run<'a> {
    pub(super) fn inject(&mut self, inject: &'a Inject) -> Result<(), Stop> {
        // A new name with a source that no host can have is a connection too: answers to it are told apart by it.
        let from = inject.from.map(|name| self.peer.endpoints().address(name));
        self.in_hand = self.peer.resolve(inject.on.as_deref(), from);
        let packet = self.packet(inject)?;
        let earliest = self.target.now();
        let before = self.peer.connection(self.in_hand).view;
        let parsed = parse(&packet);
        self.monitor.given(&packet, &parsed, earliest);
        let segment = parsed.ok().map(|parsed| self.peer.injected(self.in_hand, parsed, earliest));
        self.target.inject(&packet)?;
        let class = of_packet(&packet, segment.as_ref(), &before);
        self.event(EventKind::Injected { packet, segment, class });
        self.since = Moment { earliest, latest: self.target.now() };
        self.collect()
    }

    fn packet(&mut self, inject: &Inject) -> Result<Vec<u8>, Stop> {
        let connection = self.peer.connection(self.in_hand);
        let (pair, view) = (connection.pair, connection.view);
        let endpoints = self.peer.endpoints();
        let acks = inject.flags.contains(Flags::ACK);
        let seq = inject.seq.as_ref().map_or(Ok(view.next_in()), |seq| view.position(seq))?;
        let ack = match &inject.ack {
            Some(ack) => view.real_ack(view.position(ack)?),
            None if acks => view.real_ack(view.next_out()),
            None => 0,
        };
        let first_byte = seq.wrapping_add(u32::from(inject.flags.contains(Flags::SYN)));
        let text = inject.data.as_ref().map(|data| data_bytes(data, first_byte)).unwrap_or_default();
        let id = self.next_ip_id;
        self.next_ip_id = id.wrapping_add(1);
        Ok(build(&WireSegment {
            source: inject.from.map_or(*pair.peer.ip(), |name| endpoints.address(name)),
            destination: inject.to.map_or(*pair.target.ip(), |name| endpoints.address(name)),
            source_port: pair.peer.port(),
            destination_port: pair.target.port(),
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
            id,
            ip: &inject.ip,
        }))
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
