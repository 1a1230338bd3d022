//! Writes the suite's cases as scripts into a fuzzer's corpus folder: `seed_corpus CASES FOLDER`.

use std::{path::PathBuf, process::ExitCode};

use harness::{case::load::discover, generate::seeds::write_corpus};

fn main() -> ExitCode {
    let arguments: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    let [cases, folder] = &arguments[..] else {
        eprintln!("usage: seed_corpus CASES FOLDER");
        return ExitCode::from(2);
    };
    let found = discover(std::slice::from_ref(cases));
    for error in &found.errors {
        eprintln!("{error}");
    }
    if found.cases.is_empty() {
        eprintln!("no usable case in {}", cases.display());
        return ExitCode::from(2);
    }
    match write_corpus(&found.cases, folder) {
        Ok(count) => {
            println!("{count} scripts from {} cases in {}", found.cases.len(), folder.display());
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("failed to write to {}: {error}", folder.display());
            ExitCode::from(3)
        }
    }
}
