//! What `shrink` and `promote` have in common: one case of a file, and the pair of targets it was found on.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    thread,
};

use clap::Args;

use super::{exit::Failure, select::tell};
use crate::{
    campaign::{origin::Origin, pair::Pair},
    case::{format::ConcreteCase, load::discover},
    target::{
        kernel::enter_user_namespace_if_needed,
        spec::{TargetOptions, TargetSpec},
    },
};

/// On which targets.
#[derive(Args, Clone, Debug)]
pub(super) struct On {
    /// The target that says what should be [default: what the case's `origin` says].
    #[arg(long, value_name = "TARGET")]
    pub(super) left: Option<TargetSpec>,
    /// The target that does otherwise [default: what the case's `origin` says].
    #[arg(long, value_name = "TARGET")]
    pub(super) right: Option<TargetSpec>,
    /// Fixes all randomness of the targets [default: what the case's `origin` says, else 0].
    #[arg(long, value_name = "N")]
    pub(super) seed: Option<u64>,
}

/// Which targets, decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Targets {
    pub(super) left: TargetSpec,
    pub(super) right: TargetSpec,
    pub(super) seed: u64,
}

/// The one case of a file, or the one with this id (or these matrix values).
pub(super) fn load(file: &Path, id: Option<&str>) -> Result<Arc<ConcreteCase>, Failure> {
    if !file.is_file() {
        let what = if file.exists() { "is no case file" } else { "is not there" };
        return Err(Failure::Usage(format!("{} {what}; name the case file of a finding", file.display())));
    }
    let found = discover(&[PathBuf::from(file)]);
    if let Some(error) = found.errors.first() {
        tell(error);
        return Err(Failure::Usage(format!("{} is no usable case; what is wrong stands above", file.display())));
    }
    let values = |case: &ConcreteCase| case.id.split_once('#').map(|(_, values)| values.to_owned());
    let is_meant = |case: &ConcreteCase| id.is_none_or(|id| case.id == id || values(case).as_deref() == Some(id));
    let (mut meant, others): (Vec<_>, Vec<_>) = found.cases.into_iter().partition(is_meant);
    match (meant.len(), id) {
        (1, _) => Ok(Arc::new(meant.remove(0))),
        (0, Some(id)) => {
            let ids: Vec<_> = others.iter().map(|case| case.id.as_str()).collect();
            Err(Failure::Usage(format!("{} has no case `{id}`; it has {}", file.display(), ids.join(", "))))
        }
        (count, _) => {
            let ids: Vec<_> = meant.iter().map(|case| format!("  --id '{}'", case.id)).collect();
            let name = file.display();
            Err(Failure::Usage(format!("{name} has {count} cases (a matrix); choose one:\n{}", ids.join("\n"))))
        }
    }
}

impl On {
    /// The targets that are said.
    pub(super) fn named(&self) -> impl Iterator<Item = &TargetSpec> {
        self.left.iter().chain(&self.right)
    }

    /// The targets the user names, else those of the case's origin.
    pub(super) fn targets(&self, case: &ConcreteCase) -> Result<Targets, Failure> {
        let origin = case.case.origin.as_deref().and_then(Origin::read);
        let target = |said: &Option<TargetSpec>, flag: &str, of_origin: fn(&Origin) -> &str| {
            if let Some(said) = said {
                return Ok(said.clone());
            }
            let Some(origin) = &origin else {
                let message = format!(
                    "the `origin` of {} names no targets; say which with --left and --right (here: {flag})",
                    case.file.display()
                );
                return Err(Failure::Usage(message));
            };
            let name = of_origin(origin);
            name.parse::<TargetSpec>().map_err(|error| {
                Failure::Usage(format!("the `origin` of {} cannot be used: {error}; say {flag}", case.file.display()))
            })
        };
        let left = target(&self.left, "--left", |origin| &origin.left)?;
        let right = target(&self.right, "--right", |origin| &origin.right)?;
        let seed = self.seed.or(origin.as_ref().map(|origin| origin.seed)).unwrap_or(0);
        Ok(Targets { left, right, seed })
    }
}

impl Targets {
    /// Gets the rights that live targets need. Before any thread is made.
    pub(super) fn get_rights(&self) -> Result<(), Failure> {
        if self.left.is_live() || self.right.is_live() {
            enter_user_namespace_if_needed()?;
        }
        Ok(())
    }

    /// Opens both on the calling thread.
    pub(super) fn open(&self) -> Result<Pair, Failure> {
        let options = TargetOptions { seed: self.seed, ..TargetOptions::default() };
        Ok(Pair::open(&self.left, &self.right, options)?)
    }
}

/// Does the work on a thread of its own: a kernel target changes the network namespace of the thread it is opened on.
pub(super) fn on_own_thread<R: Send>(work: impl FnOnce() -> Result<R, Failure> + Send) -> Result<R, Failure> {
    thread::scope(|scope| match scope.spawn(work).join() {
        Ok(result) => result,
        Err(panic) => std::panic::resume_unwind(panic),
    })
}

/// The comments above the first line of a case, as they stand there.
pub(super) fn header(source: &str) -> String {
    source.lines().take_while(|line| line.starts_with('#')).map(|line| format!("{line}\n")).collect()
}

/// The key that a finding's header names.
pub(super) fn key_in(header: &str) -> Option<&str> {
    header.lines().find_map(|line| line.strip_prefix("# key: ")).map(str::trim)
}

#[cfg(test)]
mod tests;
