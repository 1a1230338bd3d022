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
    /// Ones' complement sum so far, of words in the machine's byte order: the sum of turned words is the turned sum
    /// (RFC1071#2), and to turn the one at the end is less work than to turn them all.
    sum: u64,
    /// An odd number of octets was summed: the next one is the second of its word.
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
        // The longest has a length of 32 bits (RFC2675#2).
        let fields = u64::from(u16::from(protocol).to_be()) + u64::from((len as u32).to_be());
        Self { sum: sum_of(src.into()) + sum_of(dst.into()) + fields, odd: false }
    }

    /// Goes on with `bytes`.
    #[expect(
        clippy::should_implement_trait,
        reason = "a checksum goes on with bytes; it is not a sum of two checksums"
    )]
    #[inline]
    pub fn add(self, bytes: &[u8]) -> Self {
        // No options, no text: the usual.
        if bytes.is_empty() { self } else { self.add_some(bytes) }
    }

    /// In one place: the code of a header's way in and out has no use for copies of it.
    #[inline(never)]
    fn add_some(mut self, mut bytes: &[u8]) -> Self {
        if self.odd
            && let Some((&second, rest)) = bytes.split_first()
        {
            self.sum += u64::from(u16::from_ne_bytes([0, second]));
            self.odd = false;
            bytes = rest;
        }
        // 2^16 is 1 in this arithmetic, so a 32-bit word counts as its halves.
        let (blocks, rest) = bytes.as_chunks::<BLOCK>();
        let (words, rest) = rest.as_chunks::<4>();
        let (halves, rest) = rest.as_chunks::<2>();
        let mut sum = if blocks.is_empty() { 0 } else { sum_of_blocks(blocks) };
        sum += words.iter().map(|word| u64::from(u32::from_ne_bytes(*word))).sum::<u64>();
        sum += halves.iter().map(|half| u64::from(u16::from_ne_bytes(*half))).sum::<u64>();
        if let [last] = rest {
            sum += u64::from(u16::from_ne_bytes([*last, 0]));
            self.odd = true;
        }
        // However many parts there are, the sum of some 2^30 of these fits.
        self.sum += halved(sum);
        self
    }

    /// Goes on with a header without options: what [`Checksum::add`] does, without a look at the length.
    pub(super) fn add_header(mut self, header: &[u8; 20]) -> Self {
        debug_assert!(!self.odd, "a header begins at an even octet");
        let (words, _) = header.as_chunks::<4>();
        self.sum += words.iter().map(|word| u64::from(u32::from_ne_bytes(*word))).sum::<u64>();
        self
    }

    /// The checksum: the complement of the sum. Zero if the bytes held a right checksum.
    #[must_use]
    pub const fn finish(self) -> u16 {
        !u16::from_be(fold(self.sum))
    }
}

/// Octets that are summed at a time.
const BLOCK: usize = 64;

/// The sum of all 32-bit words in these blocks. 64 bits hold the carries of 2^32 words.
fn sum_of_blocks(blocks: &[[u8; BLOCK]]) -> u64 {
    // The low words' sum is what the high words leave of the whole: three operations for a pair of words, and none waits
    // for a carry. Eight pairs side by side, as none waits for another.
    let (mut whole, mut high) = ([0_u64; BLOCK / 8], [0_u64; BLOCK / 8]);
    for block in blocks {
        let (pairs, _) = block.as_chunks::<8>();
        for ((pair, whole), high) in pairs.iter().zip(&mut whole).zip(&mut high) {
            let pair = u64::from_ne_bytes(*pair);
            *whole = whole.wrapping_add(pair);
            *high += pair >> 32;
        }
    }
    let (whole, high) = (whole.iter().fold(0, |sum: u64, &part| sum.wrapping_add(part)), high.iter().sum::<u64>());
    let low = whole.wrapping_sub(high << 32);
    low + high
}

/// An address as the sum of its 32-bit words.
fn sum_of(address: IpAddr) -> u64 {
    match address {
        IpAddr::V4(v4) => u64::from(u32::from_ne_bytes(v4.octets())),
        IpAddr::V6(v6) => {
            let octets = v6.octets();
            let (words, _) = octets.as_chunks::<4>();
            words.iter().map(|word| u64::from(u32::from_ne_bytes(*word))).sum()
        }
    }
}

/// Adds the high half back to the low one: any sum to below 2^33.
const fn halved(sum: u64) -> u64 {
    (sum >> 32) + (sum & 0xffff_ffff)
}

/// Any sum to 16 bits; to zero only that of zeros.
const fn fold(sum: u64) -> u16 {
    let sum = halved(halved(sum));
    let sum = (sum >> 16) + (sum & 0xffff);
    ((sum >> 16) + (sum & 0xffff)) as u16
}

#[cfg(test)]
mod tests;
