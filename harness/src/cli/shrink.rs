//! `rfc793 shrink`.

use std::{fs, path::PathBuf};

use clap::Args;

use super::{
    exit::{Exit, Failure, complain},
    finding::{self, On},
    interrupt, output,
};
use crate::{
    campaign::smaller::{Smaller, smaller},
    case::{format::ConcreteCase, print::to_yaml},
    target::spec::TargetSpec,
};

#[derive(Args)]
pub(super) struct Arguments {
    /// The case file of a finding.
    #[arg(value_name = "FILE")]
    finding: PathBuf,
    /// Which of its cases, if it has a matrix.
    #[arg(long, value_name = "ID")]
    id: Option<String>,
    #[command(flatten)]
    on: On,
    /// Give up making it smaller after so many runs.
    #[arg(long, value_name = "N", default_value_t = 5000)]
    limit: usize,
    /// Write the smaller case here instead of to standard output; a file that is there is replaced.
    #[arg(long, short, value_name = "FILE")]
    out: Option<PathBuf>,
}

impl Arguments {
    pub(super) fn targets(&self) -> impl Iterator<Item = &TargetSpec> {
        self.on.named()
    }
}

pub(super) fn run(arguments: &Arguments) -> Result<Exit, Failure> {
    let case = finding::load(&arguments.finding, arguments.id.as_deref())?;
    let targets = arguments.on.targets(&case)?;
    targets.get_rights()?;
    let stop = interrupt::stop_flag();
    let header = finding::header(&case.source);
    let small = finding::on_own_thread(|| {
        Ok(smaller(&mut targets.open()?, &case, finding::key_in(&header), arguments.limit, &stop)?)
    })?;
    let Some(small) = small else {
        let (file, left, right) = (arguments.finding.display(), &targets.left, &targets.right);
        complain(&format!(
            "rfc793: {file} shows nothing: {left} and {right} do the same, and no rule is broken\n\
             (other targets are named with --left and --right, another seed with --seed)"
        ));
        return Ok(Exit::Failed);
    };
    let text = to_yaml(&small.case).map_err(|error| Failure::Environment(error.to_string()))?;
    let text = format!("{header}{text}");
    match &arguments.out {
        None => output::print(&text)?,
        Some(file) => fs::write(file, text)
            .map_err(|error| Failure::Environment(format!("failed to write {}: {error}", file.display())))?,
    }
    tell(&case, &small);
    Ok(if stop.load(std::sync::atomic::Ordering::Relaxed) { Exit::Interrupted } else { Exit::Well })
}

fn tell(case: &ConcreteCase, small: &Smaller) {
    let before = case.case.steps.len() - case.prelude;
    let (after, runs, wall) = (small.case.steps.len(), small.runs, small.wall.as_secs_f64());
    complain(&format!("{before} steps → {after}, {runs} runs, {wall:.2} s\nstill: {}", small.shown.found.key));
}
