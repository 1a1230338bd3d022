//! The route to the peers, which carries what Linux lets nobody say elsewhere.
//!
//! - Never delay an acknowledgement: `TCP_QUICKACK` is forgotten by the kernel as soon as it sees a conversation; the
//!   route's `quickack` is not.
//! - A lower bound of the retransmission timeout, in kernels of any age.

use std::net::Ipv6Addr;
use std::time::Duration;

use nix::{errno::Errno, sys::socket::SockProtocol};

use super::{
    addresses,
    errno::io,
    netlink::{Netlink, attribute},
};
use crate::{case::format::IpVersion, target::TargetError};

/// `linux/rtnetlink.h`
const RTAX_LOCK: u16 = 1;
/// `linux/rtnetlink.h`
const RTAX_RTO_MIN: u16 = 13;
/// `linux/rtnetlink.h`
const RTAX_QUICKACK: u16 = 15;

/// What connections made from now on are told by the route.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Metrics {
    /// Acknowledge everything at once.
    pub(super) quickack: bool,
    /// The least retransmission timeout, in whole milliseconds. `None`: the kernel's own, 200 ms.
    pub(super) rto_min: Option<Duration>,
}

impl Metrics {
    fn attributes(self) -> Vec<u8> {
        let mut bytes = Vec::new();
        if self.quickack {
            attribute(&mut bytes, RTAX_QUICKACK, &1u32.to_ne_bytes());
        }
        if let Some(rto) = self.rto_min {
            // The kernel heeds this metric only when it is locked.
            attribute(&mut bytes, RTAX_LOCK, &(1u32 << RTAX_RTO_MIN).to_ne_bytes());
            let millis = u32::try_from(rto.as_millis()).unwrap_or(u32::MAX);
            attribute(&mut bytes, RTAX_RTO_MIN, &millis.to_ne_bytes());
        }
        bytes
    }
}

/// Changes the metrics of the routes to the peers.
pub(super) struct Routes {
    netlink: Netlink,
    device: u32,
    /// Of the route of either version.
    metrics: [Metrics; 2],
}

/// The metric that Linux gives the routes which it makes itself, `linux/ipv6_route.h`.
const IP6_RT_PRIO_ADDRCONF: u32 = 256;

impl Routes {
    /// For the route through the device with this index, in the calling thread's namespace.
    pub(super) fn open(device: u32) -> Result<Self, TargetError> {
        Ok(Self { netlink: Netlink::open(SockProtocol::NetlinkRoute)?, device, metrics: [Metrics::default(); 2] })
    }

    /// Makes TCP build and send segment by segment on the device, as the RFC speaks of it. By default it builds up to
    /// 64 KiB at a time: it then takes more than the send buffer holds, and holds back what would make a small batch.
    pub(super) fn send_single_segments(&mut self) -> Result<(), TargetError> {
        // `struct ifinfomsg`: family, padding, type, index, flags, which flags to change.
        let mut message = vec![0; 4];
        message.extend(self.device.to_ne_bytes());
        message.extend([0; 8]);
        attribute(&mut message, libc::IFLA_GSO_MAX_SEGS, &1u32.to_ne_bytes());
        match self.netlink.request(libc::RTM_NEWLINK, libc::NLM_F_ACK, &message)? {
            // Kernels before 4.16 cannot be told.
            Ok(_) | Err(Errno::EOPNOTSUPP | Errno::EINVAL) => Ok(()),
            Err(errno) => Err(io("let the device send single segments", errno)),
        }
    }

    /// What is off the link goes to the gateway of the Ethernet interface with this index, as long as that is there.
    pub(super) fn add_gateway(&mut self, version: IpVersion, device: u32) -> Result<(), TargetError> {
        const EVERYTHING: u8 = 0;
        let family = match version {
            IpVersion::V4 => libc::AF_INET,
            IpVersion::V6 => libc::AF_INET6,
        };
        // `struct rtmsg`
        let mut message = vec![
            family as u8,
            EVERYTHING,
            0,
            0,
            libc::RT_TABLE_MAIN,
            libc::RTPROT_STATIC,
            libc::RT_SCOPE_UNIVERSE,
            libc::RTN_UNICAST,
        ];
        message.extend(0u32.to_ne_bytes());
        match version {
            IpVersion::V4 => attribute(&mut message, libc::RTA_GATEWAY, &addresses::ETHERNET_GATEWAY.octets()),
            IpVersion::V6 => attribute(&mut message, libc::RTA_GATEWAY, &addresses::ETHERNET_GATEWAY_V6.octets()),
        }
        attribute(&mut message, libc::RTA_OIF, &device.to_ne_bytes());
        let flags = libc::NLM_F_ACK | libc::NLM_F_CREATE | libc::NLM_F_REPLACE;
        self.netlink
            .request(libc::RTM_NEWROUTE, flags, &message)?
            .map(drop)
            .map_err(|errno| io("make the route by the gateway", errno))
    }

    /// Gives the device the target's IPv6 address at once: nobody asks first whether another has it (RFC4862#5.4).
    ///
    /// # Errors
    /// Inside: the kernel's word on it.
    pub(super) fn add_v6_address(&mut self) -> Result<Result<(), Errno>, TargetError> {
        let added = self.add_v6_address_of(self.device, addresses::TARGET_V6)?;
        self.metrics[slot(IpVersion::V6)] = Metrics::default();
        Ok(added)
    }

    /// The same for a device with this index.
    ///
    /// # Errors
    /// Inside: the kernel's word on it.
    pub(super) fn add_v6_address_of(
        &mut self,
        device: u32,
        address: Ipv6Addr,
    ) -> Result<Result<(), Errno>, TargetError> {
        // `struct ifaddrmsg`: family, prefix, flags, scope, index.
        let mut message = vec![libc::AF_INET6 as u8, addresses::PREFIX_V6, libc::IFA_F_NODAD as u8, 0];
        message.extend(device.to_ne_bytes());
        attribute(&mut message, libc::IFA_LOCAL, &address.octets());
        let flags = libc::NLM_F_ACK | libc::NLM_F_CREATE | libc::NLM_F_REPLACE;
        Ok(self.netlink.request(libc::RTM_NEWADDR, flags, &message)?.map(drop))
    }

    /// Whether packets to the target's IPv6 address are the target's. The kernel makes that route a moment after it has
    /// taken the address, on a thread of its own.
    ///
    /// # Errors
    /// If the kernel cannot be asked.
    pub(super) fn leads_to_v6_address(&mut self, address: Ipv6Addr) -> Result<bool, TargetError> {
        // `struct rtmsg`, of which only the family and the length of the address matter.
        let mut message = vec![libc::AF_INET6 as u8, 128, 0, 0, 0, 0, 0, 0];
        message.extend(0u32.to_ne_bytes());
        attribute(&mut message, libc::RTA_DST, &address.octets());
        let answer = self.netlink.request(libc::RTM_GETROUTE, 0, &message)?;
        Ok(answer.is_ok_and(|route| route.get(TYPE) == Some(&libc::RTN_LOCAL)))
    }

    /// Sets the metrics, if they are others.
    pub(super) fn set(&mut self, version: IpVersion, metrics: Metrics) -> Result<(), TargetError> {
        if metrics == self.metrics[slot(version)] {
            return Ok(());
        }
        let (family, prefix) = match version {
            IpVersion::V4 => (libc::AF_INET, addresses::PREFIX),
            IpVersion::V6 => (libc::AF_INET6, addresses::PREFIX_V6),
        };
        // `struct rtmsg`: the same route that the kernel made when the device got its address.
        let mut message = vec![
            family as u8,
            prefix,
            0,
            0,
            libc::RT_TABLE_MAIN,
            libc::RTPROT_KERNEL,
            match version {
                IpVersion::V4 => libc::RT_SCOPE_LINK,
                IpVersion::V6 => libc::RT_SCOPE_UNIVERSE,
            },
            libc::RTN_UNICAST,
        ];
        message.extend(0u32.to_ne_bytes());
        match version {
            IpVersion::V4 => {
                attribute(&mut message, libc::RTA_DST, &addresses::NETWORK.octets());
                attribute(&mut message, libc::RTA_PREFSRC, &addresses::TARGET.octets());
            }
            IpVersion::V6 => {
                attribute(&mut message, libc::RTA_DST, &addresses::NETWORK_V6.octets());
                attribute(&mut message, libc::RTA_PRIORITY, &IP6_RT_PRIO_ADDRCONF.to_ne_bytes());
            }
        }
        attribute(&mut message, libc::RTA_OIF, &self.device.to_ne_bytes());
        let attributes = metrics.attributes();
        if !attributes.is_empty() {
            attribute(&mut message, libc::RTA_METRICS, &attributes);
        }
        let flags = libc::NLM_F_ACK | libc::NLM_F_CREATE | libc::NLM_F_REPLACE;
        self.netlink
            .request(libc::RTM_NEWROUTE, flags, &message)?
            .map_err(|errno| io("change the route to the peers", errno))?;
        self.metrics[slot(version)] = metrics;
        Ok(())
    }
}

/// Where a `struct rtmsg` has the route's type.
const TYPE: usize = 7;

/// The place of a version's metrics.
const fn slot(version: IpVersion) -> usize {
    match version {
        IpVersion::V4 => 0,
        IpVersion::V6 => 1,
    }
}
