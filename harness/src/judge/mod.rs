//! Judges: what a trace shows against what a case demands. Pure functions, no I/O, no clock.

pub mod expect;
pub mod outcome;
pub mod segment;
pub mod verdict;
