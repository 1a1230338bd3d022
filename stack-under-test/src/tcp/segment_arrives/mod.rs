//! SEGMENT ARRIVES (RFC9293#3.10.7): a file per subsection, the steps in the RFC's order under its
//! names.
//!
//! [`super::Tcp`] parses the segment, finds its TCB and calls the file for the state: [`closed`],
//! [`listen`], [`syn_sent`] or [`other_states`]. The order of the steps is behaviour: a segment that
//! is both outside the window and carries a bad ACK is answered by the step that sees it first.
//!
//! Left out: the security and compartment checks (third steps); this host has no such labels
//! (RFC9293#A.1).

pub(crate) mod check_ack;
pub(crate) mod closed;
pub(crate) mod listen;
pub(crate) mod other_states;
pub(crate) mod syn_sent;
pub(crate) mod text;
pub(crate) mod time_wait;

use crate::rule::Rule;

/// A step ended the processing of the segment: no later step sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stop {
    /// The segment is discarded, and why.
    Dropped(Rule),
    /// All it asked for is done.
    Done,
}
