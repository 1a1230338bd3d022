//! A tree in the place of the user's own, which is only read.

use std::{
    collections::HashSet,
    fs, io,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
};

use super::{BuildError, io_error, make_folder};

/// Makes a tree that looks like the user's own and can be changed: these files and the folders above them are real, all else
/// are links to the user's.
pub(super) fn make(own: &Path, place: &Path, files: &[&str]) -> Result<(), BuildError> {
    let files: HashSet<&Path> = files.iter().map(Path::new).collect();
    let folders: HashSet<&Path> = files.iter().flat_map(|file| file.ancestors().skip(1)).collect();
    for folder in folders {
        let (from, to) = (own.join(folder), place.join(folder));
        make_folder(&to)?;
        for entry in fs::read_dir(&from).map_err(io_error("read", &from))? {
            let name = entry.map_err(io_error("read", &from))?.file_name();
            let relative = folder.join(&name);
            let (from, to) = (from.join(&name), to.join(&name));
            if files.contains(relative.as_path()) {
                copy(&from, &to)?;
            } else if !is_above(&files, &relative) {
                symlink(&from, &to).map_err(io_error("make the link", &to))?;
            }
        }
    }
    Ok(())
}

fn is_above(files: &HashSet<&Path>, folder: &Path) -> bool {
    files.iter().any(|file| file.starts_with(folder))
}

/// A copy that can be written to, whatever the rights of the file.
fn copy(from: &PathBuf, to: &PathBuf) -> Result<(), BuildError> {
    let copied = fs::read(from).and_then(|text| fs::write(to, text));
    copied.map_err(|error: io::Error| io_error("copy", from)(error))
}

#[cfg(test)]
mod tests;
