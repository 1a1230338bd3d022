//! `inject: { udp: … }`: a datagram from the peer's port to the target's.

use super::super::Run;
use crate::{
    case::format::{Inject, Ip, Udp},
    segment::{
        build::{WireSegment, build},
        udp::{PROTOCOL, WireUdp, build_udp},
    },
    target::data_bytes,
};

impl Run<'_> {
    /// The packet, and what it is in words.
    pub(super) fn udp(&self, inject: &Inject, udp: &Udp, id: u16) -> (Vec<u8>, String) {
        let pair = self.peer.connection(self.in_hand).pair;
        let data = udp.data.as_ref().map(|data| data_bytes(data, 0)).unwrap_or_default();
        let ip = Ip { protocol: inject.ip.protocol.or(Some(PROTOCOL)), ..inject.ip.clone() };
        let around = self.envelope(inject, &ip, id);
        let wire = WireUdp {
            from_port: udp.from_port.unwrap_or(pair.peer.port()),
            to_port: udp.to_port.unwrap_or(pair.target.port()),
            data: &data,
            length: udp.length,
            checksum: udp.checksum,
        };
        let datagram = build_udp(&wire, around.source, around.destination);
        let note = format!("UDP {} > {}, length {}", wire.from_port, wire.to_port, data.len());
        (build(&WireSegment { raw: Some(&datagram), ..around }), note)
    }
}
