//! From findings to a verdict, and from clauses to a level.

use crate::{
    case::format::Case,
    clause::{ClauseId, Level},
    trace::event::{Finding, Verdict},
};

/// The level of a remark that rests on these clauses: the strongest of them. Clauses without a level of their own
/// (`RFC…#…`) leave it to the case, and that to MUST.
#[must_use]
pub fn level_of(clauses: &[ClauseId], case: &Case) -> Level {
    clauses.iter().filter_map(ClauseId::level).max().or(case.level).unwrap_or(Level::Must)
}

/// The verdict before the ledger has been asked.
#[must_use]
pub fn verdict_of(findings: &[Finding]) -> Verdict {
    match findings.iter().map(|finding| finding.level).max() {
        None => Verdict::Pass,
        Some(Level::Must) => Verdict::Fail,
        Some(Level::Should | Level::May) => Verdict::Deviates,
    }
}
