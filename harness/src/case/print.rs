//! Cases → their one canonical text.
//!
//! [`format_source`] is `rfc793 fmt`: it keeps an author's comments, variables and spelling of numbers, and puts
//! keys, brackets and quotes in order. [`to_yaml`] writes a case that stands in no file, such as a fuzzer's finding.
//! Both go through one printer over the same tree, so what they write is alike. Leaves out judging whether a value is
//! spelled well (`0x10` stays `0x10`).

mod layout;
mod order;

use std::{path::Path, sync::Arc};

use serde_json::Value;

use super::{
    error::CaseError,
    format::Case,
    load,
    tree::{Content, Node, comments, read},
};

/// The canonical text of a case file. Printing it again changes nothing; loading it gives the same cases.
///
/// # Errors
/// The text is no usable case; a broken file is not touched.
pub fn format_source(text: &str, name: &str) -> Result<String, CaseError> {
    load::load_str(text, name)?;
    let in_source = |fault: Box<super::error::Fault>| CaseError::in_source(Path::new(name), &Arc::from(text), *fault);
    let (mut root, found) = read::read_with_comments(text).map_err(in_source)?;
    let tail = comments::attach(&mut root, found, text);
    let head = take_head(&mut root);
    order::put_in_order(&mut root);
    if let Some(first) = first_key(&mut root) {
        first.comments.above.splice(0..0, head);
    }
    Ok(layout::document(&root, &tail))
}

/// What stands above the first key is about the file, and stays at its top whichever key comes first.
fn take_head(root: &mut Node) -> Vec<Option<String>> {
    first_key(root).map(|key| std::mem::take(&mut key.comments.above)).unwrap_or_default()
}

fn first_key(root: &mut Node) -> Option<&mut Node> {
    match &mut root.content {
        Content::Map(entries) => entries.first_mut().map(|(key, _)| key),
        Content::Scalar { .. } | Content::List(_) => None,
    }
}

/// The canonical text of a case. Loading it gives the same case (its line numbers aside).
///
/// # Errors
/// The case holds a value that has no text form; none of the types of [`super::format`] allows one.
pub fn to_yaml(case: &Case) -> Result<String, serde_json::Error> {
    let mut root = node(&serde_json::to_value(case)?, Switches::AsBooleans);
    order::put_in_order(&mut root);
    Ok(layout::document(&root, &[]))
}

/// How `true` is written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Switches {
    /// `true`: something is there.
    AsBooleans,
    /// `on`: something is switched on.
    AsOnOff,
}

/// What is absent or empty is left out.
fn node(value: &Value, switches: Switches) -> Node {
    match value {
        Value::Null => Node::plain(""),
        Value::Bool(switch) => Node::plain(match (switches, switch) {
            (Switches::AsBooleans, true) => "true",
            (Switches::AsBooleans, false) => "false",
            (Switches::AsOnOff, true) => "on",
            (Switches::AsOnOff, false) => "off",
        }),
        Value::Number(number) => {
            let text = number.to_string();
            Node::plain(text.strip_suffix(".0").unwrap_or(&text))
        }
        Value::String(text) => Node::new(Content::Scalar { text: text.replace('$', "$$"), quoted: true }),
        Value::Array(items) => Node::new(Content::List(items.iter().map(|item| node(item, switches)).collect())),
        Value::Object(fields) => {
            let said = fields.iter().filter(|(key, value)| !is_empty(value) || says_something_empty(key, value));
            let entries = said.map(|(key, value)| {
                let switches = match key.as_str() {
                    "config" | "set" => Switches::AsOnOff,
                    _ => switches,
                };
                (Node::plain(key), node(value, switches))
            });
            Node::new(Content::Map(entries.collect()))
        }
    }
}

/// `quote: {}` on an ICMP message that is no error: it quotes all the same, with every default. `udp: {}` is any
/// datagram, `sack: []` no block.
fn says_something_empty(key: &str, value: &Value) -> bool {
    ["quote", "icmp", "udp", "arp", "sack"].contains(&key) && !value.is_null()
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.iter().all(|(key, value)| is_empty(value) && !says_something_empty(key, value)),
        Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

#[cfg(test)]
pub(crate) mod tests;
