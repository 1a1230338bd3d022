//! The link: one packet in, any number out. No Ethernet, so nothing has to be resolved.

use smoltcp::{
    phy::{self, DeviceCapabilities, Medium},
    time::Instant,
};

use crate::target::{Emission, RuleNames, Time};

/// So many packets in one poll are no answer any more: smoltcp goes round in circles, and would until memory ends.
pub(super) const MOST: usize = 100_000;

/// What smoltcp reads from and writes to in one poll.
pub(super) struct Link<'a> {
    /// The packet that arrives, until it was read.
    pub(super) arriving: Option<&'a [u8]>,
    /// What was sent and not yet captured, oldest first.
    pub(super) sent: &'a mut Vec<Emission>,
    /// Of the packets.
    pub(super) mtu: usize,
    /// The case's time, for the emissions.
    pub(super) now: Time,
}

impl phy::Device for Link<'_> {
    type RxToken<'t>
        = Arriving<'t>
    where
        Self: 't;
    type TxToken<'t>
        = Leaving<'t>
    where
        Self: 't;

    fn receive(&mut self, _: Instant) -> Option<(Arriving<'_>, Leaving<'_>)> {
        let packet = self.arriving.take()?;
        Some((Arriving(packet), Leaving { sent: self.sent, now: self.now }))
    }

    fn transmit(&mut self, _: Instant) -> Option<Leaving<'_>> {
        // Without room smoltcp leaves its loop.
        let room = self.sent.len() < MOST;
        room.then_some(Leaving { sent: self.sent, now: self.now })
    }

    fn capabilities(&self) -> DeviceCapabilities {
        let mut capabilities = DeviceCapabilities::default();
        capabilities.medium = Medium::Ip;
        capabilities.max_transmission_unit = self.mtu;
        capabilities
    }
}

/// The packet that arrives.
pub(super) struct Arriving<'a>(&'a [u8]);

impl phy::RxToken for Arriving<'_> {
    fn consume<R, F: FnOnce(&[u8]) -> R>(self, read: F) -> R {
        read(self.0)
    }
}

/// The right to send one packet.
pub(super) struct Leaving<'a> {
    sent: &'a mut Vec<Emission>,
    now: Time,
}

impl phy::TxToken for Leaving<'_> {
    fn consume<R, F: FnOnce(&mut [u8]) -> R>(self, len: usize, write: F) -> R {
        let mut packet = vec![0; len];
        let result = write(&mut packet);
        self.sent.push(Emission { at: self.now, packet, rules: RuleNames::new() });
        result
    }
}
