//! Writes the suite's cases as the seeds of each fuzz target, into a folder of its name: `seed_corpus CASES FOLDER`.

use std::{path::PathBuf, process::ExitCode};

use harness::{case::load::discover, generate::seeds::write_corpora};

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
    match write_corpora(&found.cases, folder) {
        Ok(written) => {
            for (target, count) in written {
                println!("{target}: {count} seeds");
            }
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("failed to write to {}: {error}", folder.display());
            ExitCode::from(3)
        }
    }
}
