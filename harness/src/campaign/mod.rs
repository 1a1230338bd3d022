//! A campaign: generate → run on a pair → judge → dedupe → shrink → write.
//!
//! Called by `rfc793 fuzz` and by the differential fuzz targets. Start at `engine` for the loop.
//!
//! - [`pair`]: two targets on one thread
//! - [`key`]: what makes two discoveries the same
//! - [`discovery`]: what an execution showed, and how it stands
//! - [`mod@promote`]: a finding becomes a case of the suite
//! - [`smaller`]: a finding shrunk while it shows the same; [`origin`]: where a finding comes from
//!
//! Leaves out: what the suite's runner does ([`crate::pool`]); a campaign judges nothing against a case's own demands.

pub mod discovery;
pub mod key;
pub mod origin;
pub mod pair;
pub mod promote;
pub mod smaller;
