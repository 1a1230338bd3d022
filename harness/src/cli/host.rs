//! `rfc793 host`.

use std::{
    fs::File,
    io::{self, BufWriter},
    net::{IpAddr, SocketAddr},
    os::unix::process::CommandExt,
    path::PathBuf,
    process::{Child, Command},
    str::FromStr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
};

use clap::Args;
use nix::sys::signal::SigSet;
use stack_under_test::{Cidr, Config, Medium, Profile, Route};

use super::{
    exit::{Exit, Failure, complain},
    interrupt,
};
use crate::{
    host::{
        Host, HostError, STATION, demo,
        faults::Plan,
        namespace,
        record::{All, Ladder, Pcap, Record},
    },
    target::device::{Device, Kind},
};

#[derive(Args)]
pub(super) struct Arguments {
    /// The device's name; it is made if there is none.
    #[arg(long, value_name = "NAME", default_value = "rfc0")]
    tun: String,
    /// A TAP device: Ethernet frames, with ARP and neighbor discovery.
    #[arg(long)]
    tap: bool,
    /// The host's address with its subnet's prefix; may be given again, for IPv6 too [default: 10.79.3.2/24 and
    /// fd79:3::2/64].
    #[arg(long = "addr", value_name = "ADDRESS/BITS")]
    addresses: Vec<Subnet>,
    /// A gateway for everything that is not on the link (with --tap).
    #[arg(long = "gateway", value_name = "ADDRESS")]
    gateways: Vec<IpAddr>,
    /// The stack's choices.
    #[arg(long, value_name = "NAME", default_value = "extended", value_parser = profile)]
    profile: Profile,
    /// The device's MTU, octets.
    #[arg(long, value_name = "OCTETS", value_parser = clap::value_parser!(u16).range(68..=65_000))]
    mtu: Option<u16>,
    /// A bad link, as `loss=2%,reorder=5%,dup=1%,corrupt=0.5%,delay=20ms`; each way by itself.
    #[arg(long, value_name = "FAULTS", default_value = "delay=0ms")]
    fault: Plan,
    /// Fixes all randomness of stack and link.
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,
    /// Writes every packet to a capture file, with the rules behind it as comments.
    #[arg(long, value_name = "FILE")]
    pcap: Option<PathBuf>,
    /// Shows every packet, drop and change of state on standard error.
    #[arg(long)]
    trace: bool,
    /// In a network namespace of its own, the kernel's side configured: for a trial that leaves nothing.
    #[arg(long)]
    netns: bool,
    /// Opens a connection and carries standard input and output over it, as `nc` does.
    #[arg(long, value_name = "ADDRESS:PORT", conflicts_with_all = ["demo", "command"])]
    connect: Option<SocketAddr>,
    /// Runs a kernel client against the host in a namespace of its own, and shows what was said.
    #[arg(long, conflicts_with_all = ["trace", "command"])]
    demo: bool,
    /// Runs this beside the host and ends with it; in the namespace, if there is one.
    #[arg(last = true, value_name = "COMMAND")]
    command: Vec<String>,
}

/// `10.79.3.2/24`
#[derive(Clone, Copy)]
struct Subnet(Cidr);

impl FromStr for Subnet {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (address, bits) = text.split_once('/').ok_or("the prefix is missing: write it as 10.79.3.2/24")?;
        let address: IpAddr = address.parse().map_err(|_| format!("`{address}` is no IP address"))?;
        let most = if address.is_ipv4() { 30 } else { 126 };
        let bits = bits.parse().ok().filter(|bits| (1..=most).contains(bits));
        let bits =
            bits.ok_or_else(|| format!("the prefix is a number from 1 to {most}, so that two hosts have room"))?;
        if address.is_multicast() || address.is_unspecified() || address.is_loopback() {
            return Err(format!("`{address}` cannot be a host's address"));
        }
        Ok(Self(Cidr::new(address, bits)))
    }
}

fn profile(name: &str) -> Result<Profile, String> {
    Profile::by_name(name).ok_or_else(|| format!("the profiles are {}", Profile::NAMES.join(", ")))
}

impl From<HostError> for Failure {
    fn from(error: HostError) -> Self {
        match error {
            HostError::Device(error) => Self::Target(error),
            HostError::Refused(_) => Self::Environment(error.to_string()),
            HostError::Record(error) => Self::Output(error),
        }
    }
}

pub(super) fn run(arguments: &Arguments) -> Result<Exit, Failure> {
    let addresses = addresses(arguments)?;
    let apart = arguments.netns || arguments.demo;
    if apart {
        namespace::enter()?;
    }
    let stop = interrupt::stop_flag();
    let device = Device::open(&arguments.tun, if arguments.tap { Kind::Tap } else { Kind::Tun })?;
    if let Some(mtu) = arguments.mtu {
        device.set_mtu(mtu)?;
    }
    if apart {
        namespace::configure(&device, &arguments.tun, &addresses)?;
    }
    let medium = if arguments.tap { Medium::Ethernet(STATION) } else { Medium::Ip };
    let config = Config {
        addresses: addresses.clone(),
        medium,
        routes: arguments.gateways.iter().map(|gateway| default_route(*gateway)).collect(),
        mtu: device.mtu()?,
        seed: arguments.seed,
        profile: arguments.profile.clone(),
    };
    let mut host = Host::new(device, config, arguments.fault, record(arguments, medium)?)?;
    if arguments.demo {
        return show(&mut host, &addresses, &stop);
    }
    introduce(arguments, &addresses, apart);
    if let Some(remote) = arguments.connect {
        host.call(remote)?;
        return match host.run(&stop)? {
            None => Ok(Exit::Interrupted),
            Some(Ok(())) => Ok(Exit::Well),
            Some(Err(error)) => {
                complain(&format!("rfc793: the connection to {remote} failed: {error}"));
                Ok(Exit::Failed)
            }
        };
    }
    match arguments.command.split_first() {
        None => host.run(&stop).map(|_| Exit::Well).map_err(Failure::from),
        Some((program, words)) => beside(&mut host, program, words, &stop),
    }
}

fn addresses(arguments: &Arguments) -> Result<Vec<Cidr>, Failure> {
    if !arguments.gateways.is_empty() && !arguments.tap {
        return Err(Failure::Usage("a TUN device has one other end and no gateways: use --tap".to_owned()));
    }
    if arguments.addresses.is_empty() {
        return Ok(vec![
            Cidr::new([10, 79, 3, 2], 24),
            Cidr::new(std::net::Ipv6Addr::new(0xfd79, 3, 0, 0, 0, 0, 0, 2), 64),
        ]);
    }
    Ok(arguments.addresses.iter().map(|Subnet(cidr)| *cidr).collect())
}

fn default_route(gateway: IpAddr) -> Route {
    let everything: IpAddr = if gateway.is_ipv4() { [0; 4].into() } else { [0; 16].into() };
    Route { destination: Cidr::new(everything, 0), gateway }
}

fn record(arguments: &Arguments, medium: Medium) -> Result<Box<dyn Record>, Failure> {
    let mut records: Vec<Box<dyn Record>> = Vec::new();
    if let Some(path) = &arguments.pcap {
        let file =
            File::create(path).map_err(|error| Failure::Usage(format!("cannot write {}: {error}", path.display())))?;
        records.push(Box::new(Pcap::new(BufWriter::new(file), medium)?));
    }
    if arguments.demo {
        records.push(Box::new(Ladder::new(io::stdout())));
    } else if arguments.trace {
        records.push(Box::new(Ladder::new(io::stderr())));
    }
    Ok(Box::new(All(records)))
}

/// Says where the host is, and what is left to do.
fn introduce(arguments: &Arguments, addresses: &[Cidr], apart: bool) {
    let names: Vec<_> = addresses.iter().map(ToString::to_string).collect();
    complain(&format!("rfc793: {} on {}: echo, discard, daytime, chargen, http", names.join(", "), arguments.tun));
    if apart && arguments.command.is_empty() {
        let pid = std::process::id();
        complain(&format!(
            "to get there:  nsenter -t {pid} -U --preserve-credentials -n -- ping {}",
            addresses[0].address
        ));
    }
    if !apart {
        for ours in addresses {
            let (kernel, bits) = (namespace::neighbor_of(ours), ours.prefix_len);
            complain(&format!("if its other side has none yet:  ip address add {kernel}/{bits} dev {}", arguments.tun));
        }
        complain(&format!("                                 ip link set {} up", arguments.tun));
    }
}

/// The host on this thread, its client on another, until the client has seen enough.
fn show(host: &mut Host, addresses: &[Cidr], stop: &Arc<AtomicBool>) -> Result<Exit, Failure> {
    let addresses: Vec<IpAddr> = addresses.iter().map(|cidr| cidr.address).collect();
    let done = Arc::clone(stop);
    let client = thread::spawn(move || {
        let outcome = addresses.into_iter().try_for_each(demo::client);
        let interrupted = done.swap(true, Ordering::Relaxed);
        (outcome, interrupted)
    });
    host.run(stop)?;
    match client.join() {
        Ok((_, true)) => Ok(Exit::Interrupted),
        Ok((Ok(()), false)) => Ok(Exit::Well),
        Ok((Err(error), false)) => {
            complain(&format!("rfc793: the kernel's client did not get what it asked for: {error}"));
            Ok(Exit::Failed)
        }
        Err(_) => Err(Failure::Environment("the client panicked".to_owned())),
    }
}

/// The host on this thread, a program beside it; how the program ended decides.
fn beside(host: &mut Host, program: &str, words: &[String], stop: &Arc<AtomicBool>) -> Result<Exit, Failure> {
    let mut child =
        start(program, words).map_err(|error| Failure::Usage(format!("failed to run `{program}`: {error}")))?;
    let done = Arc::clone(stop);
    let pid = child.id();
    let waiter = thread::spawn(move || {
        let status = child.wait();
        let interrupted = done.swap(true, Ordering::Relaxed);
        (status, interrupted)
    });
    let served = host.run(stop);
    if served.is_err() {
        let pid = nix::unistd::Pid::from_raw(pid.try_into().unwrap_or(0));
        let _ = nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGTERM);
    }
    let ended = waiter.join();
    served?;
    match ended {
        Ok((_, true)) => Ok(Exit::Interrupted),
        Ok((Ok(status), false)) if status.success() => Ok(Exit::Well),
        Ok((Ok(status), false)) => {
            complain(&format!("rfc793: `{program}` ended with {status}"));
            Ok(Exit::Failed)
        }
        Ok((Err(error), false)) => Err(Failure::Environment(format!("failed to wait for `{program}`: {error}"))),
        Err(_) => Err(Failure::Environment("the thread that waits for the program panicked".to_owned())),
    }
}

fn start(program: &str, words: &[String]) -> io::Result<Child> {
    let mut command = Command::new(program);
    command.args(words);
    // SAFETY: between fork and exec only two system calls are made, which touch no memory of the parent.
    unsafe {
        command.pre_exec(|| {
            // Ctrl-C is blocked in our threads, not in the child; and the child does not outlive its host.
            SigSet::empty().thread_set_mask()?;
            if libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGTERM) != 0 {
                return Err(io::Error::last_os_error());
            }
            Ok(())
        });
    }
    command.spawn()
}
