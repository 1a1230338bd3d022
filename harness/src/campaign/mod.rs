//! A campaign: generate → run on a pair → judge → dedupe → shrink → write.
//!
//! Called by `rfc793 fuzz` and by the differential fuzz targets. Start at [`engine::run`] for the loop.
//!
//! - [`engine`]: the loop; [`crew`]: one thread of it; `worker`: one worker; [`fuzzed`]: the same for inputs that a fuzzer makes,
//!   [`profiles`]: for the reference's own profiles; [`switches`]: which switch parts these
//! - `guide`: what the workers of a thread share; `input`: what is fed in; [`feedback`]: what is kept of it
//! - [`pair`]: two targets on one thread
//! - [`discovery`]: what an execution showed; [`key`]: what makes two discoveries the same;
//!   `relevant`: what of an event is part of it
//! - [`known`]: what the suite shows already
//! - [`mod@promote`]: a finding becomes a case of the suite
//! - `findings`: a discovery as a case file
//! - [`counts`]: what is counted
//! - [`smaller`]: a finding shrunk while it shows the same; [`origin`]: where a finding comes from
//!
//! Leaves out: what the suite's runner does ([`crate::pool`]); a campaign judges nothing against a case's own demands.

pub mod counts;
pub mod crew;
pub mod discovery;
pub mod engine;
pub mod feedback;
mod findings;
pub mod fuzzed;
mod guide;
mod input;
pub mod key;
pub mod known;
pub mod origin;
pub mod pair;
pub mod profiles;
pub mod promote;
mod relevant;
pub mod smaller;
pub mod switches;
mod worker;
