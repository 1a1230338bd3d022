//! The control bits of a TCP header, as cases write them: `SYN+ACK`, `ACK+PSH?`, `none`.

use std::{fmt, ops::BitOr, str::FromStr};

/// The 12 bits between data offset and window: 8 control bits (RFC9293#3.1), NS (historic, RFC 3540) and
/// the 3 that stay reserved.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Flags(pub u16);

impl Flags {
    /// No more data from the sender.
    pub const FIN: Self = Self(0x001);
    /// Synchronize sequence numbers.
    pub const SYN: Self = Self(0x002);
    /// Reset the connection.
    pub const RST: Self = Self(0x004);
    /// Push function.
    pub const PSH: Self = Self(0x008);
    /// The acknowledgment field is significant.
    pub const ACK: Self = Self(0x010);
    /// The urgent pointer field is significant.
    pub const URG: Self = Self(0x020);
    /// ECN-Echo (RFC 3168).
    pub const ECE: Self = Self(0x040);
    /// Congestion Window Reduced (RFC 3168).
    pub const CWR: Self = Self(0x080);
    /// Nonce Sum (RFC 3540, historic).
    pub const NS: Self = Self(0x100);
    /// The reserved bits, from the least significant.
    pub const RESERVED: [Self; 3] = [Self(0x200), Self(0x400), Self(0x800)];

    /// The order in which names are printed.
    const NAMES: [(Self, &'static str); 12] = [
        (Self::SYN, "SYN"),
        (Self::FIN, "FIN"),
        (Self::RST, "RST"),
        (Self::PSH, "PSH"),
        (Self::ACK, "ACK"),
        (Self::URG, "URG"),
        (Self::ECE, "ECE"),
        (Self::CWR, "CWR"),
        (Self::NS, "NS"),
        (Self::RESERVED[0], "R1"),
        (Self::RESERVED[1], "R2"),
        (Self::RESERVED[2], "R3"),
    ];

    /// Whether every bit of `other` is set.
    #[must_use]
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// How much sequence space the control bits take: one each for SYN and FIN (SEG.LEN counts them).
    #[must_use]
    pub const fn seq_len(self) -> u32 {
        (self.0 & 1) as u32 + ((self.0 >> 1) & 1) as u32
    }
}

impl BitOr for Flags {
    type Output = Self;
    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl fmt::Display for Flags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        FlagsPattern { set: *self, optional: Self(0) }.fmt(f)
    }
}

/// What an `expect` says of the flags: these are set, those may be, all others are not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct FlagsPattern {
    /// Bits that have to be set.
    pub set: Flags,
    /// Bits that may be set (written with a question mark: `ACK+PSH?`).
    pub optional: Flags,
}

impl FlagsPattern {
    /// Whether `flags` fits.
    #[must_use]
    pub const fn matches(self, flags: Flags) -> bool {
        flags.0 & !self.optional.0 == self.set.0 & !self.optional.0
    }
}

impl fmt::Display for FlagsPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = String::new();
        for (flag, name) in Flags::NAMES {
            let optional = self.optional.contains(flag);
            if self.set.contains(flag) || optional {
                if !text.is_empty() {
                    text.push('+');
                }
                text.push_str(name);
                if optional {
                    text.push('?');
                }
            }
        }
        f.pad(if text.is_empty() { "none" } else { &text })
    }
}

/// A name in a flags expression is not a flag.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("unknown flag `{0}`; flags are SYN FIN RST PSH ACK URG ECE CWR NS R1 R2 R3, joined by `+`, or `none`")]
pub struct UnknownFlag(String);

impl FromStr for FlagsPattern {
    type Err = UnknownFlag;
    fn from_str(s: &str) -> Result<Self, UnknownFlag> {
        let mut pattern = Self::default();
        if s == "none" {
            return Ok(pattern);
        }
        for word in s.split('+') {
            let (name, optional) = word.strip_suffix('?').map_or((word, false), |name| (name, true));
            let (flag, _) = Flags::NAMES
                .into_iter()
                .find(|(_, known)| *known == name)
                .ok_or_else(|| UnknownFlag(word.to_owned()))?;
            if optional {
                pattern.optional = pattern.optional | flag;
            } else {
                pattern.set = pattern.set | flag;
            }
        }
        Ok(pattern)
    }
}

impl FromStr for Flags {
    type Err = UnknownFlag;
    fn from_str(s: &str) -> Result<Self, UnknownFlag> {
        let pattern: FlagsPattern = s.parse()?;
        if pattern.optional == Self(0) { Ok(pattern.set) } else { Err(UnknownFlag(s.to_owned())) }
    }
}
