//! ICMP messages that the peer, or a router on the way, sends to the target.

use std::{fmt, str::FromStr};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::case::{
    format::{Checksum, Data, Ip, IpVersion, Neighbor},
    position::Position,
    suggest::did_you_mean,
};

/// An ICMP message (RFC792). An error quotes the beginning of a segment that the target has sent.
///
/// Written as one word where nothing else is unusual: `icmp: port-unreachable`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Icmp {
    /// Type and code.
    pub message: Message,
    /// What an error quotes (default for errors: the segment at SND.UNA; default for other messages: nothing).
    pub quote: Option<Quote>,
    /// These bytes stand where an error has its quote (default for messages that are no errors: none).
    pub data: Option<Data>,
    /// The next hop's MTU in `fragmentation-needed` (RFC1191#4; default: 0, a router that does not tell).
    pub mtu: Option<u16>,
    /// The octet that `parameter-problem` complains of (default: 0).
    pub pointer: Option<u8>,
    /// The identifier of an echo (default: 0).
    pub id: Option<u16>,
    /// The sequence number of an echo (default: 0).
    pub seq: Option<u16>,
    /// The ICMP checksum (default: right).
    pub checksum: Option<Checksum>,
    /// What a message of neighbor discovery says.
    pub neighbor: Option<Neighbor>,
}

impl Icmp {
    /// Whether it is a message of neighbor discovery, with the body of one.
    #[must_use]
    pub fn is_neighbor(&self) -> bool {
        self.neighbor.is_some() || (self.message.is_neighbor() && self.data.is_none())
    }
}

/// The quoted segment: the connection's ports and addresses, as the target would have sent it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Quote {
    /// Its sequence number, relative to the target's ISS (default: SND.UNA, the oldest one that may be on its way).
    pub seq: Option<Position>,
    /// So many bytes of the TCP segment stand behind its IP header (default: 8, the least an error quotes; over IPv6 20,
    /// as an error quotes all that fits).
    pub length: Option<u16>,
    /// Fields of the quoted IP header (default: right).
    pub ip: Ip,
}

impl Quote {
    /// RFC792: the IP header and the first 64 bits behind it.
    pub const USUAL_LENGTH: u16 = 8;
    /// RFC4443#3.1: as much as fits, so at least the TCP header.
    pub const USUAL_LENGTH_V6: u16 = 20;

    /// How many bytes stand behind the IP header.
    #[must_use]
    pub fn length(&self, version: IpVersion) -> u16 {
        self.length.unwrap_or(match version {
            IpVersion::V4 => Self::USUAL_LENGTH,
            IpVersion::V6 => Self::USUAL_LENGTH_V6,
        })
    }
}

/// What an ICMP message should look like. What is absent is not compared.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct ExpectIcmp {
    /// Type and code.
    pub message: Option<Message>,
    /// The identifier of an echo.
    pub id: Option<u16>,
    /// The sequence number of an echo.
    pub seq: Option<u16>,
    /// What follows the first eight bytes, byte for byte.
    pub data: Option<Data>,
    /// The next hop's MTU in `fragmentation-needed`.
    pub mtu: Option<u16>,
    /// The octet that `parameter-problem` complains of.
    pub pointer: Option<u8>,
    /// It quotes a packet that the peer has sent: the IP header and at least so many bytes behind it, all unchanged
    /// (RFC1122#3.2.2). Of a shorter packet all of it.
    pub quotes: Option<u16>,
    /// What a message of neighbor discovery says.
    pub neighbor: Option<Neighbor>,
}

/// Type and code of an ICMP message. Written by name, or as `type/code`: `3/13`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Message {
    /// The type field.
    pub kind: u8,
    /// The code field.
    pub code: u8,
}

impl Message {
    /// The messages that have a name (RFC792, RFC1122#3.2.2.1; the last two RFC4861#4, in ICMPv6 alone).
    pub const NAMED: [(&'static str, Self); 20] = [
        ("echo-reply", Self::new(0, 0)),
        ("net-unreachable", Self::new(3, 0)),
        ("host-unreachable", Self::new(3, 1)),
        ("protocol-unreachable", Self::new(3, 2)),
        ("port-unreachable", Self::new(3, 3)),
        ("fragmentation-needed", Self::new(3, 4)),
        ("source-route-failed", Self::new(3, 5)),
        ("net-unknown", Self::new(3, 6)),
        ("host-unknown", Self::new(3, 7)),
        ("net-prohibited", Self::new(3, 9)),
        ("host-prohibited", Self::new(3, 10)),
        ("communication-prohibited", Self::new(3, 13)),
        ("source-quench", Self::new(4, 0)),
        ("redirect-host", Self::new(5, 1)),
        ("echo-request", Self::new(8, 0)),
        ("time-exceeded", Self::new(11, 0)),
        ("reassembly-time-exceeded", Self::new(11, 1)),
        ("parameter-problem", Self::new(12, 0)),
        ("neighbor-solicitation", Self::SOLICITATION),
        ("neighbor-advertisement", Self::ADVERTISEMENT),
    ];

    const fn new(kind: u8, code: u8) -> Self {
        Self { kind, code }
    }

    /// Whether messages of this type are errors, which quote a packet (RFC1122#3.2.2).
    #[must_use]
    pub const fn is_error(self) -> bool {
        matches!(self.kind, 3 | 4 | 5 | 11 | 12)
    }

    /// The message of this meaning in ICMPv6 (RFC 4443, by the table of RFC7915#4.2); `None` if there is none there.
    ///
    /// Two messages that RFC 7915 makes one stay two where RFC 4443 has both: no route, and no answer from the host.
    #[must_use]
    pub const fn in_v6(self) -> Option<Self> {
        Some(match (self.kind, self.code) {
            (0, 0) => Self::new(129, 0),
            (3, 0 | 6 | 11) => Self::new(1, 0),
            (3, 1 | 7 | 8 | 12) => Self::new(1, 3),
            (3, 2) => Self::new(4, 1),
            (3, 3) => Self::new(1, 4),
            (3, 4) => Self::new(2, 0),
            (3, 9 | 10 | 13) => Self::new(1, 1),
            (8, 0) => Self::new(128, 0),
            (11, code @ (0 | 1)) => Self::new(3, code),
            (12, 0) => Self::new(4, 0),
            (135 | 136, 0) => self,
            _ => return None,
        })
    }

    /// The message with a name that has this type and code in ICMPv6; of several the first.
    #[must_use]
    pub fn from_v6(kind: u8, code: u8) -> Option<Self> {
        let wanted = Some(Self { kind, code });
        Self::NAMED.into_iter().map(|(_, message)| message).find(|message| message.in_v6() == wanted)
    }

    /// The message of this version.
    #[must_use]
    pub const fn of(self, version: IpVersion) -> Option<Self> {
        match version {
            IpVersion::V4 => Some(self),
            IpVersion::V6 => self.in_v6(),
        }
    }

    /// Its name, if it has one.
    #[must_use]
    pub fn name(self) -> Option<&'static str> {
        Self::NAMED.into_iter().find(|(_, message)| *message == self).map(|(name, _)| name)
    }
}

impl fmt::Display for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.pad(name),
            None => f.pad(&format!("{}/{}", self.kind, self.code)),
        }
    }
}

/// A text is no ICMP message.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
#[error("unknown ICMP message `{text}`\n{}", message_help(text))]
pub struct UnknownMessage {
    text: String,
}

fn message_help(text: &str) -> String {
    let names = Message::NAMED.map(|(name, _)| name);
    did_you_mean(text, names).unwrap_or_else(|| format!("write type/code like `3/13`, or one of {}", names.join(", ")))
}

impl FromStr for Message {
    type Err = UnknownMessage;

    fn from_str(s: &str) -> Result<Self, UnknownMessage> {
        let named = Self::NAMED.into_iter().find(|(name, _)| *name == s).map(|(_, message)| message);
        let numbers = || {
            let (kind, code) = s.split_once('/')?;
            Some(Self { kind: kind.trim().parse().ok()?, code: code.trim().parse().ok()? })
        };
        named.or_else(numbers).ok_or_else(|| UnknownMessage { text: s.to_owned() })
    }
}
