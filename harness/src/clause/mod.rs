//! Clauses: the requirements a verdict rests on, by id.
//!
//! `MUST-13`, `SHLD-4`, `MAY-3`, `REC-1` are RFC 9293's labels, `U-6` its normative sentences without a label,
//! `RFC5961#3.2` a section of another RFC (or of RFC 9293 where no label fits). An id that stands in no document is an
//! error when a case is loaded. Cases, rules, findings and the coverage report name clauses with [`ClauseId`];
//! [`requirements`] lists all that RFC 9293 demands. Summaries are ours: read the RFC for the wording.

use std::{
    collections::HashMap,
    fmt,
    str::FromStr,
    sync::{Arc, LazyLock},
};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::case::suggest::{did_you_mean, nearest, quoted_list};

/// How binding a clause is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
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

/// By what means a requirement can be observed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Observability {
    /// In the segments that come at once.
    Wire,
    /// In what comes, or does not, after a while.
    Timer,
    /// In what the application's calls give.
    Api,
    /// In the IP header or with IP options.
    Ip,
    /// Only by reading the source.
    Inspect,
}

/// One requirement of RFC 9293.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Requirement {
    /// `MUST-13`.
    pub id: &'static str,
    /// How binding it is.
    pub level: Level,
    /// Where it stands: `3.6.1`; two sections with a comma between.
    pub section: &'static str,
    /// By what means it can be observed.
    pub observability: Observability,
    /// One line in our words.
    pub summary: &'static str,
}

/// All requirements of RFC 9293: its 119 labels and the 11 normative sentences that have none, in that order.
pub fn requirements() -> impl Iterator<Item = &'static Requirement> {
    TABLE.iter()
}

static TABLE: LazyLock<Vec<Requirement>> =
    LazyLock::new(|| include_str!("requirements.tsv").lines().filter_map(parse_row).collect());

/// `None` for a row with a typing mistake; a test sees that there is none.
fn parse_row(row: &'static str) -> Option<Requirement> {
    let mut fields = row.split('\t');
    let mut field = || fields.next();
    Some(Requirement {
        id: field()?,
        level: match field()? {
            "MUST" | "MUST NOT" => Level::Must,
            "SHOULD" | "SHOULD NOT" | "RECOMMENDED" => Level::Should,
            "MAY" => Level::May,
            _ => return None,
        },
        section: field()?,
        observability: match field()? {
            "wire" => Observability::Wire,
            "timer" => Observability::Timer,
            "api" => Observability::Api,
            "ip" => Observability::Ip,
            "inspect" => Observability::Inspect,
            _ => return None,
        },
        summary: field()?,
    })
}

/// RFC number → its numbered sections and appendices. An RFC without numbers has an empty list.
static SECTIONS: LazyLock<HashMap<u32, Vec<&'static str>>> = LazyLock::new(|| {
    let lines = include_str!("sections.txt").lines().filter(|line| !line.starts_with('#'));
    let parsed = lines.filter_map(|line| {
        let (number, sections) = line.split_once(' ').unwrap_or((line, ""));
        Some((number.parse().ok()?, sections.split_whitespace().collect()))
    });
    parsed.collect()
});

static BY_ID: LazyLock<HashMap<&'static str, &'static Requirement>> =
    LazyLock::new(|| requirements().map(|requirement| (requirement.id, requirement)).collect());

/// The id of a clause, known to exist.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ClauseId(Arc<str>);

impl ClauseId {
    /// The id as written: `MUST-13`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The requirement of RFC 9293 behind a label; `None` for a section of an RFC.
    #[must_use]
    pub fn requirement(&self) -> Option<&'static Requirement> {
        BY_ID.get(self.as_str()).copied()
    }

    /// How binding it is; a section of an RFC has no level by itself.
    #[must_use]
    pub fn level(&self) -> Option<Level> {
        self.requirement().map(|requirement| requirement.level)
    }

    /// One line in our words, for a labelled requirement.
    #[must_use]
    pub fn summary(&self) -> Option<&'static str> {
        self.requirement().map(|requirement| requirement.summary)
    }

    /// RFC and section: `RFC9293#3.6.1` for `MUST-13`, the id itself for `RFC5961#3.2`.
    #[must_use]
    pub fn section(&self) -> String {
        match self.requirement() {
            Some(requirement) => {
                let first = requirement.section.split(',').next().unwrap_or_default();
                format!("RFC9293#{first}")
            }
            None => self.as_str().to_owned(),
        }
    }
}

impl fmt::Display for ClauseId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// An id that stands in no document known here.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
pub enum UnknownClause {
    /// No such label in RFC 9293.
    #[error("unknown clause `{id}`\n{}", label_help(id))]
    Label {
        /// The id.
        id: String,
    },
    /// The RFC is none of those whose sections are known.
    #[error("unknown RFC in `{id}`\n{}", rfc_help())]
    Rfc {
        /// The id.
        id: String,
    },
    /// The RFC has no such section.
    #[error("RFC {rfc} has no section `{section}`\n{}", section_help(*rfc, section))]
    Section {
        /// The RFC's number.
        rfc: u32,
        /// The section.
        section: String,
    },
}

fn label_help(id: &str) -> String {
    let labels = requirements().map(|requirement| requirement.id);
    did_you_mean(id, labels).unwrap_or_else(|| {
        "clauses are labels of RFC 9293 (MUST-1…69, SHLD-1…31, MAY-1…18, REC-1, U-1…11) or sections like `RFC5961#3.2`"
            .to_owned()
    })
}

fn rfc_help() -> String {
    let mut known: Vec<u32> = SECTIONS.keys().copied().collect();
    known.sort_unstable();
    let known: Vec<String> = known.iter().map(u32::to_string).collect();
    format!("the known ones are {}", known.join(", "))
}

fn section_help(rfc: u32, section: &str) -> String {
    let sections = SECTIONS.get(&rfc).map(Vec::as_slice).unwrap_or_default();
    let below = section.rsplit_once('.').map_or("", |(parent, _)| parent);
    let siblings = sections.iter().filter(|known| known.rsplit_once('.').map_or("", |(parent, _)| parent) == below);
    let siblings: Vec<&str> = siblings.copied().collect();
    match (sections.is_empty(), siblings.as_slice()) {
        (true, _) => format!("its sections have no numbers: write `RFC{rfc}`"),
        (false, []) => match nearest(section, sections.iter().copied()).as_slice() {
            [] => format!("it goes to section {}", sections.last().copied().unwrap_or_default()),
            near => format!("did you mean {}?", quoted_list(near)),
        },
        (false, [first, .., last]) => format!("it has `{first}` to `{last}`"),
        (false, [one]) => format!("it has `{one}`"),
    }
}

impl FromStr for ClauseId {
    type Err = UnknownClause;
    fn from_str(id: &str) -> Result<Self, UnknownClause> {
        let Some(rfc) = id.strip_prefix("RFC") else {
            return match BY_ID.get(id) {
                Some(_) => Ok(Self(id.into())),
                None => Err(UnknownClause::Label { id: id.to_owned() }),
            };
        };
        let (number, section) = rfc.split_once('#').unwrap_or((rfc, ""));
        let number = number.parse::<u32>().ok().filter(|parsed| parsed.to_string() == number);
        let known = number.and_then(|number| SECTIONS.get(&number).map(|sections| (number, sections)));
        let (rfc, sections) = known.ok_or_else(|| UnknownClause::Rfc { id: id.to_owned() })?;
        if sections.contains(&section) || sections.is_empty() && section.is_empty() && !id.ends_with('#') {
            return Ok(Self(id.into()));
        }
        Err(UnknownClause::Section { rfc, section: section.to_owned() })
    }
}

#[cfg(test)]
mod tests;
