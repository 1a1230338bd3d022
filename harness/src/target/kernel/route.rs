//! The route to the peers, which carries what Linux lets nobody say elsewhere.
//!
//! - Never delay an acknowledgement: `TCP_QUICKACK` is forgotten by the kernel as soon as it sees a conversation; the
//!   route's `quickack` is not.
//! - A lower bound of the retransmission timeout, in kernels of any age.

use std::time::Duration;

use nix::{errno::Errno, sys::socket::SockProtocol};

use super::{
    addresses,
    errno::io,
    netlink::{Netlink, attribute},
};
use crate::target::TargetError;

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

/// Changes the metrics of the route to the peers.
pub(super) struct Routes {
    netlink: Netlink,
    device: u32,
    metrics: Metrics,
}

impl Routes {
    /// For the route through the device with this index, in the calling thread's namespace.
    pub(super) fn open(device: u32) -> Result<Self, TargetError> {
        Ok(Self { netlink: Netlink::open(SockProtocol::NetlinkRoute)?, device, metrics: Metrics::default() })
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

    /// Sets the metrics, if they are others.
    pub(super) fn set(&mut self, metrics: Metrics) -> Result<(), TargetError> {
        if metrics == self.metrics {
            return Ok(());
        }
        // `struct rtmsg`: the same route that the kernel made when the device came up.
        let mut message = vec![
            libc::AF_INET as u8,
            addresses::PREFIX,
            0,
            0,
            libc::RT_TABLE_MAIN,
            libc::RTPROT_KERNEL,
            libc::RT_SCOPE_LINK,
            libc::RTN_UNICAST,
        ];
        message.extend(0u32.to_ne_bytes());
        attribute(&mut message, libc::RTA_DST, &addresses::NETWORK.octets());
        attribute(&mut message, libc::RTA_PREFSRC, &addresses::TARGET.octets());
        attribute(&mut message, libc::RTA_OIF, &self.device.to_ne_bytes());
        let attributes = metrics.attributes();
        if !attributes.is_empty() {
            attribute(&mut message, libc::RTA_METRICS, &attributes);
        }
        let flags = libc::NLM_F_ACK | libc::NLM_F_CREATE | libc::NLM_F_REPLACE;
        self.netlink
            .request(libc::RTM_NEWROUTE, flags, &message)?
            .map_err(|errno| io("change the route to the peers", errno))?;
        self.metrics = metrics;
        Ok(())
    }
}
