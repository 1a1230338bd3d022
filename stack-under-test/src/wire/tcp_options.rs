//! TCP options (RFC9293#3.2, RFC7323, RFC2018).
//!
//! [`TcpOptions::parse`] reads what a segment carried: known options become fields, unknown ones are
//! skipped (MUST-6), at any alignment (MUST-64). [`TcpRepr::emit`](crate::wire::tcp::TcpRepr::emit)
//! writes them. Which option may stand in which segment (MUST-65, RFC7323#2.2) is the state
//! machine's business, as is what to do about an illegal length (MUST-7).
//!
//! Left out: options beyond MSS, window scale, SACK, timestamps and user timeout.

use core::fmt;

use crate::tcp::seq::Seq;

/// Octets of options a header has room for: a data offset of 15 words, less the fixed part.
pub const MAX_LEN: usize = 40;

const END: u8 = 0;
const NO_OPERATION: u8 = 1;
const MAXIMUM_SEGMENT_SIZE: u8 = 2;
const WINDOW_SCALE: u8 = 3;
const SACK_PERMITTED: u8 = 4;
const SACK: u8 = 5;
const TIMESTAMPS: u8 = 8;
const USER_TIMEOUT: u8 = 28;

/// The options of one segment. Of an option that came twice, the later one counts.
///
/// ```
/// use stack_under_test::wire::tcp_options::TcpOptions;
///
/// let options = TcpOptions::parse(&[1, 99, 3, 0xff, 2, 4, 0x05, 0xb4, 0])?;
/// assert_eq!(options.mss, Some(1460), "NOP and the unknown kind 99 are skipped");
/// assert!(!options.sack_permitted);
///
/// let error = TcpOptions::parse(&[2, 4, 0x05, 0xb4, 3, 0]).unwrap_err();
/// assert_eq!((error.kind, error.read.mss), (3, Some(1460)));
/// # Ok::<(), stack_under_test::wire::tcp_options::IllegalOptionLength>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct TcpOptions {
    /// Maximum Segment Size, in octets of text (MUST-14, RFC9293#3.7.1).
    pub mss: Option<u16>,
    /// Window scale: the shift count as it stands; one above 14 counts as 14 (RFC7323#2.3), which is
    /// for the reader to apply.
    pub window_scale: Option<u8>,
    /// SACK-permitted (RFC2018#2).
    pub sack_permitted: bool,
    /// SACK blocks (RFC2018#3).
    pub sack: SackBlocks,
    /// TSval and TSecr (RFC7323#3.2).
    pub timestamps: Option<(u32, u32)>,
    /// User timeout (RFC5482#3.3): the field as it stands, granularity bit and 15 bits of time.
    pub user_timeout: Option<u16>,
}

impl TcpOptions {
    /// Reads options up to the end of `bytes` or an End of Option List.
    ///
    /// # Errors
    /// [`IllegalOptionLength`] at the first option whose length cannot be (MUST-7): below two, beyond
    /// the header, missing, or not the one a known kind has.
    pub fn parse(bytes: &[u8]) -> Result<Self, IllegalOptionLength> {
        let mut read = Self::default();
        let mut rest = bytes;
        while let Some((&kind, after)) = rest.split_first() {
            if kind == END {
                break;
            }
            if kind == NO_OPERATION {
                rest = after;
                continue;
            }
            // The length counts kind and length octets as well.
            let option = after
                .first()
                .and_then(|&length| rest.split_at_checked(usize::from(length)))
                .and_then(|(option, next)| Some((option.get(2..)?, next)));
            match option {
                Some((data, next)) if read.take(kind, data) => rest = next,
                Some(_) | None => {
                    let length = after.first().copied();
                    return Err(IllegalOptionLength { kind, length, read });
                }
            }
        }
        Ok(read)
    }

    /// Takes one option's data; false if a known option has the wrong amount of it.
    fn take(&mut self, kind: u8, data: &[u8]) -> bool {
        match (kind, data) {
            (MAXIMUM_SEGMENT_SIZE, &[high, low]) => {
                self.mss = Some(u16::from_be_bytes([high, low]));
            }
            (WINDOW_SCALE, &[shift]) => self.window_scale = Some(shift),
            (SACK_PERMITTED, &[]) => self.sack_permitted = true,
            (TIMESTAMPS, &[a, b, c, d, e, f, g, h]) => {
                let value = u32::from_be_bytes([a, b, c, d]);
                let echo_reply = u32::from_be_bytes([e, f, g, h]);
                self.timestamps = Some((value, echo_reply));
            }
            // Of another length it is an option like any we do not know.
            (USER_TIMEOUT, &[high, low]) => self.user_timeout = Some(u16::from_be_bytes([high, low])),
            (SACK, data) => match SackBlocks::parse(data) {
                Some(blocks) => self.sack = blocks,
                None => return false,
            },
            (MAXIMUM_SEGMENT_SIZE | WINDOW_SCALE | SACK_PERMITTED | TIMESTAMPS, _) => return false,
            // MUST-6: every other kind is skipped by its length.
            (_, _) => {}
        }
        true
    }

    /// Whether there is none.
    pub const fn is_empty(&self) -> bool {
        let Self { mss, window_scale, sack_permitted, sack, timestamps, user_timeout } = self;
        let scalars = mss.is_none() && window_scale.is_none() && timestamps.is_none() && user_timeout.is_none();
        scalars && !*sack_permitted && sack.len == 0
    }

    /// Octets the options take in a header, padding included: a multiple of four, at most 40.
    pub fn wire_len(&self) -> usize {
        if self.is_empty() { 0 } else { self.write().padded_len() }
    }

    /// The options in wire form.
    #[inline]
    pub(crate) fn encode(&self) -> OptionList {
        // Nearly every segment has none.
        if self.is_empty() { OptionList::EMPTY } else { self.write() }
    }

    /// Timestamps and SACK blocks are aligned as RFC7323#A suggests; window scale and the padding
    /// come last, so that the zeros of the padding (MUST-69) are also the End of Option List. SACK
    /// blocks that no longer fit are left out (RFC2018#3).
    fn write(&self) -> OptionList {
        let mut tail = OptionList::EMPTY;
        if self.sack_permitted && self.timestamps.is_none() {
            tail.push(&[SACK_PERMITTED, 2]);
        }
        if let Some(shift) = self.window_scale {
            tail.push(&[WINDOW_SCALE, 3, shift]);
        }
        if let Some(field) = self.user_timeout {
            let [high, low] = field.to_be_bytes();
            tail.push(&[USER_TIMEOUT, 4, high, low]);
        }

        let mut list = OptionList::EMPTY;
        if let Some(mss) = self.mss {
            let [high, low] = mss.to_be_bytes();
            list.push(&[MAXIMUM_SEGMENT_SIZE, 4, high, low]);
        }
        if let Some((value, echo_reply)) = self.timestamps {
            if self.sack_permitted {
                list.push(&[SACK_PERMITTED, 2]);
            } else {
                list.push(&[NO_OPERATION, NO_OPERATION]);
            }
            list.push(&[TIMESTAMPS, 10]);
            list.push(&value.to_be_bytes());
            list.push(&echo_reply.to_be_bytes());
        }
        let blocks = self.sack.as_slice();
        let room = MAX_LEN - list.padded_len() - tail.padded_len();
        let blocks = &blocks[..blocks.len().min(room.saturating_sub(4) / SackBlocks::BLOCK_LEN)];
        if !blocks.is_empty() {
            let length = 2 + blocks.len() * SackBlocks::BLOCK_LEN;
            list.push(&[NO_OPERATION, NO_OPERATION, SACK, length as u8]);
            for (left, right) in blocks {
                list.push(&left.0.to_be_bytes());
                list.push(&right.0.to_be_bytes());
            }
        }
        list.push(tail.written());
        list
    }
}

/// Options in wire form; what lies beyond `len` is zero, that is, padding.
pub(crate) struct OptionList {
    bytes: [u8; MAX_LEN],
    len: usize,
}

impl OptionList {
    const EMPTY: Self = Self { bytes: [0; MAX_LEN], len: 0 };

    fn written(&self) -> &[u8] {
        &self.bytes[..self.len]
    }

    fn padded_len(&self) -> usize {
        self.len.next_multiple_of(4)
    }

    /// With the padding: a multiple of four octets.
    pub(crate) fn padded(&self) -> &[u8] {
        &self.bytes[..self.padded_len()]
    }

    /// Appends octets. They fit: `encode` leaves SACK blocks out, and the rest takes at most 24.
    fn push(&mut self, octets: &[u8]) {
        let end = self.len + octets.len();
        self.bytes[self.len..end].copy_from_slice(octets);
        self.len = end;
    }
}

/// Up to four SACK blocks, which is what a header has room for. A block is its left edge and its
/// right edge; the right one is the number after the last octet received.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub struct SackBlocks {
    blocks: [(Seq, Seq); Self::MAX],
    len: u8,
}

impl SackBlocks {
    /// Most blocks a SACK option can have.
    pub const MAX: usize = 4;

    /// Octets of a block.
    pub const BLOCK_LEN: usize = 8;

    /// The blocks, in the order of the option: the one received last comes first (RFC2018#4).
    pub fn as_slice(&self) -> &[(Seq, Seq)] {
        &self.blocks[..usize::from(self.len)]
    }

    /// Appends a block; false if there are four already.
    pub fn push(&mut self, left: Seq, right: Seq) -> bool {
        let Some(free) = self.blocks.get_mut(usize::from(self.len)) else {
            return false;
        };
        *free = (left, right);
        self.len += 1;
        true
    }

    /// Keeps the first `count` blocks.
    pub fn truncate(&mut self, count: usize) {
        *self = self.as_slice().iter().take(count).copied().collect();
    }

    /// The option's data: one to four whole blocks. `None` if it is not that.
    fn parse(data: &[u8]) -> Option<Self> {
        let (blocks, partial) = data.as_chunks::<{ Self::BLOCK_LEN }>();
        if blocks.is_empty() || !partial.is_empty() {
            return None;
        }
        let mut read = Self::default();
        for &[a, b, c, d, e, f, g, h] in blocks {
            let left = Seq(u32::from_be_bytes([a, b, c, d]));
            let right = Seq(u32::from_be_bytes([e, f, g, h]));
            if !read.push(left, right) {
                return None;
            }
        }
        Some(read)
    }
}

impl fmt::Debug for SackBlocks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.as_slice()).finish()
    }
}

impl FromIterator<(Seq, Seq)> for SackBlocks {
    /// The first four.
    fn from_iter<I: IntoIterator<Item = (Seq, Seq)>>(blocks: I) -> Self {
        let mut taken = Self::default();
        for (left, right) in blocks.into_iter().take(Self::MAX) {
            taken.push(left, right);
        }
        taken
    }
}

/// An option whose length cannot be (MUST-7). What stands before it was read; nothing after it can
/// be, since nobody knows where the next option begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IllegalOptionLength {
    /// The option's kind.
    pub kind: u8,
    /// Its length octet; `None` if the header ends before it.
    pub length: Option<u8>,
    /// The options before it.
    pub read: TcpOptions,
}

impl fmt::Display for IllegalOptionLength {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.length {
            Some(length) => write!(f, "TCP option {} has illegal length {length}", self.kind),
            None => write!(f, "TCP option {} has no length", self.kind),
        }
    }
}

impl core::error::Error for IllegalOptionLength {}

#[cfg(test)]
mod tests;
