//! What makes two discoveries the same: a small value, cheap to make and to hash, put into words only when reported.
//!
//! Made by [`super::discovery`] from two runs, used by the engine for counting and by shrinking to see that a smaller
//! case still shows the same. Left out: the answers themselves, so one wrong rule does not show up once per number.

use std::{
    fmt,
    hash::{DefaultHasher, Hash, Hasher},
};

use crate::{judge::event_class::EventClass, target::ConnState};

/// (rule, state, event class, differing fields) of a divergence, or (invariant, state, event class) of a violation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Key {
    /// The state of the connection before the event, on the left target.
    pub state: ConnState,
    /// What was done to the targets.
    pub event: EventClass,
    /// What was seen then.
    pub seen: Seen,
}

/// What a discovery consists of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Seen {
    /// The two targets part.
    Divergence {
        /// The rule that decided on the left side, if that target can tell.
        rule: Option<&'static str>,
        /// What differs.
        fields: Fields,
    },
    /// A target broke an invariant.
    Violation {
        /// Which target.
        side: Side,
        /// The name of the invariant: `state-reachable`.
        invariant: &'static str,
    },
    /// A target panicked, or broke so that the run could not go on.
    Failure {
        /// Which target.
        side: Side,
        /// The place of the panic, or the words of the error, as a number.
        place: u64,
    },
}

/// Which of the two targets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Side {
    /// The first one.
    Left,
    /// The second one.
    Right,
}

impl Side {
    /// Both.
    pub const BOTH: [Self; 2] = [Self::Left, Self::Right];

    /// Its place in an array of two.
    #[must_use]
    pub const fn index(self) -> usize {
        match self {
            Self::Left => 0,
            Self::Right => 1,
        }
    }
}

/// A set of field names in the words of the case format.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Fields(u32);

impl Fields {
    /// Every name a comparison can give; the last one stands for any other.
    const NAMES: [&'static str; 24] = [
        "on", "flags", "seq", "ack", "data", "len", "emitted", "returns", "state", "verdict", "win", "urg", "mss",
        "wscale", "sack-ok", "sack", "ts", "options", "ttl", "tos", "df", "value", "crash", "other",
    ];

    /// The set of these names.
    #[must_use]
    pub fn of(names: &[&str]) -> Self {
        let bit = |name: &&str| Self::NAMES.iter().position(|known| known == name).unwrap_or(Self::NAMES.len() - 1);
        Self(names.iter().fold(0, |set, name| set | 1 << bit(name)))
    }

    /// The names, in the order of the table.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        Self::NAMES.into_iter().enumerate().filter(move |(bit, _)| self.0 & 1 << bit != 0).map(|(_, name)| name)
    }
}

impl fmt::Display for Fields {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.names().collect();
        f.write_str(&names.join(", "))
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.seen {
            Seen::Divergence { rule, fields } => {
                write!(f, "{} in {}", self.event, self.state)?;
                if let Some(rule) = rule {
                    write!(f, " ({rule})")?;
                }
                write!(f, ": differs in {fields}")
            }
            Seen::Violation { invariant, .. } => write!(f, "{} in {}: breaks {invariant}", self.event, self.state),
            Seen::Failure { place, .. } => write!(f, "the target fails at one place ({:04x})", place & 0xffff),
        }
    }
}

impl Key {
    /// The rule that decided on the left side, if there is one.
    #[must_use]
    pub const fn rule(&self) -> Option<&'static str> {
        match self.seen {
            Seen::Divergence { rule, .. } => rule,
            Seen::Violation { .. } | Seen::Failure { .. } => None,
        }
    }

    /// A name for files: letters, digits and dashes, at most `NAME` of them. What is cut off is told by a number.
    #[must_use]
    pub fn short_name(&self) -> String {
        let (what, rule, fields) = match self.seen {
            Seen::Divergence { rule, fields } => ("differs", rule.unwrap_or("unexplained"), fields.to_string()),
            Seen::Violation { invariant, .. } => ("breaks", "", invariant.to_owned()),
            Seen::Failure { place, .. } => ("fails", "", format!("{:04x}", place & 0xffff)),
        };
        let text = match self.seen {
            Seen::Failure { .. } => format!("{what} {fields}"),
            Seen::Divergence { .. } | Seen::Violation { .. } => {
                format!("{rule} {} {} {what} {fields}", self.state, self.event).to_lowercase()
            }
        };
        let words: Vec<&str> =
            text.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty()).collect();
        let name = words.join("-");
        match name.get(..NAME - 5) {
            Some(cut) if name.len() > NAME => {
                let mut hasher = DefaultHasher::new();
                name.hash(&mut hasher);
                format!("{}-{:04x}", cut.trim_end_matches('-'), hasher.finish() & 0xffff)
            }
            Some(_) | None => name,
        }
    }
}

/// The longest name for files.
const NAME: usize = 80;

#[cfg(test)]
mod tests;
