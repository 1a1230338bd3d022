//! Case files → [`ConcreteCase`]s.
//!
//! Called by the command line, the benchmarks and `cargo test`. Start at [`discover`]. A file that cannot be used is
//! one [`CaseError`] with its line; all other files are still loaded. Reads nothing bigger than [`MAX_FILE_BYTES`].

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    io::Read,
    path::{Component, Path, PathBuf},
    sync::Arc,
};

use super::{
    error::{CaseError, Fault, Mark},
    expand::{self, Variant},
    format::{Case, ConcreteCase},
    prelude,
    tree::{self, Node},
    validate,
};

/// The largest file that is read, in bytes.
pub const MAX_FILE_BYTES: u64 = 1 << 20;

/// What was found under some paths.
#[derive(Clone, Debug, Default)]
pub struct Discovery {
    /// The usable cases, ordered by id.
    pub cases: Vec<ConcreteCase>,
    /// Why other files (or paths) could not be used, ordered by file.
    pub errors: Vec<CaseError>,
}

/// Loads all case files under `paths`: a file is itself, a folder every `.yaml` below it.
///
/// Folders named `ledger` or starting with a dot are skipped, and so are links to folders. Ids are relative to the
/// suite's root: the nearest folder above that is called `cases` or holds a `ledger` folder, else the folder itself.
#[must_use]
pub fn discover(paths: &[PathBuf]) -> Discovery {
    let mut found = Discovery::default();
    let mut files = BTreeMap::new();
    for path in paths {
        match fs::canonicalize(path) {
            Ok(real) => {
                let root = suite_root(&real);
                collect(path, &real, &root, &mut files, &mut found.errors);
            }
            Err(error) => found.errors.push(CaseError::of_path(path, io_message(&error))),
        }
    }
    for (real, (shown, root)) in &files {
        match read_source(shown).and_then(|source| load_source(source, shown, id_of(real, root))) {
            Ok(mut cases) => found.cases.append(&mut cases),
            Err(error) => found.errors.push(error),
        }
    }
    found.cases.sort_by(|a, b| a.id.cmp(&b.id));
    refuse_duplicate_ids(&mut found);
    found.errors.sort_by(|a, b| a.file().cmp(b.file()));
    found
}

/// Loads the concrete cases of one file; ids are relative to `root`.
///
/// # Errors
/// The file cannot be read, or is no usable case.
pub fn load_file(path: &Path, root: &Path) -> Result<Vec<ConcreteCase>, CaseError> {
    load_source(read_source(path)?, path, id_of(path, root))
}

/// Loads the concrete cases of a text that `name` stands for: the file name in messages, and the id.
///
/// # Errors
/// The text is no usable case.
pub fn load_str(text: &str, name: &str) -> Result<Vec<ConcreteCase>, CaseError> {
    let path = Path::new(name);
    if text.len() as u64 > MAX_FILE_BYTES {
        return Err(too_big(path));
    }
    load_source(text.into(), path, id_of(path, Path::new("")))
}

fn load_source(source: Arc<str>, path: &Path, id: String) -> Result<Vec<ConcreteCase>, CaseError> {
    let in_file = |fault: Box<Fault>| CaseError::in_source(path, &source, *fault);
    let root = tree::read::read(&source).map_err(in_file)?;
    let mut cases = Vec::new();
    for variant in expand::variants(&root).map_err(in_file)? {
        let Variant { values, tree } = variant;
        let id = if values.is_empty() { id.clone() } else { format!("{id}#{values}") };
        let (case, prelude) = typed(&tree).map_err(|fault| in_file(with_variant(fault, &values)))?;
        cases.push(ConcreteCase { id, file: path.to_owned(), source: Arc::clone(&source), case, prelude });
    }
    Ok(cases)
}

/// The typed case with its prelude, and the prelude's length.
fn typed(tree: &Node) -> Result<(Case, usize), Box<Fault>> {
    let mut case: Case = tree::de::from_node(tree)?;
    validate::check(&case, tree)?;
    let line = tree.entry_line("given");
    let prelude = prelude::prepend(&mut case, line).map_err(|fault| fault.or_at(tree.entry_mark("via")))?;
    Ok((case, prelude))
}

fn with_variant(mut fault: Box<Fault>, values: &str) -> Box<Fault> {
    if !values.is_empty() {
        let variant = format!("in the variant `{values}`");
        fault.help = Some(fault.help.map_or(variant.clone(), |help| format!("{help} ({variant})")));
    }
    fault
}

/// The folder that ids are relative to.
fn suite_root(real: &Path) -> PathBuf {
    let folder = if real.is_dir() { real } else { real.parent().unwrap_or(real) };
    let is_root =
        |folder: &&Path| folder.file_name().is_some_and(|name| name == "cases") || folder.join("ledger").is_dir();
    folder.ancestors().find(is_root).unwrap_or(folder).to_owned()
}

/// The path under `root` without its extension, with `/` between its parts.
fn id_of(path: &Path, root: &Path) -> String {
    let below = path.strip_prefix(root).unwrap_or(path).with_extension("");
    let parts = below.components().filter_map(|part| match part {
        Component::Normal(name) => Some(name.to_string_lossy()),
        Component::Prefix(_) | Component::RootDir | Component::CurDir | Component::ParentDir => None,
    });
    parts.collect::<Vec<_>>().join("/")
}

/// Real path → the path as the user named it, and its root.
type Files = BTreeMap<PathBuf, (PathBuf, PathBuf)>;

fn collect(shown: &Path, real: &Path, root: &Path, files: &mut Files, errors: &mut Vec<CaseError>) {
    if !real.is_dir() {
        files.entry(real.to_owned()).or_insert_with(|| (shown.to_owned(), root.to_owned()));
        return;
    }
    let entries = match fs::read_dir(real) {
        Ok(entries) => entries,
        Err(error) => return errors.push(CaseError::of_path(shown, io_message(&error))),
    };
    for entry in entries {
        let entry = match entry {
            Ok(entry) => entry,
            Err(error) => {
                errors.push(CaseError::of_path(shown, io_message(&error)));
                continue;
            }
        };
        let name = entry.file_name();
        let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
        let skipped = name == "ledger" || name.to_string_lossy().starts_with('.');
        let is_case = Path::new(&name).extension().is_some_and(|extension| extension == "yaml");
        let (shown, real) = (shown.join(&name), real.join(&name));
        if is_folder && !skipped {
            collect(&shown, &real, root, files, errors);
        } else if !is_folder && is_case && !real.is_dir() {
            files.entry(real).or_insert_with(|| (shown, root.to_owned()));
        }
    }
}

fn refuse_duplicate_ids(found: &mut Discovery) {
    let mut twice = BTreeSet::new();
    for pair in found.cases.windows(2) {
        if pair[0].id == pair[1].id {
            let (first, second) = (&pair[0].file, &pair[1].file);
            if twice.insert(second.clone()) {
                let message = format!("the case id `{}` belongs to {} already", pair[1].id, first.display());
                found.errors.push(CaseError::of_file(second, message, Some("rename one of the files")));
            }
        }
    }
    found.cases.retain(|case| !twice.contains(&case.file));
}

/// Reads a file that is not too big. The size is looked at before anything is read, and again while reading, because
/// a device or a pipe has none.
fn read_source(path: &Path) -> Result<Arc<str>, CaseError> {
    let fail = |error: std::io::Error| CaseError::of_file(path, io_message(&error), None);
    // Before it is opened: that would wait for somebody to write into a named pipe.
    let about = fs::metadata(path).map_err(fail)?;
    if !about.is_file() {
        return Err(CaseError::of_file(path, "not a regular file", None));
    }
    let file = fs::File::open(path).map_err(fail)?;
    if about.len() > MAX_FILE_BYTES {
        return Err(too_big(path));
    }
    let mut bytes = Vec::with_capacity(usize::try_from(about.len()).unwrap_or(0));
    file.take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes).map_err(fail)?;
    if bytes.len() as u64 > MAX_FILE_BYTES {
        return Err(too_big(path));
    }
    if is_capture(&bytes) {
        let help = "a finding's case lies beside its capture, with the same name and `.yaml`";
        return Err(CaseError::of_file(path, "a capture of packets, not a case", Some(help)));
    }
    String::from_utf8(bytes).map(Arc::from).map_err(|error| not_utf8(path, &error))
}

/// Whether it begins as a pcapng file does, or as a pcap file of microseconds or nanoseconds in either order of octets.
fn is_capture(bytes: &[u8]) -> bool {
    let magic: Option<[u8; 4]> = bytes.first_chunk().copied();
    magic
        .map(u32::from_be_bytes)
        .is_some_and(|magic| matches!(magic, 0x0a0d_0d0a | 0xa1b2_c3d4 | 0xd4c3_b2a1 | 0xa1b2_3c4d | 0x4d3c_b2a1))
}

fn not_utf8(path: &Path, error: &std::string::FromUtf8Error) -> CaseError {
    let valid = error.utf8_error().valid_up_to();
    let byte = error.as_bytes().get(valid).copied().unwrap_or_default();
    let text = String::from_utf8_lossy(error.as_bytes());
    // Everything before the first bad byte is unchanged in the lossy text, so offsets agree.
    let before = &text[..valid];
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    let number = |value: usize| u32::try_from(value).unwrap_or(u32::MAX);
    let mark = Mark { offset: number(valid), len: 3, line: number(line), column: number(column) };
    let fault = Fault::at(mark, format!("not UTF-8: byte 0x{byte:02x}")).help("save the file as UTF-8");
    CaseError::in_source(path, &Arc::from(text.as_ref()), *fault)
}

fn too_big(path: &Path) -> CaseError {
    let message = format!("bigger than {} KiB, which no case is", MAX_FILE_BYTES >> 10);
    CaseError::of_file(path, message, Some("send text with `data: 100` (so many bytes of the standard pattern)"))
}

/// The operating system's sentence without its error number.
fn io_message(error: &std::io::Error) -> String {
    let text = error.to_string();
    let text = text.split(" (os error").next().unwrap_or_default();
    format!("cannot be read: {}", text.to_lowercase())
}

#[cfg(test)]
mod tests;
