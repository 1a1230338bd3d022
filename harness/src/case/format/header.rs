//! What stands above the steps: the peer's and the target's switches, and what is allowed throughout.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Claim, Medium};
use crate::case::time::Span;

/// How the prelude opens the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Via {
    /// The target listens (`listen`).
    Passive,
    /// The target connects (`connect`); SYN-RECEIVED is then reached by a simultaneous open.
    Active,
}

/// The scripted peer's defaults.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Peer {
    /// The peer's real initial sequence number; case space starts at 0 whatever it is. Absent: a fixed arbitrary number.
    pub isn: Option<u32>,
    /// The window field of injected segments (unscaled 16 bit). Absent: 65535.
    pub win: Option<u16>,
    /// The MSS option on the SYN of the prelude. Absent: 1460 (1440 over IPv6). `none`: no option.
    pub mss: Option<MssChoice>,
    /// The window scale option on the SYN of the prelude. Absent: no option.
    pub wscale: Option<u8>,
    /// SACK-permitted on the SYN of the prelude.
    #[serde(skip_serializing_if = "is_off")]
    pub sack_ok: bool,
    /// Timestamps on every segment of the prelude.
    #[serde(skip_serializing_if = "is_off")]
    pub ts: bool,
    /// On Ethernet: ARP requests, over IPv6 neighbor solicitations, for the addresses of the peer's side are answered, and
    /// no step sees them. Absent: they are.
    pub answers_arp: Option<bool>,
}

/// `mss: 1000` or `mss: none`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MssChoice {
    /// No option at all (then the target has to assume 536, or 1220 over IPv6, MUST-15).
    None,
    /// This value.
    Value(u16),
}

/// A version of the Internet Protocol. Written as its number: `ip: 6`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum IpVersion {
    /// RFC 791.
    #[default]
    V4,
    /// RFC 8200.
    V6,
}

impl IpVersion {
    /// The number in the header's first four bits.
    #[must_use]
    pub const fn number(self) -> u8 {
        match self {
            Self::V4 => 4,
            Self::V6 => 6,
        }
    }

    /// MUST-15: what to send at most while the peer has announced no MSS.
    #[must_use]
    pub const fn default_mss(self) -> u16 {
        match self {
            Self::V4 => 536,
            Self::V6 => 1220,
        }
    }

    /// A header without options or extension headers, in octets.
    #[must_use]
    pub const fn header_len(self) -> usize {
        match self {
            Self::V4 => 20,
            Self::V6 => 40,
        }
    }
}

/// Abstract switches. `None` means the target's conformance default.
///
/// Conformance default: no timestamps, no SACK, no window scaling, no ECN, Nagle on, delayed ACK on, Reno,
/// no rate limits, no SYN cookies, overflow drops.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Config {
    /// The version of IP under the connections: 4 (the default) or 6. The matrix axis `ip` sets it by itself.
    pub ip: Option<IpVersion>,
    /// RFC 7323 timestamps.
    pub timestamps: Option<bool>,
    /// RFC 2018 selective acknowledgements.
    pub sack: Option<bool>,
    /// RFC 7323 window scaling.
    pub wscale: Option<bool>,
    /// RFC 3168 ECN.
    pub ecn: Option<bool>,
    /// Nagle's algorithm (SHLD-7, MUST-17). `false` = nodelay.
    pub nagle: Option<bool>,
    /// Delayed acknowledgements (SHLD-18).
    pub delayed_ack: Option<bool>,
    /// The receive buffer in bytes; bounds the window the target offers.
    pub recv_buffer: Option<u32>,
    /// The send buffer in bytes.
    pub send_buffer: Option<u32>,
    /// Announce at most this MSS.
    pub mss: Option<u16>,
    /// The path's MTU as the target's IP layer knows it.
    pub mtu: Option<u16>,
    /// Maximum Segment Lifetime.
    pub msl: Option<Span>,
    /// The backlog of `listen`.
    pub backlog: Option<u32>,
    /// A full accept queue answers the third segment of a handshake with RST instead of silence.
    pub abort_on_overflow: Option<bool>,
    /// SYN cookies (RFC4987#3.6).
    pub syn_cookies: Option<bool>,
    /// R2 for SYN segments, as a number of retransmissions.
    pub syn_retries: Option<u32>,
    /// R2 for data, as a number of retransmissions.
    pub data_retries: Option<u32>,
    /// RFC 5482 user timeout.
    pub user_timeout: Option<Span>,
    /// TTL of outgoing packets (MUST-49).
    pub ttl: Option<u8>,
    /// DS field of outgoing packets (MUST-48).
    pub tos: Option<u8>,
    /// Keep-alive: idle time before the first probe; on if given (MUST-25: off by default).
    pub keepalive_idle: Option<Span>,
    /// Keep-alive: time between probes.
    pub keepalive_interval: Option<Span>,
    /// Keep-alive: unanswered probes before the connection is dropped.
    pub keepalive_count: Option<u32>,
    /// Received urgent data stays in line (RFC 6093).
    pub urgent_inline: Option<bool>,
    /// The link below IP. Absent: `ip`.
    pub link: Option<Medium>,
    /// On Ethernet: how the target's address comes into use. Absent: `silent`.
    pub address_claim: Option<Claim>,
}

/// What may come unasked, named once for the whole case; never allowed silently.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Allow {
    /// A pure ACK (no text, no SYN/FIN/RST) that acknowledges what was received, delayed or duplicate.
    Ack,
    /// A pure ACK that repeats the last ack with another window.
    WindowUpdate,
    /// A segment whose text, SYN or FIN had been sent before.
    Retransmission,
    /// An ICMP message.
    Icmp,
    /// An ARP request, for whatever address.
    ArpRequest,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
const fn is_off(switch: &bool) -> bool {
    !*switch
}
