//! Cases: the authored tests. [`format`] is the specification.

pub mod flags;
pub mod format;
pub mod position;
pub mod state;
pub mod time;
mod tmp_display;
