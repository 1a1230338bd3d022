//! Which cases a subcommand works on: paths, then the filter.

use std::{collections::HashSet, path::PathBuf, sync::Arc};

use miette::Diagnostic;

use super::{arguments::Selection, exit::complain};
use crate::{
    case::{format::ConcreteCase, load::discover},
    report::{failure::render, paint::Paint},
};

/// What was found under the paths.
pub(super) struct Selected {
    /// Cases that fit the filter, in the order of their ids.
    pub(super) cases: Vec<Arc<ConcreteCase>>,
    /// The ids of all cases found, whether they fit the filter or not.
    pub(super) known: HashSet<String>,
    /// How many errors there were; each has been told.
    pub(super) errors: usize,
}

/// Loads what is under the paths, tells what is wrong with it, and applies the filter.
pub(super) fn select(selection: &Selection) -> Selected {
    let found = discover(&selection.paths);
    for error in &found.errors {
        tell(error);
    }
    let known: HashSet<String> = found.cases.iter().map(|case| case.id.clone()).collect();
    let filters: Vec<Filter<'_>> = selection.filter.iter().map(|text| Filter::new(text, &known)).collect();
    let fits = |case: &ConcreteCase| filters.is_empty() || filters.iter().any(|filter| filter.fits(&case.id));
    let mut cases: Vec<_> = found.cases.into_iter().filter(fits).map(Arc::new).collect();
    cases.sort_by(|one, other| one.id.cmp(&other.id));
    cases.dedup_by(|one, other| one.id == other.id && one.file == other.file);
    Selected { cases, known, errors: found.errors.len() }
}

impl Selected {
    /// Says that nothing was selected, and where it was looked for, unless an error has said why.
    pub(super) fn complain_if_empty(&self, selection: &Selection) -> bool {
        if self.cases.is_empty() && self.errors == 0 {
            let paths: Vec<_> = selection.paths.iter().map(|path: &PathBuf| path.display().to_string()).collect();
            let filter = if selection.filter.is_empty() { "" } else { " fits the filter" };
            complain(&format!("rfc793: no case in {}{filter}", paths.join(", ")));
        }
        self.cases.is_empty()
    }
}

/// Shows a diagnostic on standard error.
pub(super) fn tell(error: &dyn Diagnostic) {
    let paint = Paint::for_stream(&std::io::stderr());
    complain(&render(error, paint).unwrap_or_else(|_| error.to_string()));
}

/// One `--filter`.
#[derive(Debug, PartialEq, Eq)]
enum Filter<'a> {
    /// There is a case with exactly this id, and that one is meant.
    Exact(&'a str),
    Glob(&'a str),
    Contains(&'a str),
}

impl<'a> Filter<'a> {
    fn new(text: &'a str, known: &HashSet<String>) -> Self {
        if known.contains(text) {
            Self::Exact(text)
        } else if text.contains(['*', '?']) {
            Self::Glob(text)
        } else {
            Self::Contains(text)
        }
    }

    fn fits(&self, id: &str) -> bool {
        match self {
            Self::Exact(text) => id == *text,
            Self::Glob(pattern) => glob(pattern, id),
            Self::Contains(text) => id.contains(text),
        }
    }
}

/// Whether the whole of `text` fits: `*` is any run of characters (of `/` too), `?` any one character.
pub(super) fn glob(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
    let (mut p, mut t) = (0, 0);
    // Where to go on if the last `*` has to take one character more.
    let mut retry: Option<(usize, usize)> = None;
    while t < text.len() {
        match pattern.get(p) {
            Some('*') => {
                retry = Some((p + 1, t));
                p += 1;
            }
            Some(&c) if c == '?' || c == text[t] => {
                p += 1;
                t += 1;
            }
            Some(_) | None => {
                let Some((after, taken)) = retry else { return false };
                retry = Some((after, taken + 1));
                p = after;
                t = taken + 1;
            }
        }
    }
    pattern[p..].iter().all(|&c| c == '*')
}

#[cfg(test)]
mod tests;
