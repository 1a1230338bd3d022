//! IPv6 on the device, switched on for the first case that speaks it.
//!
//! Until then a namespace has none, so cases over IPv4 share it with nothing that IPv6 sends on its own account. The
//! address is the target's at once and for good; nobody solicits routers, and the device has no other address. What is
//! left (who listens to which group, RFC 3810) `addresses::belongs` keeps from every case.

use std::{net::Ipv6Addr, thread, time::Duration};

use super::{addresses, errno::io, route::Routes, sysctl::Sysctls};
use crate::target::{Refusal, TargetError};

/// In this order: the last one starts it.
const SWITCHES: [(&str, &str); 8] = [
    // An answer to each segment that a case waits for: no limit on ICMPv6 errors.
    ("ipv6/icmp/ratelimit", "0"),
    ("ipv6/conf/peer0/accept_dad", "0"),
    ("ipv6/conf/peer0/accept_ra", "0"),
    ("ipv6/conf/peer0/autoconf", "0"),
    ("ipv6/conf/peer0/router_solicitations", "0"),
    // No link-local address.
    ("ipv6/conf/peer0/addr_gen_mode", "1"),
    // An inherited value would be the host's.
    ("ipv6/conf/peer0/hop_limit", "64"),
    (DISABLED, "0"),
];
/// The same of the Ethernet device.
const ETHERNET_SWITCHES: [(&str, &str); 7] = [
    ("ipv6/conf/peer1/accept_dad", "0"),
    ("ipv6/conf/peer1/accept_ra", "0"),
    ("ipv6/conf/peer1/autoconf", "0"),
    ("ipv6/conf/peer1/router_solicitations", "0"),
    ("ipv6/conf/peer1/addr_gen_mode", "1"),
    ("ipv6/conf/peer1/hop_limit", "64"),
    ("ipv6/conf/peer1/disable_ipv6", "0"),
];
/// Five seconds of a machine that has better things to do; usually one look or two.
const MOST_LOOKS: u32 = 25_000;
const BETWEEN_LOOKS: Duration = Duration::from_micros(200);
const DISABLED: &str = "ipv6/conf/peer0/disable_ipv6";

/// Sees to it that the device speaks IPv6.
///
/// # Errors
/// [`Refusal::Unsupported`] if this kernel has no IPv6.
pub(super) fn switch_on(sysctls: &mut Sysctls, routes: &mut Routes) -> Result<(), Refusal> {
    sysctls.set_base(&SWITCHES)?;
    if sysctls.base(DISABLED).is_none() {
        return Err(Refusal::Unsupported("this kernel has no IPv6".to_owned()));
    }
    routes.add_v6_address()?.map_err(|errno| Refusal::Failed(io("give the device its IPv6 address", errno)))?;
    has_come(routes, addresses::TARGET_V6)
}

/// The same for the Ethernet device with this index, which is new.
///
/// # Errors
/// [`Refusal::Unsupported`] if this kernel has no IPv6.
pub(super) fn switch_on_ethernet(sysctls: &mut Sysctls, routes: &mut Routes, device: u32) -> Result<(), Refusal> {
    sysctls.set_base(&ETHERNET_SWITCHES)?;
    let added = routes.add_v6_address_of(device, addresses::ETHERNET_TARGET_V6)?;
    added.map_err(|errno| Refusal::Failed(io("give the Ethernet device its IPv6 address", errno)))?;
    has_come(routes, addresses::ETHERNET_TARGET_V6)
}

/// Waits until packets to this address are the target's.
fn has_come(routes: &mut Routes, address: Ipv6Addr) -> Result<(), Refusal> {
    for _ in 0..MOST_LOOKS {
        if routes.leads_to_v6_address(address)? {
            return Ok(());
        }
        thread::sleep(BETWEEN_LOOKS);
    }
    Err(TargetError::Broken("the kernel does not take the IPv6 address it was given".to_owned()).into())
}
