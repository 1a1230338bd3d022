//! Ties the comments of a file to the entries (list items and map keys) they stand at.
//!
//! Called by the printer, which then writes them with their entries, wherever those end up. A comment on its own line
//! belongs to the entry that follows; one at the end of a line to the entry that it follows. Comments inside brackets
//! belong to the entry inside. None is ever lost.

use super::{Comments, Content, Node, read::Comment};

/// An entry of the tree, in the order of the file.
struct Entry {
    offset: u32,
    line: u32,
    /// Where the outermost bracket around it closes; behind that, comments belong to what holds the bracket.
    closed_at: u32,
    comments: Comments,
}

/// Ties `comments` of `text` to the entries of `root`. Those behind the last entry are returned.
pub(crate) fn attach(root: &mut Node, comments: Vec<Comment>, text: &str) -> Vec<Option<String>> {
    let lines: Vec<&str> = text.lines().collect();
    // Line numbers start at 1; the line before the first does not count as empty.
    let is_blank = |line: u32| line > 0 && lines.get(line as usize - 1).is_some_and(|line| line.trim().is_empty());
    let mut entries = Vec::new();
    collect(root, text.as_bytes(), u32::MAX, &mut entries);
    let mut last_line = 0;
    let mut comments = comments.into_iter().peekable();
    let mut trailing = Vec::new();
    for entry in &mut entries {
        // Only the first entry of a line has anything above it.
        if entry.line == last_line {
            continue;
        }
        last_line = entry.line;
        while let Some(comment) = comments.next_if(|comment| comment.offset < entry.offset) {
            if !comment.own_line {
                trailing.push(comment);
                continue;
            }
            if is_blank(comment.line - 1) {
                entry.comments.above.push(None);
            }
            entry.comments.above.push(Some(comment.text));
        }
        if is_blank(entry.line - 1) {
            entry.comments.above.push(None);
        }
    }
    let mut tail = Vec::new();
    for comment in comments {
        if !comment.own_line {
            trailing.push(comment);
            continue;
        }
        if is_blank(comment.line - 1) {
            tail.push(None);
        }
        tail.push(Some(comment.text));
    }
    for comment in trailing {
        let holds = |entry: &&mut Entry| entry.offset < comment.offset && comment.offset < entry.closed_at;
        match entries.iter_mut().rev().find(holds) {
            Some(entry) if entry.comments.trailing.is_none() => entry.comments.trailing = Some(comment.text),
            Some(entry) => entry.comments.above.push(Some(comment.text)),
            None => tail.push(Some(comment.text)),
        }
    }
    let mut comments = entries.into_iter().map(|entry| entry.comments);
    put(root, &mut comments);
    tail
}

fn collect(node: &Node, text: &[u8], closed_at: u32, entries: &mut Vec<Entry>) {
    let is_flow = matches!(text.get(node.mark.offset as usize), Some(b'{' | b'['));
    let inside = if is_flow { closed_at.min(node.mark.offset + node.mark.len) } else { closed_at };
    let entry = |node: &Node| Entry {
        offset: node.mark.offset,
        line: node.mark.line,
        closed_at: inside,
        comments: Comments::default(),
    };
    match &node.content {
        Content::Scalar { .. } => {}
        Content::List(items) => {
            for item in items {
                entries.push(entry(item));
                collect(item, text, inside, entries);
            }
        }
        Content::Map(fields) => {
            for (key, value) in fields {
                entries.push(entry(key));
                collect(value, text, inside, entries);
            }
        }
    }
}

/// Hands the comments out in the order [`collect`] saw the entries.
fn put(node: &mut Node, comments: &mut impl Iterator<Item = Comments>) {
    match &mut node.content {
        Content::Scalar { .. } => {}
        Content::List(items) => {
            for item in items {
                item.comments = comments.next().unwrap_or_default();
                put(item, comments);
            }
        }
        Content::Map(fields) => {
            for (key, value) in fields {
                key.comments = comments.next().unwrap_or_default();
                put(value, comments);
            }
        }
    }
}
