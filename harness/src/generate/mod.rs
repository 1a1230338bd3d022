//! Inputs nobody wrote: from the bytes a fuzzer gives to something that can be run.
//!
//! [`raw`] feeds bytes straight to the reference stack; [`script`] makes the same [`Case`] that YAML makes, [`mutate`]
//! changes scripts, [`seeds`] makes them from the suite; [`mod@shrink`] makes a case that shows something smaller, and
//! [`mod@told`] turns what a target did into demands. [`mod@stack_pair`], [`mod@codec_agree`], [`mod@parse_case`] and
//! [`mod@parse_segment`] are one fuzz target each. The targets under `fuzz/` are glue around these.
//!
//! [`Case`]: crate::case::format::Case

pub mod codec_agree;
pub mod look;
pub mod mutate;
pub mod parse_case;
pub mod parse_segment;
pub mod raw;
pub mod script;
pub mod seeds;
pub mod shrink;
pub mod stack_pair;
pub mod told;
