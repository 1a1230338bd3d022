//! Positions in sequence space: `5`, `RCV.NXT`, `RCV.NXT+RCV.WND-1`, `SND.UNA-2^31`.

use std::{fmt, str::FromStr};

use smallvec::{SmallVec, smallvec};

use super::{
    number::{parse_term, terms},
    suggest::did_you_mean,
};

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
    /// The MSS the target announced (536, over IPv6 1220, if it announced none, MUST-15).
    Mss,
    /// The TSval of the last segment of the target that had one (RFC7323#3.2).
    TsVal,
}

impl Symbol {
    /// All symbols.
    pub const ALL: [Self; 9] = [
        Self::SndUna,
        Self::SndNxt,
        Self::SndWnd,
        Self::RcvNxt,
        Self::RcvWnd,
        Self::Iss,
        Self::Irs,
        Self::Mss,
        Self::TsVal,
    ];

    /// The name in RFC9293#3.3.1.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::SndUna => "SND.UNA",
            Self::SndNxt => "SND.NXT",
            Self::SndWnd => "SND.WND",
            Self::RcvNxt => "RCV.NXT",
            Self::RcvWnd => "RCV.WND",
            Self::Iss => "ISS",
            Self::Irs => "IRS",
            Self::Mss => "MSS",
            Self::TsVal => "TS.VAL",
        }
    }
}

impl fmt::Display for Symbol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Symbol {
    type Err = PositionError;
    fn from_str(s: &str) -> Result<Self, PositionError> {
        Self::ALL
            .into_iter()
            .find(|symbol| symbol.name() == s)
            .ok_or_else(|| PositionError::UnknownSymbol { name: s.to_owned() })
    }
}

/// The symbols of a sum; few have more than two, and those need no memory of their own.
pub type Symbols = SmallVec<[(bool, Symbol); 4]>;

/// A sum of symbols and one number, modulo 2^32.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Position {
    /// The symbols in the order written; `true` means subtracted.
    pub symbols: Symbols,
    /// The sum of all plain numbers, from -2^32 to 2^32.
    pub offset: i64,
}

impl Position {
    /// A plain number.
    #[must_use]
    pub const fn number(offset: i64) -> Self {
        Self { symbols: SmallVec::new_const(), offset }
    }

    /// A symbol plus a number.
    #[must_use]
    pub fn symbol(symbol: Symbol, offset: i64) -> Self {
        Self { symbols: smallvec![(false, symbol)], offset }
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = String::new();
        for &(subtracted, symbol) in &self.symbols {
            match (subtracted, text.is_empty()) {
                (true, _) => text.push('-'),
                (false, false) => text.push('+'),
                (false, true) => {}
            }
            text.push_str(symbol.name());
        }
        if text.is_empty() {
            text = self.offset.to_string();
        } else if self.offset != 0 {
            text.push_str(&format!("{:+}", self.offset));
        }
        f.pad(&text)
    }
}

/// A text is no position, or no range of positions.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
pub enum PositionError {
    /// A term is neither a number nor a symbol.
    #[error("unknown symbol `{name}`\n{}", symbol_help(name))]
    UnknownSymbol {
        /// The term.
        name: String,
    },
    /// A sign without a term, or nothing at all.
    #[error("`{text}` is no sum of symbols and numbers\nwrite for example `RCV.NXT+RCV.WND-1`, `2^31` or `0xffff`")]
    NoSum {
        /// The text.
        text: String,
    },
    /// The numbers add up to more than sequence space holds.
    #[error("`{text}` does not fit in 32 bits")]
    TooBig {
        /// The text.
        text: String,
    },
}

fn symbol_help(name: &str) -> String {
    did_you_mean(name, Symbol::ALL.map(Symbol::name)).unwrap_or_else(|| {
        format!("the symbols are {}; a number is `5`, `0x10` or `2^31`", Symbol::ALL.map(Symbol::name).join(", "))
    })
}

impl FromStr for Position {
    type Err = PositionError;
    fn from_str(s: &str) -> Result<Self, PositionError> {
        let mut position = Self::default();
        let terms = terms(s).ok_or_else(|| PositionError::NoSum { text: s.to_owned() })?;
        for (negative, term) in terms {
            if !term.starts_with(|c: char| c.is_ascii_digit()) {
                position.symbols.push((negative, term.parse()?));
                continue;
            }
            let value = parse_term(term).ok_or_else(|| PositionError::NoSum { text: s.to_owned() })?;
            let sum = if negative { position.offset.checked_sub(value) } else { position.offset.checked_add(value) };
            position.offset = sum.ok_or_else(|| PositionError::TooBig { text: s.to_owned() })?;
        }
        if position.offset.unsigned_abs() > 1 << 32 {
            return Err(PositionError::TooBig { text: s.to_owned() });
        }
        Ok(position)
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

impl fmt::Display for Bounds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exactly(position) => position.fmt(f),
            Self::Within(low, high) => f.pad(&format!("{low}..{high}")),
        }
    }
}

impl FromStr for Bounds {
    type Err = PositionError;
    fn from_str(s: &str) -> Result<Self, PositionError> {
        match s.split_once("..") {
            Some((low, high)) => Ok(Self::Within(low.parse()?, high.parse()?)),
            None => s.parse().map(Self::Exactly),
        }
    }
}

#[cfg(test)]
pub(crate) mod tests;
