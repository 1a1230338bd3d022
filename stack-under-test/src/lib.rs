//! The reference TCP/IP stack of rfc793.
#![forbid(unsafe_code)]

pub mod tcp;
pub mod time;
pub mod wire;
