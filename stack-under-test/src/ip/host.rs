//! This host's addresses on its one interface, and what an address can be (RFC1122#3.2.1.3, RFC4291#2).
//!
//! Asked by [`super::accept`] about what arrives, and by TCP about whom it may call and from where.

use core::fmt;
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::redirect::{Redirect, Redirects};
use super::route::{self, Route};
use crate::rule::Rule;

/// An address with its subnet's prefix: `192.0.2.1/24`, `2001:db8::1/64`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cidr {
    /// The address.
    pub address: IpAddr,
    /// The prefix, bits; more than the address has counts as all of them.
    pub prefix_len: u8,
}

impl Cidr {
    /// An address in its subnet.
    pub fn new(address: impl Into<IpAddr>, prefix_len: u8) -> Self {
        Self { address: address.into(), prefix_len }
    }

    /// Whether `other` is in the same subnet; never if it is of another family.
    ///
    /// ```
    /// use stack_under_test::Cidr;
    ///
    /// let here = Cidr::new([192, 0, 2, 1], 24);
    /// assert!(here.contains([192, 0, 2, 200].into()));
    /// assert!(!here.contains([192, 0, 3, 1].into()));
    /// ```
    pub fn contains(&self, other: IpAddr) -> bool {
        match (self.address, other) {
            (IpAddr::V4(ours), IpAddr::V4(other)) => {
                let host_bits = u32::MAX.checked_shr(u32::from(self.prefix_len)).unwrap_or(0);
                (ours.to_bits() ^ other.to_bits()) & !host_bits == 0
            }
            (IpAddr::V6(ours), IpAddr::V6(other)) => {
                let host_bits = u128::MAX.checked_shr(u32::from(self.prefix_len)).unwrap_or(0);
                (ours.to_bits() ^ other.to_bits()) & !host_bits == 0
            }
            (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => false,
        }
    }

    /// The subnet's broadcast address; IPv6 has none, nor has a /31 or /32 (RFC3021#2.1).
    fn broadcast(&self) -> Option<Ipv4Addr> {
        match self.address {
            IpAddr::V4(address) if self.prefix_len < 31 => {
                Some(Ipv4Addr::from_bits(address.to_bits() | (u32::MAX >> self.prefix_len)))
            }
            IpAddr::V4(_) | IpAddr::V6(_) => None,
        }
    }
}

impl fmt::Display for Cidr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.prefix_len)
    }
}

/// This host's one interface.
#[derive(Clone, Debug)]
pub(crate) struct Host {
    addresses: Vec<Cidr>,
    /// `None`: the link has one other end, and everything goes there.
    routes: Option<Vec<Route>>,
    redirects: Redirects,
    mtu: u16,
}

const ALL_NODES: Ipv6Addr = Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 1);

/// The group that a host with this address listens to (RFC4291#2.7.1).
pub(crate) fn solicited_node(address: Ipv6Addr) -> Ipv6Addr {
    let [.., a, b, c] = address.octets();
    Ipv6Addr::new(0xff02, 0, 0, 0, 0, 1, 0xff00 | u16::from(a), u16::from_be_bytes([b, c]))
}

/// Every link carries packets of so many octets (RFC791#3.2).
const MIN_MTU: u16 = 68;

impl Host {
    pub(crate) fn new(addresses: Vec<Cidr>, routes: Option<Vec<Route>>, mtu: u16) -> Self {
        Self { addresses, routes, redirects: Redirects::default(), mtu: mtu.max(MIN_MTU) }
    }

    /// The next hop towards an address; `None`: no way leads there.
    pub(crate) fn next_hop(&self, destination: IpAddr) -> Option<IpAddr> {
        match &self.routes {
            None => Some(destination),
            Some(routes) => self.redirects.gateway(destination).or_else(|| route::next_hop(self, routes, destination)),
        }
    }

    /// A redirect came. Remembers it, at most `most` of them.
    ///
    /// # Errors
    /// The rule it is discarded for: it is not from the gateway in use, what it names is not on the link or is this host
    /// (RFC1122#3.2.2.2), or there is nothing to redirect.
    pub(crate) fn redirect(&mut self, redirect: &Redirect, most: usize) -> Result<(), Rule> {
        if self.routes.is_none() {
            return Err(Rule::IcmpNoError);
        }
        let gateway = redirect.gateway.into();
        let from_the_gateway =
            !self.on_link(redirect.destination) && self.next_hop(redirect.destination) == Some(redirect.from);
        if !from_the_gateway || !self.on_link(gateway) || !self.is_unicast(gateway) || self.is_ours(gateway) {
            return Err(Rule::IcmpRedirectRefused);
        }
        self.redirects.remember(redirect, most);
        Ok(())
    }

    /// The next hop towards an address does not answer: the routes decide again.
    pub(crate) fn forget_redirect(&mut self, destination: IpAddr) {
        self.redirects.forget(destination);
    }

    pub(crate) fn addresses(&self) -> impl Iterator<Item = IpAddr> + '_ {
        self.addresses.iter().map(|ours| ours.address)
    }

    /// Another station has this address.
    pub(crate) fn give_up(&mut self, address: IpAddr) {
        self.addresses.retain(|ours| ours.address != address);
    }

    /// A group this host belongs to: all hosts (RFC1112#4), all nodes (RFC4291#2.8) or that of one of our addresses
    /// (RFC4291#2.7.1).
    pub(crate) fn is_our_group(&self, address: IpAddr) -> bool {
        match address {
            IpAddr::V4(group) => group == Ipv4Addr::new(224, 0, 0, 1) || self.is_broadcast(address),
            IpAddr::V6(group) => {
                let solicited = |ours: &Cidr| matches!(ours.address, IpAddr::V6(ours) if solicited_node(ours) == group);
                group == ALL_NODES || self.addresses.iter().any(solicited)
            }
        }
    }

    /// The MTU, octets; at least 68.
    pub(crate) fn mtu(&self) -> u16 {
        self.mtu
    }

    pub(crate) fn is_ours(&self, address: IpAddr) -> bool {
        self.addresses.iter().any(|ours| ours.address == address)
    }

    /// Whether we have an address of this one's family: without, that version of IP is not spoken here.
    pub(crate) fn speaks(&self, address: IpAddr) -> bool {
        self.addresses.iter().any(|ours| ours.address.is_ipv4() == address.is_ipv4())
    }

    /// Whether the address is in one of our subnets; link-local ones always are (RFC4291#2.5.6).
    pub(crate) fn on_link(&self, address: IpAddr) -> bool {
        let link_local = matches!(address, IpAddr::V6(v6) if v6.is_unicast_link_local());
        link_local || self.addresses.iter().any(|ours| ours.contains(address))
    }

    /// Our address towards a remote one (RFC9293#3.9.1.1, MUST-45): in its subnet, else the first of its family.
    pub(crate) fn source_for(&self, remote: IpAddr) -> Option<IpAddr> {
        let mut family = self.addresses.iter().filter(|ours| ours.address.is_ipv4() == remote.is_ipv4());
        let first = family.clone().next();
        family.find(|ours| ours.contains(remote)).or(first).map(|ours| ours.address)
    }

    /// The limited broadcast address, or one of our subnets'.
    pub(crate) fn is_broadcast(&self, address: IpAddr) -> bool {
        match address {
            IpAddr::V4(v4) => v4.is_broadcast() || self.addresses.iter().any(|ours| ours.broadcast() == Some(v4)),
            IpAddr::V6(_) => false,
        }
    }

    /// An address that can be one host's: not this-host (0/8), loopback, multicast, class E, broadcast
    /// (RFC1122#3.2.1.3) or unspecified (RFC4291#2.5.2).
    pub(crate) fn is_unicast(&self, address: IpAddr) -> bool {
        match address {
            IpAddr::V4(v4) => {
                let first = v4.octets()[0];
                first != 0 && first != 127 && first < 224 && !self.is_broadcast(address)
            }
            IpAddr::V6(v6) => !v6.is_unspecified() && !v6.is_loopback() && !v6.is_multicast(),
        }
    }
}

#[cfg(test)]
mod tests;
