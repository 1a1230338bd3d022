//! The TUN device: the wire between the harness and the kernel's IP layer.

use std::{
    fs::{File, OpenOptions},
    io::{ErrorKind, Read, Write},
    net::{Ipv4Addr, SocketAddrV4},
    os::{
        fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd},
        unix::fs::OpenOptionsExt,
    },
    time::Duration,
};

use nix::{
    errno::Errno,
    poll::{PollFd, PollFlags, ppoll},
    sys::{
        socket::{AddressFamily, SockFlag, SockType, socket},
        time::TimeSpec,
    },
};

use super::errno::io;
use crate::{case::format::IpVersion, target::TargetError};

/// The device's name within its namespace; no two devices share one.
pub(super) const NAME: &str = "peer0";
const LOOPBACK: &str = "lo";
/// The MTU a device starts with.
pub(super) const DEFAULT_MTU: u16 = 1500;
/// The smallest MTU that Linux lets either have (RFC791#3.1, RFC8200#5: every link can carry so much).
pub(super) const fn least_mtu(version: IpVersion) -> u16 {
    match version {
        IpVersion::V4 => 68,
        IpVersion::V6 => 1280,
    }
}

/// An open TUN device. It disappears with its descriptor.
pub(super) struct Tun {
    file: File,
    /// Any IPv4 socket: interfaces are configured through one.
    control: OwnedFd,
    mtu: u16,
    buffer: Box<[u8; 65_536]>,
}

impl Tun {
    /// Makes a device in the calling thread's namespace, gives it the address and brings it and the loopback up.
    pub(super) fn open(address: Ipv4Addr, prefix: u8) -> Result<Self, TargetError> {
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .custom_flags(libc::O_NONBLOCK)
            .open("/dev/net/tun")
            .map_err(|error| no_device(&error))?;
        let control = socket(AddressFamily::Inet, SockType::Datagram, SockFlag::SOCK_CLOEXEC, None)
            .map_err(|errno| io("open a control socket", errno))?;
        let mut request = ifreq(NAME);
        request.ifr_ifru.ifru_flags = (libc::IFF_TUN | libc::IFF_NO_PI) as libc::c_short;
        ioctl(&file, libc::TUNSETIFF, &mut request).map_err(|errno| match errno {
            Errno::EPERM => TargetError::Permission(
                "the kernel target may not make a TUN device: run it as root or with the capability CAP_NET_ADMIN"
                    .to_owned(),
            ),
            errno => io("make a TUN device", errno),
        })?;
        let tun = Self { file, control, mtu: DEFAULT_MTU, buffer: Box::new([0; 65_536]) };
        tun.configure(libc::SIOCSIFADDR, "give the device its address", &mut addressed(address))?;
        let mask = u32::MAX.checked_shl(32 - u32::from(prefix)).unwrap_or(0);
        tun.configure(libc::SIOCSIFNETMASK, "set the netmask", &mut addressed(Ipv4Addr::from(mask)))?;
        for name in [LOOPBACK, NAME] {
            let mut request = ifreq(name);
            request.ifr_ifru.ifru_flags = libc::IFF_UP as libc::c_short;
            tun.configure(libc::SIOCSIFFLAGS, "bring an interface up", &mut request)?;
        }
        Ok(tun)
    }

    /// The interface's index in its namespace.
    pub(super) fn index(&self) -> Result<u32, TargetError> {
        let mut request = ifreq(NAME);
        self.configure(libc::SIOCGIFINDEX, "ask for the interface's index", &mut request)?;
        // SAFETY: SIOCGIFINDEX succeeded, so the kernel wrote this member of the union; any bits are a valid integer.
        let index = unsafe { request.ifr_ifru.ifru_ifindex };
        u32::try_from(index).map_err(|_| TargetError::Broken("an interface has a negative index".to_owned()))
    }

    /// Sets the MTU, if it is another one.
    pub(super) fn set_mtu(&mut self, mtu: u16) -> Result<(), TargetError> {
        if mtu != self.mtu {
            let mut request = ifreq(NAME);
            request.ifr_ifru.ifru_mtu = libc::c_int::from(mtu);
            self.configure(libc::SIOCSIFMTU, "set the device's MTU", &mut request)?;
            self.mtu = mtu;
        }
        Ok(())
    }

    /// One packet arrives. A packet that the device itself refuses, as it is not IP at all, is lost on the wire.
    pub(super) fn write(&mut self, packet: &[u8]) -> Result<(), TargetError> {
        match self.file.write(packet) {
            Ok(_) => Ok(()),
            Err(error) if error.kind() == ErrorKind::InvalidInput => Ok(()),
            Err(error) => Err(io("write a packet to the TUN device", error)),
        }
    }

    /// The next packet that was sent, if there is one now.
    pub(super) fn read(&mut self) -> Result<Option<&[u8]>, TargetError> {
        loop {
            match self.file.read(&mut self.buffer[..]) {
                Ok(len) => return Ok(Some(&self.buffer[..len])),
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(None),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(io("read a packet from the TUN device", error)),
            }
        }
    }

    /// Sleeps until there is a packet to read, at most so long. May wake up early.
    pub(super) fn wait_readable(&self, limit: Duration) -> Result<(), TargetError> {
        let mut fds = [PollFd::new(self.file.as_fd(), PollFlags::POLLIN)];
        match ppoll(&mut fds, Some(TimeSpec::from_duration(limit)), None) {
            Ok(_) | Err(Errno::EINTR) => Ok(()),
            Err(errno) => Err(io("wait for a packet", errno)),
        }
    }

    fn configure(&self, what: libc::Ioctl, doing: &str, request: &mut libc::ifreq) -> Result<(), TargetError> {
        ioctl(&self.control, what, request).map_err(|errno| io(doing, errno))
    }
}

impl AsFd for Tun {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.file.as_fd()
    }
}

fn no_device(error: &std::io::Error) -> TargetError {
    match error.kind() {
        ErrorKind::NotFound => TargetError::Permission(
            "the kernel target needs /dev/net/tun, which is not there: load the driver (modprobe tun), or pass the \
             device into the container (--device /dev/net/tun)"
                .to_owned(),
        ),
        ErrorKind::PermissionDenied => TargetError::Permission(
            "the kernel target may not open /dev/net/tun: run it as root, or allow this user to read and write it"
                .to_owned(),
        ),
        _ => match error.raw_os_error() {
            // The node is there, the driver is not.
            Some(libc::ENODEV | libc::ENXIO) => TargetError::Permission(
                "the kernel target needs the TUN driver, which is not loaded: load it (modprobe tun)".to_owned(),
            ),
            _ => TargetError::Io {
                doing: "open /dev/net/tun".to_owned(),
                source: std::io::Error::new(error.kind(), error.to_string()),
            },
        },
    }
}

fn ifreq(name: &str) -> libc::ifreq {
    // SAFETY: `ifreq` consists of integers, arrays of them, a pointer in a union and addresses; all-zero is valid.
    let mut request: libc::ifreq = unsafe { std::mem::zeroed() };
    // One byte less than there is room for: the name ends with a zero.
    let room = libc::IFNAMSIZ - 1;
    for (to, from) in request.ifr_name[..room].iter_mut().zip(name.bytes()) {
        *to = from as libc::c_char;
    }
    request
}

fn addressed(address: Ipv4Addr) -> libc::ifreq {
    let mut request = ifreq(NAME);
    let bytes = SocketAddrV4::new(address, 0).ip().octets();
    let address = &mut request.ifr_ifru;
    address.ifru_addr = libc::sockaddr { sa_family: libc::AF_INET as libc::sa_family_t, sa_data: [0; 14] };
    // SAFETY: the member was written just above.
    let data = unsafe { &mut address.ifru_addr.sa_data };
    // A `sockaddr_in` has two bytes of port before the address.
    for (to, from) in data[2..6].iter_mut().zip(bytes) {
        *to = from as libc::c_char;
    }
    request
}

fn ioctl(fd: &impl AsRawFd, what: libc::Ioctl, request: &mut libc::ifreq) -> Result<(), Errno> {
    // SAFETY: the descriptor is open for the duration of the borrow, and every request this module makes takes a
    // pointer to an `ifreq`, which the exclusive borrow keeps valid until the call is back.
    Errno::result(unsafe { libc::ioctl(fd.as_raw_fd(), what, std::ptr::from_mut(request)) }).map(drop)
}
