//! What the application's calls give, against what the wire showed (RFC 9293 §3.8, §3.9.1).

use super::{Report, flow::Flow, received::ahead, states, table};
use crate::{
    case::format::SocketSwitch,
    target::{Outcome, SocketCall, Time},
};

pub(super) fn called(flow: &mut Flow, call: &SocketCall<'_>, outcome: &Outcome, at: Time, report: &mut Report) {
    flow.happened(at);
    note_call(flow, call, outcome);
    match outcome {
        Outcome::Accepted(_) => accepted(flow, report),
        Outcome::Data(bytes) => delivered(flow, bytes, report),
        Outcome::Eof => ended(flow, report),
        Outcome::Error(_) => flow.broken = true,
        Outcome::Ok | Outcome::Sent(_) | Outcome::WouldBlock | Outcome::Ready(_) | Outcome::NoSocket => {}
    }
}

fn note_call(flow: &mut Flow, call: &SocketCall<'_>, outcome: &Outcome) {
    match (call, outcome) {
        (SocketCall::Connect { .. }, Outcome::Ok) => {
            // A second connection on the same sockets: bytes of the first may still be on their way.
            flow.app_in_doubt |= flow.connected || flow.iss.is_some() || !flow.syns.is_empty();
            (flow.connected, flow.may_restart, flow.aborted) = (true, true, false);
            flow.causes |= states::OPEN;
        }
        (SocketCall::Send { data, urgent }, Outcome::Sent(count)) => {
            flow.given.extend_from_slice(data.get(..*count).unwrap_or(data));
            flow.urgent_given |= urgent;
        }
        (SocketCall::Shutdown | SocketCall::Close, Outcome::Ok) => {
            flow.close_called = true;
            // In SYN-SENT it deletes the TCB (RFC9293#3.10.4).
            flow.may_restart |= flow.irs.is_none();
            flow.causes |= states::CLOSE;
        }
        (SocketCall::Abort, Outcome::Ok) => {
            // Of several connections on one pair of sockets an older one may be meant.
            flow.aborted = flow.incarnations == 1 && !flow.app_in_doubt;
            (flow.close_called, flow.broken, flow.may_restart) = (true, true, true);
            flow.causes |= states::ABORT;
        }
        (SocketCall::Set(SocketSwitch::Keepalive(on)), _) => flow.keepalive |= on,
        // It may give up at any time.
        (SocketCall::Set(SocketSwitch::UserTimeout(_)), _) => flow.causes |= states::TIME,
        (
            SocketCall::Listen { .. }
            | SocketCall::Connect { .. }
            | SocketCall::Accept
            | SocketCall::Send { .. }
            | SocketCall::Recv { .. }
            | SocketCall::Shutdown
            | SocketCall::Close
            | SocketCall::Abort
            | SocketCall::Poll
            | SocketCall::Set(SocketSwitch::Nagle(_) | SocketSwitch::Tos(_))
            | SocketCall::Udp(_),
            _,
        ) => {}
    }
}

fn accepted(flow: &Flow, report: &mut Report) {
    if flow.incarnations == 1 && flow.iss.is_some_and(|iss| !ahead(flow.una, iss)) {
        report.breaks(&table::ACCEPTS_WHOLE_HANDSHAKE, "a connection whose SYN,ACK nobody acknowledged");
    }
}

fn delivered(flow: &mut Flow, bytes: &[u8], report: &mut Report) {
    let count = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
    let at = flow.delivered;
    flow.delivered = at.wrapping_add(count);
    // Urgent data may be kept out of the stream (RFC6093#3.1). Of several connections any may be the one read from.
    let in_doubt = flow.app_in_doubt || flow.incarnations != 1 || flow.received.lost || flow.peer_urgent;
    let Some(irs) = flow.irs.filter(|_| !in_doubt) else { return };
    let first = irs.wrapping_add(1).wrapping_add(at);
    if ahead(first.wrapping_add(count), flow.received.next) {
        report.breaks(&table::DELIVERS_WHAT_CAME, "more than came in order");
    } else if !flow.received.has(first, bytes) {
        report.breaks(&table::DELIVERS_WHAT_CAME, "other bytes than came");
    }
}

fn ended(flow: &Flow, report: &mut Report) {
    // After an error or the application's own close an end is told in many ways.
    let in_doubt = flow.app_in_doubt || flow.broken || flow.close_called || flow.received.lost;
    if !in_doubt && flow.incarnations == 1 && flow.irs.is_some() && !flow.received.fin {
        report.breaks(&table::END_NEEDS_FIN, "an end without FIN");
    }
}
