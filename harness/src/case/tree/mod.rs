//! A YAML document as a tree that remembers where each value stands and how it was written.
//!
//! The loader reads a file into it once ([`read`]), the matrix substitutes in it, [`de`] makes typed values of it
//! with the place of every mistake, and the printer writes it. Serde alone would lose the places, the comments
//! and the order. YAML's anchors, aliases and tags are left out on purpose: a case has no use for them.

pub(crate) mod comments;
pub(crate) mod de;
pub(crate) mod flow;
pub(crate) mod read;

use super::error::Mark;

/// One value of the document.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Node {
    /// Where it stands.
    pub(crate) mark: Mark,
    /// The value.
    pub(crate) content: Content,
    /// Comments around it; empty until [`comments::attach`].
    pub(crate) comments: Comments,
}

/// What a node holds.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Content {
    /// A word, number or text.
    Scalar {
        /// The text without quotes.
        text: String,
        /// Whether it was quoted (or a block of text), so that it cannot be a number or a switch.
        quoted: bool,
    },
    /// `[a, b]` or lines with dashes.
    List(Vec<Node>),
    /// `{ a: b }` or lines of `a: b`, in the order written. Keys are unique scalars.
    Map(Vec<(Node, Node)>),
}

/// Comments that belong to an entry: a list's item or a map's key.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Comments {
    /// Whole lines before it, without `#`. `None` stands for an empty line.
    pub(crate) above: Vec<Option<String>>,
    /// At the end of its line.
    pub(crate) trailing: Option<String>,
}

impl Node {
    /// A node that stands in no file.
    pub(crate) fn new(content: Content) -> Self {
        Self { mark: Mark::default(), content, comments: Comments::default() }
    }

    /// A word or number.
    pub(crate) fn plain(text: impl Into<String>) -> Self {
        Self::new(Content::Scalar { text: text.into(), quoted: false })
    }

    /// The text of a scalar.
    pub(crate) fn text(&self) -> Option<&str> {
        match &self.content {
            Content::Scalar { text, .. } => Some(text),
            Content::List(_) | Content::Map(_) => None,
        }
    }

    /// Whether nothing is written here (`key:` with no value, `~`, `null`).
    pub(crate) fn is_absent(&self) -> bool {
        matches!(&self.content, Content::Scalar { text, quoted: false } if matches!(text.as_str(), "" | "~" | "null"))
    }

    /// The value under `key`, if this is a map.
    pub(crate) fn get(&self, key: &str) -> Option<&Self> {
        match &self.content {
            Content::Map(entries) => entries.iter().find(|(name, _)| name.text() == Some(key)).map(|(_, value)| value),
            Content::Scalar { .. } | Content::List(_) => None,
        }
    }

    /// What it is, for error messages: `` `5` ``, `a list`, `a map`.
    pub(crate) fn described(&self) -> String {
        match &self.content {
            Content::Scalar { .. } if self.is_absent() => "nothing".to_owned(),
            Content::Scalar { text, quoted: true } => format!("the text {text:?}"),
            Content::Scalar { text, quoted: false } => format!("`{text}`"),
            Content::List(_) => "a list".to_owned(),
            Content::Map(_) => "a map".to_owned(),
        }
    }
}

impl Node {
    /// The place of the entry `key` of a map; the map's own if it has no such entry.
    pub(crate) fn entry_mark(&self, key: &str) -> Mark {
        match &self.content {
            Content::Map(entries) => {
                entries.iter().find(|(name, _)| name.text() == Some(key)).map_or(self.mark, |(name, _)| name.mark)
            }
            Content::Scalar { .. } | Content::List(_) => self.mark,
        }
    }

    /// The line of the entry `key` of a map; 0 if it has no such entry.
    pub(crate) fn entry_line(&self, key: &str) -> u32 {
        self.get(key).map_or(0, |value| value.mark.line)
    }
}
