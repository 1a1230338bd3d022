//! What a kernel is built with beside itself: KCOV (which places are reached) and the sanitizers KASAN and UBSAN.
//!
//! Stock KCOV tells every place each time, and only of what runs for a system call itself: the input of a TUN device,
//! a softirq, is not told of, nor are timers. The changed one (`kcov.c` beside this file) tells each place once, whatever
//! runs there, and then costs nothing. Only net/ipv4 and TCP in net/ipv6 are instrumented ([`CHANGES`]).

use std::{fs, path::Path};

use super::{BuildError, io_error};

/// What is built in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Instruments {
    /// KCOV.
    pub kcov: bool,
    /// KASAN and UBSAN.
    pub kasan: bool,
}

impl Instruments {
    /// What a kernel's name ends with: `+kcov`, `+kasan`, `+kcov+kasan`.
    #[must_use]
    pub const fn suffix(self) -> &'static str {
        match (self.kcov, self.kasan) {
            (false, false) => "",
            (true, false) => "+kcov",
            (false, true) => "+kasan",
            (true, true) => "+kcov+kasan",
        }
    }

    /// More of the configuration.
    pub(super) fn config(self) -> String {
        let kcov = if self.kcov { include_str!("kcov.config") } else { "" };
        let kasan = if self.kasan { include_str!("kasan.config") } else { "" };
        format!("{kcov}{kasan}")
    }

    /// What the made configuration must have.
    pub(super) fn needed(self) -> impl Iterator<Item = &'static str> {
        let kcov = ["CONFIG_KCOV", "CONFIG_DEBUG_INFO"].into_iter().filter(move |_| self.kcov);
        kcov.chain(["CONFIG_KASAN", "CONFIG_UBSAN"].into_iter().filter(move |_| self.kasan))
    }

    /// Whether the kernel keeps its symbols and lines.
    pub(super) const fn keeps_lines(self) -> bool {
        self.kcov || self.kasan
    }
}

/// One change of a source for KCOV. `from` is there once at least, or the kernel cannot be built with it.
pub(super) struct Change {
    pub(super) file: &'static str,
    pub(super) from: &'static str,
    pub(super) to: &'static str,
}

/// The changes for KCOV. In the small code model, which a program at 0x60000000 can have, the calls that tell of a place
/// are plain, so that all of them can be found in the program. An empty `from` is the beginning of the file.
pub(super) const CHANGES: [Change; 6] = [
    Change { file: "net/ipv4/Makefile", from: "", to: "KCOV_INSTRUMENT := y\nccflags-y += -mcmodel=small\n" },
    Change {
        file: "net/ipv6/Makefile",
        from: "",
        to: concat!(
            "KCOV_INSTRUMENT_tcp_ipv6.o := y\n",
            "KCOV_INSTRUMENT_tcpv6_offload.o := y\n",
            "KCOV_INSTRUMENT_tcp_ao.o := y\n",
            "KCOV_INSTRUMENT_syncookies.o := y\n",
            "KCOV_INSTRUMENT_inet6_connection_sock.o := y\n",
            "KCOV_INSTRUMENT_inet6_hashtables.o := y\n",
            "CFLAGS_tcp_ipv6.o += -mcmodel=small\n",
            "CFLAGS_tcpv6_offload.o += -mcmodel=small\n",
            "CFLAGS_tcp_ao.o += -mcmodel=small\n",
            "CFLAGS_syncookies.o += -mcmodel=small\n",
            "CFLAGS_inet6_connection_sock.o += -mcmodel=small\n",
            "CFLAGS_inet6_hashtables.o += -mcmodel=small\n",
        ),
    },
    Change {
        file: "kernel/kcov.c",
        from: "#include <asm/setup.h>\n",
        to: "#include <asm/setup.h>\n#include <asm/sections.h>\n",
    },
    Change {
        file: "kernel/kcov.c",
        from: "void notrace __sanitizer_cov_trace_pc(void)\n{\n",
        to: include_str!("kcov.c"),
    },
    Change {
        file: "kernel/kcov.c",
        from: "\tWRITE_ONCE(t->kcov_mode, mode);\n",
        to: "\tWRITE_ONCE(t->kcov_mode, mode);\n\tmake_text_writable();\n\tWRITE_ONCE(collector, t);\n",
    },
    Change {
        file: "kernel/kcov.c",
        from: "\tWRITE_ONCE(t->kcov_mode, KCOV_MODE_DISABLED);\n",
        to: concat!(
            "\tif (collector == t)\n\t\tWRITE_ONCE(collector, NULL);\n",
            "\tWRITE_ONCE(t->kcov_mode, KCOV_MODE_DISABLED);\n"
        ),
    },
];

/// Those of [`CHANGES`] that are made for it: the sanitizers need none.
pub(super) fn changes(with: Instruments) -> impl Iterator<Item = &'static Change> {
    CHANGES.iter().filter(move |_| with.kcov)
}

/// Applies them to a tree that may be written to.
pub(super) fn change(source: &Path, with: Instruments) -> Result<(), BuildError> {
    for Change { file, from, to } in changes(with) {
        let path = source.join(file);
        let text = fs::read_to_string(&path).map_err(io_error("read", &path))?;
        if !text.contains(from) {
            return Err(BuildError::NoPlace { file, text: from.trim() });
        }
        fs::write(&path, text.replacen(from, to, 1)).map_err(io_error("write", &path))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
