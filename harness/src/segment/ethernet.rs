//! Ethernet frames and the stations of a case.
//!
//! [`crate::run`] puts packets into frames and takes them out where a case says `link: ethernet`; targets give the
//! station [`TARGET`] to their interface. The peer's side has a station for each of its hosts.

use std::{fmt, net::Ipv6Addr};

use serde::{Deserialize, Serialize};

use crate::case::format::{AddressName, IpVersion};

/// A station's address.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Mac(pub [u8; 6]);

/// The target's station.
pub const TARGET: Mac = Mac([2, 0, 0, 0, 0, 1]);
/// All stations.
pub const BROADCAST: Mac = Mac([0xff; 6]);

/// EtherType of IPv4.
pub const TYPE_IPV4: u16 = 0x0800;
/// EtherType of ARP (RFC826).
pub const TYPE_ARP: u16 = 0x0806;
/// EtherType of IPv6.
pub const TYPE_IPV6: u16 = 0x86dd;

impl fmt::Display for Mac {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, d, e, g] = self.0;
        write!(f, "{a:02x}:{b:02x}:{c:02x}:{d:02x}:{e:02x}:{g:02x}")
    }
}

/// The station of all nodes (RFC2464#7).
const ALL_NODES: Mac = Mac([0x33, 0x33, 0, 0, 0, 1]);

/// The stations of a group (RFC2464#7).
#[must_use]
pub const fn group(address: Ipv6Addr) -> Mac {
    let [.., a, b, c, d] = address.octets();
    Mac([0x33, 0x33, a, b, c, d])
}

/// The station of a host, or of a group.
#[must_use]
pub const fn station(name: AddressName, version: IpVersion) -> Mac {
    match name {
        AddressName::Target => TARGET,
        AddressName::Peer => Mac([2, 0, 0, 0, 0, 2]),
        AddressName::OtherPeer => Mac([2, 0, 0, 0, 0, 3]),
        // What lies beyond the gateway is reached through it.
        AddressName::Gateway | AddressName::OffLink => Mac([2, 0, 0, 0, 0, 0xfe]),
        AddressName::Loopback => Mac([2, 0, 0, 0, 0, 0x7f]),
        AddressName::SubnetBroadcast | AddressName::LimitedBroadcast => BROADCAST,
        AddressName::Multicast => match version {
            // RFC1112#6.4
            IpVersion::V4 => Mac([1, 0, 0x5e, 0, 0, 1]),
            IpVersion::V6 => ALL_NODES,
        },
        AddressName::Unspecified => Mac([0; 6]),
    }
}

/// Whose station it is.
#[must_use]
pub fn name_of(mac: Mac) -> Option<AddressName> {
    use AddressName::{Gateway, LimitedBroadcast, Multicast, OtherPeer, Peer, Target, Unspecified};
    [Target, Peer, OtherPeer, Gateway, LimitedBroadcast, Multicast, Unspecified]
        .into_iter()
        .find(|name| station(*name, IpVersion::V4) == mac || station(*name, IpVersion::V6) == mac)
}

/// The header of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    /// The station it is for.
    pub destination: Mac,
    /// The station it comes from.
    pub source: Mac,
    /// What it carries.
    pub kind: u16,
}

impl Header {
    /// Octets of a header.
    pub const LEN: usize = 14;

    /// The version of IP whose names it goes by: ARP is IPv4's.
    #[must_use]
    pub const fn version(&self) -> IpVersion {
        match self.kind {
            TYPE_IPV6 => IpVersion::V6,
            _ => IpVersion::V4,
        }
    }

    /// The frame.
    #[must_use]
    pub fn around(&self, payload: &[u8]) -> Vec<u8> {
        let mut frame = Vec::with_capacity(Self::LEN + payload.len());
        frame.extend(self.destination.0);
        frame.extend(self.source.0);
        frame.extend(self.kind.to_be_bytes());
        frame.extend(payload);
        frame
    }

    /// The header of a frame; `None` if that is too short to have one.
    #[must_use]
    pub fn of(frame: &[u8]) -> Option<Self> {
        let &[d0, d1, d2, d3, d4, d5, s0, s1, s2, s3, s4, s5, k0, k1] = frame.first_chunk::<{ Self::LEN }>()?;
        Some(Self {
            destination: Mac([d0, d1, d2, d3, d4, d5]),
            source: Mac([s0, s1, s2, s3, s4, s5]),
            kind: u16::from_be_bytes([k0, k1]),
        })
    }
}

#[cfg(test)]
mod tests;
