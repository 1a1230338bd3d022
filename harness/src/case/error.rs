//! What is wrong with a case file: one error per file, with its line, a snippet and what to do.
//!
//! Made by every stage of [`crate::case::load`]; shown by the command line through [`miette`]. The one-line form
//! (`file:line:column: message`) is [`CaseError`]'s `Display`. Leaves out how a terminal shows it.

use std::{
    fmt,
    path::{Path, PathBuf},
    sync::Arc,
};

use miette::{Diagnostic, LabeledSpan, NamedSource, SourceCode};

/// A place in a case file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Mark {
    /// Byte offset of the first byte.
    pub offset: u32,
    /// How many bytes.
    pub len: u32,
    /// 1-based line; 0 if the value came from no file.
    pub line: u32,
    /// 1-based column, in characters.
    pub column: u32,
}

/// What is wrong and where, before it is known in which file.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Fault {
    /// One lowercase sentence.
    pub(crate) message: String,
    /// Where; `None` until the value it belongs to is known.
    pub(crate) mark: Option<Mark>,
    /// What to do about it.
    pub(crate) help: Option<String>,
    /// The key whose value is wrong.
    pub(crate) key: Option<String>,
}

impl Fault {
    /// A fault whose place the caller of the failing function knows.
    pub(crate) fn new(message: impl Into<String>) -> Box<Self> {
        Box::new(Self { message: message.into(), mark: None, help: None, key: None })
    }

    /// A fault at a place.
    pub(crate) fn at(mark: Mark, message: impl Into<String>) -> Box<Self> {
        Box::new(Self { message: message.into(), mark: Some(mark), help: None, key: None })
    }

    /// Adds what to do about it.
    pub(crate) fn help(mut self: Box<Self>, help: impl Into<String>) -> Box<Self> {
        self.help = Some(help.into());
        self
    }

    /// Fixes the place, unless something further inside has done so.
    pub(crate) fn or_at(mut self: Box<Self>, mark: Mark) -> Box<Self> {
        self.mark.get_or_insert(mark);
        self
    }
}

/// A case file (or a path) that cannot be used, and why.
#[derive(Clone, Debug)]
pub struct CaseError(Box<Inner>);

#[derive(Clone, Debug)]
struct Inner {
    file: PathBuf,
    mark: Option<Mark>,
    /// Whether it is a file that is wrong, which is told with its first line if there is no better one.
    is_file: bool,
    message: String,
    help: Option<String>,
    source: Option<NamedSource<Arc<str>>>,
}

impl CaseError {
    /// An error about a path under which no file was found.
    pub(crate) fn of_path(path: &Path, message: impl Into<String>) -> Self {
        let mut error = Self::of_file(path, message, None);
        error.0.is_file = false;
        error
    }

    /// An error about a file as a whole.
    pub(crate) fn of_file(file: &Path, message: impl Into<String>, help: Option<&str>) -> Self {
        Self(Box::new(Inner {
            file: file.to_owned(),
            mark: None,
            is_file: true,
            message: message.into(),
            help: help.map(str::to_owned),
            source: None,
        }))
    }

    /// An error at a place in a file whose text is at hand.
    pub(crate) fn in_source(file: &Path, source: &Arc<str>, fault: Fault) -> Self {
        let Fault { message, mark, help, key } = fault;
        let message = match key {
            Some(key) => format!("{key}: {message}"),
            None => message,
        };
        let mark = mark.map(|mark| within_line(mark, source));
        let name = file.display().to_string();
        let source = mark.map(|_| NamedSource::new(name, Arc::clone(source)).with_language("yaml"));
        Self(Box::new(Inner { file: file.to_owned(), mark, is_file: true, message, help, source }))
    }

    /// The file, as the user named it.
    #[must_use]
    pub fn file(&self) -> &Path {
        &self.0.file
    }

    /// The 1-based line; `None` if the file as a whole is meant.
    #[must_use]
    pub fn line(&self) -> Option<u32> {
        self.0.mark.map(|mark| mark.line)
    }

    /// The 1-based column in characters; `None` if the file as a whole is meant.
    #[must_use]
    pub fn column(&self) -> Option<u32> {
        self.0.mark.map(|mark| mark.column)
    }

    /// What is wrong, without the place.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.0.message
    }
}

/// A label over many lines would fill the screen: it ends with the line it begins on.
fn within_line(mark: Mark, source: &str) -> Mark {
    let start = (mark.offset as usize).min(source.len());
    let rest = source.get(start..).unwrap_or_default();
    let to_line_end = rest.find('\n').unwrap_or(rest.len());
    let small = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    Mark { offset: small(start), len: mark.len.min(small(to_line_end)), ..mark }
}

impl fmt::Display for CaseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.file.display())?;
        match self.0.mark {
            Some(mark) => write!(f, ":{}:{}", mark.line, mark.column)?,
            None if self.0.is_file => f.write_str(":1")?,
            None => {}
        }
        write!(f, ": {}", self.0.message)
    }
}

impl std::error::Error for CaseError {}

impl Diagnostic for CaseError {
    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.0.help.as_ref().map(|help| Box::new(help) as Box<dyn fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.0.source.as_ref().map(|source| source as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let mark = self.0.mark?;
        let span = (mark.offset as usize, mark.len as usize);
        Some(Box::new(std::iter::once(LabeledSpan::new_with_span(Some("here".to_owned()), span))))
    }
}

#[cfg(test)]
mod tests;
