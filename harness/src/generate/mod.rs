//! Inputs nobody wrote: from the bytes a fuzzer gives to something that can be run.
//!
//! [`raw`] feeds bytes straight to the reference stack; [`script`] makes the same [`Case`] that YAML makes, [`mutate`]
//! changes scripts, [`seeds`] makes them from the suite; [`mod@shrink`] makes a case that shows something smaller, and
//! [`mod@told`] turns what a target did into demands. The targets under `fuzz/` are glue around these.
//!
//! [`Case`]: crate::case::format::Case

pub mod look;
pub mod mutate;
pub mod raw;
pub mod script;
pub mod seeds;
pub mod shrink;
pub mod told;
