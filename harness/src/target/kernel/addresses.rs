//! Addresses and ports: every case gets a peer that the kernel has never heard of.
//!
//! A fresh peer address keeps cached metrics, TIME-WAIT and late packets of earlier cases away from a case that runs
//! in the same namespace.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use crate::{
    case::format::IpVersion,
    target::{Endpoints, Pair},
};

/// The target's address, the same for all cases.
pub(super) const TARGET: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 1);
/// Length of the target's network prefix.
pub(super) const PREFIX: u8 = 8;
/// The network that the target and all peers are in.
pub(super) const NETWORK: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 0);
/// The broadcast address of the target's network.
const BROADCAST: Ipv4Addr = Ipv4Addr::new(10, 255, 255, 255);

/// The target's address on Ethernet; the interface beside it keeps its own network.
pub(super) const ETHERNET_TARGET: Ipv4Addr = Ipv4Addr::new(172, 16, 0, 1);
/// Length of that network's prefix.
pub(super) const ETHERNET_PREFIX: u8 = 12;
/// Its way out, [`AddressName::Gateway`](crate::case::format::AddressName::Gateway).
pub(super) const ETHERNET_GATEWAY: Ipv4Addr = Ipv4Addr::new(172, 16, 0, 254);
/// The same over IPv6; its way out is link-local.
pub(super) const ETHERNET_TARGET_V6: Ipv6Addr = Ipv6Addr::new(0xfd00, 0, 0, 0xe, 0, 0, 0, 1);
/// [`AddressName::Gateway`](crate::case::format::AddressName::Gateway) over IPv6.
pub(super) const ETHERNET_GATEWAY_V6: Ipv6Addr = Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 0xfe);
const ETHERNET_FIRST_PEER_V6: u128 = Ipv6Addr::new(0xfd00, 0, 0, 0xe, 0, 1, 0, 0).to_bits();
const ETHERNET_BROADCAST: Ipv4Addr = Ipv4Addr::new(172, 31, 255, 255);
const ETHERNET_FIRST_PEER: u32 = u32::from_be_bytes([172, 16, 1, 0]);
/// So many cases on Ethernet until addresses come round again.
const ETHERNET_CASES: u32 = 50_000;

/// The same over IPv6, unique local addresses (RFC 4193).
pub(super) const TARGET_V6: Ipv6Addr = Ipv6Addr::new(0xfd00, 0, 0, 0, 0, 0, 0, 1);
pub(super) const PREFIX_V6: u8 = 64;
pub(super) const NETWORK_V6: Ipv6Addr = Ipv6Addr::new(0xfd00, 0, 0, 0, 0, 0, 0, 0);
/// The first peer over IPv6.
const FIRST_PEER_V6: u128 = Ipv6Addr::new(0xfd00, 0, 0, 0, 0, 1, 0, 0).to_bits();

/// The first peer, 10.0.1.0 + 2·0; each case takes two addresses.
const FIRST_PEER: u32 = u32::from_be_bytes([10, 0, 1, 0]);
/// So many cases until addresses come round again (10.255.254.255 is the last one used).
const CASES: u32 = (u32::from_be_bytes([10, 255, 255, 0]) - FIRST_PEER) / 2;

/// Ports the target listens on or connects from.
const TARGET_PORTS: (u16, u16) = (2_000, 28_000);
/// First ports of the peer; a case has 256 of them.
const PEER_PORTS: (u16, u16) = (32_000, 33_000);

/// Hands out the endpoints of one case after the other.
#[derive(Debug, Default)]
pub(super) struct AddressPool {
    case: u32,
}

impl AddressPool {
    /// The endpoints of the next case; `target_port` if there is a reason for a certain one.
    pub(super) fn next_case(&mut self, version: IpVersion, target_port: Option<u16>) -> Endpoints {
        let case = self.case;
        self.case = (case + 1) % CASES;
        let (target, host): (IpAddr, fn(u32) -> IpAddr) = match version {
            IpVersion::V4 => (TARGET.into(), |number| Ipv4Addr::from_bits(FIRST_PEER + number).into()),
            IpVersion::V6 => {
                (TARGET_V6.into(), |number| Ipv6Addr::from_bits(FIRST_PEER_V6 + u128::from(number)).into())
            }
        };
        Endpoints {
            target: SocketAddr::new(target, target_port.unwrap_or_else(|| port(TARGET_PORTS, case))),
            // 257 is prime: the peer's port changes by more than one case's worth of ports.
            peer: SocketAddr::new(host(2 * case), port(PEER_PORTS, case.wrapping_mul(257))),
            other_peer: host(2 * case + 1),
            subnet_broadcast: (version == IpVersion::V4).then_some(BROADCAST),
        }
    }
}

impl AddressPool {
    /// The endpoints of the next case, on Ethernet.
    pub(super) fn next_case_on_ethernet(&mut self, version: IpVersion) -> Endpoints {
        let case = self.case;
        self.case = (case + 1) % CASES;
        let (target, host): (IpAddr, fn(u32) -> IpAddr) = match version {
            IpVersion::V4 => {
                (ETHERNET_TARGET.into(), |number| Ipv4Addr::from_bits(ETHERNET_FIRST_PEER + number).into())
            }
            IpVersion::V6 => (ETHERNET_TARGET_V6.into(), |number| {
                Ipv6Addr::from_bits(ETHERNET_FIRST_PEER_V6 + u128::from(number)).into()
            }),
        };
        let peer = 2 * (case % ETHERNET_CASES);
        Endpoints {
            target: SocketAddr::new(target, port(TARGET_PORTS, case)),
            peer: SocketAddr::new(host(peer), port(PEER_PORTS, case.wrapping_mul(257))),
            other_peer: host(peer + 1),
            subnet_broadcast: (version == IpVersion::V4).then_some(ETHERNET_BROADCAST),
        }
    }
}

/// Number `n` of a range of ports (first, how many), round and round.
fn port((first, count): (u16, u16), n: u32) -> u16 {
    // The remainder is below `count`, which is 16 bits wide.
    first + (n % u32::from(count)) as u16
}

/// Whether an emitted packet is this case's: of its version of IP, not to a peer of another case, and not what the
/// kernel tells the link on its own account (who listens to which group, RFC 3810).
pub(super) fn belongs(packet: &[u8], case: &Endpoints) -> bool {
    let own = |to: IpAddr| to == case.peer.ip() || to == case.other_peer;
    match (packet.first().map(|first| first >> 4), case.version()) {
        (Some(4), IpVersion::V4) => {
            let Some(to) = octets(packet, 16).map(Ipv4Addr::from) else { return false };
            let is_some_peer = (FIRST_PEER..FIRST_PEER + 2 * CASES).contains(&to.to_bits());
            !is_some_peer || own(to.into())
        }
        (Some(6), IpVersion::V6) => {
            let Some(to) = octets(packet, 24).map(Ipv6Addr::from) else { return false };
            let is_some_peer = (FIRST_PEER_V6..FIRST_PEER_V6 + u128::from(2 * CASES)).contains(&to.to_bits());
            let is_tcp = packet.get(6) == Some(&TCP);
            if is_some_peer { own(to.into()) } else { is_tcp || !to.is_multicast() }
        }
        _ => false,
    }
}

const TCP: u8 = 6;
/// The next header of an IPv6 packet that is a part of one (RFC8200#4.5).
const FRAGMENT: u8 = 44;

fn octets<const N: usize>(packet: &[u8], at: usize) -> Option<[u8; N]> {
    packet.get(at..at + N)?.first_chunk::<N>().copied()
}

/// Where the TCP header of a packet begins that somebody injects. Lenient: it may be malformed.
pub(super) fn tcp_at(packet: &[u8]) -> Option<usize> {
    let first = *packet.first()?;
    Some(match first >> 4 {
        6 if packet.get(6) == Some(&FRAGMENT) => 48,
        6 => 40,
        _ => usize::from(first & 0x0f) * 4,
    })
}

/// The pairs of sockets a case has used: what has to be forgotten when it ends.
#[derive(Debug, Default)]
pub(super) struct Touched {
    pairs: Vec<Pair>,
}

impl Touched {
    /// More pairs than any case has (connections are numbered by a byte, from two hosts).
    const LIMIT: usize = 512;

    /// Remembers a pair.
    pub(super) fn add(&mut self, pair: Pair) {
        if self.pairs.len() < Self::LIMIT && !self.pairs.contains(&pair) {
            self.pairs.push(pair);
        }
    }

    /// Remembers the pair of a packet injected while somebody listens, if it has one and may begin a connection (with SYN
    /// cookies any segment may; they are off where many cases run). Without a listener only `connect` begins one.
    pub(super) fn add_packet(&mut self, packet: &[u8]) {
        if may_open(packet)
            && let Some(pair) = pair_of(packet)
        {
            self.add(pair);
        }
    }

    /// Whether there may be more than are remembered.
    pub(super) const fn is_full(&self) -> bool {
        self.pairs.len() == Self::LIMIT
    }

    /// All of them.
    pub(super) fn pairs(&self) -> impl Iterator<Item = Pair> + '_ {
        self.pairs.iter().copied()
    }
}

/// Whether it may begin a connection.
fn may_open(packet: &[u8]) -> bool {
    const SYN: u8 = 0x02;
    may_have(packet, SYN)
}

/// Whether an arriving packet may have a flag of TCP: it has, or its header is not where a plain packet has it. What may be
/// something else is never looked at: a checksum is another one in each run, as the target's numbers are, and nothing may
/// depend on it.
pub(super) fn may_have(packet: &[u8], flag: u8) -> bool {
    const ICMP: u8 = 1;
    const UDP: u8 = 17;
    const ICMP_V6: u8 = 58;
    const PLAIN_V4: u8 = 0x45;
    const IN_FRAGMENTS: u16 = 0x3fff;
    let &[first, _, _, _, l0, l1, high, low, _, protocol, ..] = packet else { return false };
    let (protocol, is_plain) = match first >> 4 {
        6 => (high, packet.len() == 40 + usize::from(u16::from_be_bytes([l0, l1]))),
        _ => (protocol, first == PLAIN_V4 && u16::from_be_bytes([high, low]) & IN_FRAGMENTS == 0),
    };
    match protocol {
        ICMP | UDP | ICMP_V6 => false,
        TCP if is_plain => tcp_at(packet).and_then(|at| packet.get(at + 13)).is_some_and(|flags| flags & flag != 0),
        _ => true,
    }
}

/// The pair that an arriving packet with TCP belongs to. Lenient: a malformed packet may have one too.
pub(super) fn pair_of(packet: &[u8]) -> Option<Pair> {
    let [s0, s1, d0, d1] = octets(packet, tcp_at(packet)?)?;
    let (source, destination): (IpAddr, IpAddr) = if packet.first()? >> 4 == 6 {
        (octets::<16>(packet, 8)?.into(), octets::<16>(packet, 24)?.into())
    } else {
        (octets::<4>(packet, 12)?.into(), octets::<4>(packet, 16)?.into())
    };
    Some(Pair {
        target: SocketAddr::new(destination, u16::from_be_bytes([d0, d1])),
        peer: SocketAddr::new(source, u16::from_be_bytes([s0, s1])),
    })
}

#[cfg(test)]
mod tests;
