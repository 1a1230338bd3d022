//! Lines, brackets and columns.
//!
//! What fits on a line stands on one, in brackets; the case itself, its matrix, its steps and a list of segments never
//! do. Rows of a matrix with the same variables stand in columns, like the table they are.

use crate::case::tree::{
    Content, Node,
    flow::{Place, flow_text, is_text_key, scalar_text, write_flow},
};

/// How long a line may be, in characters, before its value is written in lines of its own.
const WIDTH: usize = 110;

/// The whole text; `tail` are the comments behind the last entry.
pub(super) fn document(root: &Node, tail: &[Option<String>]) -> String {
    let mut page = Page { text: String::new() };
    match &root.content {
        Content::Map(entries) => entries.iter().for_each(|(key, value)| page.case_entry(key, value)),
        Content::Scalar { .. } | Content::List(_) => page.block(root, 0),
    }
    page.comment_lines(tail, 0, Blanks::Kept);
    page.text
}

/// Which empty lines above an entry are kept.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Blanks {
    /// All, but never two together.
    Kept,
    /// Only those between comments.
    BetweenComments,
}

struct Page {
    text: String,
}

impl Page {
    fn case_entry(&mut self, key: &Node, value: &Node) {
        match (key.text(), &value.content) {
            (Some("steps"), Content::List(steps)) => {
                self.key_line(key, 0);
                for (index, step) in steps.iter().enumerate() {
                    // An empty line between steps groups them; one under `steps:` does not.
                    self.item(step, 2, if index == 0 { Blanks::BetweenComments } else { Blanks::Kept }, true);
                }
            }
            (Some("matrix"), Content::Map(axes)) => {
                self.key_line(key, 0);
                axes.iter().for_each(|(key, value)| self.axis(key, value));
            }
            _ => self.entry(key, value, 0),
        }
    }

    /// One key of the matrix: a list, or named rows.
    fn axis(&mut self, key: &Node, value: &Node) {
        match &value.content {
            Content::Map(rows) => {
                self.key_line(key, 2);
                match table(rows) {
                    Some(lines) => {
                        for ((row, _), line) in rows.iter().zip(lines) {
                            self.above(row, 4, Blanks::BetweenComments);
                            self.indent(4);
                            self.text.push_str(&line);
                            self.end_line(row.comments.trailing.as_ref());
                        }
                    }
                    None => rows.iter().for_each(|(key, value)| self.entry(key, value, 4)),
                }
            }
            Content::Scalar { .. } | Content::List(_) => self.entry(key, value, 2),
        }
    }

    /// `key:` alone on its line.
    fn key_line(&mut self, key: &Node, indent: usize) {
        self.above(key, indent, Blanks::BetweenComments);
        self.indent(indent);
        self.text.push_str(&key_text(key));
        self.end_line(key.comments.trailing.as_ref());
    }

    /// `key: value`, with all lines the value needs.
    fn entry(&mut self, key: &Node, value: &Node, indent: usize) {
        self.above(key, indent, Blanks::BetweenComments);
        self.indent(indent);
        self.entry_after_indent(key, value, indent);
    }

    /// `key: value` behind what its line begins with; `indent` is the key's column.
    fn entry_after_indent(&mut self, key: &Node, value: &Node, indent: usize) {
        let name = key_text(key);
        self.text.push_str(&name);
        let keep_quotes = key.text().is_some_and(is_text_key);
        match one_line(value, keep_quotes, indent + name.chars().count() + 1) {
            Some(text) => {
                self.text.push(' ');
                self.text.push_str(&text);
                self.end_line(key.comments.trailing.as_ref());
            }
            None => {
                self.end_line(key.comments.trailing.as_ref());
                self.block(value, indent + 2);
            }
        }
    }

    /// A list's item with its dash; `in_lines`: a map is not put in brackets.
    fn item(&mut self, item: &Node, indent: usize, blanks: Blanks, in_lines: bool) {
        self.above(item, indent, blanks);
        let stays_map = in_lines && matches!(item.content, Content::Map(_));
        let line = if stays_map { None } else { one_line(item, false, indent + 2) };
        let trailing = item.comments.trailing.as_ref();
        if let Some(text) = line {
            self.indent(indent);
            self.text.push_str("- ");
            self.text.push_str(&text);
            return self.end_line(trailing);
        }
        // The dash of an item in lines has no line of its own: comments at it go above.
        if let Some(comment) = trailing {
            self.comment_line(comment, indent);
        }
        match &item.content {
            Content::Map(entries) if !entries.is_empty() => {
                for (index, (key, value)) in entries.iter().enumerate() {
                    if index > 0 {
                        self.entry(key, value, indent + 2);
                        continue;
                    }
                    self.above(key, indent, Blanks::BetweenComments);
                    self.indent(indent);
                    self.text.push_str("- ");
                    self.entry_after_indent(key, value, indent + 2);
                }
            }
            Content::Scalar { .. } | Content::List(_) | Content::Map(_) => {
                self.indent(indent);
                self.text.push_str("-\n");
                self.block(item, indent + 2);
            }
        }
    }

    /// In lines of its own.
    fn block(&mut self, node: &Node, indent: usize) {
        match &node.content {
            Content::Map(entries) if !entries.is_empty() => {
                entries.iter().for_each(|(key, value)| self.entry(key, value, indent));
            }
            Content::List(items) if !items.is_empty() => {
                items.iter().for_each(|item| self.item(item, indent, Blanks::BetweenComments, false));
            }
            Content::Scalar { .. } | Content::List(_) | Content::Map(_) => {
                self.indent(indent);
                self.text.push_str(&flow_text(node));
                self.text.push('\n');
            }
        }
    }

    fn indent(&mut self, indent: usize) {
        self.text.extend(std::iter::repeat_n(' ', indent));
    }

    fn end_line(&mut self, comment: Option<&String>) {
        if let Some(comment) = comment {
            self.text.push_str("  #");
            self.text.push_str(comment);
        }
        self.text.push('\n');
    }

    fn comment_line(&mut self, comment: &str, indent: usize) {
        self.indent(indent);
        self.text.push('#');
        self.text.push_str(comment);
        self.text.push('\n');
    }

    fn above(&mut self, entry: &Node, indent: usize, blanks: Blanks) {
        self.comment_lines(&entry.comments.above, indent, blanks);
    }

    fn comment_lines(&mut self, lines: &[Option<String>], indent: usize, blanks: Blanks) {
        let mut may_be_blank = blanks == Blanks::Kept;
        for line in lines {
            match line {
                Some(comment) => {
                    self.comment_line(comment, indent);
                    may_be_blank = true;
                }
                None if may_be_blank && !self.text.is_empty() && !self.text.ends_with("\n\n") => {
                    self.text.push('\n');
                }
                None => {}
            }
        }
    }
}

/// `key:`
fn key_text(key: &Node) -> String {
    flow_text(key) + ":"
}

/// The value on one line that has `column` characters already, if it fits and no comment stands inside. A scalar
/// always does.
fn one_line(node: &Node, keep_quotes: bool, column: usize) -> Option<String> {
    let mut text = String::new();
    match &node.content {
        Content::Scalar { text, quoted } => return Some(scalar_text(text, *quoted, Place::Block, keep_quotes)),
        Content::List(_) | Content::Map(_) => write_flow(node, keep_quotes, &mut text),
    }
    let fits = column + text.chars().count() <= WIDTH;
    let is_empty = matches!(text.as_str(), "[]" | "{}");
    (is_empty || fits && !has_comments_inside(node) && !is_sequence(node)).then_some(text)
}

/// Whether it holds a list of several maps: segments that come one after another stand one under another.
fn is_sequence(node: &Node) -> bool {
    match &node.content {
        Content::Scalar { .. } => false,
        Content::List(items) => {
            items.len() > 1 && items.iter().any(|item| matches!(item.content, Content::Map(_)))
                || items.iter().any(is_sequence)
        }
        Content::Map(entries) => entries.iter().any(|(_, value)| is_sequence(value)),
    }
}

/// Whether an entry inside has a comment.
fn has_comments_inside(node: &Node) -> bool {
    let has = |entry: &Node| entry.comments.trailing.is_some() || entry.comments.above.iter().any(Option::is_some);
    match &node.content {
        Content::Scalar { .. } => false,
        Content::List(items) => items.iter().any(|item| has(item) || has_comments_inside(item)),
        Content::Map(entries) => entries.iter().any(|(key, value)| has(key) || has_comments_inside(value)),
    }
}

/// Rows with the same variables, in columns. `None` if they differ, do not fit or have comments inside.
fn table(rows: &[(Node, Node)]) -> Option<Vec<String>> {
    let cells: Vec<Vec<String>> = rows.iter().map(|(_, row)| cells(row)).collect::<Option<_>>()?;
    let names = |row: &Node| match &row.content {
        Content::Map(entries) => entries.iter().map(|(key, _)| key.text().map(str::to_owned)).collect(),
        Content::Scalar { .. } | Content::List(_) => Vec::new(),
    };
    let first = names(&rows.first()?.1);
    if first.is_empty() || rows.iter().any(|(_, row)| names(row) != first) {
        return None;
    }
    let width = |column: usize| cells.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..first.len()).map(width).collect();
    let labels: Vec<String> = rows.iter().map(|(key, _)| key_text(key)).collect();
    let label_width = labels.iter().map(|label| label.chars().count()).max()?;
    let lines = labels.iter().zip(&cells).map(|(label, cells)| {
        let mut line = format!("{label:label_width$} {{ ");
        for (column, cell) in cells.iter().enumerate() {
            if column + 1 == cells.len() {
                line.push_str(&format!("{cell} }}"));
            } else {
                line.push_str(&format!("{:width$} ", format!("{cell},"), width = widths[column] + 1));
            }
        }
        line
    });
    let lines: Vec<String> = lines.collect();
    lines.iter().all(|line| line.chars().count() + 4 <= WIDTH).then_some(lines)
}

/// `name: value` for each variable of a row.
fn cells(row: &Node) -> Option<Vec<String>> {
    let Content::Map(entries) = &row.content else { return None };
    if has_comments_inside(row) {
        return None;
    }
    let cell = |(key, value): &(Node, Node)| {
        let mut text = format!("{}: ", flow_text(key));
        write_flow(value, key.text().is_some_and(is_text_key), &mut text);
        text
    };
    Some(entries.iter().map(cell).collect())
}
