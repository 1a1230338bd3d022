//! Inputs nobody wrote: from the bytes a fuzzer gives to something that can be run.
//!
//! [`raw`] feeds bytes straight to the reference stack, [`arbitrary`] makes the same [`Case`] that YAML makes, and
//! [`mod@shrink`] makes a case that shows something smaller. The targets under `fuzz/` are glue around these.
//!
//! [`Case`]: crate::case::format::Case

pub mod arbitrary;
pub mod differential;
pub mod raw;
pub mod shrink;
