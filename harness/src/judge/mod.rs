//! Judges: what a trace shows against what a case demands. Pure functions, no I/O, no clock.

pub mod allowance;
pub mod diff;
pub mod event_class;
pub mod expect;
pub mod invariant;
pub mod ledger;
pub mod outcome;
pub mod packet;
pub mod segment;
pub mod verdict;
