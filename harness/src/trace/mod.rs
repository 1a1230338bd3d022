//! What was observed in one run of one case on one target. [`event`] and [`packet`] hold the types.

pub mod event;
pub mod event_class;
pub mod packet;
pub mod pcapng;
pub mod record;
