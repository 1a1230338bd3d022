//! Where a packet goes next (RFC1122#3.3.1): to its destination if that is on the link, else to a gateway.
//!
//! Asked by [`crate::link`] for packets that leave, and by TCP's active OPEN. On a link without stations
//! ([`crate::link::Medium::Ip`]) there is one other end, and everything goes there.
//!
//! What a gateway says of a better one is in [`super::redirect`]. Left out: choosing among gateways that died
//! (RFC1122#3.3.1.4).

use core::net::IpAddr;

use super::host::{Cidr, Host};

/// Packets for this subnet go by this gateway. `0.0.0.0/0` and `::/0` are the default routes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Route {
    /// Whom the route is for.
    pub destination: Cidr,
    /// A host on the link that carries packets on.
    pub gateway: IpAddr,
}

/// The next hop towards `destination`: the longest prefix counts, and the link before any gateway. `None`: no way leads
/// there.
pub(crate) fn next_hop(host: &Host, routes: &[Route], destination: IpAddr) -> Option<IpAddr> {
    if destination.is_multicast() || host.is_broadcast(destination) || host.on_link(destination) {
        return Some(destination);
    }
    let fitting = routes.iter().filter(|route| route.destination.contains(destination));
    fitting.max_by_key(|route| route.destination.prefix_len).map(|route| route.gateway)
}

#[cfg(test)]
mod tests;
