//! Injected segments.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, de};

use crate::case::{
    flags::Flags,
    format::{AddressName, Arp, Bytes, Checksum, ConnName, Data, Fragments, Frame, Icmp, Inject, Ip, Options, Udp},
    position::Position,
};

use super::word_or_map::{WordOrMap, word_or_map};

/// An injected segment as its map is written: options stand beside the other fields.
#[derive(Clone, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
#[schemars(rename = "Inject")]
pub(crate) struct InjectForm {
    /// The connection (default: the first one). A new name is a new peer port.
    on: ConnName,
    /// The IP source (default: `peer`).
    from: Option<AddressName>,
    /// The IP destination (default: `target`).
    to: Option<AddressName>,
    /// The control bits (default: none).
    flags: Option<Flags>,
    /// Relative to the peer's ISN (default: RCV.NXT).
    seq: Option<Position>,
    /// Relative to the target's ISS (default: SND.NXT if ACK is set).
    ack: Option<Position>,
    /// The window field, unscaled (default: `peer.win`).
    win: Option<u16>,
    /// The urgent pointer field (default: 0).
    urg: Option<u16>,
    /// The text (default: none).
    data: Option<Data>,
    /// Option: Maximum Segment Size.
    mss: Option<u16>,
    /// Option: Window Scale shift.
    wscale: Option<u8>,
    /// Option: SACK-permitted.
    sack_ok: Option<bool>,
    /// Option: SACK blocks `[[left, right], …]`, relative to the target's ISS.
    sack: Option<Vec<(Position, Position)>>,
    /// Option: Timestamps `{ val: 1, ecr: 0 }`; `ecr: TS.VAL` echoes the target's.
    ts: Option<TimestampsForm>,
    /// Raw option bytes in hex, appended as they are, padded to a word.
    options: Option<Bytes>,
    /// The TCP checksum: `bad` or a number (default: right).
    checksum: Option<Checksum>,
    /// The data offset field in 32-bit words (default: right).
    #[serde(deserialize_with = "nibble")]
    data_offset: Option<u8>,
    /// IP header fields (default: right).
    ip: Option<Ip>,
    /// The whole TCP segment in hex; the TCP fields above are ignored.
    raw: Option<Bytes>,
    /// An ICMP message instead of a segment: `port-unreachable`, or `{ message: 3/13, … }`.
    icmp: Option<Icmp>,
    /// A UDP datagram instead of a segment: `{ data: "hello" }`.
    udp: Option<Box<Udp>>,
    /// An ARP packet: `request`, or `{ kind: request, … }`.
    #[serde(deserialize_with = "word_or_map")]
    #[schemars(with = "Option<WordOrMap<Arp>>")]
    arp: Option<Box<Arp>>,
    /// The Ethernet header (default: right).
    frame: Frame,
    /// The packet leaves as IP fragments of so many bytes, or `{ size: 24, order: reversed }`.
    fragments: Option<Fragments>,
}

/// `{ val: 1, ecr: 0 }`
#[derive(Clone, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct TimestampsForm {
    val: u32,
    ecr: Position,
}

/// A 4-bit field of a header. For `#[serde(deserialize_with)]`.
pub(crate) fn nibble<'de, D: Deserializer<'de>>(from: D) -> Result<Option<u8>, D::Error> {
    within(Option::<u8>::deserialize(from)?, 15)
}

/// A 13-bit field of a header. For `#[serde(deserialize_with)]`.
pub(crate) fn bits_13<'de, D: Deserializer<'de>>(from: D) -> Result<Option<u16>, D::Error> {
    within(Option::<u16>::deserialize(from)?, 8191)
}

fn within<T: PartialOrd + Copy + fmt::Display, E: de::Error>(field: Option<T>, highest: T) -> Result<Option<T>, E> {
    match field {
        Some(value) if value > highest => {
            Err(E::custom(format!("{value} is out of range; it goes from 0 to {highest}")))
        }
        field => Ok(field),
    }
}

impl InjectForm {
    /// The first field that only a TCP segment has.
    fn tcp_field(&self) -> Option<&'static str> {
        let fields = [
            ("flags", self.flags.is_some()),
            ("seq", self.seq.is_some()),
            ("ack", self.ack.is_some()),
            ("win", self.win.is_some()),
            ("urg", self.urg.is_some()),
            ("data", self.data.is_some()),
            ("mss", self.mss.is_some()),
            ("wscale", self.wscale.is_some()),
            ("sack-ok", self.sack_ok.is_some()),
            ("sack", self.sack.is_some()),
            ("ts", self.ts.is_some()),
            ("options", self.options.is_some()),
            ("checksum", self.checksum.is_some()),
            ("data-offset", self.data_offset.is_some()),
            ("raw", self.raw.is_some()),
        ];
        fields.into_iter().find(|(_, present)| *present).map(|(name, _)| name)
    }

    /// What may not stand side by side.
    fn contradiction(&self) -> Option<String> {
        let others = [
            ("icmp", self.icmp.is_some(), "an ICMP message has fields of its own: `icmp: { message: …, data: … }`"),
            ("udp", self.udp.is_some(), "a UDP datagram has fields of its own: `udp: { data: …, checksum: … }`"),
            ("arp", self.arp.is_some(), "an ARP packet has fields of its own: `arp: { kind: request, target: … }`"),
        ];
        let mut present = others.into_iter().filter(|(_, present, _)| *present);
        let first = present.next();
        if let (Some((one, ..)), Some((other, ..))) = (first, present.next()) {
            return Some(format!("`{other}` beside `{one}`\na packet is one of them"));
        }
        if let Some(((name, _, help), field)) = first.zip(self.tcp_field()) {
            return Some(format!("`{field}` beside `{name}`\n{help}"));
        }
        let above_ip = [("ip", self.ip.is_some()), ("fragments", self.fragments.is_some()), ("to", self.to.is_some())];
        if let Some((field, _)) = above_ip.into_iter().find(|(_, present)| self.arp.is_some() && *present) {
            return Some(format!(
                "`{field}` beside `arp`\nARP is not carried in IP: see `sender`, `target` and `frame`"
            ));
        }
        let ip = self.ip.as_ref();
        let by_hand = ip.is_some_and(|ip| ip.mf.is_some() || ip.fragment_offset.is_some());
        let both = "`fragments` beside `ip: { mf, fragment-offset }`\n`fragments` sets both in every fragment";
        (by_hand && self.fragments.is_some()).then(|| both.to_owned())
    }
}

impl TryFrom<InjectForm> for Inject {
    type Error = String;

    fn try_from(form: InjectForm) -> Result<Self, String> {
        if let Some(contradiction) = form.contradiction() {
            return Err(contradiction);
        }
        let InjectForm { on, from, to, flags, seq, ack, win, urg, data, checksum, data_offset, ip, raw, .. } = form;
        let InjectForm { mss, wscale, sack_ok, sack, ts, options, icmp, udp, arp, frame, fragments, .. } = form;
        let icmp = icmp.map(Box::new);
        let options = Options {
            mss,
            wscale,
            sack_ok: sack_ok.unwrap_or_default(),
            sack: sack.unwrap_or_default(),
            ts: ts.map(|ts| (ts.val, ts.ecr)),
            raw: options,
        };
        let (flags, ip) = (flags.unwrap_or_default(), ip.unwrap_or_default());
        Ok(Self {
            on,
            from,
            to,
            flags,
            seq,
            ack,
            win,
            urg,
            data,
            options,
            checksum,
            data_offset,
            ip,
            raw,
            icmp,
            udp,
            arp,
            frame,
            fragments,
        })
    }
}

impl From<Inject> for InjectForm {
    fn from(inject: Inject) -> Self {
        let Inject { on, from, to, flags, seq, ack, win, urg, data, options, checksum, data_offset, ip, .. } = inject;
        let Inject { raw, icmp, udp, arp, frame, fragments, .. } = inject;
        let is_tcp = raw.is_none() && icmp.is_none() && udp.is_none() && arp.is_none();
        let Options { mss, wscale, sack_ok, sack, ts, raw: options } = options;
        Self {
            on,
            from,
            to,
            // A raw segment brings its own flags, another packet has none.
            flags: (is_tcp || flags != Flags::default()).then_some(flags),
            seq,
            ack,
            win,
            urg,
            data,
            mss,
            wscale,
            sack_ok: sack_ok.then_some(true),
            sack: (!sack.is_empty()).then_some(sack),
            ts: ts.map(|(val, ecr)| TimestampsForm { val, ecr }),
            options,
            checksum,
            data_offset,
            ip: (ip != Ip::default()).then_some(ip),
            raw,
            icmp: icmp.map(|icmp| *icmp),
            udp,
            arp,
            frame,
            fragments,
        }
    }
}
