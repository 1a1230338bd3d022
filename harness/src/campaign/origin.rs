//! Where a finding comes from, in the words of its case's `origin`: `rfc793 fuzz --left reference --right smoltcp --seed
//! 7, execution 123`.
//!
//! Written by the campaign, read by `rfc793 shrink` and `rfc793 promote`, which run the case on the same targets.

use std::fmt;

/// The campaign behind a finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// The target that says what should be, as the user named it.
    pub left: String,
    /// The target it was compared with.
    pub right: String,
    /// What fixed the randomness of the campaign and of both targets.
    pub seed: u64,
    /// Which execution showed it, and of which worker if there were several.
    pub execution: String,
}

impl Origin {
    /// Reads it out of an `origin`; `None` if that tells something else. Names with spaces stand in quotes.
    #[must_use]
    pub fn read(origin: &str) -> Option<Self> {
        let rest = &origin[origin.find("rfc793 fuzz --left ")? + "rfc793 fuzz --left ".len()..];
        let (left, rest) = word(rest)?;
        let (right, rest) = word(rest.strip_prefix(" --right ")?)?;
        let rest = rest.strip_prefix(" --seed ")?;
        let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        let (seed, rest) = rest.split_at(digits);
        let execution = rest.strip_prefix(", execution ").unwrap_or_default();
        let end = execution.find([';', '.']).unwrap_or(execution.len());
        Some(Self { left, right, seed: seed.parse().ok()?, execution: execution[..end].trim().to_owned() })
    }
}

/// The first word, which may stand in single quotes, and what follows it.
fn word(text: &str) -> Option<(String, &str)> {
    match text.strip_prefix('\'') {
        Some(quoted) => {
            let (word, rest) = quoted.split_once('\'')?;
            Some((word.to_owned(), rest))
        }
        None => {
            let end = text.find(' ').unwrap_or(text.len());
            Some((text[..end].to_owned(), &text[end..])).filter(|(word, _)| !word.is_empty())
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let quoted = |name: &str| if name.contains(' ') { format!("'{name}'") } else { name.to_owned() };
        let (left, right) = (quoted(&self.left), quoted(&self.right));
        write!(f, "rfc793 fuzz --left {left} --right {right} --seed {}", self.seed)?;
        if self.execution.is_empty() { Ok(()) } else { write!(f, ", execution {}", self.execution) }
    }
}

#[cfg(test)]
mod tests;
