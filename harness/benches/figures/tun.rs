//! Bulk over a TUN device between the kernel's TCP and a stack in this process, in a namespace of its own: the reference
//! as `rfc793 host` runs it, then smoltcp in a loop like that of its own benchmark, with as large buffers, on the same
//! kind of device, read and written by the same code.
//!
//! Both stacks have a thread to themselves, the kernel's client another. Beside the rate on the clock stands that of a
//! second of processor time of the stack's thread: what the kernel does for a packet that is written is in both.

use std::{
    io::{Read, Write},
    net::{Ipv4Addr, Shutdown, SocketAddr, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use harness::{
    host::{Host, faults::Plan, namespace, record::All},
    target::TargetError,
    target::device::{Device, Kind},
};
use smoltcp::{
    iface::{Config as InterfaceConfig, Interface, SocketHandle, SocketSet},
    phy::{self, DeviceCapabilities, Medium as SmolMedium},
    socket::tcp,
    time::Instant as SmolInstant,
    wire::{HardwareAddress, IpAddress, IpCidr},
};
use stack_under_test::{Cidr, Config, Profile};

/// So much each way, octets, unless the environment's `TUN_BYTES` says otherwise.
const BYTES: u64 = 1 << 28;
/// The best of so many turns counts: each stack has its turn in each.
const ROUNDS: usize = 3;
const CHUNK: usize = 64 * 1024;
/// Of each connection, each way: as those of `rfc793 host`.
const BUFFER: usize = 1 << 20;
const ADDRESS: Ipv4Addr = Ipv4Addr::new(10, 79, 3, 2);
const PREFIX: u8 = 24;
/// The ports of RFC863 and RFC864.
const DISCARD: u16 = 9;
const CHARGEN: u16 = 19;
const PATIENCE: Duration = Duration::from_secs(60);
const LONGEST_SLEEP: Duration = Duration::from_millis(100);

/// MiB a second: on the clock, and of the stack's processor time.
#[derive(Clone, Copy, Default)]
struct Rate {
    clock: f64,
    processor: f64,
}

impl Rate {
    fn best(self, other: Self) -> Self {
        Self { clock: self.clock.max(other.clock), processor: self.processor.max(other.processor) }
    }
}

/// Prints both, and how they compare. Belongs on a thread of its own, whose namespace it changes.
pub(super) fn throughput() -> Result<(), TargetError> {
    namespace::enter()?;
    let bytes = std::env::var("TUN_BYTES").ok().and_then(|bytes| bytes.parse().ok()).unwrap_or(BYTES);
    let mut best = [[Rate::default(); 2]; 2];
    for _ in 0..ROUNDS {
        for (way, (port, transfer)) in [(DISCARD, send as Transfer), (CHARGEN, receive)].into_iter().enumerate() {
            for (stack, serve) in [reference as Serve, smoltcp].into_iter().enumerate() {
                best[way][stack] = best[way][stack].best(measure(serve, port, transfer, bytes)?);
            }
        }
    }
    for (way, [ours, theirs]) in ["kernel to stack", "stack to kernel"].into_iter().zip(best) {
        println!(
            "{way}: {} MiB over TUN: reference {:.0} MiB/s, smoltcp {:.0} MiB/s, ratio {:.2}; a processor second of \
             the stack's thread {:.0} and {:.0} MiB, ratio {:.2}",
            bytes >> 20,
            ours.clock,
            theirs.clock,
            ours.clock / theirs.clock,
            ours.processor,
            theirs.processor,
            ours.processor / theirs.processor
        );
    }
    Ok(())
}

type Serve = fn(Device, &AtomicBool) -> Result<(), TargetError>;
type Transfer = fn(&mut TcpStream, u64) -> std::io::Result<()>;

/// One transfer with a stack on a device that vanishes behind it.
fn measure(serve: Serve, port: u16, transfer: Transfer, bytes: u64) -> Result<Rate, TargetError> {
    let name = "bench0";
    let device = Device::open(name, Kind::Tun)?;
    namespace::configure(&device, name, &[Cidr::new(ADDRESS, PREFIX)])?;
    let stop = Arc::new(AtomicBool::new(false));
    let done = Arc::clone(&stop);
    let stack = thread::spawn(move || {
        let began = super::rates::processor_time();
        serve(device, &done).map(|()| super::rates::processor_time() - began)
    });
    let began = Instant::now();
    let outcome = TcpStream::connect_timeout(&SocketAddr::from((ADDRESS, port)), PATIENCE).and_then(|mut stream| {
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        transfer(&mut stream, bytes)
    });
    let taken = began.elapsed();
    stop.store(true, Ordering::Relaxed);
    let busy = stack.join().map_err(|_| TargetError::Broken("the stack panicked".to_owned()))??;
    outcome.map_err(|error| TargetError::Broken(format!("the transfer failed: {error}")))?;
    let mebibytes = bytes as f64 / f64::from(1 << 20);
    Ok(Rate { clock: mebibytes / taken.as_secs_f64(), processor: mebibytes / busy.as_secs_f64() })
}

/// Over when the stack has closed too, so it has read all of it.
fn send(stream: &mut TcpStream, bytes: u64) -> std::io::Result<()> {
    let chunk = [7; CHUNK];
    let mut left = bytes;
    while left > 0 {
        let len = chunk.len().min(usize::try_from(left).unwrap_or(usize::MAX));
        stream.write_all(&chunk[..len])?;
        left -= len as u64;
    }
    stream.shutdown(Shutdown::Write)?;
    match stream.read(&mut [0])? {
        0 => Ok(()),
        _ => Err(std::io::Error::other("a discard server spoke")),
    }
}

fn receive(stream: &mut TcpStream, bytes: u64) -> std::io::Result<()> {
    let mut chunk = [0; CHUNK];
    let mut left = bytes;
    while left > 0 {
        match stream.read(&mut chunk)? as u64 {
            0 => return Err(std::io::ErrorKind::UnexpectedEof.into()),
            len => left = left.saturating_sub(len),
        }
    }
    Ok(())
}

/// The reference, as `rfc793 host` has it.
fn reference(device: Device, stop: &AtomicBool) -> Result<(), TargetError> {
    let profile = Profile::by_name("extended").ok_or_else(|| TargetError::Broken("no such profile".to_owned()))?;
    let config = Config { mtu: device.mtu()?, ..Config::new(Cidr::new(ADDRESS, PREFIX), 0, profile) };
    let broken = |error: harness::host::HostError| TargetError::Broken(error.to_string());
    let mut host = Host::new(device, config, Plan::default(), Box::new(All(Vec::new()))).map_err(broken)?;
    host.run(stop).map(drop).map_err(broken)
}

/// smoltcp with a discard and a chargen server.
fn smoltcp(device: Device, stop: &AtomicBool) -> Result<(), TargetError> {
    let mut link = Link { mtu: usize::from(device.mtu()?), device, arriving: vec![0; CHUNK], leaving: Vec::new() };
    let began = Instant::now();
    let now = || SmolInstant::from_micros(i64::try_from(began.elapsed().as_micros()).unwrap_or(i64::MAX));
    let mut interface = Interface::new(InterfaceConfig::new(HardwareAddress::Ip), &mut link, now());
    interface.update_ip_addrs(|addresses| {
        let _ = addresses.push(IpCidr::new(IpAddress::Ipv4(ADDRESS), PREFIX));
    });
    let mut sockets = SocketSet::new(Vec::new());
    let mut listen = |port| -> Result<SocketHandle, TargetError> {
        let buffer = || tcp::SocketBuffer::new(vec![0; BUFFER]);
        let mut socket = tcp::Socket::new(buffer(), buffer());
        // As the reference has it.
        socket.set_congestion_control(tcp::CongestionControl::Reno);
        socket.listen(port).map_err(|error| TargetError::Broken(error.to_string()))?;
        Ok(sockets.add(socket))
    };
    let (discard, chargen) = (listen(DISCARD)?, listen(CHARGEN)?);
    let text = [7; CHUNK];
    while !stop.load(Ordering::Relaxed) {
        interface.poll(now(), &mut link, &mut sockets);
        let socket = sockets.get_mut::<tcp::Socket>(discard);
        let mut served = false;
        while socket.can_recv() {
            served |= socket.recv(|data| (data.len(), data.len())).is_ok_and(|len| len > 0);
        }
        if !socket.may_recv() && socket.may_send() {
            socket.close();
            served = true;
        }
        let socket = sockets.get_mut::<tcp::Socket>(chargen);
        while socket.can_send() {
            served |= socket.send_slice(&text).is_ok_and(|len| len > 0);
        }
        if !served {
            let delay = interface.poll_delay(now(), &sockets).map_or(LONGEST_SLEEP, Duration::from);
            if !delay.is_zero() {
                link.device.wait(None, delay.min(LONGEST_SLEEP))?;
            }
        }
    }
    Ok(())
}

/// The device as smoltcp wants it.
struct Link {
    device: Device,
    mtu: usize,
    arriving: Vec<u8>,
    leaving: Vec<u8>,
}

impl phy::Device for Link {
    type RxToken<'a> = Arriving<'a>;
    type TxToken<'a> = Leaving<'a>;

    fn receive(&mut self, _: SmolInstant) -> Option<(Arriving<'_>, Leaving<'_>)> {
        let packet = self.device.read().ok().flatten()?;
        self.arriving.clear();
        self.arriving.extend_from_slice(packet);
        Some((Arriving(&self.arriving), Leaving { device: &mut self.device, buffer: &mut self.leaving }))
    }

    fn transmit(&mut self, _: SmolInstant) -> Option<Leaving<'_>> {
        Some(Leaving { device: &mut self.device, buffer: &mut self.leaving })
    }

    fn capabilities(&self) -> DeviceCapabilities {
        let mut capabilities = DeviceCapabilities::default();
        capabilities.medium = SmolMedium::Ip;
        capabilities.max_transmission_unit = self.mtu;
        capabilities
    }
}

struct Arriving<'a>(&'a [u8]);

impl phy::RxToken for Arriving<'_> {
    fn consume<R, F: FnOnce(&[u8]) -> R>(self, read: F) -> R {
        read(self.0)
    }
}

struct Leaving<'a> {
    device: &'a mut Device,
    buffer: &'a mut Vec<u8>,
}

impl phy::TxToken for Leaving<'_> {
    fn consume<R, F: FnOnce(&mut [u8]) -> R>(self, len: usize, write: F) -> R {
        self.buffer.clear();
        self.buffer.resize(len, 0);
        let result = write(self.buffer);
        // What the kernel has no room for is lost on the wire.
        let _ = self.device.write(self.buffer);
        result
    }
}
