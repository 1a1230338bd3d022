//! Connection states: what can follow what, and what the wire must have shown (RFC 9293 §3.3.2, figure 5).
//!
//! Between two observations several things may have happened, so a state is right if any order of any number of them
//! leads there.

use super::{Report, flow::Flow, received::ahead, table};
use crate::{
    case::{flags::Flags, state::State},
    segment::parse::Parsed,
    target::ConnState,
};

const SYN: u16 = 1;
const ACK: u16 = 2;
const FIN: u16 = 4;
/// Either side reset.
pub(super) const RST: u16 = 8;
const TEXT: u16 = 16;
/// The application connected.
pub(super) const OPEN: u16 = 32;
/// The application closed or shut down.
pub(super) const CLOSE: u16 = 64;
/// The application aborted.
pub(super) const ABORT: u16 = 128;
/// Time passed: a connection may be given up, TIME-WAIT ends.
pub(super) const TIME: u16 = 256;
/// Something odd that may end a connection: an ICMP error, an illegal option.
pub(super) const OTHER: u16 = 512;

/// CLOSED or LISTEN; the others count up from here.
const NONE: u8 = 0;
const SYN_SENT: u8 = 1;
const SYN_RECEIVED: u8 = 2;
const ESTABLISHED: u8 = 3;
const FIN_WAIT_1: u8 = 4;
const FIN_WAIT_2: u8 = 5;
const CLOSE_WAIT: u8 = 6;
const CLOSING: u8 = 7;
const LAST_ACK: u8 = 8;
const TIME_WAIT: u8 = 9;

/// What ends any connection at once.
const END: u16 = RST | SYN | ABORT | TIME | OTHER;

/// From, to, and any one of the causes that lead there.
const TRANSITIONS: &[(u8, u8, u16)] = &[
    (NONE, SYN_SENT, OPEN),
    (NONE, SYN_RECEIVED, SYN),
    // With SYN cookies the third segment makes the connection (RFC4987#3.6).
    (NONE, ESTABLISHED, ACK),
    (SYN_SENT, SYN_RECEIVED, SYN),
    (SYN_SENT, ESTABLISHED, SYN),
    (SYN_SENT, NONE, RST | CLOSE | ABORT | TIME | OTHER),
    (SYN_RECEIVED, ESTABLISHED, ACK),
    (SYN_RECEIVED, FIN_WAIT_1, CLOSE),
    (SYN_RECEIVED, CLOSE_WAIT, FIN),
    // It came from TIME-WAIT by what turns out to be an old duplicate (MAY-2).
    (SYN_RECEIVED, TIME_WAIT, END),
    // Without room in the accept queue, or by a close of the listener.
    (SYN_RECEIVED, NONE, END | CLOSE | ACK),
    (ESTABLISHED, FIN_WAIT_1, CLOSE),
    (ESTABLISHED, CLOSE_WAIT, FIN),
    // A close with text unread resets (SHLD-3).
    (ESTABLISHED, NONE, END | CLOSE),
    (FIN_WAIT_1, FIN_WAIT_2, ACK),
    (FIN_WAIT_1, CLOSING, FIN),
    (FIN_WAIT_1, TIME_WAIT, FIN),
    // Text that nobody can read any more resets (SHLD-3).
    (FIN_WAIT_1, NONE, END | CLOSE | TEXT),
    (FIN_WAIT_2, TIME_WAIT, FIN),
    (FIN_WAIT_2, NONE, END | CLOSE | TEXT),
    (CLOSE_WAIT, LAST_ACK, CLOSE),
    (CLOSE_WAIT, NONE, END | CLOSE),
    (CLOSING, TIME_WAIT, ACK),
    (CLOSING, NONE, END | CLOSE),
    (LAST_ACK, NONE, END | CLOSE | ACK),
    (TIME_WAIT, SYN_RECEIVED, SYN),
    (TIME_WAIT, NONE, END | CLOSE),
];

/// What a segment of the peer may cause.
pub(super) fn causes_of(seg: &Parsed) -> u16 {
    let has = |flag, cause| if seg.flags.contains(flag) { cause } else { 0 };
    has(Flags::SYN, SYN)
        | has(Flags::ACK, ACK)
        | has(Flags::FIN, FIN)
        | has(Flags::RST, RST)
        | if seg.text.is_empty() { 0 } else { TEXT }
        | if seg.faults.is_empty() { 0 } else { OTHER }
}

pub(super) const fn is_synchronized(state: u8) -> bool {
    state >= ESTABLISHED
}

const fn number(state: ConnState) -> u8 {
    match state {
        ConnState::None { .. } => NONE,
        ConnState::Is(state) => match state {
            State::Closed | State::Listen => NONE,
            State::SynSent => SYN_SENT,
            State::SynReceived => SYN_RECEIVED,
            State::Established => ESTABLISHED,
            State::FinWait1 => FIN_WAIT_1,
            State::FinWait2 => FIN_WAIT_2,
            State::CloseWait => CLOSE_WAIT,
            State::Closing => CLOSING,
            State::LastAck => LAST_ACK,
            State::TimeWait => TIME_WAIT,
        },
    }
}

/// A state as observed, against the last one.
pub(super) fn observed(flow: &mut Flow, state: ConnState, live: bool, report: &mut Report) {
    let new = number(state);
    // A FIN may wait for text before it, a close for text or the handshake: they count from then on.
    let waiting = if flow.peer_fin { FIN } else { 0 } | if flow.close_called { CLOSE } else { 0 };
    let causes = flow.causes | waiting | if live { TIME } else { 0 };
    if new != flow.state && !reachable(flow.state, new, causes) {
        report.breaks(&table::STATE_REACHABLE, "a state that nothing since leads to");
    }
    flow.state = new;
    flow.causes = 0;
    if new == NONE {
        flow.may_restart = true;
    } else {
        if is_synchronized(new) && !matches!(new, FIN_WAIT_1 | CLOSING) {
            flow.handshake_is_whole();
        }
        agrees_with_the_wire(flow, new, report);
    }
}

fn reachable(from: u8, to: u8, causes: u16) -> bool {
    let mut reached = 1u16 << from;
    loop {
        let before = reached;
        for &(from, next, by) in TRANSITIONS {
            if reached & (1 << from) != 0 && causes & by != 0 {
                // Most often it is a single step.
                if next == to {
                    return true;
                }
                reached |= 1 << next;
            }
        }
        if reached == before {
            return false;
        }
    }
}

fn agrees_with_the_wire(flow: &Flow, state: u8, report: &mut Report) {
    // Of several connections on one pair of sockets any may be the one observed.
    if flow.incarnations > 1 || flow.received.lost {
        return;
    }
    let handshake = flow.iss.is_some_and(|iss| ahead(flow.una, iss)) && !flow.syns.is_empty();
    // A close in SYN-RECEIVED leads to FIN-WAIT-1 without it, and FIN from there to CLOSING (RFC9293#3.10.7.4, eighth).
    if is_synchronized(state) && !matches!(state, FIN_WAIT_1 | CLOSING) && !handshake {
        return report.breaks(&table::ESTABLISHED_BY_HANDSHAKE, "a state before the handshake was whole");
    }
    if matches!(state, CLOSE_WAIT | LAST_ACK | CLOSING | TIME_WAIT) && flow.irs.is_some() && !flow.received.fin {
        report.breaks(&table::PEER_CLOSED, "a state before the peer's FIN");
    }
    let fin_acked = flow.fin_at.is_some_and(|at| ahead(flow.una, at));
    if matches!(state, FIN_WAIT_2 | TIME_WAIT) && !fin_acked {
        report.breaks(&table::FIN_ACKED, "a state before the FIN was acknowledged");
    }
}
