//! ARP packets (RFC826, RFC5227), and the Ethernet header around any packet.
//!
//! Both need `config: { link: ethernet }`. Stations are named as hosts are: `peer` is the station of the peer,
//! `limited-broadcast` all stations, `unspecified` the address of zeros.

use std::{fmt, str::FromStr};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::AddressName;

/// The link between the peer and the target.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Medium {
    /// IP packets with one other end, as on a TUN device.
    Ip,
    /// Ethernet with ARP.
    Ethernet,
}

/// How a target's address comes into use (RFC5227#2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Claim {
    /// It is simply used.
    Silent,
    /// It is announced.
    Announce,
    /// It is asked for first, then announced.
    Probe,
}

/// What an ARP packet is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum ArpKind {
    /// Who has this address?
    #[default]
    Request,
    /// I have.
    Reply,
    /// A request or reply about the sender's own address: an announcement (RFC5227#1.1).
    Gratuitous,
    /// A request without a sender's address (RFC5227#1.1).
    Probe,
}

impl ArpKind {
    /// All of them, by name.
    pub const NAMED: [(&'static str, Self); 4] =
        [("request", Self::Request), ("reply", Self::Reply), ("gratuitous", Self::Gratuitous), ("probe", Self::Probe)];

    /// The word of the case format.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Request => "request",
            Self::Reply => "reply",
            Self::Gratuitous => "gratuitous",
            Self::Probe => "probe",
        }
    }
}

impl fmt::Display for ArpKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// A text names no ARP packet.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
#[error("unknown ARP packet `{0}`\nwrite request, reply, gratuitous or probe")]
pub struct UnknownArp(String);

impl FromStr for ArpKind {
    type Err = UnknownArp;

    fn from_str(s: &str) -> Result<Self, UnknownArp> {
        let named = Self::NAMED.into_iter().find(|(name, _)| *name == s).map(|(_, kind)| kind);
        named.ok_or_else(|| UnknownArp(s.to_owned()))
    }
}

/// An ARP packet that the peer sends. Written as one word where nothing else is unusual: `arp: request`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Arp {
    /// What it is for; the defaults below follow from it.
    pub kind: ArpKind,
    /// Whose IP address stands as the sender's (default: `peer`; of a probe `unspecified`).
    #[serde(default)]
    pub sender: Option<AddressName>,
    /// Whose IP address stands as the target's (default: `target`; of a gratuitous one the sender).
    #[serde(default)]
    pub target: Option<AddressName>,
    /// Whose station stands as the sender's (default: `peer`).
    #[serde(default)]
    pub sender_mac: Option<AddressName>,
    /// Whose station stands as the target's (default: `unspecified`; of a reply `target`).
    #[serde(default)]
    pub target_mac: Option<AddressName>,
    /// The operation field (default: right).
    #[serde(default)]
    pub operation: Option<u16>,
    /// The hardware type field (default: 1, Ethernet).
    #[serde(default)]
    pub hardware: Option<u16>,
    /// The protocol type field (default: 0x0800, IPv4).
    #[serde(default)]
    pub protocol: Option<u16>,
}

/// What an ARP packet should look like. What is absent is not compared.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct ExpectArp {
    /// What it is for.
    pub kind: Option<ArpKind>,
    /// Whose IP address stands as the sender's.
    pub sender: Option<AddressName>,
    /// Whose IP address stands as the target's.
    pub target: Option<AddressName>,
    /// Whose station stands as the sender's.
    pub sender_mac: Option<AddressName>,
    /// Whose station stands as the target's.
    pub target_mac: Option<AddressName>,
}

/// The stations in the Ethernet header.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Frame {
    /// The source (in an `inject` by default the station of `from`).
    pub from: Option<AddressName>,
    /// The destination (in an `inject` by default that of `to`).
    pub to: Option<AddressName>,
}
