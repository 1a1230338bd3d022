//! To whom a segment may go.

use std::net::Ipv4Addr;

use crate::target::Endpoints;

/// Whether no single host has this address (RFC1122#3.2.1.3).
pub(super) fn is_of_a_group(address: Ipv4Addr, endpoints: &Endpoints) -> bool {
    address.is_broadcast()
        || address.is_multicast()
        || address.is_unspecified()
        || address == endpoints.subnet_broadcast
}
