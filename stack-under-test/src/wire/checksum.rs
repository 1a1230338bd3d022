//! The Internet checksum of IPv4, TCP and their neighbours (RFC791#3.1, RFC9293#3.1, RFC1071).
//!
//! Called by the parsers (to verify) and the emitters (to fill in) of this module's neighbours.
//! Left out: updating a checksum for a changed field (RFC1624); nothing here rewrites packets.

use core::net::IpAddr;

/// Sums octets as if all parts were one run of bytes; a part may have an odd length.
///
/// ```
/// use stack_under_test::wire::checksum::Checksum;
///
/// let data = [0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7]; // the example of RFC1071#3
/// let checksum = Checksum::new().add(&data).finish();
/// assert_eq!(checksum, !0xddf2);
/// // A run that contains its own checksum sums to zero:
/// assert_eq!(Checksum::new().add(&data).add(&checksum.to_be_bytes()).finish(), 0);
/// ```
#[derive(Clone, Copy, Debug, Default)]
#[must_use]
pub struct Checksum {
    /// Ones' complement sum so far, folded to below 2^17 after each part.
    sum: u64,
    /// An odd number of octets was summed: the next one is the low half of its word.
    odd: bool,
}

impl Checksum {
    /// The sum of nothing.
    pub const fn new() -> Self {
        Self { sum: 0, odd: false }
    }

    /// The sum of the pseudo-header of an upper-layer packet of `len` octets (RFC9293#3.1; RFC8200#8.1 for IPv6, whose
    /// fields stand elsewhere but sum to the same).
    pub fn pseudo_header(src: impl Into<IpAddr>, dst: impl Into<IpAddr>, protocol: u8, len: usize) -> Self {
        let sum = sum_of(src.into()) + sum_of(dst.into()) + u64::from(protocol) + fold(len as u64);
        Self { sum: fold(sum), odd: false }
    }

    /// Goes on with `bytes`.
    #[expect(
        clippy::should_implement_trait,
        reason = "a checksum goes on with bytes; it is not a sum of two checksums"
    )]
    pub fn add(mut self, mut bytes: &[u8]) -> Self {
        // No options, no text: the usual.
        if bytes.is_empty() {
            return self;
        }
        if self.odd
            && let Some((&low, rest)) = bytes.split_first()
        {
            self.sum += u64::from(low);
            self.odd = false;
            bytes = rest;
        }
        // 2^16 is 1 in this arithmetic, so a 32-bit word counts as its halves. In the machine's byte order: the sum of
        // turned words is the turned sum (RFC1071#2), and to turn one is less work than to turn them all.
        let (pairs, rest) = bytes.as_chunks::<8>();
        let (words, rest) = rest.as_chunks::<4>();
        let (halves, rest) = rest.as_chunks::<2>();
        let mut sum = sum_of_pairs(pairs);
        sum += words.iter().map(|word| u64::from(u32::from_ne_bytes(*word))).sum::<u64>();
        sum += halves.iter().map(|half| u64::from(u16::from_ne_bytes(*half))).sum::<u64>();
        if let [last] = rest {
            sum += u64::from(u16::from_ne_bytes([*last, 0]));
            self.odd = !self.odd;
        }
        self.sum = fold(self.sum + u64::from(u16::from_be(fold(fold(sum)) as u16)));
        self
    }

    /// Goes on with a header without options: what [`Checksum::add`] does, without a look at the length.
    pub(super) fn add_header(mut self, header: &[u8; 20]) -> Self {
        debug_assert!(!self.odd, "a header begins at an even octet");
        let (words, _) = header.as_chunks::<4>();
        let sum: u64 = words.iter().map(|word| u64::from(u32::from_be_bytes(*word))).sum();
        self.sum = fold(self.sum + sum);
        self
    }

    /// The checksum: the complement of the sum. Zero if the bytes held a right checksum.
    #[must_use]
    pub const fn finish(self) -> u16 {
        !(fold(self.sum) as u16)
    }
}

/// The sum of all 32-bit words in these pairs of words. 64 bits hold the carries of 2^32 words.
fn sum_of_pairs(pairs: &[[u8; 8]]) -> u64 {
    // The low words' sum is what the high words leave of the whole: three operations for a pair, and none waits for a carry.
    let (mut whole, mut high) = (0_u64, 0_u64);
    for pair in pairs {
        let pair = u64::from_ne_bytes(*pair);
        whole = whole.wrapping_add(pair);
        high += pair >> 32;
    }
    let low = whole.wrapping_sub(high << 32);
    low + high
}

/// An address as the sum of its 32-bit words.
fn sum_of(address: IpAddr) -> u64 {
    match address {
        IpAddr::V4(v4) => u64::from(v4.to_bits()),
        IpAddr::V6(v6) => {
            let (high, low) = ((v6.to_bits() >> 64) as u64, v6.to_bits() as u64);
            [high >> 32, high & 0xffff_ffff, low >> 32, low & 0xffff_ffff].iter().sum()
        }
    }
}

/// Adds the high parts back to the low one: any sum to below 2^17, one below 2^17 to 16 bits.
const fn fold(sum: u64) -> u64 {
    let sum = (sum >> 32) + (sum & 0xffff_ffff);
    let sum = (sum >> 16) + (sum & 0xffff);
    (sum >> 16) + (sum & 0xffff)
}

#[cfg(test)]
mod tests;
