//! Colour, on a terminal only.

use std::{fmt, io::IsTerminal};

/// Whether to colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Paint(bool);

/// What a colour stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// As it should be.
    Good,
    /// Broken.
    Bad,
    /// To look at.
    Notice,
    /// Beside the point.
    Quiet,
    /// A heading.
    Strong,
}

impl Paint {
    /// Plain text.
    pub const NEVER: Self = Self(false);

    /// Colour if `stream` is a terminal that can, and the user did not set `NO_COLOR`.
    #[must_use]
    pub fn for_stream(stream: &impl IsTerminal) -> Self {
        let refused = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        Self(stream.is_terminal() && !refused && !dumb)
    }

    /// Whether colour is on.
    #[must_use]
    pub const fn is_on(self) -> bool {
        self.0
    }

    /// `text` in the colour of `tone`.
    pub fn tone<T: fmt::Display>(self, tone: Tone, text: T) -> impl fmt::Display {
        let code = match tone {
            Tone::Good => "32",
            Tone::Bad => "31;1",
            Tone::Notice => "33",
            Tone::Quiet => "2",
            Tone::Strong => "1",
        };
        Painted { code: self.0.then_some(code), text }
    }
}

/// A text between two escape sequences.
struct Painted<T> {
    code: Option<&'static str>,
    text: T,
}

impl<T: fmt::Display> fmt::Display for Painted<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.code {
            Some(code) => {
                write!(f, "\x1b[{code}m")?;
                self.text.fmt(f)?;
                f.write_str("\x1b[0m")
            }
            None => self.text.fmt(f),
        }
    }
}
