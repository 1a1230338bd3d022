//! Sequence numbers: arithmetic modulo 2^32 under names (RFC9293#3.4).
//!
//! Everything that touches SEG.SEQ, SEG.ACK, SND.* or RCV.* goes through [`Seq`]. It has no `Ord`:
//! a circle has no least element, and a derived `<` is the classic wrap bug. There are two kinds of
//! predicates instead. The comparisons ([`Seq::lt`] …) look at two numbers less than half the
//! circle apart. The interval tests ([`Seq::in_window`], [`Seq::between_left_open`]) measure
//! distances from the interval's left edge and are exact at any distance.
//!
//! Left out: windows wider than the circle, and the 64-bit extended numbers some stacks keep.

use core::fmt;
use core::ops::{Add, AddAssign, Sub};

/// A sequence number: an octet's (or SYN's, or FIN's) place on the circle of 2^32.
///
/// ```
/// use stack_under_test::tcp::seq::Seq;
///
/// let before_the_wrap = Seq(0xffff_fff0);
/// let after_it = before_the_wrap + 0x20;
/// assert_eq!(after_it, Seq(0x10));
/// assert!(before_the_wrap.lt(after_it));
/// assert_eq!(after_it.since(before_the_wrap), 0x20);
/// ```
#[derive(Copy, Clone, Eq, PartialEq, Hash, Default)]
pub struct Seq(pub u32);

/// The comparisons of RFC9293#3.4. They ask which way round the circle is shorter, so they mean
/// something only for numbers less than 2^31 apart, which windows of at most 2^30 (RFC7323#2.3)
/// guarantee. At exactly 2^31 there is no shorter way: then [`Seq::lt`] and [`Seq::gt`] both hold,
/// whichever number is asked.
impl Seq {
    /// `self < other`: `self` comes before `other`.
    pub const fn lt(self, other: Self) -> bool {
        self.signed_distance(other) < 0
    }

    /// `self =< other`.
    pub const fn le(self, other: Self) -> bool {
        self.signed_distance(other) <= 0
    }

    /// `self > other`: `self` comes after `other`.
    pub const fn gt(self, other: Self) -> bool {
        other.lt(self)
    }

    /// `self >= other`.
    pub const fn ge(self, other: Self) -> bool {
        other.le(self)
    }

    /// The later of the two, in the sense of [`Seq::lt`].
    #[must_use]
    pub const fn max(self, other: Self) -> Self {
        if self.lt(other) { other } else { self }
    }

    /// The earlier of the two, in the sense of [`Seq::lt`].
    #[must_use]
    pub const fn min(self, other: Self) -> Self {
        if other.lt(self) { other } else { self }
    }

    /// `self - other` by the shorter way round: negative if `self` comes first.
    const fn signed_distance(self, other: Self) -> i32 {
        self.0.wrapping_sub(other.0).cast_signed()
    }
}

/// Distances and intervals: exact all the way round the circle.
impl Seq {
    /// How many sequence numbers lie from `earlier` (included) to `self` (excluded), going forward.
    pub const fn since(self, earlier: Self) -> u32 {
        self.0.wrapping_sub(earlier.0)
    }

    /// `una < self =< nxt`: the test for an acceptable ACK (RFC9293#3.4, "new" acknowledgements).
    /// Never true of an empty interval (`una == nxt`).
    pub const fn between_left_open(self, una: Self, nxt: Self) -> bool {
        let distance = self.since(una);
        distance != 0 && distance <= nxt.since(una)
    }

    /// `left =< self < left+len`: the test of the acceptability table (RFC9293#3.4). Never true of
    /// an empty window.
    pub const fn in_window(self, left: Self, len: u32) -> bool {
        self.since(left) < len
    }
}

impl Add<u32> for Seq {
    type Output = Self;

    fn add(self, count: u32) -> Self {
        Self(self.0.wrapping_add(count))
    }
}

impl Sub<u32> for Seq {
    type Output = Self;

    fn sub(self, count: u32) -> Self {
        Self(self.0.wrapping_sub(count))
    }
}

impl AddAssign<u32> for Seq {
    fn add_assign(&mut self, count: u32) {
        *self = *self + count;
    }
}

impl fmt::Debug for Seq {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl fmt::Display for Seq {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

#[cfg(test)]
mod tests;
