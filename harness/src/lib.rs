//! Replays TCP cases against a target and judges the answers.
//!
//! The data flow, left to right (a module imports only from modules to its left):
//!
//! ```text
//! fiber · clause · case → target · trace → segment → peer → judge → run → pool · generate → campaign → report → cli
//! ```
//!
//! Start at [`case::format`] for what a case is, at [`target::Target`] for what can be tested, and at
//! [`run::run_case`] for the only loop that advances time.

pub mod campaign;
pub mod case;
pub mod clause;
pub mod cli;
pub mod fiber;
pub mod generate;
pub mod guest;
pub mod host;
pub mod judge;
pub mod name;
pub mod peer;
pub mod pool;
pub mod report;
pub mod run;
#[cfg(test)]
mod sample;
pub mod segment;
pub mod target;
pub mod trace;
