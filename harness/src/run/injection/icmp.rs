//! `inject: { icmp: … }`: a message about a segment that the target has sent.

use super::super::{Run, Stop};
use crate::{
    case::{
        flags::Flags,
        format::{Data, Icmp, Inject, Ip, IpVersion, Quote},
        position::{Position, Symbol},
    },
    segment::{
        build::{WireSegment, build},
        icmp::{WireIcmp, build_icmp, icmp_protocol, quote},
        other::echo,
    },
    target::{Text, data_bytes},
};

const TCP_HEADER: usize = 20;

impl Run<'_> {
    /// The packet, and what it is in words, if they are wanted.
    pub(super) fn icmp(&mut self, inject: &Inject, icmp: &Icmp, id: u16) -> Result<(Vec<u8>, Option<String>), Stop> {
        let mut note = (!self.mode.is_terse()).then(|| format!("ICMP {}", icmp.message));
        let body = match (&icmp.data, &icmp.quote) {
            (Some(data), _) => data_bytes(data, 0),
            (None, None) if !icmp.message.is_error() => Text::default(),
            (None, asked) => {
                let usual = Quote::default();
                let (seq, bytes) = self.quoted(asked.as_ref().unwrap_or(&usual))?;
                if let Some(note) = &mut note {
                    *note += &format!(" about seq={seq}");
                }
                bytes.into()
            }
        };
        // Whatever the message asks for, the connection may be gone: a new one chooses a new ISS.
        self.peer.connection_mut(self.in_hand).view.allow_new_incarnation();
        let version = self.peer.endpoints().version();
        let rest = match (icmp.id, icmp.seq) {
            (None, None) => {
                let [high, low] = icmp.mtu.unwrap_or(0).to_be_bytes();
                let pointer = icmp.pointer.unwrap_or(0);
                // ICMPv6 has 32 bits for both (RFC4443#3.2, #3.4).
                match version {
                    IpVersion::V4 => [pointer, 0, high, low],
                    IpVersion::V6 => [0, 0, high, low | pointer],
                }
            }
            (id, seq) => {
                let ([a, b], [c, d]) = (id.unwrap_or(0).to_be_bytes(), seq.unwrap_or(0).to_be_bytes());
                [a, b, c, d]
            }
        };
        if let Some(note) = &mut note {
            *note += &echo(icmp.message, rest, body.len());
        }
        let ip = Ip { protocol: inject.ip.protocol.or(Some(icmp_protocol(version))), ..inject.ip.clone() };
        let envelope = self.envelope(inject, &ip, id);
        // A case over IPv6 with a message that ICMPv6 has not is refused when it is loaded.
        let message = icmp.message.of(version).unwrap_or(icmp.message);
        let ends = [envelope.source, envelope.destination];
        let message = build_icmp(&WireIcmp { ends, message, rest, body: &body, checksum: icmp.checksum });
        Ok((build(&WireSegment { raw: Some(&message), ..envelope }), note))
    }

    /// The relative sequence number of the quoted segment, and the quote.
    fn quoted(&self, wanted: &Quote) -> Result<(u32, Vec<u8>), Stop> {
        let connection = self.peer.connection(self.in_hand);
        let (pair, view) = (connection.pair, connection.view);
        let usual = Position::symbol(Symbol::SndUna, 0);
        let seq = view.position(wanted.seq.as_ref().unwrap_or(&usual))?;
        let length = usize::from(wanted.length(self.peer.endpoints().version()));
        // As long as what is quoted of it, so that a long quote is one of text.
        let text = data_bytes(&Data::Pattern(u32::try_from(length.saturating_sub(TCP_HEADER)).unwrap_or(0)), seq);
        let segment = WireSegment {
            seq: view.real_ack(seq),
            ack: view.real_seq(view.next_in()),
            flags: if seq == 0 { Flags::SYN } else { Flags::ACK },
            text: &text,
            ip: &wanted.ip,
            ..WireSegment::empty(pair.target, pair.peer)
        };
        Ok((seq, quote(&segment, length)))
    }
}
