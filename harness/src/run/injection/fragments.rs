//! `inject: { fragments: … }`: a packet in pieces, and when all of it has been sent.

use super::super::{Run, Stop};
use crate::{
    case::format::{Fragments, Inject, Ip},
    segment::{
        fragment::{Piece, fragment},
        icmp::icmp_protocol,
        other,
        parse::parse,
        udp,
    },
};

/// What has been sent of the datagram that is leaving in fragments, maybe over several `inject`s with one `ip: { id }`.
#[derive(Debug, Default)]
pub(in crate::run) struct Fragmented {
    id: u16,
    /// For each unit of 8 bytes whether it was sent.
    units: Vec<bool>,
}

impl Fragmented {
    /// Fragments of this datagram follow.
    fn begin(&mut self, id: u16, len: usize) {
        let units = len.div_ceil(usize::from(Fragments::UNIT));
        if self.id != id || self.units.len() != units {
            *self = Self { id, units: vec![false; units] };
        }
    }

    /// Takes note of a fragment; whether it is the one that makes the datagram complete. A packet that is no fragment
    /// at all is complete each time.
    fn sent(&mut self, piece: &Piece) -> bool {
        let unit = usize::from(Fragments::UNIT);
        let missing = self.units.contains(&false);
        let units = piece.bytes.start / unit..piece.bytes.end.div_ceil(unit);
        self.units.get_mut(units).into_iter().flatten().for_each(|sent| *sent = true);
        let whole = piece.last && piece.bytes.start == 0;
        whole || (missing && !self.units.contains(&false))
    }
}

impl<'a> Run<'a> {
    /// The protocol number of what is injected, if it is not TCP.
    fn protocol_of(&self, inject: &Inject) -> Option<u8> {
        let icmp = inject.icmp.is_some().then(|| icmp_protocol(self.peer.endpoints().version()));
        icmp.or(inject.udp.is_some().then_some(udp::PROTOCOL))
    }

    /// The peer takes note of the segment with the piece that makes it complete, whatever the target makes of it.
    pub(super) fn inject_fragments(&mut self, inject: &'a Inject, how: &Fragments, id: u16) -> Result<(), Stop> {
        let (whole, what) = match self.beside_tcp(inject, id)? {
            None => (self.tcp(inject, id)?.0, None),
            Some((packet, note)) => (packet, note),
        };
        // As in the whole packet: what is not TCP has its own.
        let protocol = inject.ip.protocol.or_else(|| self.protocol_of(inject));
        let ip = Ip { protocol, ..inject.ip.clone() };
        let envelope = self.envelope(inject, &ip, id);
        let payload = &whole[envelope.ip_header_len()..];
        let pieces = fragment(&envelope, payload, how);
        self.fragmented.begin(inject.ip.id.unwrap_or(id), payload.len());
        for piece in pieces {
            let before = self.peer.connection(self.in_hand).view;
            let now = self.target.now();
            self.monitor.given(&piece.packet, &parse(&piece.packet), now);
            let completes = self.fragmented.sent(&piece).then(|| parse(&whole).ok()).flatten();
            let segment = completes.map(|parsed| self.peer.injected(self.in_hand, parsed, now));
            let note = (!self.mode.is_terse()).then(|| {
                let of = what.as_ref().map_or_else(String::new, |what| format!(" of {what}"));
                other::fragment(&piece.bytes, piece.last) + &of
            });
            self.send(inject, now, piece.packet, segment, note, before)?;
        }
        Ok(())
    }
}
