//! Addresses and ports: every case gets a peer that the kernel has never heard of.
//!
//! A fresh peer address keeps cached metrics, TIME-WAIT and late packets of earlier cases away from a case that runs
//! in the same namespace.

use std::net::{Ipv4Addr, SocketAddrV4};

use crate::target::{Endpoints, Pair};

/// The target's address, the same for all cases.
pub(super) const TARGET: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 1);
/// Length of the target's network prefix.
pub(super) const PREFIX: u8 = 8;
/// The network that the target and all peers are in.
pub(super) const NETWORK: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 0);
/// The broadcast address of the target's network.
const BROADCAST: Ipv4Addr = Ipv4Addr::new(10, 255, 255, 255);

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
    pub(super) fn next_case(&mut self, target_port: Option<u16>) -> Endpoints {
        let case = self.case;
        self.case = (case + 1) % CASES;
        let peer = FIRST_PEER + 2 * case;
        Endpoints {
            target: SocketAddrV4::new(TARGET, target_port.unwrap_or_else(|| port(TARGET_PORTS, case))),
            // 257 is prime: the peer's port changes by more than one case's worth of ports.
            peer: SocketAddrV4::new(Ipv4Addr::from(peer), port(PEER_PORTS, case.wrapping_mul(257))),
            other_peer: Ipv4Addr::from(peer + 1),
            subnet_broadcast: BROADCAST,
        }
    }
}

/// Number `n` of a range of ports (first, how many), round and round.
fn port((first, count): (u16, u16), n: u32) -> u16 {
    // The remainder is below `count`, which is 16 bits wide.
    first + (n % u32::from(count)) as u16
}

/// Whether an emitted packet is this case's: IPv4, and not to a peer of another case.
pub(super) fn belongs(packet: &[u8], case: &Endpoints) -> bool {
    let Some(&[first, ..]) = packet.first_chunk::<1>() else { return false };
    let Some(&[a, b, c, d]) = packet.get(16..20).and_then(|bytes| bytes.first_chunk::<4>()) else { return false };
    let to = Ipv4Addr::from([a, b, c, d]);
    let is_some_peer = (FIRST_PEER..FIRST_PEER + 2 * CASES).contains(&u32::from(to));
    first >> 4 == 4 && (!is_some_peer || to == *case.peer.ip() || to == case.other_peer)
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

    /// Remembers the pair of an injected packet, if it has one and may begin a connection (with SYN cookies any segment
    /// may; they are off where many cases run).
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

/// Whether it has a SYN, or is a fragment, which may have. Lenient: it may be malformed otherwise.
fn may_open(packet: &[u8]) -> bool {
    const SYN: u8 = 2;
    const IN_FRAGMENTS: u16 = 0x3fff;
    let &[first, _, _, _, _, _, high, low, ..] = packet else { return false };
    let flags = packet.get(usize::from(first & 0x0f) * 4 + 13);
    u16::from_be_bytes([high, low]) & IN_FRAGMENTS != 0 || flags.is_some_and(|flags| flags & SYN != 0)
}

/// The pair that an arriving IPv4 packet with TCP belongs to. Lenient: a malformed packet may have one too.
pub(super) fn pair_of(packet: &[u8]) -> Option<Pair> {
    let bytes4 = |at: usize| packet.get(at..at + 4)?.first_chunk::<4>().copied();
    let header = usize::from(packet.first()? & 0x0f) * 4;
    let [s0, s1, d0, d1] = bytes4(header)?;
    Some(Pair {
        target: SocketAddrV4::new(Ipv4Addr::from(bytes4(16)?), u16::from_be_bytes([d0, d1])),
        peer: SocketAddrV4::new(Ipv4Addr::from(bytes4(12)?), u16::from_be_bytes([s0, s1])),
    })
}
