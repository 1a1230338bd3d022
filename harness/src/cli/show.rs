//! `rfc793 show`.

use std::{
    panic::resume_unwind,
    path::{Path, PathBuf},
    sync::Arc,
    thread,
};

use clap::Args;

use super::{
    arguments::Selection,
    exit::{Exit, Failure},
    output,
    run::tell_missing_tracing,
    select,
};
use crate::{
    case::format::ConcreteCase,
    report::ladder,
    run::{Mode, run_case},
    target::{
        TargetError,
        spec::{TargetOptions, TargetSpec},
    },
};

#[derive(Args)]
pub(super) struct Arguments {
    /// A case file, or the id of a case (or a part of it).
    #[arg(value_name = "CASE")]
    case: String,
    /// Where ids are looked for.
    #[arg(long, value_name = "PATH", default_value = "cases")]
    root: PathBuf,
    /// Run it on this target in virtual time and show what happens, with the rules: `reference`, `reference:rfc793`.
    #[arg(long, short, value_name = "TARGET")]
    target: Option<TargetSpec>,
}

impl Arguments {
    pub(super) const fn target(&self) -> Option<&TargetSpec> {
        self.target.as_ref()
    }
}

pub(super) fn run(arguments: &Arguments) -> Result<Exit, Failure> {
    let selection = selection(&arguments.case, &arguments.root);
    let selected = select::select(&selection);
    let usage = if selected.errors > 0 { Exit::Usage } else { Exit::Well };
    if selected.complain_if_empty(&selection) {
        return Ok(usage.max(Exit::Nothing));
    }
    if let Some(spec) = arguments.target.as_ref().filter(|spec| spec.is_live()) {
        return Err(Failure::Usage(format!("`show` runs in virtual time only; use `run --target {spec} --explain`")));
    }
    // A kernel in a guest is tested from a thread that has a network of its own, never from the main one.
    let drawn = thread::scope(|scope| scope.spawn(|| draw(arguments.target.as_ref(), &selected.cases)).join());
    let diagrams = drawn.unwrap_or_else(|panic| resume_unwind(panic))?;
    output::print(&diagrams.join("\n"))?;
    tell_missing_tracing();
    Ok(usage)
}

/// A diagram for each case: of a run on the target, else of what the case demands.
fn draw(target: Option<&TargetSpec>, cases: &[Arc<ConcreteCase>]) -> Result<Vec<String>, TargetError> {
    let mut target = target.map(|spec| spec.open(TargetOptions::default())).transpose()?;
    let diagrams = cases.iter().map(|case| match &mut target {
        Some(target) => ladder::of_run(&run_case(target.as_mut(), case, Mode::Judge)),
        None => ladder::of_case(case),
    });
    Ok(diagrams.collect())
}

/// A path, a path with matrix values, or an id.
fn selection(case: &str, root: &Path) -> Selection {
    let path = Path::new(case);
    if path.exists() {
        return Selection { filter: Vec::new(), paths: vec![path.to_owned()] };
    }
    let (file, values) = case.split_once('#').unwrap_or((case, ""));
    let as_file = [PathBuf::from(file), PathBuf::from(format!("{file}.yaml"))].into_iter().find(|path| path.is_file());
    match as_file {
        Some(file) if values.is_empty() => Selection { filter: Vec::new(), paths: vec![file] },
        Some(file) => Selection { filter: vec![format!("*#{values}")], paths: vec![file] },
        None => Selection { filter: vec![case.to_owned()], paths: vec![root.to_owned()] },
    }
}

#[cfg(test)]
mod tests;
