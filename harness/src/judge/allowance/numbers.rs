//! Choices about numbers: how far the window reaches, which number a RST or a new connection bears.
//!
//! Predicates of the table in [`super`], which asks them; start with [`window_size`].

use super::Parted;
use crate::{
    case::flags::Flags,
    judge::{
        diff::Side,
        event_class::{EventClass, SeqPosition},
    },
    trace::event::CaseSegment,
};

/// The segment lies inside the window on one side and beyond it on the other.
pub(super) fn window_size(parted: &Parted<'_>) -> bool {
    let seq = |side: &Side| match side.met {
        EventClass::Segment(segment) => segment.seq,
        EventClass::Start
        | EventClass::Fragment
        | EventClass::Icmp { .. }
        | EventClass::NotTcp
        | EventClass::Call(_)
        | EventClass::Wait => SeqPosition::Unknown,
    };
    let inside = |seq| [SeqPosition::Inside, SeqPosition::RightEdge].contains(&seq);
    let [left, right] = parted.sides().map(seq);
    (inside(left) && right == SeqPosition::OutsideRight) || (inside(right) && left == SeqPosition::OutsideRight)
}

pub(super) fn reset_number(parted: &Parted<'_>) -> bool {
    let after_close = |side: &&Side| side.rules.iter().any(|rule| rule.name == "text-after-close");
    let Some(mut pairs) = parted.pairs().filter(|_| parted.only(&["seq"])) else { return false };
    parted.sides().iter().any(after_close)
        && parted.left.emitted.len() == 1
        && pairs.all(|(left, right)| left.flags == Flags::RST && right.flags == Flags::RST)
}

/// Both open a connection, where there was one before.
pub(super) fn initial_number(parted: &Parted<'_>) -> bool {
    let opens = |side: &&Side| side.rules.iter().any(|rule| rule.name == "listen-syn");
    let syn_ack = |segment: &CaseSegment| segment.flags == Flags::SYN | Flags::ACK;
    let Some(mut pairs) = parted.pairs().filter(|_| parted.only(&["seq"])) else { return false };
    parted.is_reopened
        && parted.sides().iter().any(opens)
        && parted.left.state == parted.right.state
        && pairs.all(|(left, right)| syn_ack(left) && syn_ack(right))
}

/// Only what becomes of the connection differs, what is acknowledged and what is handed over.
pub(super) fn self_contradiction(parted: &Parted<'_>) -> bool {
    let [left, right] = parted.sides();
    left.contradicted && right.contradicted && parted.only(&["emitted", "ack", "flags", "seq", "state", "returns"])
}
