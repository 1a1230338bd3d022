//! What was observed in one run of one case on one target. [`event`] holds the types.

pub mod event;
pub mod event_class;
pub mod pcapng;
