//! The link: one packet in, any number out. No Ethernet, so nothing has to be resolved.

use smoltcp::{
    phy::{self, DeviceCapabilities, Medium},
    time::Instant,
};

use crate::target::{Emission, Time};

/// So many packets in one poll are no answer any more: smoltcp goes round in circles, and would until memory ends.
pub(super) const MOST: usize = 100_000;

/// What smoltcp reads from and writes to.
#[derive(Debug)]
pub(super) struct Link {
    /// The packet that arrives next; its buffer is kept for the one after it.
    arriving: Vec<u8>,
    pending: bool,
    /// What was sent and not yet captured, oldest first.
    pub(super) sent: Vec<Emission>,
    /// Of the packets.
    pub(super) mtu: usize,
    /// The case's time, for the emissions.
    pub(super) now: Time,
}

impl Link {
    /// Nothing on its way.
    pub(super) const fn new(mtu: usize) -> Self {
        Self { arriving: Vec::new(), pending: false, sent: Vec::new(), mtu, now: Time::ZERO }
    }

    /// As new.
    pub(super) fn clear(&mut self, mtu: usize) {
        self.pending = false;
        self.sent.clear();
        self.mtu = mtu;
        self.now = Time::ZERO;
    }

    /// This packet is the next that smoltcp reads.
    pub(super) fn arrive(&mut self, packet: &[u8]) {
        self.arriving.clear();
        self.arriving.extend_from_slice(packet);
        self.pending = true;
    }
}

impl phy::Device for Link {
    type RxToken<'a> = Arriving<'a>;
    type TxToken<'a> = Leaving<'a>;

    fn receive(&mut self, _: Instant) -> Option<(Arriving<'_>, Leaving<'_>)> {
        std::mem::take(&mut self.pending)
            .then_some((Arriving(&self.arriving), Leaving { sent: &mut self.sent, now: self.now }))
    }

    fn transmit(&mut self, _: Instant) -> Option<Leaving<'_>> {
        // Without room smoltcp leaves its loop.
        let room = self.sent.len() < MOST;
        room.then_some(Leaving { sent: &mut self.sent, now: self.now })
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
        self.sent.push(Emission { at: self.now, packet, rules: Vec::new() });
        result
    }
}
