//! Cases: the authored tests.
//!
//! [`mod@format`] is the specification and the place to start. [`load`] finds and reads case files: text → tree → matrix
//! ([`expand`]) → typed [`format::Case`] → checked and with its prelude ([`prelude`]). [`mod@print`] is the way back,
//! [`schema`] what an editor needs. Every mistake of an author is a [`CaseError`] with its line.

pub mod error;
pub mod expand;
pub mod flags;
pub(crate) mod form;
pub mod format;
pub mod load;
pub(crate) mod number;
pub mod position;
pub mod prelude;
pub mod print;
pub mod schema;
pub mod state;
pub(crate) mod suggest;
pub mod time;
pub(crate) mod tree;
pub(crate) mod validate;

pub use error::CaseError;
