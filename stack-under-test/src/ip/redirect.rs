//! Redirects: a gateway names a better one for a destination (RFC1122#3.2.2.2).
//!
//! [`super::host::Host`] asks [`Redirects::gateway`] before its routes; [`crate::Stack`] brings what ICMP heard. All four
//! codes are taken for the one host that the quoted packet was for, as RFC 1122 wants of hosts.
//!
//! Left out: redirects of neighbor discovery (RFC4861#8).

use core::net::{IpAddr, Ipv4Addr};
use std::collections::VecDeque;

/// Destinations and the gateways for them; the oldest first.
#[derive(Clone, Debug, Default)]
pub(crate) struct Redirects(VecDeque<(IpAddr, IpAddr)>);

/// What a redirect says.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Redirect {
    /// Who says it.
    pub from: IpAddr,
    /// Packets for this host...
    pub destination: IpAddr,
    /// ... go by this one.
    pub gateway: Ipv4Addr,
}

impl Redirects {
    /// The gateway that a redirect named for this destination.
    pub(crate) fn gateway(&self, destination: IpAddr) -> Option<IpAddr> {
        self.0.iter().find(|(of, _)| *of == destination).map(|&(_, gateway)| gateway)
    }

    /// Remembers at most `most` of them; the oldest makes room.
    pub(crate) fn remember(&mut self, redirect: &Redirect, most: usize) {
        self.forget(redirect.destination);
        self.0.push_back((redirect.destination, redirect.gateway.into()));
        while self.0.len() > most {
            self.0.pop_front();
        }
    }

    /// The gateway for this destination does not answer (RFC1122#3.3.1.4).
    pub(crate) fn forget(&mut self, destination: IpAddr) {
        self.0.retain(|(of, _)| *of != destination);
    }
}
