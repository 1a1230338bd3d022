//! The keyed hash of a pair of sockets: NH, the universal hash of UMAC (RFC4418#5.2.2), on words of 64 bits.
//!
//! [`super::Table`] looks up each segment's connection by it. A sum of products of words, each with a part of the key added:
//! who does not know the key cannot choose pairs that collide more often than chance has it. That takes some ten
//! operations; SipHash took a hundred and fifty of them, several times for each connection.
//!
//! Left out: what a pseudorandom function has beyond that. No output of this leaves the host, see [`crate::tcp::isn`] for
//! numbers that do.

use core::hash::{BuildHasher, Hash, Hasher};
use core::net::IpAddr;

use crate::tcp::Pair;

/// Two words of key for each two words that are hashed; a pair in IPv6 has the most.
pub(crate) type Key = [u64; 6];

/// Makes hashers with a key.
#[derive(Clone, Copy)]
pub(super) struct Keyed(pub(super) Key);

impl BuildHasher for Keyed {
    type Hasher = Nh;

    fn build_hasher(&self) -> Nh {
        Nh { key: self.0, sum: 0, taken: 0 }
    }
}

/// The sum so far.
pub(super) struct Nh {
    key: Key,
    sum: u128,
    /// How many words of the key are used.
    taken: usize,
}

impl Hasher for Nh {
    fn write_u128(&mut self, words: u128) {
        let [first, second] = [0, 1].map(|word| self.key[(self.taken + word) % self.key.len()]);
        self.taken += 2;
        let low = (words as u64).wrapping_add(first);
        let high = ((words >> 64) as u64).wrapping_add(second);
        self.sum = self.sum.wrapping_add(u128::from(low) * u128::from(high));
    }

    fn write(&mut self, bytes: &[u8]) {
        for part in bytes.chunks(16) {
            let mut words = [0; 16];
            words[..part.len()].copy_from_slice(part);
            self.write_u128(u128::from_le_bytes(words));
        }
    }

    /// All bits of the sum in each end of the word, of which a table takes some bits.
    fn finish(&self) -> u64 {
        let folded = (self.sum >> 64) as u64 ^ self.sum as u64;
        folded ^ (folded >> 32)
    }
}

impl Hash for Pair {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let ports = u128::from(self.local.port()) << 16 | u128::from(self.remote.port());
        match (self.local.ip(), self.remote.ip()) {
            (IpAddr::V4(local), IpAddr::V4(remote)) => {
                let addresses = u128::from(local.to_bits()) << 32 | u128::from(remote.to_bits());
                state.write_u128(ports << 64 | addresses);
            }
            (local, remote) => {
                state.write_u128(v6(local));
                state.write_u128(v6(remote));
                state.write_u128(ports);
            }
        }
    }
}

fn v6(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => address.to_ipv6_mapped().to_bits(),
        IpAddr::V6(address) => address.to_bits(),
    }
}

#[cfg(test)]
mod tests;
