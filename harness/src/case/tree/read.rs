//! YAML text → [`Node`], within limits that no honest case comes near.
//!
//! Called by [`crate::case::load`] and [`crate::case::print`]. Builds on the event parser that `serde_yaml`
//! (the package serde-saphyr) exports.

use serde_yaml::granit_parser::{ErrorKind, Event, Options, Parser, ScalarStyle, ScanError, Span, StrInput};

use super::{Comments, Content, Node};
use crate::case::error::{Fault, Mark};

/// How deep lists and maps may be nested.
const MAX_DEPTH: usize = 16;
/// How many values, keys, brackets and comments a file may have.
const MAX_EVENTS: usize = 50_000;

/// How many keys one map may have; a case's largest maps are matrices.
const MAX_KEYS: usize = 1000;

/// A comment as it stands in the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Comment {
    /// Byte offset of the `#`.
    pub(crate) offset: u32,
    /// 1-based line.
    pub(crate) line: u32,
    /// Behind the `#`, without spaces at the end.
    pub(crate) text: String,
    /// Nothing else stands on its line.
    pub(crate) own_line: bool,
}

/// Reads the one document of a case file; comments are dropped.
///
/// # Errors
/// Not YAML, no document, two documents, an anchor, an alias, a tag, a key twice, too deep or too much.
pub(crate) fn read(text: &str) -> Result<Node, Box<Fault>> {
    read_with(text, false).map(|(node, _)| node)
}

/// Reads the one document and its comments, which [`super::comments::attach`] ties to their entries.
///
/// # Errors
/// As [`read`].
pub(crate) fn read_with_comments(text: &str) -> Result<(Node, Vec<Comment>), Box<Fault>> {
    read_with(text, true)
}

fn read_with(text: &str, emit_comments: bool) -> Result<(Node, Vec<Comment>), Box<Fault>> {
    let mut options = Options::default();
    options.set_emit_comments(emit_comments);
    options.max_buffered_comment_events = MAX_EVENTS;
    options.emit_unresolved_aliases = true;
    // The scanner looks ahead, so it meets the limit before the reader does.
    options.flow_nesting_limit = MAX_DEPTH;
    options.block_nesting_limit = MAX_DEPTH;
    let parser = Parser::new_from_str_with_options(text, options);
    let mut reader = Reader { parser, text, events: 0, comments: Vec::new() };
    let node = reader.document()?;
    Ok((node, reader.comments))
}

struct Reader<'t> {
    parser: Parser<'t, StrInput<'t>>,
    text: &'t str,
    events: usize,
    comments: Vec<Comment>,
}

impl<'t> Reader<'t> {
    fn document(&mut self) -> Result<Node, Box<Fault>> {
        let mut root: Option<Node> = None;
        loop {
            let (event, span) = self.next()?;
            match event {
                Event::StreamEnd => break,
                Event::StreamStart | Event::DocumentEnd => {}
                Event::DocumentStart(..) if root.is_some() => {
                    return Err(Fault::at(mark(span), "a second document in one file")
                        .help("one file holds one case; use `matrix` for variants, or a file each"));
                }
                Event::DocumentStart(..) => {}
                event => root = Some(self.node(event, span, 0)?),
            }
        }
        root.filter(|root| !root.is_absent()).ok_or_else(|| {
            Fault::at(Mark { line: 1, column: 1, ..Mark::default() }, "the file holds no case")
                .help("a case has at least `title`, `clauses` and `steps`")
        })
    }

    /// The next event that is no comment; comments are put aside.
    fn next(&mut self) -> Result<(Event<'t>, Span), Box<Fault>> {
        loop {
            let Some(next) = self.parser.next_event() else { return Ok((Event::StreamEnd, Span::default())) };
            let (event, span) = next.map_err(|error| syntax_fault(&error))?;
            self.events += 1;
            if self.events > MAX_EVENTS {
                return Err(Fault::at(mark(span), format!("more than {MAX_EVENTS} values in one file"))
                    .help("split the file; `matrix` writes variants once"));
            }
            let Event::Comment(text, _) = event else { return Ok((event, span)) };
            let Mark { offset, line, column, .. } = mark(span);
            let before = &self.text[..offset as usize];
            let own_line = before.chars().rev().take(column as usize - 1).all(char::is_whitespace);
            self.comments.push(Comment { offset, line, text: text.trim_end().to_owned(), own_line });
        }
    }

    fn node(&mut self, event: Event<'t>, span: Span, depth: usize) -> Result<Node, Box<Fault>> {
        let start = mark(span);
        if let Some(what) = forbidden(&event) {
            return Err(Fault::at(start, format!("{what}, which cases do without"))
                .help("write the value where it is used; `matrix` repeats a case with other values"));
        }
        if depth >= MAX_DEPTH && !matches!(event, Event::Scalar(..)) {
            return Err(too_deep(start));
        }
        let (mark, content) = match event {
            Event::Scalar(text, style, ..) => {
                let quoted = style != ScalarStyle::Plain;
                (start, Content::Scalar { text: text.into_owned(), quoted })
            }
            Event::SequenceStart(..) => self.items(start, depth)?,
            Event::MappingStart(..) => self.entries(start, depth)?,
            other => return Err(Fault::at(start, format!("not YAML: {other:?} in the place of a value"))),
        };
        Ok(Node { mark, content, comments: Comments::default() })
    }

    fn items(&mut self, start: Mark, depth: usize) -> Result<(Mark, Content), Box<Fault>> {
        let mut items: Vec<Node> = Vec::new();
        loop {
            let (event, span) = self.next()?;
            if event == Event::SequenceEnd {
                let extent = extent(start, span, items.last());
                return Ok((extent, Content::List(items)));
            }
            items.push(self.node(event, span, depth + 1)?);
        }
    }

    fn entries(&mut self, start: Mark, depth: usize) -> Result<(Mark, Content), Box<Fault>> {
        let mut entries: Vec<(Node, Node)> = Vec::new();
        loop {
            let (event, span) = self.next()?;
            if event == Event::MappingEnd {
                let extent = extent(start, span, entries.last().map(|(_, value)| value));
                return Ok((extent, Content::Map(entries)));
            }
            if entries.len() >= MAX_KEYS {
                return Err(Fault::at(mark(span), format!("more than {MAX_KEYS} keys in one map")));
            }
            let key = self.node(event, span, depth + 1)?;
            let Some(name) = key.text() else {
                return Err(Fault::at(key.mark, format!("{} as a key; keys are words", key.described())));
            };
            if let Some((first, _)) = entries.iter().find(|(known, _)| known.text() == Some(name)) {
                let line = first.mark.line;
                return Err(Fault::at(key.mark, format!("duplicate key `{name}`"))
                    .help(format!("it stands on line {line} already")));
            }
            let (event, span) = self.next()?;
            let value = self.node(event, span, depth + 1)?;
            entries.push((key, value));
        }
    }
}

fn syntax_fault(error: &ScanError) -> Box<Fault> {
    if matches!(error.kind(), ErrorKind::RecursionLimitExceeded) {
        return too_deep(mark(Span::empty(*error.marker())));
    }
    let reason = error.kind().to_string();
    let reason = reason.lines().next().unwrap_or_default();
    Fault::at(mark(Span::empty(*error.marker())), format!("not YAML: {reason}"))
        .help("a text with `: `, ` #` or a special first character needs quotes")
}

fn too_deep(mark: Mark) -> Box<Fault> {
    Fault::at(mark, format!("nested more than {MAX_DEPTH} deep"))
}

/// What a case may not contain although it is YAML.
fn forbidden(event: &Event<'_>) -> Option<&'static str> {
    match event {
        Event::Alias(_) | Event::UnresolvedAlias(_) => Some("a YAML alias"),
        Event::Scalar(_, _, anchor, tag)
        | Event::SequenceStart(_, anchor, tag)
        | Event::MappingStart(_, anchor, tag) => {
            if *anchor != 0 {
                Some("a YAML anchor")
            } else if tag.is_some() {
                Some("a YAML tag")
            } else {
                None
            }
        }
        _ => None,
    }
}

fn mark(span: Span) -> Mark {
    let byte = |marker: serde_yaml::granit_parser::Marker| small(marker.byte_offset().unwrap_or(0));
    let offset = byte(span.start);
    Mark {
        offset,
        len: byte(span.end).saturating_sub(offset),
        line: small(span.start.line()),
        column: small(span.start.col() + 1),
    }
}

/// From `start` to the closing bracket, or to the end of the last entry if there is no bracket.
fn extent(start: Mark, close: Span, last: Option<&Node>) -> Mark {
    let close = mark(close);
    let end = if close.len > 0 {
        close.offset + close.len
    } else {
        last.map_or(start.offset, |node| node.mark.offset + node.mark.len)
    };
    Mark { len: end.saturating_sub(start.offset), ..start }
}

/// Files are at most 1 MiB, so this never saturates in practice.
fn small(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
