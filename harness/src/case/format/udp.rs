//! UDP datagrams (RFC768), and the calls on a UDP socket.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{AddressName, Checksum, Data};
use crate::case::position::Bounds;

/// A UDP datagram that the peer sends. What is absent gets its default.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Udp {
    /// The source port (default: the connection's on the peer).
    pub from_port: Option<u16>,
    /// The destination port (default: the target's, which `udp-bind` binds).
    pub to_port: Option<u16>,
    /// What it carries (default: nothing). A pattern begins with byte 0.
    pub data: Option<Data>,
    /// The length field (default: right).
    pub length: Option<u16>,
    /// The checksum: `bad` or a number, 0 for none (default: right).
    pub checksum: Option<Checksum>,
}

/// What a UDP datagram should look like. What is absent is not compared.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct ExpectUdp {
    /// The source port.
    pub from_port: Option<u16>,
    /// The destination port.
    pub to_port: Option<u16>,
    /// What it carries, byte for byte.
    pub data: Option<Data>,
    /// Only how many bytes it carries.
    pub len: Option<Bounds>,
}

/// The application's calls on the target's UDP socket (RFC1122#4.1.4). A case has one, on the target's port.
#[derive(Clone, Debug, PartialEq)]
pub enum UdpCall {
    /// Binds the target's port.
    Bind,
    /// Sends a datagram to the peer's port of the connection in hand.
    Send {
        /// What.
        data: Data,
        /// To which host (default: the peer).
        to: Option<AddressName>,
    },
    /// Takes the next datagram, or the error that an ICMP message brought.
    Recv,
    /// Gives the socket up.
    Close,
}
