//! The versions a ledger entry holds for: `>=5.10`, `<6.5`, `6.1..6.18`, `6.12`; or several, `6.1.91..6.1, >=6.9`.

use std::{cmp::Ordering, fmt, str::FromStr};

/// Ranges of versions, of which one is enough. The default holds for all.
///
/// A bound counts to its own precision: `..6.18` holds for 6.18.44 too. Several ranges are what a change needs that was
/// carried back into older releases: `6.1.91..6.1, >=6.9` is 6.1 from its 91st patch on, and everything from 6.9 on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Versions(Vec<Range>);

/// One range; without bounds it holds for all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Range {
    low: Option<Vec<u32>>,
    high: Option<Bound>,
}

/// The upper end of a range.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Bound {
    Including(Vec<u32>),
    Excluding(Vec<u32>),
}

/// The text is no range of versions.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("`{0}` is no range of versions; write `>=5.10`, `<6.5`, `6.1..6.18` or `6.12`, or several with commas between")]
pub struct BadVersions(String);

impl Versions {
    /// Whether a target's version is in the range. What follows the dotted numbers (`-generic`) is not looked at.
    #[must_use]
    pub fn contains(&self, version: &str) -> bool {
        let version = leading_numbers(version);
        self.0.iter().any(|range| range.contains(&version))
    }
}

impl Default for Versions {
    fn default() -> Self {
        Self(vec![Range::default()])
    }
}

impl fmt::Display for Versions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "))
    }
}

impl FromStr for Versions {
    type Err = BadVersions;
    fn from_str(text: &str) -> Result<Self, BadVersions> {
        let ranges: Option<Vec<Range>> = text.split(',').map(|range| Range::read(range.trim())).collect();
        ranges.map(Self).ok_or_else(|| BadVersions(text.to_owned()))
    }
}

impl Range {
    fn contains(&self, version: &[u32]) -> bool {
        let above = self.low.as_ref().is_none_or(|low| compare(version, low) != Ordering::Less);
        let below = match &self.high {
            None => true,
            Some(Bound::Including(high)) => compare(version, high) != Ordering::Greater,
            Some(Bound::Excluding(high)) => compare(version, high) == Ordering::Less,
        };
        above && below
    }

    /// None if the text is no range.
    fn read(text: &str) -> Option<Self> {
        let number = |part: &str| exact_numbers(part.trim());
        if let Some(low) = text.strip_prefix(">=") {
            return Some(Self { low: Some(number(low)?), high: None });
        }
        if let Some(high) = text.strip_prefix("<=") {
            return Some(Self { low: None, high: Some(Bound::Including(number(high)?)) });
        }
        if let Some(high) = text.strip_prefix('<') {
            return Some(Self { low: None, high: Some(Bound::Excluding(number(high)?)) });
        }
        let (low, high) = text.split_once("..").unwrap_or((text, text));
        let (low, high) = (number(low)?, number(high)?);
        // An end that says less than the beginning, as in `6.1.91..6.1`, counts to its own precision.
        if compare(&low, &high) == Ordering::Greater {
            return None;
        }
        Some(Self { low: Some(low), high: Some(Bound::Including(high)) })
    }
}

impl fmt::Display for Range {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let dotted = |numbers: &[u32]| numbers.iter().map(u32::to_string).collect::<Vec<_>>().join(".");
        let text = match (&self.low, &self.high) {
            (None, None) => "all".to_owned(),
            (Some(low), None) => format!(">={}", dotted(low)),
            (None, Some(Bound::Including(high))) => format!("<={}", dotted(high)),
            (None, Some(Bound::Excluding(high))) => format!("<{}", dotted(high)),
            (Some(low), Some(Bound::Including(high))) if low == high => dotted(low),
            (Some(low), Some(Bound::Including(high) | Bound::Excluding(high))) => {
                format!("{}..{}", dotted(low), dotted(high))
            }
        };
        f.pad(&text)
    }
}

/// `6.18.44-generic` → 6, 18, 44.
fn leading_numbers(version: &str) -> Vec<u32> {
    let mut numbers = Vec::new();
    for part in version.split('.') {
        let digits = part.len() - part.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let Ok(number) = part[..digits].parse() else { break };
        numbers.push(number);
        if digits < part.len() {
            break;
        }
    }
    numbers
}

/// `6.18` → 6, 18; anything else is none.
fn exact_numbers(text: &str) -> Option<Vec<u32>> {
    let digits = |part: &&str| part.bytes().all(|byte| byte.is_ascii_digit());
    text.split('.').map(|part| Some(part).filter(digits)?.parse().ok()).collect()
}

/// Compares a version with a bound, as far as the bound goes; missing numbers are 0.
fn compare(version: &[u32], bound: &[u32]) -> Ordering {
    let padded = version.iter().copied().chain(std::iter::repeat(0));
    padded.zip(bound).map(|(number, bound)| number.cmp(bound)).find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
}

#[cfg(test)]
mod tests;
