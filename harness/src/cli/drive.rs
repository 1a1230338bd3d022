//! `rfc793 drive`.

use std::io;

use clap::Args;

use super::exit::{Exit, Failure};
use crate::target::{
    external::serve::serve,
    spec::{TargetOptions, TargetSpec},
};

#[derive(Args)]
pub(super) struct Arguments {
    /// The target, in virtual time.
    #[arg(value_name = "TARGET")]
    target: TargetSpec,
    /// Fixes all randomness of the target.
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,
}

pub(super) fn run(arguments: &Arguments) -> Result<Exit, Failure> {
    let Arguments { target, seed } = arguments;
    if target.is_live() {
        return Err(Failure::Usage(format!("`drive` runs in virtual time only, and {target} does not")));
    }
    let mut target = target.open(TargetOptions { seed: *seed, ..TargetOptions::default() })?;
    serve(target.as_mut(), io::stdin().lock(), io::stdout().lock())?;
    Ok(Exit::Well)
}
