//! The text the peer sent on one connection, by number: what can be acknowledged and delivered.
//!
//! It keeps every version of every byte. A peer may send different bytes under one number (a script does, on purpose);
//! which of them counts is the target's choice, so a byte is right if any version has it.

use crate::target::Text;

/// More than this is not kept: then [`Received::lost`] says that nothing can be judged by it.
const MOST_PIECES: usize = 4096;
const MOST_BYTES: usize = 4 << 20;

#[derive(Clone, Copy, Debug)]
struct Piece {
    seq: u32,
    len: u32,
    /// Its place in [`Received::texts`].
    text: usize,
    fin: bool,
}

impl Piece {
    /// Behind the text, without FIN.
    const fn end(self) -> u32 {
        self.seq.wrapping_add(self.len)
    }

    const fn end_with_fin(self) -> u32 {
        self.end().wrapping_add(self.fin as u32)
    }
}

/// Everything sound that came, whether the target took it or not.
#[derive(Clone, Debug, Default)]
pub(super) struct Received {
    pieces: Vec<Piece>,
    texts: Vec<Text>,
    /// How long all of them are, in octets.
    octets: usize,
    /// Some piece did not touch what is contiguous when it came.
    strays: bool,
    /// The number behind the peer's SYN.
    first: u32,
    /// The first number that has not come; meaningful after [`Received::begin`].
    pub next: u32,
    /// A FIN lies within what is contiguous.
    pub fin: bool,
    /// Too much came to keep: nothing can be judged by what is here.
    pub lost: bool,
}

/// Whether `a` lies strictly ahead of `b` in sequence space.
pub(super) const fn ahead(a: u32, b: u32) -> bool {
    let distance = a.wrapping_sub(b);
    distance != 0 && distance < 1 << 31
}

/// Whether `a` lies ahead of `b` or is it.
pub(super) const fn at_or_ahead(a: u32, b: u32) -> bool {
    a.wrapping_sub(b) < 1 << 31
}

impl Received {
    /// Nothing, in the memory of what came before.
    pub(super) fn again(self) -> Self {
        let Self { mut pieces, mut texts, .. } = self;
        pieces.clear();
        texts.clear();
        Self { pieces, texts, ..Self::default() }
    }

    /// Text and FIN of one segment; `seq` is the number of the first byte.
    pub(super) fn note(&mut self, seq: u32, text: &Text, fin: bool) {
        if self.pieces.len() >= MOST_PIECES || self.octets + text.len() > MOST_BYTES {
            self.lost = true;
            return;
        }
        let len = u32::try_from(text.len()).unwrap_or(u32::MAX);
        let piece = Piece { seq, len, text: self.texts.len(), fin };
        self.octets += text.len();
        self.texts.push(text.clone());
        self.pieces.push(piece);
        if !self.take(piece) {
            self.strays = true;
        } else if self.strays {
            self.rescan();
        }
    }

    /// From now on `first` is the number behind the peer's SYN.
    pub(super) fn begin(&mut self, first: u32) {
        (self.first, self.next, self.fin) = (first, first, false);
        self.rescan();
    }

    /// Where the contiguous text from `first` on would end.
    pub(super) fn contiguous_from(&self, first: u32) -> u32 {
        let mut next = first;
        while let Some(piece) = self.pieces.iter().find(|piece| touches(**piece, next) && piece.end_with_fin() != next)
        {
            next = piece.end_with_fin();
        }
        next
    }

    fn rescan(&mut self) {
        let mut index = 0;
        while let Some(&piece) = self.pieces.get(index) {
            let before = self.next;
            self.take(piece);
            index = if self.next == before { index + 1 } else { 0 };
        }
    }

    /// Whether the piece touches what is contiguous.
    fn take(&mut self, piece: Piece) -> bool {
        let touches = touches(piece, self.next);
        if touches {
            self.next = piece.end_with_fin();
        }
        // What is contiguous may be more than the target took: a FIN amidst it may have been the end.
        let fin_within = at_or_ahead(piece.end(), self.first) && ahead(self.next, piece.end());
        self.fin |= piece.fin && fin_within;
        touches || !at_or_ahead(piece.seq, self.next)
    }

    /// Whether all of `left..right` came.
    pub(super) fn covers(&self, left: u32, right: u32) -> bool {
        let mut at = left;
        while at != right && at_or_ahead(right, at) {
            let ending = self.pieces.iter().filter(|piece| touches(**piece, at)).map(|piece| piece.end_with_fin());
            let Some(end) = ending.filter(|end| ahead(*end, at)).max_by_key(|end| end.wrapping_sub(at)) else {
                return false;
            };
            at = end;
        }
        true
    }

    /// Whether these bytes came under the numbers from `at` on.
    pub(super) fn has(&self, mut at: u32, mut bytes: &[u8]) -> bool {
        while !bytes.is_empty() {
            let longest = self.pieces.iter().map(|piece| self.agreeing(*piece, at, bytes)).max().unwrap_or(0);
            if longest == 0 {
                return false;
            }
            bytes = &bytes[longest..];
            at = at.wrapping_add(u32::try_from(longest).unwrap_or(u32::MAX));
        }
        true
    }

    /// How many of `bytes` the piece has from `at` on.
    fn agreeing(&self, piece: Piece, at: u32, bytes: &[u8]) -> usize {
        let skip = at.wrapping_sub(piece.seq);
        if skip >= piece.len {
            return 0;
        }
        let text = self.texts.get(piece.text).map(|text| &**text).unwrap_or_default();
        let own = usize::try_from(skip).ok().and_then(|skip| text.get(skip..)).unwrap_or_default();
        own.iter().zip(bytes).take_while(|(own, byte)| own == byte).count()
    }
}

/// Whether the piece begins at or before `next` and ends at or behind it.
const fn touches(piece: Piece, next: u32) -> bool {
    at_or_ahead(next, piece.seq) && at_or_ahead(piece.end_with_fin(), next)
}
