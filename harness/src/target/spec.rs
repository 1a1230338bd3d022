//! Targets by name, as the command line gives them: `reference`, `reference:rfc793`, `kernel`, `linux:6.12`, `smoltcp`,
//! `lwip`, `external:COMMAND`.
//!
//! Every target has a name in every build; opening one whose cargo feature is off says which feature to build with.

use std::{fmt, str::FromStr};

use stack_under_test::Profile;

use serde::{Deserialize, Serialize};

use crate::guest;

use super::{
    Target, TargetError,
    external::External,
    kernel::{KernelConfig, KernelOptions, KernelTarget},
    reference::Reference,
};

/// Which target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TargetSpec {
    /// The embedded stack with this profile.
    Reference(&'static str),
    /// This host's Linux.
    Kernel,
    /// The built kernel of this name, in virtual time ([`crate::guest`]).
    Linux(String),
    /// A stack behind a driver that this command starts.
    External(String),
    /// The smoltcp crate (feature `smoltcp`).
    Smoltcp,
    /// Debian's liblwip (feature `lwip`).
    Lwip,
}

/// What the name of an external target begins with.
const EXTERNAL: &str = "external:";
/// What the name of a built kernel begins with.
const LINUX: &str = "linux:";

/// What opening a target may need.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub struct TargetOptions {
    /// Fixes the randomness of targets that have any to fix.
    pub seed: u64,
    /// Use the kernel with its stock settings instead of those that show every rule.
    pub stock_kernel: bool,
}

impl TargetOptions {
    /// What of it is the kernel target's; `guest` is its name in a guest.
    fn of_kernel(self, guest: Option<String>) -> KernelOptions {
        let config = if self.stock_kernel { KernelConfig::Stock } else { KernelConfig::Conformance };
        KernelOptions { config, guest }
    }
}

impl TargetSpec {
    /// The targets whose name says all: no profile, no command.
    const PLAIN: [Self; 3] = [Self::Kernel, Self::Smoltcp, Self::Lwip];

    /// Every name there is, for help texts.
    #[must_use]
    pub fn names() -> Vec<String> {
        let profiles = Profile::NAMES.iter().map(|name| Self::Reference(name).to_string());
        profiles
            .chain(Self::PLAIN.iter().map(Self::to_string))
            .chain([format!("{LINUX}NAME"), format!("{EXTERNAL}COMMAND")])
            .collect()
    }

    /// Whether its time is real.
    #[must_use]
    pub const fn is_live(&self) -> bool {
        match self {
            Self::Kernel => true,
            // A driver says only once it runs whether its time is real; the pool asks it then.
            Self::Reference(_) | Self::Linux(_) | Self::External(_) | Self::Smoltcp | Self::Lwip => false,
        }
    }

    /// The name of its ledger file, without ending: `kernel`, `reference-rfc793`.
    #[must_use]
    pub fn ledger_name(&self) -> String {
        match self {
            Self::Reference(_) | Self::Kernel | Self::Smoltcp | Self::Lwip => self.to_string().replace(':', "-"),
            // What a kernel does is one ledger's matter; its entries say for which versions they hold.
            Self::Linux(_) => "kernel".to_owned(),
            // A command is no file name.
            Self::External(_) => "external".to_owned(),
        }
    }

    /// Opens it. The kernel target moves the calling thread into a network namespace of its own, for good: call this
    /// on the thread that will use it.
    ///
    /// # Errors
    /// If the environment does not have what it needs.
    pub fn open(&self, options: TargetOptions) -> Result<Box<dyn Target>, TargetError> {
        match self {
            Self::Reference(name) => {
                let profile = Profile::by_name(name).unwrap_or_default();
                Ok(Box::new(Reference::new(profile, options.seed)))
            }
            Self::Kernel => Ok(Box::new(KernelTarget::open(options.of_kernel(None))?)),
            Self::Linux(name) if guest::kernel() == Some(name) => {
                Ok(Box::new(KernelTarget::open(options.of_kernel(Some(self.to_string())))?))
            }
            Self::Linux(_) => Err(TargetError::Broken(format!("{self} can only be opened in its own guest"))),
            Self::External(command) => Ok(Box::new(External::open(command, options.seed)?)),
            #[cfg(feature = "smoltcp")]
            Self::Smoltcp => Ok(Box::new(super::smoltcp::Smoltcp::new(options.seed))),
            #[cfg(not(feature = "smoltcp"))]
            Self::Smoltcp => Err(TargetError::not_built(self, "smoltcp")),
            #[cfg(feature = "lwip")]
            Self::Lwip => Ok(Box::new(super::lwip::Lwip::new(options.seed))),
            #[cfg(not(feature = "lwip"))]
            Self::Lwip => Err(TargetError::not_built(self, "lwip")),
        }
    }
}

impl fmt::Display for TargetSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Reference("rfc9293") => f.pad("reference"),
            Self::Reference(name) => f.pad(&format!("reference:{name}")),
            Self::Kernel => f.pad("kernel"),
            Self::Linux(name) => f.pad(&format!("{LINUX}{name}")),
            Self::External(command) => f.pad(&format!("{EXTERNAL}{command}")),
            Self::Smoltcp => f.pad("smoltcp"),
            Self::Lwip => f.pad("lwip"),
        }
    }
}

/// No target has this name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown target `{0}`; targets are {names}", names = TargetSpec::names().join(", "))]
pub struct UnknownTarget(String);

impl FromStr for TargetSpec {
    type Err = UnknownTarget;
    fn from_str(s: &str) -> Result<Self, UnknownTarget> {
        if let Some(command) = s.strip_prefix(EXTERNAL).filter(|command| !command.trim().is_empty()) {
            return Ok(Self::External(command.to_owned()));
        }
        if let Some(name) = s.strip_prefix(LINUX).filter(|name| guest::cache::is_name(name)) {
            return Ok(Self::Linux(name.to_owned()));
        }
        let profile = match s {
            "reference" => Some("rfc9293"),
            other => other.strip_prefix("reference:"),
        };
        let found = match profile {
            Some(profile) => Profile::NAMES.iter().find(|name| **name == profile).map(|name| Self::Reference(name)),
            None => Self::PLAIN.into_iter().find(|target| target.to_string() == s),
        };
        found.ok_or_else(|| UnknownTarget(s.to_owned()))
    }
}

#[cfg(test)]
mod tests;
