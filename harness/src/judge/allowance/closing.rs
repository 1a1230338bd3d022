//! What the user interface leaves open about the end: of listeners, of text that waits, and of what there is to receive.
//!
//! Predicates of the table in [`super`].

use super::{CallClass, EventClass, Parted, Side, is_over};
use crate::{
    case::{
        flags::Flags,
        format::{Action, Call, Data},
        state::State,
    },
    target::ConnState,
};

pub(super) fn nothing_asked(parted: &Parted<'_>) -> bool {
    let no_size = match parted.acted {
        Some(Action::Call(call)) => match &call.call {
            Call::Recv { max } => *max == Some(0),
            Call::Send { data, .. } => is_empty(data),
            Call::Listen { .. }
            | Call::Connect { .. }
            | Call::Accept
            | Call::Shutdown
            | Call::Close
            | Call::Abort
            | Call::Poll
            | Call::Set(_)
            | Call::Udp(_) => false,
        },
        Some(_) | None => false,
    };
    no_size && parted.only(&["returns"]) && parted.left.state == parted.right.state
}

fn is_empty(data: &Data) -> bool {
    match data {
        Data::Text(text) => text.is_empty(),
        Data::Hex(bytes) => bytes.0.is_empty(),
        Data::Pattern(len) => *len == 0,
    }
}

/// The one who forgets them may still be in SYN-RECEIVED.
pub(super) fn never_accepted(parted: &Parted<'_>) -> bool {
    let resets = |side: &&Side| side.rules.iter().any(|rule| rule.name == "call-close-child");
    let only_resets = |side: &&Side| side.emitted.iter().all(|segment| segment.flags.contains(Flags::RST));
    let gone = |side: &&Side| is_over(side) || side.state == Some(ConnState::Is(State::SynReceived));
    let [left, right] = parted.sides();
    let states = left.state == right.state || parted.sides().iter().all(gone);
    *parted.event == EventClass::Call(CallClass::Close)
        && parted.only(&["emitted", "flags", "state"])
        && parted.sides().iter().any(resets)
        && parted.sides().iter().all(only_resets)
        && states
}

/// One side is silent; the other sends the text that waited, its FIN with it or behind it.
pub(super) fn close_pushes(parted: &Parted<'_>) -> bool {
    const WAITS: [Option<ConnState>; 2] = [Some(ConnState::Is(State::FinWait1)), Some(ConnState::Is(State::CloseWait))];
    let is_close = matches!(parted.event, EventClass::Call(CallClass::Shutdown | CallClass::Close));
    let one = |waits: &Side, sends: &Side| {
        let text = sends.emitted.first().is_some_and(|first| !first.data.is_empty());
        let fin = sends.emitted.last().is_some_and(|last| last.flags.contains(Flags::FIN));
        let closes = matches!(sends.state, Some(ConnState::Is(State::FinWait1 | State::LastAck)));
        waits.emitted.is_empty() && WAITS.contains(&waits.state) && sends.emitted.len() <= 2 && text && fin && closes
    };
    let [left, right] = parted.sides();
    // Into a closed window nothing is pushed.
    is_close && !parted.window_closed && parted.only(&["emitted", "state"]) && (one(left, right) || one(right, left))
}

pub(super) fn close_again(parted: &Parted<'_>) -> bool {
    const CLOSING: [Option<ConnState>; 2] =
        [Some(ConnState::Is(State::FinWait1)), Some(ConnState::Is(State::FinWait2))];
    let is_close = matches!(parted.event, EventClass::Call(CallClass::Shutdown | CallClass::Close));
    let same_state = parted.left.state == parted.right.state && CLOSING.contains(&parted.left.state);
    let told = |side: &&Side| matches!(side.outcome.as_deref(), Some("ok" | "EPIPE" | "ENOTCONN" | "EALREADY"));
    is_close && same_state && parted.only(&["returns"]) && parted.sides().iter().all(told)
}

pub(super) fn queued_fin(parted: &Parted<'_>) -> bool {
    let is_close = matches!(parted.event, EventClass::Call(CallClass::Shutdown | CallClass::Close));
    let states = parted.sides().map(|side| side.state);
    let [waits, has_closed] = [State::CloseWait, State::LastAck].map(|state| Some(ConnState::Is(state)));
    is_close && parted.only(&["state"]) && (states == [waits, has_closed] || states == [has_closed, waits])
}
