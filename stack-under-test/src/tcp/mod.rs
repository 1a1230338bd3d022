//! TCP: RFC 9293, a file per subsection.

pub mod isn;
pub mod reassembly;
pub mod rto;
pub mod seq;
