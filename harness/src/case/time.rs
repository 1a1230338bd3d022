//! Spans of time in cases: `500ms`, `1.5s`, `2MSL+1s`, `3*RTO`.

use std::{fmt, str::FromStr};

use super::number::terms;

/// A sum of the target's own spans and a fixed one. May be negative only in the middle of a sum.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Span {
    /// How many times the target's 2·MSL.
    pub two_msl: i32,
    /// How many times the retransmission timeout of the connection in hand (as the target reports it at this step).
    pub rto: i32,
    /// Nanoseconds on top.
    pub nanos: i64,
}

/// Units with their length in nanoseconds, longest first.
const UNITS: [(&str, i64); 6] = [
    ("h", 3_600_000_000_000),
    ("m", 60_000_000_000),
    ("s", 1_000_000_000),
    ("ms", 1_000_000),
    ("us", 1_000),
    ("ns", 1),
];

/// A text is no span of time.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
pub enum SpanError {
    /// A term has no unit, or is no span at all.
    #[error(
        "`{term}` is no span of time\nwrite `500ms`, `1.5s`, `2m`, `2MSL`, `RTO`, `3*RTO`, or a sum like `2MSL+1s`"
    )]
    NoSpan {
        /// The term.
        term: String,
    },
    /// Longer than 292 years, or finer than a nanosecond.
    #[error("`{term}` cannot be kept in nanoseconds")]
    OutOfRange {
        /// The term.
        term: String,
    },
    /// Time does not run backwards.
    #[error("`{text}` is a negative span of time")]
    Negative {
        /// The text.
        text: String,
    },
}

impl FromStr for Span {
    type Err = SpanError;
    fn from_str(s: &str) -> Result<Self, SpanError> {
        let mut span = Self::default();
        let terms = terms(s).ok_or_else(|| SpanError::NoSpan { term: s.to_owned() })?;
        for (negative, term) in terms {
            let out_of_range = || SpanError::OutOfRange { term: term.to_owned() };
            let sign = if negative { -1_i32 } else { 1 };
            let add = |count: &mut i32, times: i32| {
                *count = times.checked_mul(sign).and_then(|times| count.checked_add(times)).ok_or_else(out_of_range)?;
                Ok(())
            };
            if let Some(times) = multiple(term, "2MSL") {
                add(&mut span.two_msl, times)?;
            } else if let Some(times) = multiple(term, "RTO") {
                add(&mut span.rto, times)?;
            } else {
                let nanos = fixed(term)?.checked_mul(i64::from(sign));
                span.nanos = nanos.and_then(|nanos| span.nanos.checked_add(nanos)).ok_or_else(out_of_range)?;
            }
        }
        if span.two_msl <= 0 && span.rto <= 0 && (span.two_msl < 0 || span.rto < 0 || span.nanos < 0) {
            return Err(SpanError::Negative { text: s.to_owned() });
        }
        Ok(span)
    }
}

/// `RTO` or `3*RTO`.
fn multiple(term: &str, name: &str) -> Option<i32> {
    match term.split_once('*') {
        None => (term == name).then_some(1),
        Some((times, of)) => (of.trim() == name).then(|| times.trim().parse().ok()).flatten(),
    }
}

/// `1.5s` in nanoseconds.
fn fixed(term: &str) -> Result<i64, SpanError> {
    let no_span = || SpanError::NoSpan { term: term.to_owned() };
    let out_of_range = || SpanError::OutOfRange { term: term.to_owned() };
    let unit_at = term.find(|c: char| !c.is_ascii_digit() && c != '.').ok_or_else(no_span)?;
    let (number, unit) = term.split_at(unit_at);
    let (_, nanos) = UNITS.into_iter().find(|(name, _)| *name == unit.trim_start()).ok_or_else(no_span)?;
    let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
    if whole.is_empty() || fraction.is_empty() || fraction.contains('.') {
        return Err(no_span());
    }
    let whole: i64 = whole.parse().map_err(|_| out_of_range())?;
    let fraction = fraction.trim_end_matches('0');
    let mut part = 0_i64;
    let mut digit_value = nanos;
    for digit in fraction.bytes() {
        if digit_value % 10 != 0 {
            return Err(out_of_range());
        }
        digit_value /= 10;
        part += digit_value * i64::from(digit - b'0');
    }
    whole.checked_mul(nanos).and_then(|whole| whole.checked_add(part)).ok_or_else(out_of_range)
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = String::new();
        for (times, name) in [(self.two_msl, "2MSL"), (self.rto, "RTO")] {
            if times == 0 {
                continue;
            }
            let sign = if times < 0 {
                "-"
            } else if text.is_empty() {
                ""
            } else {
                "+"
            };
            match times.unsigned_abs() {
                1 => text.push_str(&format!("{sign}{name}")),
                times => text.push_str(&format!("{sign}{times}*{name}")),
            }
        }
        if self.nanos != 0 || text.is_empty() {
            let sign = if self.nanos < 0 {
                "-"
            } else if text.is_empty() {
                ""
            } else {
                "+"
            };
            text.push_str(&format!("{sign}{}", show_fixed(self.nanos.unsigned_abs())));
        }
        f.pad(&text)
    }
}

/// In the longest unit that shows it whole, or with decimals of a second above one second.
fn show_fixed(nanos: u64) -> String {
    if nanos == 0 {
        return "0s".to_owned();
    }
    let whole = UNITS.into_iter().find(|&(_, length)| nanos.is_multiple_of(length.unsigned_abs()));
    match whole {
        Some((unit, length)) if unit != "ms" && unit != "us" && unit != "ns" || nanos < 1_000_000_000 => {
            format!("{}{unit}", nanos / length.unsigned_abs())
        }
        Some(_) | None => {
            let fraction = format!("{:09}", nanos % 1_000_000_000);
            format!("{}.{}s", nanos / 1_000_000_000, fraction.trim_end_matches('0'))
        }
    }
}

#[cfg(test)]
pub(crate) mod tests;
