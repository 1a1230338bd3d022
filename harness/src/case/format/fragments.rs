//! A packet that leaves as IP fragments.

/// How a packet is cut (RFC791#3.2) and what becomes of the pieces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fragments {
    /// Bytes of the IP payload in each piece but the last; a multiple of 8.
    pub size: u16,
    /// Each piece but the last also carries so many bytes of the next ones; a multiple of 8 (default: 0).
    pub overlap: u16,
    /// The bytes that a piece carries beyond its own are wrong: every one inverted.
    pub conflict: bool,
    /// Which pieces are sent, and when.
    pub order: Order,
}

impl Fragments {
    /// A fragment's place and length count in units of so many bytes.
    pub const UNIT: u16 = 8;

    /// How many pieces make up a payload of `len` bytes.
    #[must_use]
    pub fn count(&self, len: usize) -> usize {
        len.div_ceil(usize::from(self.size.max(Self::UNIT))).max(1)
    }
}

/// The order in which the pieces leave.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Order {
    /// `in-order`: as they stand in the packet.
    #[default]
    InOrder,
    /// `reversed`: the last one first.
    Reversed,
    /// `[3, 1]`: these, counted from 1. What is not named is lost, what is named twice is sent twice.
    Listed(Vec<u16>),
}
