//! Choices about numbers: how far the window reaches, which number a RST or a new connection bears.
//!
//! Predicates of the table in [`super`], which asks them; start with [`window_size`].

use super::Parted;
use crate::{
    case::{flags::Flags, state::State},
    judge::{
        diff::Side,
        event_class::{CallClass, EventClass, SeqPosition},
    },
    target::ConnState,
    trace::event::CaseSegment,
};

/// The segment lies inside the window on one side and beyond it on the other.
pub(super) fn window_size(parted: &Parted<'_>) -> bool {
    let seq = |side: &Side| side.met.segment().map_or(SeqPosition::Unknown, |segment| segment.seq);
    let inside = |seq| [SeqPosition::Inside, SeqPosition::RightEdge].contains(&seq);
    let [left, right] = parted.sides().map(seq);
    (inside(left) && right == SeqPosition::OutsideRight) || (inside(right) && left == SeqPosition::OutsideRight)
}

/// One side has taken the FIN, the other waits for it to come again.
pub(super) fn fin_behind_window(parted: &Parted<'_>) -> bool {
    const TAKEN: [(State, State); 5] = [
        (State::SynReceived, State::CloseWait),
        (State::Established, State::CloseWait),
        (State::FinWait1, State::Closing),
        (State::FinWait1, State::TimeWait),
        (State::FinWait2, State::TimeWait),
    ];
    let sides = parted.sides();
    let states = |one: &Side, other: &Side| {
        TAKEN
            .iter()
            .any(|(waits, taken)| [one.state, other.state] == [*waits, *taken].map(|state| Some(ConnState::Is(state))))
    };
    let part = states(sides[0], sides[1]) || states(sides[1], sides[0]);
    part && sides.iter().all(|side| side.fin_behind_window) && parted.only(&["ack", "emitted", "state"])
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
    // A name that stands for two connections bears the numbers of one of them.
    let of_either = parted.opened_elsewhere && *parted.event == EventClass::Call(CallClass::Send);
    let by_the_clock = parted.is_reopened
        && parted.sides().iter().any(opens)
        && pairs.all(|(left, right)| syn_ack(left) && syn_ack(right));
    parted.left.state == parted.right.state && (of_either || by_the_clock)
}

/// Only what becomes of the connection differs, what is acknowledged and what is handed over.
pub(super) fn self_contradiction(parted: &Parted<'_>) -> bool {
    let [left, right] = parted.sides();
    left.contradicted && right.contradicted && parted.only(&["emitted", "ack", "flags", "seq", "state", "returns"])
}
