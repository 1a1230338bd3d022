//! A TUN or TAP device of the calling thread's network namespace, and its addresses on the kernel's side.
//!
//! Opened by [`super::kernel`], where the harness is the other side of the wire, and by [`crate::host`], where the
//! reference is. The device disappears with its descriptor. A device that is there already (made by `ip tuntap add`) is attached to
//! and left as it was.

use std::{
    fs::{File, OpenOptions},
    net::{IpAddr, Ipv4Addr},
    os::{
        fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd},
        unix::fs::OpenOptionsExt,
    },
    ptr, slice,
    time::Duration,
};

use nix::{
    errno::Errno,
    sys::{
        socket::{AddressFamily, SockFlag, SockType, socket},
        time::TimeSpec,
    },
};

use super::TargetError;
use crate::fiber::{self, Call};

/// What goes through the device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// IP packets.
    Tun,
    /// Ethernet frames.
    Tap,
}

/// The longest frame: a packet of 65,535 octets and its header.
const LONGEST: usize = 65_536 + 64;

/// So many packets are asked for at once.
pub const AT_ONCE: usize = 3;

/// What a read brought.
enum Came {
    /// So many octets.
    Packet(usize),
    Nothing,
    Interrupted,
}

/// An open device.
pub struct Device {
    file: File,
    name: String,
    buffers: [Box<[u8]>; AT_ONCE],
}

impl Device {
    /// Opens the device of this name, which is made if there is none.
    ///
    /// # Errors
    /// [`TargetError::Permission`] if there is no TUN driver, the right is missing, or the name cannot be one;
    /// [`TargetError::Io`] for anything else.
    pub fn open(name: &str, kind: Kind) -> Result<Self, TargetError> {
        if name.is_empty() || name.len() >= libc::IFNAMSIZ || name.contains(['/', ' ', '%']) {
            return Err(TargetError::Permission(format!(
                "`{name}` cannot be a device: a name has 1 to {} characters and no `/`, `%` or space",
                libc::IFNAMSIZ - 1
            )));
        }
        fiber::enter().map_err(|error| io_failed("enter a namespace", error))?;
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .custom_flags(libc::O_NONBLOCK)
            .open("/dev/net/tun")
            .map_err(|error| no_driver(&error))?;
        let mode = match kind {
            Kind::Tun => libc::IFF_TUN,
            Kind::Tap => libc::IFF_TAP,
        };
        let mut request = ifreq(name);
        request.ifr_ifru.ifru_flags = (mode | libc::IFF_NO_PI) as libc::c_short;
        ioctl(&file, libc::TUNSETIFF, std::ptr::from_mut(&mut request).cast()).map_err(|errno| match errno {
            Errno::EPERM => TargetError::Permission(format!(
                "the device `{name}` may not be made here: run as root or with the capability CAP_NET_ADMIN (or, for \
                 `host`, use --netns)"
            )),
            Errno::EBUSY => TargetError::Permission(format!("the device `{name}` is in use by another program")),
            Errno::EINVAL => TargetError::Permission(format!("`{name}` is there and is no device of this kind")),
            errno => failed("make the device", errno),
        })?;
        Ok(Self { file, name: name.to_owned(), buffers: [(); AT_ONCE].map(|()| vec![0; LONGEST].into()) })
    }

    /// Gives the kernel's side an address.
    ///
    /// # Errors
    /// [`TargetError::Io`].
    pub fn add_address(&self, address: IpAddr, prefix_len: u8) -> Result<(), TargetError> {
        match address {
            IpAddr::V4(address) => {
                let mut request = self.addressed(address);
                configure(libc::SIOCSIFADDR, "give the device its address", &mut request)?;
                let mask = u32::MAX.checked_shl(32 - u32::from(prefix_len.min(32))).unwrap_or(0);
                let mut request = self.addressed(Ipv4Addr::from(mask));
                configure(libc::SIOCSIFNETMASK, "set the device's netmask", &mut request)
            }
            IpAddr::V6(address) => {
                let mut request = libc::in6_ifreq {
                    ifr6_addr: libc::in6_addr { s6_addr: address.octets() },
                    ifr6_prefixlen: u32::from(prefix_len.min(128)),
                    ifr6_ifindex: self.index()?,
                };
                let control = control(AddressFamily::Inet6)?;
                ioctl(&control, libc::SIOCSIFADDR, std::ptr::from_mut(&mut request).cast())
                    .map_err(|errno| failed("give the device its IPv6 address", errno))
            }
        }
    }

    /// Brings the device up, and the loopback of this namespace with it.
    ///
    /// # Errors
    /// [`TargetError::Io`].
    pub fn set_up(&self) -> Result<(), TargetError> {
        for name in ["lo", &self.name] {
            let mut request = ifreq(name);
            request.ifr_ifru.ifru_flags = libc::IFF_UP as libc::c_short;
            configure(libc::SIOCSIFFLAGS, "bring an interface up", &mut request)?;
        }
        Ok(())
    }

    /// Gives the kernel's side a station. Before [`Self::set_up`]; only a [`Kind::Tap`] has one.
    ///
    /// # Errors
    /// [`TargetError::Io`].
    pub fn set_station(&self, station: [u8; 6]) -> Result<(), TargetError> {
        let mut request = ifreq(&self.name);
        let mut address = libc::sockaddr { sa_family: libc::ARPHRD_ETHER, sa_data: [0; 14] };
        for (to, from) in address.sa_data.iter_mut().zip(station) {
            *to = from as libc::c_char;
        }
        request.ifr_ifru.ifru_hwaddr = address;
        configure(libc::SIOCSIFHWADDR, "give the device its station", &mut request)
    }

    /// The MTU that the device has now, octets.
    ///
    /// # Errors
    /// [`TargetError::Io`].
    pub fn mtu(&self) -> Result<u16, TargetError> {
        let mut request = ifreq(&self.name);
        configure(libc::SIOCGIFMTU, "ask for the device's MTU", &mut request)?;
        // SAFETY: SIOCGIFMTU succeeded, so the kernel wrote this member of the union; any bits are a valid integer.
        let mtu = unsafe { request.ifr_ifru.ifru_mtu };
        Ok(u16::try_from(mtu).unwrap_or(u16::MAX))
    }

    /// Sets the MTU, octets.
    ///
    /// # Errors
    /// [`TargetError::Io`].
    pub fn set_mtu(&self, mtu: u16) -> Result<(), TargetError> {
        let mut request = ifreq(&self.name);
        request.ifr_ifru.ifru_mtu = libc::c_int::from(mtu);
        configure(libc::SIOCSIFMTU, "set the device's MTU", &mut request)
    }

    /// The next packet or frame that the kernel sends, if there is one now.
    ///
    /// # Errors
    /// [`TargetError::Io`], also when the device has been taken away.
    pub fn read(&mut self) -> Result<Option<&[u8]>, TargetError> {
        loop {
            let [mut call, ..] = self.reading();
            // SAFETY: the descriptor is open as long as `self`, and so is the buffer.
            unsafe { fiber::make(slice::from_mut(&mut call)) };
            match Self::came(&call)? {
                Came::Packet(len) => return Ok(Some(&self.buffers[0][..len])),
                Came::Nothing => return Ok(None),
                Came::Interrupted => {}
            }
        }
    }

    /// The calls that read the next packets, as many as there are of them; to be made together with others, which may come
    /// before them. The device has to outlive them.
    #[must_use]
    pub fn reading(&mut self) -> [Call; AT_ONCE] {
        let fd = self.file.as_raw_fd() as usize;
        let read = |buffer: &mut Box<[u8]>| {
            Call::new(libc::SYS_read, [fd, buffer.as_mut_ptr() as usize, buffer.len(), 0, 0, 0])
        };
        let [first, second, third] = self.buffers.each_mut().map(read);
        // Where there is no packet, there is no next one.
        [first, second.depending(), third.depending()]
    }

    /// Gives the packets that these calls of [`Self::reading`] read, in order; whether there may be more.
    ///
    /// # Errors
    /// As [`Self::read`].
    pub fn packets(&self, calls: &[Call], take: &mut dyn FnMut(&[u8])) -> Result<bool, TargetError> {
        for (call, buffer) in calls.iter().zip(&self.buffers) {
            match Self::came(call)? {
                Came::Packet(len) => take(&buffer[..len]),
                Came::Nothing => return Ok(false),
                Came::Interrupted => return Ok(true),
            }
        }
        Ok(true)
    }

    /// What came of a read.
    fn came(call: &Call) -> Result<Came, TargetError> {
        let error = match call.result() {
            Ok(len) => return Ok(Came::Packet(len)),
            Err(error) => error,
        };
        match error.raw_os_error() {
            Some(libc::EINTR) => Ok(Came::Interrupted),
            // The device is down: nothing comes until it is brought up.
            Some(libc::EAGAIN | libc::EIO) => Ok(Came::Nothing),
            _ => Err(io_failed("read from the device", error)),
        }
    }

    /// A packet or frame for the kernel. One that it refuses, or has no room for, is lost on the wire.
    ///
    /// # Errors
    /// [`TargetError::Io`].
    pub fn write(&mut self, packet: &[u8]) -> Result<(), TargetError> {
        let mut calls = [self.writing(packet)];
        // SAFETY: the descriptor is open as long as `self`; the packet is borrowed until the call is made.
        unsafe { fiber::make(&mut calls) };
        Self::written(&calls[0])
    }

    /// The call of [`Self::write`], to be made together with others. The packet has to outlive it.
    #[must_use]
    pub fn writing(&self, packet: &[u8]) -> Call {
        Call::new(libc::SYS_write, [self.file.as_raw_fd() as usize, packet.as_ptr() as usize, packet.len(), 0, 0, 0])
    }

    /// What came of it.
    ///
    /// # Errors
    /// As [`Self::write`].
    pub fn written(call: &Call) -> Result<(), TargetError> {
        let Err(error) = call.result() else { return Ok(()) };
        match error.raw_os_error() {
            Some(libc::EINVAL | libc::EAGAIN | libc::EIO | libc::ENOBUFS) => Ok(()),
            _ => Err(io_failed("write to the device", error)),
        }
    }

    /// Sleeps until the kernel sends something or `other` can be read, at most so long. May wake up early.
    ///
    /// # Errors
    /// [`TargetError::Io`].
    pub fn wait(&self, other: Option<&dyn AsFd>, limit: Duration) -> Result<(), TargetError> {
        let wanted = |fd: BorrowedFd<'_>| libc::pollfd { fd: fd.as_raw_fd(), events: libc::POLLIN, revents: 0 };
        let mut fds = vec![wanted(self.file.as_fd())];
        fds.extend(other.map(|other| wanted(other.as_fd())));
        let limit = TimeSpec::from_duration(limit);
        let arguments = [fds.as_mut_ptr() as usize, fds.len(), ptr::from_ref(limit.as_ref()) as usize, 0, 0, 0];
        // SAFETY: the descriptors are open, and list and limit are borrowed, until the call is made; no signal mask.
        match fiber::alone(|| unsafe { fiber::call(libc::SYS_ppoll, arguments) }) {
            Err(error) if error.kind() != std::io::ErrorKind::Interrupted => Err(io_failed("wait for a packet", error)),
            Ok(_) | Err(_) => Ok(()),
        }
    }

    /// The device's index in its namespace.
    ///
    /// # Errors
    /// [`TargetError::Io`].
    pub fn index(&self) -> Result<libc::c_int, TargetError> {
        let mut request = ifreq(&self.name);
        configure(libc::SIOCGIFINDEX, "ask for the device's index", &mut request)?;
        // SAFETY: SIOCGIFINDEX succeeded, so the kernel wrote this member of the union; any bits are a valid integer.
        Ok(unsafe { request.ifr_ifru.ifru_ifindex })
    }

    fn addressed(&self, address: Ipv4Addr) -> libc::ifreq {
        let mut request = ifreq(&self.name);
        let mut socket = libc::sockaddr { sa_family: libc::AF_INET as libc::sa_family_t, sa_data: [0; 14] };
        // A `sockaddr_in` has two bytes of port before the address.
        for (to, from) in socket.sa_data[2..6].iter_mut().zip(address.octets()) {
            *to = from as libc::c_char;
        }
        request.ifr_ifru.ifru_addr = socket;
        request
    }
}

impl AsFd for Device {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.file.as_fd()
    }
}

fn no_driver(error: &std::io::Error) -> TargetError {
    TargetError::Permission(format!(
        "/dev/net/tun cannot be opened ({error}): load the driver (modprobe tun), pass the device into the container \
         (--device /dev/net/tun), or run as root"
    ))
}

fn failed(doing: &str, errno: Errno) -> TargetError {
    io_failed(doing, errno.into())
}

fn io_failed(doing: &str, source: std::io::Error) -> TargetError {
    TargetError::Io { doing: doing.to_owned(), source }
}

fn control(family: AddressFamily) -> Result<OwnedFd, TargetError> {
    fiber::enter().map_err(|error| io_failed("enter a namespace", error))?;
    socket(family, SockType::Datagram, SockFlag::SOCK_CLOEXEC, None)
        .map_err(|errno| failed("open a control socket", errno))
}

fn configure(what: libc::Ioctl, doing: &str, request: &mut libc::ifreq) -> Result<(), TargetError> {
    ioctl(&control(AddressFamily::Inet)?, what, std::ptr::from_mut(request).cast())
        .map_err(|errno| failed(doing, errno))
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

fn ioctl(fd: &impl AsRawFd, what: libc::Ioctl, request: *mut libc::c_void) -> Result<(), Errno> {
    // SAFETY: the descriptor is open for the duration of the borrow, and each caller passes a pointer to the structure
    // that its request takes, made from an exclusive borrow that lasts until the call is back.
    Errno::result(unsafe { libc::ioctl(fd.as_raw_fd(), what, request) }).map(drop)
}
