//! `rfc793 fmt`.

use std::{collections::BTreeSet, fs, io::Write, path::PathBuf};

use clap::Args;

use super::{
    exit::{Exit, Failure},
    output,
    select::tell,
};
use crate::case::{load::discover, print::format_source};

#[derive(Args)]
pub(super) struct Arguments {
    /// Change nothing; name the files that are not in the canonical form and exit with 1 if there are any.
    #[arg(long)]
    check: bool,
    /// Case files or folders of them.
    #[arg(value_name = "PATH", default_value = "cases")]
    paths: Vec<PathBuf>,
}

pub(super) fn run(arguments: &Arguments) -> Result<Exit, Failure> {
    let found = discover(&arguments.paths);
    found.errors.iter().for_each(|error| tell(error));
    let mut exit = if found.errors.is_empty() { Exit::Well } else { Exit::Usage };
    let files: BTreeSet<PathBuf> = found.cases.into_iter().map(|case| case.file).collect();
    if files.is_empty() {
        return Ok(exit.max(Exit::Nothing));
    }
    let mut out = output::stdout();
    for file in files {
        let name = file.display();
        let text = fs::read_to_string(&file)
            .map_err(|error| Failure::Environment(format!("failed to read {name}: {error}")))?;
        match format_source(&text, &file.to_string_lossy()) {
            Ok(canonical) if canonical == text => {}
            Ok(canonical) if !arguments.check => {
                fs::write(&file, canonical)
                    .map_err(|error| Failure::Environment(format!("failed to write {name}: {error}")))?;
                writeln!(out, "{name}")?;
            }
            Ok(_) => {
                writeln!(out, "{name}")?;
                exit = exit.max(Exit::Failed);
            }
            Err(error) => {
                tell(&error);
                exit = exit.max(Exit::Usage);
            }
        }
    }
    out.flush()?;
    Ok(exit)
}
