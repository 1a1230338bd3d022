//! A client of `rfc793 host` that uses the kernel's TCP: the other side of the proofs in `ci/host`.
//!
//! ```text
//! kernel_client transfer ADDRESS:PORT BYTES [mss=N] [window=N] [isn=N]   bytes to the echo service and back, by SHA-256
//! kernel_client connections ADDRESS:PORT COUNT AT_ONCE                   opened, used and closed, so many at once
//! kernel_client flood ADDRESS:PORT COUNT                                 SYNs from addresses that nobody has (IPv4)
//! ```
//!
//! Exit code 0 if everything came back as it was sent, 1 if not, 2 for wrong arguments.

use std::{
    io::{self, Read, Write},
    net::{Ipv4Addr, Shutdown, SocketAddr, SocketAddrV4, TcpStream},
    os::fd::AsRawFd,
    process::ExitCode,
    thread,
    time::{Duration, Instant},
};

use sha2::{Digest, Sha256};
use socket2::{Domain, Protocol, Socket, Type};
use stack_under_test::{
    tcp::seq::Seq,
    wire::{
        ipv4::{Ipv4Repr, PROTOCOL_TCP},
        tcp::{Flags, TcpRepr},
        tcp_options::TcpOptions,
    },
};

/// No single read or write takes longer on a link that is only bad.
const PATIENCE: Duration = Duration::from_secs(120);
const CHUNK: usize = 64 * 1024;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let outcome = match words[..] {
        ["transfer", to, bytes, ref options @ ..] => parse(to).zip(parse(bytes)).map(|(to, bytes)| {
            let options = Options::read(options).ok_or_else(|| io::Error::other("mss=N, window=N or isn=N"))?;
            transfer(to, bytes, &options)
        }),
        ["connections", to, count, at_once] => parse(to)
            .zip(parse(count).zip(parse(at_once)))
            .map(|(to, (count, at_once))| connections(to, count, at_once)),
        ["flood", to, count] => parse(to).zip(parse(count)).map(|(to, count)| flood(to, count)),
        _ => None,
    };
    match outcome {
        None => {
            eprintln!("kernel_client transfer ADDRESS:PORT BYTES [mss=N] [window=N] [isn=N]");
            eprintln!("kernel_client connections ADDRESS:PORT COUNT AT_ONCE");
            eprintln!("kernel_client flood ADDRESS:PORT COUNT");
            ExitCode::from(2)
        }
        Some(Ok(())) => ExitCode::SUCCESS,
        Some(Err(error)) => {
            eprintln!("kernel_client: {error}");
            ExitCode::FAILURE
        }
    }
}

fn parse<T: std::str::FromStr>(text: &str) -> Option<T> {
    text.parse().ok()
}

/// What the kernel's side does unusually.
#[derive(Default)]
struct Options {
    /// TCP_MAXSEG.
    mss: Option<libc::c_int>,
    /// SO_RCVBUF, which bounds the window.
    window: Option<usize>,
    /// The initial sequence number.
    isn: Option<u32>,
}

impl Options {
    fn read(words: &[&str]) -> Option<Self> {
        let mut options = Self::default();
        for word in words {
            match word.split_once('=')? {
                ("mss", value) => options.mss = Some(parse(value)?),
                ("window", value) => options.window = Some(parse(value)?),
                ("isn", value) => options.isn = Some(parse(value)?),
                _ => return None,
            }
        }
        Some(options)
    }
}

fn connect(to: SocketAddr, options: &Options) -> io::Result<TcpStream> {
    let socket = Socket::new(Domain::for_address(to), Type::STREAM, Some(Protocol::TCP))?;
    if let Some(mss) = options.mss {
        set(&socket, libc::TCP_MAXSEG, mss)?;
    }
    if let Some(window) = options.window {
        socket.set_recv_buffer_size(window)?;
    }
    if let Some(isn) = options.isn {
        // The way a checkpointed connection gets its numbers back: a send queue that begins there.
        const SEND_QUEUE: libc::c_int = 2;
        set(&socket, libc::TCP_REPAIR, 1)?;
        set(&socket, libc::TCP_REPAIR_QUEUE, SEND_QUEUE)?;
        set(&socket, libc::TCP_QUEUE_SEQ, isn.cast_signed())?;
        set(&socket, libc::TCP_REPAIR, 0)?;
    }
    socket.set_read_timeout(Some(PATIENCE))?;
    socket.set_write_timeout(Some(PATIENCE))?;
    socket.connect(&to.into())?;
    Ok(socket.into())
}

fn set(socket: &Socket, option: libc::c_int, value: libc::c_int) -> io::Result<()> {
    let len = size_of::<libc::c_int>() as libc::socklen_t;
    // SAFETY: the socket is open, and the pointer is to an integer of that length which outlives the call.
    let done = unsafe {
        libc::setsockopt(socket.as_raw_fd(), libc::IPPROTO_TCP, option, std::ptr::from_ref(&value).cast(), len)
    };
    if done == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// Octets that do not repeat within any transfer (xorshift64*).
struct Stream(u64);

impl Stream {
    fn fill(&mut self, chunk: &mut [u8]) {
        for word in chunk.chunks_mut(8) {
            self.0 ^= self.0 >> 12;
            self.0 ^= self.0 << 25;
            self.0 ^= self.0 >> 27;
            let octets = self.0.wrapping_mul(0x2545_f491_4f6c_dd1d).to_le_bytes();
            word.copy_from_slice(&octets[..word.len()]);
        }
    }
}

fn transfer(to: SocketAddr, bytes: u64, options: &Options) -> io::Result<()> {
    let stream = connect(to, options)?;
    let began = Instant::now();
    let mut sending = stream.try_clone()?;
    let writer = thread::spawn(move || -> io::Result<Sha256> {
        let (mut octets, mut hash, mut left) = (Stream(0x9e37_79b9_7f4a_7c15), Sha256::new(), bytes);
        let mut chunk = vec![0; CHUNK];
        while left > 0 {
            let len = usize::try_from(left).unwrap_or(CHUNK).min(CHUNK);
            octets.fill(&mut chunk[..len]);
            sending.write_all(&chunk[..len])?;
            hash.update(&chunk[..len]);
            left -= len as u64;
        }
        sending.shutdown(Shutdown::Write)?;
        Ok(hash)
    });
    let (mut received, mut hash, mut reading) = (0, Sha256::new(), stream);
    let mut chunk = vec![0; CHUNK];
    loop {
        match reading.read(&mut chunk)? {
            0 => break,
            len => {
                hash.update(&chunk[..len]);
                received += len as u64;
            }
        }
    }
    let sent = writer.join().map_err(|_| io::Error::other("the writer panicked"))??;
    let (sent, came) = (hex(&sent.finalize()), hex(&hash.finalize()));
    let seconds = began.elapsed().as_secs_f64();
    let rate = bytes as f64 / seconds / f64::from(1 << 20);
    println!("{bytes} octets each way, sha256 {}… in {seconds:.2} s, {rate:.1} MiB/s", &sent[..16]);
    if (received, came) == (bytes, sent) {
        Ok(())
    } else {
        Err(io::Error::other(format!("{received} octets came back, and they are others")))
    }
}

fn hex(digest: &[u8]) -> String {
    digest.iter().map(|octet| format!("{octet:02x}")).collect()
}

fn connections(to: SocketAddr, count: usize, at_once: usize) -> io::Result<()> {
    let began = Instant::now();
    let mut done = 0;
    while done < count {
        let mut open = Vec::new();
        for _ in 0..at_once.min(count - done) {
            open.push(connect(to, &Options::default())?);
        }
        // All of them are open before the first is used.
        for (number, stream) in open.iter_mut().enumerate() {
            stream.write_all(&number.to_be_bytes())?;
            stream.shutdown(Shutdown::Write)?;
        }
        for (number, stream) in open.iter_mut().enumerate() {
            let mut answer = Vec::new();
            stream.read_to_end(&mut answer)?;
            if answer != number.to_be_bytes() {
                return Err(io::Error::other(format!("connection {number} got another's answer")));
            }
        }
        done += open.len();
    }
    let seconds = began.elapsed().as_secs_f64();
    println!("{count} connections, {at_once} at once, in {seconds:.2} s, {:.0} a second", count as f64 / seconds);
    Ok(())
}

/// Handshakes that nobody will complete, from a /8 that is not on the link.
fn flood(to: SocketAddrV4, count: u32) -> io::Result<()> {
    // Packets with a header of our own.
    let socket = Socket::new(Domain::IPV4, Type::RAW, Some(Protocol::from(libc::IPPROTO_RAW)))?;
    let (began, address) = (Instant::now(), SocketAddr::V4(to).into());
    let mut random = fastrand::Rng::with_seed(1);
    let mut packet = Vec::with_capacity(64);
    for _ in 0..count {
        let source = Ipv4Addr::from_bits(0x2c00_0000 | random.u32(1..1 << 24));
        let syn = TcpRepr {
            src_port: random.u16(1024..),
            dst_port: to.port(),
            seq: Seq(random.u32(..)),
            ack: Seq(0),
            flags: Flags::SYN,
            window: 65_535,
            urgent: 0,
            options: TcpOptions { mss: Some(1460), ..TcpOptions::default() },
            text: &[],
        };
        packet.clear();
        Ipv4Repr::new(source, *to.ip(), PROTOCOL_TCP)
            .emit(syn.wire_len(), &mut packet)
            .map_err(|error| io::Error::other(error.to_string()))?;
        syn.emit(source, *to.ip(), &mut packet);
        match socket.send_to(&packet, &address) {
            Ok(_) => {}
            // The device's queue is full: the flood is faster than the host, which is the point.
            Err(error) if error.raw_os_error() == Some(libc::ENOBUFS) => {}
            Err(error) => return Err(error),
        }
    }
    let seconds = began.elapsed().as_secs_f64();
    println!("{count} SYNs in {seconds:.2} s, {:.0} a second", f64::from(count) / seconds);
    Ok(())
}
