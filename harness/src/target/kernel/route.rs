//! The route to the peers: the one place where Linux can be told never to delay an acknowledgement.
//!
//! `TCP_QUICKACK` is forgotten by the kernel as soon as it sees a conversation; the route's `quickack` is not.

use nix::sys::socket::SockProtocol;

use super::{
    addresses,
    errno::io,
    netlink::{Netlink, attribute},
};
use crate::target::TargetError;

/// `linux/rtnetlink.h`
const RTAX_QUICKACK: u16 = 15;

/// Changes the metrics of the route to the peers.
pub(super) struct Routes {
    netlink: Netlink,
    device: u32,
    quickack: bool,
}

impl Routes {
    /// For the route through the device with this index, in the calling thread's namespace.
    pub(super) fn open(device: u32) -> Result<Self, TargetError> {
        Ok(Self { netlink: Netlink::open(SockProtocol::NetlinkRoute)?, device, quickack: false })
    }

    /// Whether connections made from now on acknowledge everything at once.
    pub(super) fn set_quickack(&mut self, on: bool) -> Result<(), TargetError> {
        if on == self.quickack {
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
        if on {
            let mut metrics = Vec::new();
            attribute(&mut metrics, RTAX_QUICKACK, &1u32.to_ne_bytes());
            attribute(&mut message, libc::RTA_METRICS, &metrics);
        }
        let flags = libc::NLM_F_ACK | libc::NLM_F_CREATE | libc::NLM_F_REPLACE;
        self.netlink
            .request(libc::RTM_NEWROUTE, flags, &message)?
            .map_err(|errno| io("change the route to the peers", errno))?;
        self.quickack = on;
        Ok(())
    }
}
