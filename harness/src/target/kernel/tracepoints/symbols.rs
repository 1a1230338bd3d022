//! The function that an address of the kernel lies in, by `/proc/kallsyms`.
//!
//! Read once, before the first case. Who may not see addresses there gets no names.

use std::{fs, sync::OnceLock};

static SYMBOLS: OnceLock<Symbols> = OnceLock::new();

/// Reads the kernel's table, if nobody has yet: some hundredths of a second.
pub(super) fn load() {
    let _ = symbols();
}

fn symbols() -> &'static Symbols {
    SYMBOLS.get_or_init(|| Symbols::of(fs::read_to_string("/proc/kallsyms").unwrap_or_default()))
}

/// The function that a call returns into at `address`; `None` if the kernel does not tell.
pub(super) fn function_at(address: u64) -> Option<&'static str> {
    symbols().function_at(address)
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
            let mut words = line.split_ascii_whitespace();
            let (Some(address), Some(kind), Some(name)) = (words.next(), words.next(), words.next()) else { continue };
            let is_code = matches!(kind, "t" | "T" | "w" | "W");
            if let (true, Ok(address)) = (is_code, u64::from_str_radix(address, 16))
                && address != 0
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
        let name = self.text.get(at..)?.split_ascii_whitespace().next()?;
        // What a compiler made of it: `tcp_ack.isra.0`.
        name.split('.').next()
    }
}

#[cfg(test)]
mod tests;
