//! The function that an address of the kernel lies in.
//!
//! A guest is told of a `System.map` ([`take_symbols_from`]) and looks up in the file what it needs: reading all of
//! `/proc/kallsyms` takes a guest longer than its boot. Without one that table is read, once, before the first case. Who
//! may not see addresses there gets no names.

mod map;

use std::{
    fs::{self, File},
    path::Path,
    sync::OnceLock,
};

use self::map::Map;

static SOURCE: OnceLock<Source> = OnceLock::new();

/// Where names come from.
enum Source {
    Table(Symbols),
    Map(Map),
}

/// Takes names from the file at `path`, in the form of `System.map`, if it can be opened and nobody has asked for one yet.
pub fn take_symbols_from(path: &Path) {
    if let Ok(map) = File::open(path).and_then(Map::of) {
        let _ = SOURCE.set(Source::Map(map));
    }
}

/// Reads the kernel's table, if nobody has yet: some hundredths of a second.
pub(super) fn load() {
    let _ = source();
}

fn source() -> &'static Source {
    SOURCE.get_or_init(|| Source::Table(Symbols::of(fs::read_to_string("/proc/kallsyms").unwrap_or_default())))
}

/// The function that a call returns into at `address`; `None` if the kernel does not tell.
pub(super) fn function_at(address: u64) -> Option<&'static str> {
    match source() {
        Source::Table(symbols) => symbols.function_at(address),
        Source::Map(map) => map.function_at(address),
    }
}

/// One line of a table: the address and the name of a function. `None` for other things.
fn function(line: &str) -> Option<(u64, &str)> {
    let mut words = line.split_ascii_whitespace();
    let (address, kind, name) = (words.next()?, words.next()?, words.next()?);
    let address = u64::from_str_radix(address, 16).ok()?;
    (address != 0 && matches!(kind, "t" | "T" | "w" | "W")).then_some((address, name))
}

/// A function's name without what a compiler made of it: `tcp_ack.isra.0`.
fn plain(name: &str) -> Option<&str> {
    name.split('.').next()
}

/// The kernel's functions.
struct Symbols {
    text: String,
    /// Where each begins, and where its name is in the text; in order.
    functions: Vec<(u64, u32)>,
}

impl Symbols {
    fn of(text: String) -> Self {
        let mut functions = Vec::new();
        for line in text.lines() {
            if let Some((address, name)) = function(line)
                && let Ok(at) = u32::try_from(name.as_ptr().addr() - text.as_ptr().addr())
            {
                functions.push((address, at));
            }
        }
        functions.sort_by_key(|(address, _)| *address);
        Self { text, functions }
    }

    fn function_at(&self, address: u64) -> Option<&str> {
        // A call may be the last thing its function does: the next one begins where it would return to.
        let within = address.checked_sub(1)?;
        let behind = self.functions.partition_point(|(begins, _)| *begins <= within);
        let (begins, _) = *self.functions[..behind].last()?;
        // Of several names for one place the first.
        let first = self.functions.partition_point(|(other, _)| *other < begins);
        let at = usize::try_from(self.functions.get(first)?.1).ok()?;
        plain(self.text.get(at..)?.split_ascii_whitespace().next()?)
    }
}

#[cfg(test)]
mod tests;
