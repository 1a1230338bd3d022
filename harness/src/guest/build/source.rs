//! Where a kernel's source comes from: the distribution's package, or a folder of the user's.
//!
//! The packaged source is changed in some places ([`EDITS`]) and gets one more file ([`batch`]) before it is compiled; a
//! user's own tree is only read.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use super::{BuildError, Step, batch, io_error, make_folder, tools::Log};

/// One change: file, text, what stands there instead, and why.
struct Edit {
    file: &'static str,
    from: &'static str,
    to: &'static str,
}

/// A tree in which a text is not found stays as it is there: later kernels need fewer of them.
const EDITS: [Edit; 3] = [
    // Timers count in milliseconds rather than in hundredths of a second.
    Edit {
        file: "arch/um/Kconfig",
        from: "config HZ\n\tint\n\tdefault 100\n",
        to: "config HZ\n\tint\n\tdefault 1000\n",
    },
    // Hosts with AMX save more registers than kernels before 6.13 have room for.
    Edit {
        file: "arch/x86/um/user-offsets.c",
        from: "DEFINE_LONGS(HOST_FP_SIZE, 2696);",
        to: "DEFINE_LONGS(HOST_FP_SIZE, 12288);",
    },
    // The same randomness in every guest, so that two runs are alike to the last octet (SplitMix64).
    Edit {
        file: "arch/um/os-Linux/util.c",
        from: "\treturn getrandom(buf, len, flags);\n",
        to: concat!(
            "\tstatic unsigned long long state = 793;\n",
            "\tunsigned char *octets = buf;\n",
            "\tsize_t at;\n\n",
            "\t(void)flags;\n",
            "\tfor (at = 0; at < len; at++) {\n",
            "\t\tunsigned long long z = (state += 0x9e3779b97f4a7c15ull);\n\n",
            "\t\tz = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;\n",
            "\t\tz = (z ^ (z >> 27)) * 0x94d049bb133111ebull;\n",
            "\t\toctets[at] = (unsigned char)(z ^ (z >> 31));\n",
            "\t}\n",
            "\treturn (ssize_t)len;\n",
        ),
    },
];

/// Whether a folder looks like a kernel's source.
pub(super) fn check(folder: &Path) -> Result<(), BuildError> {
    match ["Makefile", "Kconfig", "arch/um/Makefile", "net/ipv4/tcp_input.c"]
        .into_iter()
        .find(|file| !folder.join(file).is_file())
    {
        Some(missing) => Err(BuildError::NoSource { folder: folder.to_owned(), missing }),
        None => Ok(()),
    }
}

/// Gets the distribution's source of this version, unpacked below `work`.
pub(super) fn fetch(
    version: &str,
    work: &Path,
    log: &mut Log<'_>,
    progress: &mut dyn FnMut(Step),
) -> Result<PathBuf, BuildError> {
    progress(Step::Fetch);
    let package = format!("linux-source-{version}");
    let mut download = Command::new("apt-get");
    download.current_dir(work).args(["download", "--quiet", &package]);
    log.run(&mut download, &format!("fetching the package {package}"), &mut |_| {})?;
    let ends = |path: &Path, end: &str| path.to_string_lossy().ends_with(end);
    let archive = find(work, |path| ends(path, ".deb"))?;
    progress(Step::Unpack);
    let unpacked = work.join("package");
    let mut unpack = Command::new("dpkg-deb");
    unpack.arg("--extract").arg(&archive).arg(&unpacked);
    log.run(&mut unpack, &format!("unpacking {package}"), &mut |_| {})?;
    let _ = fs::remove_file(&archive);
    let archive = find(&unpacked.join("usr/src"), |path| ends(path, ".tar.xz"))?;
    let source = work.join("source");
    make_folder(&source)?;
    let mut unpack = Command::new("tar");
    unpack.arg("--directory").arg(&source).args(["--strip-components=1", "--extract", "--file"]).arg(&archive);
    log.run(&mut unpack, "unpacking the source", &mut |_| {})?;
    let _ = fs::remove_dir_all(&unpacked);
    check(&source)?;
    edit(&source)?;
    batch::add(&source)?;
    Ok(source)
}

fn find(folder: &Path, wanted: impl Fn(&Path) -> bool) -> Result<PathBuf, BuildError> {
    let entries = fs::read_dir(folder).map_err(io_error("read", folder))?;
    let mut paths = entries.flatten().map(|entry| entry.path());
    paths
        .find(|path| wanted(path))
        .ok_or_else(|| io_error("find the archive in", folder)(std::io::ErrorKind::NotFound.into()))
}

fn edit(source: &Path) -> Result<(), BuildError> {
    for Edit { file, from, to } in &EDITS {
        let path = source.join(file);
        let text = fs::read_to_string(&path).map_err(io_error("read", &path))?;
        if text.contains(from) {
            fs::write(&path, text.replacen(from, to, 1)).map_err(io_error("write", &path))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
