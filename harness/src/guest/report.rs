//! What a kernel says of itself when something is wrong in it: reports of KASAN and UBSAN, warnings, bugs, panics.
//!
//! [`find`] reads a guest's console. A kernel with `--kasan` ends with the first report (`panic_on_warn`), so the first
//! one is the cause and what follows is its consequence. Left out: what the report is a report of; whoever ran the guest
//! knows what it did last.

use std::fmt;

/// The first report on a console.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// Which kind.
    pub kind: Kind,
    /// Its first line, without numbers that differ every time: `BUG: KASAN: slab-out-of-bounds in tcp_v4_rcv`.
    pub title: String,
    /// What is of use of the console from there on, at most [`LINES`] lines.
    pub text: String,
}

/// Kinds of reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A wrong use of memory, found by KASAN.
    Kasan,
    /// Undefined behaviour, found by UBSAN.
    Ubsan,
    /// A check of the kernel's own that goes on: `WARN_ON`.
    Warning,
    /// A check of the kernel's own that does not: `BUG_ON`; or an access that the processor refused.
    Bug,
    /// The kernel gave up without one of these.
    Panic,
}

/// At most so many lines are kept of a report.
pub const LINES: usize = 120;

/// What a report's line has, and its kind; the first that fits counts.
const SIGNS: [(&str, Kind); 9] = [
    ("BUG: KASAN: ", Kind::Kasan),
    ("UBSAN: ", Kind::Ubsan),
    ("WARNING: CPU: ", Kind::Warning),
    ("WARNING: ", Kind::Warning),
    ("kernel BUG at ", Kind::Bug),
    ("BUG: ", Kind::Bug),
    ("general protection fault", Kind::Bug),
    ("Oops", Kind::Bug),
    ("Kernel panic - not syncing", Kind::Panic),
];

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Kasan => "kasan",
            Self::Ubsan => "ubsan",
            Self::Warning => "warning",
            Self::Bug => "bug",
            Self::Panic => "panic",
        })
    }
}

/// The first report of a console's text.
#[must_use]
pub fn find(console: &str) -> Option<Report> {
    let lines: Vec<&str> = console.lines().map(|line| without_stamp(line.trim_end())).collect();
    let sign = |line: &str| SIGNS.into_iter().find(|(sign, _)| line.starts_with(sign)).map(|(_, kind)| kind);
    let (at, kind) = lines.iter().enumerate().find_map(|(at, line)| Some((at, sign(line)?)))?;
    let telling = lines[at..].iter().copied().filter(|line| !line.is_empty() && !is_noise(line));
    Some(Report { kind, title: plain(lines[at]), text: telling.take(LINES).collect::<Vec<_>>().join("\n") })
}

/// The words of a stack as they lie there, and lines of its trace that name no caller: what begins a function is no place
/// to return to, and KASAN's own functions stand between all others.
fn is_noise(line: &str) -> bool {
    let is_word = |word: &str| word.len() >= 8 && word.chars().all(|c| c.is_ascii_hexdigit());
    let entry = line.split_once("] ").map(|(_, entry)| entry.strip_prefix("? ").unwrap_or(entry));
    let of_trace =
        |entry: &str| entry.contains("+0x0/") || ["__asan_", "kasan_"].iter().any(|own| entry.starts_with(own));
    line == "Stack:"
        || line.starts_with(' ') && line.split_whitespace().all(is_word)
        || line.starts_with(" [<") && entry.is_some_and(of_trace)
}

/// A line of the kernel's without its time: `[    0.123456] `, and the caller `[    T1] ` that some are told with.
fn without_stamp(line: &str) -> &str {
    let mut rest = line;
    while let Some((stamp, behind)) = rest.strip_prefix('[').and_then(|line| line.split_once(']')) {
        let is_stamp = stamp.trim_start().starts_with(|c: char| c.is_ascii_digit() || c == 'T' || c == 'C');
        if !is_stamp {
            break;
        }
        rest = behind.strip_prefix(' ').unwrap_or(behind);
    }
    rest
}

/// Without addresses, offsets, processes and processors: the same for the same cause.
fn plain(line: &str) -> String {
    let word = |word: &str| {
        let word = word.split_once("+0x").map_or(word, |(name, _)| name);
        let is_address = word.len() > 8 && word.chars().all(|c| c.is_ascii_hexdigit());
        (!is_address && !word.starts_with("0x")).then(|| word.to_owned())
    };
    let mut words: Vec<String> = Vec::new();
    let mut all = line.split_whitespace();
    while let Some(next) = all.next() {
        if matches!(next, "CPU:" | "PID:") {
            all.next();
        } else {
            words.extend(word(next));
        }
    }
    words.join(" ")
}

#[cfg(test)]
mod tests;
