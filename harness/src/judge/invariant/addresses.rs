//! To whom a segment may go.

use std::net::IpAddr;

use crate::target::Endpoints;

/// Whether no single host has this address (RFC1122#3.2.1.3, RFC4291#2.5.2, #2.7).
pub(super) fn is_of_a_group(address: IpAddr, endpoints: &Endpoints) -> bool {
    match address {
        IpAddr::V4(address) => {
            address.is_broadcast()
                || address.is_multicast()
                || address.is_unspecified()
                || endpoints.subnet_broadcast == Some(address)
        }
        IpAddr::V6(address) => address.is_multicast() || address.is_unspecified(),
    }
}
