//! [`Node`] → one line of YAML, and which texts need quotes.
//!
//! Called by the printer, and by the matrix where a map stands inside a text.

use super::{Content, Node};

/// Where a scalar stands; decides which characters end it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// Behind `key: ` or `- ` on a line of its own.
    Block,
    /// Between brackets.
    Flow,
}

/// The node on one line: `{ flags: RST, seq: RCV.NXT+1 }`. Comments are left out.
pub(crate) fn flow_text(node: &Node) -> String {
    let mut text = String::new();
    write_flow(node, false, &mut text);
    text
}

/// As [`flow_text`]; `keep_quotes` as in [`scalar_text`].
pub(crate) fn write_flow(node: &Node, keep_quotes: bool, out: &mut String) {
    match &node.content {
        Content::Scalar { text, quoted } => out.push_str(&scalar_text(text, *quoted, Place::Flow, keep_quotes)),
        Content::List(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                out.push_str(if index == 0 { "" } else { ", " });
                write_flow(item, keep_quotes, out);
            }
            out.push(']');
        }
        Content::Map(entries) if entries.is_empty() => out.push_str("{}"),
        Content::Map(entries) => {
            for (index, (key, value)) in entries.iter().enumerate() {
                out.push_str(if index == 0 { "{ " } else { ", " });
                write_flow(key, false, out);
                out.push_str(": ");
                write_flow(value, key.text().is_some_and(is_text_key), out);
            }
            out.push_str(" }");
        }
    }
}

/// Keys whose value is bytes for the wire or an expression: quotes say "this is text" to the reader, and hex without
/// letters looks like the rest of it.
pub(crate) fn is_text_key(key: &str) -> bool {
    matches!(key, "data" | "send" | "udp-send" | "check" | "options" | "raw" | "hex")
}

/// A scalar with quotes if it needs them, or if it had some and `keep_quotes` says they are not mere habit.
pub(crate) fn scalar_text(text: &str, quoted: bool, place: Place, keep_quotes: bool) -> String {
    let means_something_plain = quoted && (keep_quotes || reads_as_other(text) || text.contains('$'));
    if means_something_plain || !can_be_plain(text, place, quoted) { double_quoted(text) } else { text.to_owned() }
}

/// Whether the plain text would be taken for a number, a switch or nothing.
fn reads_as_other(text: &str) -> bool {
    matches!(text, "" | "~" | "null" | "true" | "false") || text.parse::<f64>().is_ok()
}

/// Whether a YAML reader gets the same text back without quotes.
fn can_be_plain(text: &str, place: Place, quoted: bool) -> bool {
    let Some(first) = text.chars().next() else { return !quoted };
    let starts_well = match first {
        '-' | '?' | ':' => {
            text.chars().nth(1).is_some_and(|second| !second.is_whitespace() && !",[]{}".contains(second))
        }
        ',' | '[' | ']' | '{' | '}' | '#' | '&' | '*' | '!' | '|' | '>' | '\'' | '"' | '%' | '@' | '`' => false,
        _ => true,
    };
    let ends_here = |c: char| place == Place::Flow && ",[]{}".contains(c);
    starts_well
        && text.trim() == text
        && !text.ends_with(':')
        && !text.contains(": ")
        && !text.contains(" #")
        && !text.starts_with("---")
        && !text.starts_with("...")
        && !text.chars().any(|c| ends_here(c) || c.is_control() || is_unprintable(c))
}

/// Characters YAML does not take as they are, or breaks lines at.
fn is_unprintable(c: char) -> bool {
    matches!(c, '\u{85}' | '\u{a0}' | '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}')
}

fn double_quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for c in text.chars() {
        match c {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            c if c.is_control() || is_unprintable(c) => quoted.push_str(&match u32::from(c) {
                code @ 0..=0xff => format!("\\x{code:02x}"),
                code @ 0x100..=0xffff => format!("\\u{code:04x}"),
                code => format!("\\U{code:08x}"),
            }),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}
