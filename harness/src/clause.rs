//! Clauses: the requirements a verdict rests on, by id.
//!
//! `MUST-13`, `SHLD-4`, `MAY-3`, `REC-1` are RFC 9293's labels, `U-6` its normative sentences without a label,
//! `RFC5961#3.2` a section of another RFC. An id that stands in no document is an error when a case is loaded.

use std::{fmt, sync::Arc};

/// How binding a clause is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Level {
    /// MAY: not followed is `deviates`.
    May,
    /// SHOULD, SHOULD NOT, RECOMMENDED: not followed is `deviates`.
    Should,
    /// MUST, MUST NOT: not followed is `fail`.
    Must,
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::May => "MAY",
            Self::Should => "SHOULD",
            Self::Must => "MUST",
        })
    }
}

/// The id of a clause, known to exist.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ClauseId(pub(crate) Arc<str>);

impl ClauseId {
    /// The id as written: `MUST-13`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ClauseId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}
