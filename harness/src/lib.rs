//! Replays TCP cases against a target and judges the answers.
//!
//! The data flow, left to right (a module imports only from modules to its left):
//!
//! ```text
//! clause · case → segment → target → trace → peer → run → judge → report → cli
//! ```
//!
//! Start at [`case::format`] for what a case is, at [`target::Target`] for what can be tested, and at
//! `run` for the only loop that advances time.

pub mod case;
pub mod clause;
pub mod target;
pub mod trace;
