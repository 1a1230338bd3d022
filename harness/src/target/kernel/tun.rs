//! The wire between the harness and the kernel: a TUN device for IP packets, a TAP device for Ethernet frames.

use std::{
    net::Ipv4Addr,
    os::fd::{AsFd, BorrowedFd},
    time::Duration,
};

use crate::{
    case::format::IpVersion,
    fiber::{self, Call},
    segment::ethernet,
    target::{
        TargetError,
        device::{AT_ONCE, Device, Kind},
    },
};

/// The TUN device's name within its namespace; no two devices share one.
pub(super) const NAME: &str = "peer0";
/// The TAP device's.
const ETHERNET_NAME: &str = "peer1";
/// The MTU a device starts with.
pub(super) const DEFAULT_MTU: u16 = 1500;
/// The smallest MTU that Linux lets either have (RFC791#3.1, RFC8200#5: every link can carry so much).
pub(super) const fn least_mtu(version: IpVersion) -> u16 {
    match version {
        IpVersion::V4 => 68,
        IpVersion::V6 => 1280,
    }
}

/// An open device. It disappears with its descriptor.
pub(super) struct Wire {
    device: Device,
    mtu: u16,
}

impl Wire {
    /// Makes a TUN device in the calling thread's namespace, gives it the address and brings it and the loopback up.
    pub(super) fn open(address: Ipv4Addr, prefix: u8) -> Result<Self, TargetError> {
        let device = Device::open(NAME, Kind::Tun)?;
        device.add_address(address.into(), prefix)?;
        device.set_up()?;
        Ok(Self { device, mtu: DEFAULT_MTU })
    }

    /// The same with a TAP device, whose station is the target's; it has its IPv4 address, if there is one here.
    pub(super) fn open_ethernet(address: Option<(Ipv4Addr, u8)>, mtu: u16) -> Result<Self, TargetError> {
        let device = Device::open(ETHERNET_NAME, Kind::Tap)?;
        device.set_station(ethernet::TARGET.0)?;
        let mut wire = Self { device, mtu: DEFAULT_MTU };
        wire.set_mtu(mtu)?;
        if let Some((address, prefix)) = address {
            wire.device.add_address(address.into(), prefix)?;
        }
        wire.device.set_up()?;
        Ok(wire)
    }

    /// The interface's index in its namespace.
    pub(super) fn index(&self) -> Result<u32, TargetError> {
        let index = self.device.index()?;
        u32::try_from(index).map_err(|_| TargetError::Broken("an interface has a negative index".to_owned()))
    }

    /// Sets the MTU, if it is another one.
    pub(super) fn set_mtu(&mut self, mtu: u16) -> Result<(), TargetError> {
        if mtu != self.mtu {
            self.device.set_mtu(mtu)?;
            self.mtu = mtu;
        }
        Ok(())
    }

    /// The call by which one packet arrives, to be made together with others. The packet has to outlive it.
    pub(super) fn writing(&self, packet: &[u8]) -> Call {
        self.device.writing(packet)
    }

    /// What came of it. A packet that the device itself refuses, as it is not IP at all, is lost on the wire.
    pub(super) fn written(call: &Call) -> Result<(), TargetError> {
        Device::written(call)
    }

    /// The calls that read what was sent, to be made together with others. See [`Device::reading`].
    pub(super) fn reading(&mut self) -> [Call; AT_ONCE] {
        self.device.reading()
    }

    /// What they read; whether there may be more.
    pub(super) fn packets(&self, calls: &[Call], take: &mut dyn FnMut(&[u8])) -> Result<bool, TargetError> {
        self.device.packets(calls, take)
    }

    /// Takes all that was sent and not read yet.
    pub(super) fn drain(&mut self, take: &mut dyn FnMut(&[u8])) -> Result<(), TargetError> {
        loop {
            let mut calls = self.reading();
            // SAFETY: the device is borrowed until the calls are made.
            unsafe { fiber::make(&mut calls) };
            if !self.packets(&calls, take)? {
                return Ok(());
            }
        }
    }

    /// Sleeps until there is a packet to read, at most so long. May wake up early.
    pub(super) fn wait_readable(&self, limit: Duration) -> Result<(), TargetError> {
        self.device.wait(None, limit)
    }
}

impl AsFd for Wire {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.device.as_fd()
    }
}
