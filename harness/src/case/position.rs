//! Positions in sequence space: `5`, `RCV.NXT`, `RCV.NXT+RCV.WND-1`, `SND.UNA-2^31`.

/// A variable of the *target*, as the peer knows it from the wire, or a number the peer chose.
///
/// All are relative numbers in case space: the target's ISS and the peer's ISN are 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Symbol {
    /// The oldest number the target sent that the peer has not acknowledged.
    SndUna,
    /// One past the highest number the target has sent.
    SndNxt,
    /// The window the peer last offered the target.
    SndWnd,
    /// The highest acknowledgement the target has sent.
    RcvNxt,
    /// The window that came with it (scaled if both sides agreed on scaling).
    RcvWnd,
    /// The target's initial send sequence number: 0 in case space.
    Iss,
    /// The peer's initial sequence number: 0 in case space.
    Irs,
    /// The MSS the target announced (536 if it announced none, MUST-15).
    Mss,
}

/// A sum of symbols and one number, modulo 2^32.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Position {
    /// The symbols in the order written; `true` means subtracted.
    pub symbols: Vec<(bool, Symbol)>,
    /// The sum of all plain numbers.
    pub offset: i64,
}

impl Position {
    /// A plain number.
    #[must_use]
    pub const fn number(offset: i64) -> Self {
        Self { symbols: Vec::new(), offset }
    }

    /// A symbol plus a number.
    #[must_use]
    pub fn symbol(symbol: Symbol, offset: i64) -> Self {
        Self { symbols: vec![(false, symbol)], offset }
    }
}

/// What an `expect` says of a number: exactly this, or anything from … to (both included, modulo 2^32).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Bounds {
    /// Exactly this: `seq: SND.NXT`.
    Exactly(Position),
    /// Between, both ends included: `win: 1..65535`.
    Within(Position, Position),
}
