//! Messages of neighbor discovery (RFC4861#4.3, #4.4): numbers → bytes, bytes → numbers. Total: no input panics.
//!
//! What is behind the 32 bits that follow the checksum; the rest is as in any [`super::icmp`] message.

use std::net::Ipv6Addr;

use super::ethernet::Mac;
use crate::case::format::Message;

/// The hop limit that no router has touched (RFC4861#7.1).
pub const ON_LINK: u8 = 255;
/// Flag of an advertisement: it answers a solicitation.
pub const SOLICITED: u8 = 0x40;
/// Flag of an advertisement: it replaces what is known.
pub const OVERRIDE: u8 = 0x20;

/// What a message says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WireNeighbor {
    /// The address whose station it is about.
    pub about: Ipv6Addr,
    /// The station in its option: the source's of a solicitation, the target's of an advertisement.
    pub station: Option<Mac>,
}

/// The type of the option of a message that has a station in it.
const fn option_of(message: Message) -> u8 {
    match message {
        Message::SOLICITATION => 1,
        _ => 2,
    }
}

impl WireNeighbor {
    /// The body of such a message.
    #[must_use]
    pub fn build(&self, message: Message) -> Vec<u8> {
        let mut body = self.about.octets().to_vec();
        if let Some(station) = self.station {
            // A length of eight octets.
            body.extend([option_of(message), 1]);
            body.extend(station.0);
        }
        body
    }

    /// Reads the body of such a message; `None` if it is too short, or its options are no options.
    #[must_use]
    pub fn parse(message: Message, body: &[u8]) -> Option<Self> {
        let (about, mut options) = body.split_first_chunk::<16>()?;
        let mut station = None;
        while let Some(&[kind, units]) = options.first_chunk::<2>() {
            let (option, rest) = options.split_at_checked(usize::from(units) * 8).filter(|_| units > 0)?;
            if kind == option_of(message) {
                station = option.get(2..).and_then(<[u8]>::first_chunk).copied().map(Mac);
            }
            options = rest;
        }
        options.is_empty().then_some(Self { about: Ipv6Addr::from(*about), station })
    }
}

/// The group that a host with this address listens to (RFC4291#2.7.1).
#[must_use]
pub fn solicited_node(address: Ipv6Addr) -> Ipv6Addr {
    let [.., a, b, c] = address.octets();
    Ipv6Addr::new(0xff02, 0, 0, 0, 0, 1, 0xff00 | u16::from(a), u16::from_be_bytes([b, c]))
}

#[cfg(test)]
mod tests;
