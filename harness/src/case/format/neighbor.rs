//! What a message of neighbor discovery says (RFC4861#4.3, #4.4): `icmp: neighbor-solicitation` and
//! `icmp: neighbor-advertisement`, over IPv6 on Ethernet.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{AddressName, Message};

/// A solicitation or an advertisement. In an `inject` what is absent gets its default; in an `expect` it is not compared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Neighbor {
    /// Whose station it is about (default of a solicitation: `target`; of an advertisement its source).
    pub about: Option<AddressName>,
    /// The station in its option; `unspecified`: no such option (default: that of its source, `unspecified` if that is).
    pub station: Option<AddressName>,
    /// It is sent to the solicited-node group of `about` (default: a solicitation without `to` is).
    pub group: Option<bool>,
    /// It answers a solicitation (default: an advertisement does, unless `to` is `multicast`).
    pub solicited: Option<bool>,
    /// It replaces what is known (default: an advertisement does).
    #[serde(rename = "override")]
    pub overrides: Option<bool>,
}

impl Message {
    /// Who has this address?
    pub const SOLICITATION: Self = Self { kind: 135, code: 0 };
    /// This station has it.
    pub const ADVERTISEMENT: Self = Self { kind: 136, code: 0 };

    /// Whether it is one of the two, which ICMPv6 alone has.
    #[must_use]
    pub const fn is_neighbor(self) -> bool {
        matches!(self, Self::SOLICITATION | Self::ADVERTISEMENT)
    }
}
