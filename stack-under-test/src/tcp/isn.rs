//! Initial sequence numbers (RFC9293#3.4.1, RFC6528#3).
//!
//! Called when a connection needs an ISS: OPEN, a SYN in LISTEN, and the reopening of TIME-WAIT.
//! [`IsnGenerator::rfc6528`] is the rule of today; [`IsnGenerator::clock793`] is RFC 793's bare
//! clock, for the profile that replays that RFC.
//!
//! Left out: key renewal. The key comes from the run's seed, so that a run can be repeated; whoever
//! knows the seed can compute F, which a stack facing a network could not allow (MUST-9).

use core::hash::Hasher;
use core::net::{IpAddr, SocketAddr};

use siphasher::sip::SipHasher24;

use crate::tcp::seq::Seq;
use crate::tcp::table::SecretKey;
use crate::time::Instant;

/// Nanoseconds between two ticks of the ISN clock (MUST-8): it goes once round the 2^32 numbers in
/// 4.77 hours.
const NANOS_PER_TICK: u64 = 4_000;

/// Chooses initial sequence numbers. Has no state but its key: the same time and the same sockets
/// give the same number.
///
/// ```
/// use core::time::Duration;
/// use stack_under_test::tcp::isn::IsnGenerator;
/// use stack_under_test::time::Instant;
///
/// let isn = IsnGenerator::new(7);
/// let (local, remote) = ("10.0.0.1:80".parse().unwrap(), "10.0.0.2:4000".parse().unwrap());
/// let first = isn.rfc6528(Instant::ZERO, local, remote);
/// let second = isn.rfc6528(Instant::ZERO + Duration::from_millis(1), local, remote);
/// assert_eq!(second.since(first), 250, "one connection's numbers follow the 4 µs clock");
/// ```
#[derive(Clone, Copy)]
pub struct IsnGenerator {
    key: [u64; 2],
}

impl IsnGenerator {
    /// A generator whose secret key (128 bits, the length RFC6528#3 asks for) is derived from `seed`.
    pub fn new(seed: u64) -> Self {
        let first = scramble(seed.wrapping_add(GOLDEN));
        let second = scramble(seed.wrapping_add(GOLDEN.wrapping_mul(2)));
        Self { key: [first, second] }
    }

    /// `M + F(localip, localport, remoteip, remoteport, secretkey)` (SHLD-1, RFC6528#3). F is the low
    /// half of SipHash-2-4, a keyed pseudorandom function (MUST-9).
    pub fn rfc6528(&self, now: Instant, local: SocketAddr, remote: SocketAddr) -> Seq {
        Self::clock793(now) + of_sockets(self.key, local, remote)
    }

    /// The offset of this pair's timestamp clock: the same function under another key (RFC7323#5.4). It does not depend
    /// on the time, so timestamps go on growing from one incarnation to the next (RFC6191#3).
    pub fn timestamp_offset(&self, local: SocketAddr, remote: SocketAddr) -> u32 {
        of_sockets(self.key.map(scramble), local, remote)
    }

    /// What makes a SYN cookie unguessable (RFC4987#3.6): the same function of all that the cookie vouches for, under a
    /// third key.
    pub(crate) fn cookie_hash(&self, local: SocketAddr, remote: SocketAddr, isn: Seq, count: u64, size: u32) -> u32 {
        let mut prf = SipHasher24::new_with_keys(scramble(self.key[1]), scramble(self.key[0]));
        write(&mut prf, local, remote);
        prf.write(&isn.0.to_be_bytes());
        prf.write(&count.to_be_bytes());
        prf.write(&size.to_be_bytes());
        prf.finish() as u32
    }

    /// A key for the table of connections.
    pub(crate) fn table_key(&self) -> SecretKey {
        let word = |index: usize| scramble(self.key[index % 2].wrapping_add(GOLDEN.wrapping_mul(1 + index as u64)));
        core::array::from_fn(word)
    }

    /// M alone: the 32-bit clock that ticks every 4 µs (MUST-8, RFC793#3.3). It is the same for
    /// every connection, so anyone can guess it.
    pub const fn clock793(now: Instant) -> Seq {
        Seq((now.as_nanos() / NANOS_PER_TICK) as u32)
    }
}

/// F of two sockets. In one piece where they are short: a hash that nothing is added to costs half of one that takes in
/// part by part.
fn of_sockets(key: [u64; 2], local: SocketAddr, remote: SocketAddr) -> u32 {
    let mut prf = SipHasher24::new_with_keys(key[0], key[1]);
    if let (SocketAddr::V4(local), SocketAddr::V4(remote)) = (local, remote) {
        let mut octets = [0; 12];
        octets[..4].copy_from_slice(&local.ip().octets());
        octets[4..6].copy_from_slice(&local.port().to_be_bytes());
        octets[6..10].copy_from_slice(&remote.ip().octets());
        octets[10..].copy_from_slice(&remote.port().to_be_bytes());
        return prf.hash(&octets) as u32;
    }
    write(&mut prf, local, remote);
    prf.finish() as u32
}

/// Two sockets as F takes them in: of each the address's octets, then the port's.
fn write(prf: &mut SipHasher24, local: SocketAddr, remote: SocketAddr) {
    for socket in [local, remote] {
        match socket.ip() {
            IpAddr::V4(address) => prf.write(&address.octets()),
            IpAddr::V6(address) => prf.write(&address.octets()),
        }
        prf.write(&socket.port().to_be_bytes());
    }
}

impl core::fmt::Debug for IsnGenerator {
    /// Keeps the key out of logs.
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("IsnGenerator").finish_non_exhaustive()
    }
}

/// 2^64 divided by the golden ratio, odd: steps of it visit every 64-bit number.
const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;

/// Spreads seeds that differ in one bit (0, 1, 2 …) over all 64 bits. A bijection (the SplitMix64
/// finalizer), so different seeds always give different keys.
const fn scramble(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests;
