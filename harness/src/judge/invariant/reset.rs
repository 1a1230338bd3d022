//! Resets: their forms, and what may answer one (RFC 9293 §3.5.2, §3.10.7.1, RFC 5961).

use super::{
    Context, Report,
    flow::{Flow, PeerNumbers},
    received::{ahead, at_or_ahead},
    table,
};
use crate::{case::flags::Flags, segment::parse::Parsed, target::Time};

/// On every segment of the target, before anything else.
pub(super) fn answer_to_reset(flow: &Flow, seg: &Parsed, context: Context, report: &mut Report) {
    if !flow.last.reset {
        return;
    }
    let reset = seg.flags.contains(Flags::RST);
    // Later the clock may have been the cause. A live target's clock is read late, so only a reset is told there: no
    // timer sends one so soon after.
    let at_once = flow.last.at == context.at;
    if reset && (at_once || context.live) {
        report.breaks(&table::NO_RESET_FOR_RESET, "a reset for a reset");
    } else if at_once && !context.live && !is_pure_ack(seg) && !is_new_text(flow, seg) {
        report.breaks(&table::ONLY_CHALLENGE_FOR_RESET, "something else than an ACK");
    }
}

/// Text that waited leaves with whatever the target does next; only old text can be an answer.
fn is_new_text(flow: &Flow, seg: &Parsed) -> bool {
    let plain = seg.flags.0 & !(Flags::PSH | Flags::ACK).0 == 0 && !seg.text.is_empty();
    plain && flow.iss.is_some() && seg.seq == flow.nxt
}

fn is_pure_ack(seg: &Parsed) -> bool {
    let ignored = (Flags::PSH | Flags::URG | Flags::ECE).0;
    seg.flags.0 & !ignored == Flags::ACK.0 && seg.text.is_empty()
}

/// The form of a reset. It may answer any segment that came, or end a connection with its own numbers.
pub(super) fn check(flow: &Flow, seg: &Parsed, context: Context, report: &mut Report) {
    // What a full queue below TCP lost was sent all the same.
    let was_sent = flow.crowded || at_or_ahead(flow.nxt, seg.seq);
    // After TIME-WAIT and a new SYN either connection may be the one that resets: its numbers are not kept.
    let own = flow.reopened || (flow.iss.is_some() && flow.relative(seg.seq) >= 0 && was_sent);
    if flow.last.resets > 0 && !(own && may_end_by_the_clock(flow, context)) {
        report.breaks(&table::ONE_RESET_PER_SEGMENT, "a second reset");
    }
    if flow.reopened {
        return;
    }
    if !seg.flags.contains(Flags::ACK) {
        let answers = flow.numbers.iter().any(|peer| peer.ack == Some(seg.seq));
        if !own && !answers {
            report.breaks(&table::RESET_TAKES_NUMBER_OF_ACK, "another number");
        }
        return;
    }
    // A connection may have cut the segment to its window before it looked at it (RFC9293#3.10.7.4).
    let cut = |peer: &PeerNumbers| flow.iss.is_some() && ahead(seg.ack, peer.seq) && at_or_ahead(peer.end, seg.ack);
    let fits = |peer: &PeerNumbers| peer.ack.is_none() && (peer.end == seg.ack || cut(peer));
    let answers = seg.seq == 0 && flow.numbers.iter().any(fits);
    // A connection that ends itself may acknowledge as in any other segment; in SYN-SENT there is nothing to
    // acknowledge (RFC9293#3.10.5 names the number alone, the ACK is a habit).
    let known = flow.received.lost || flow.irs.is_none_or(|_| at_or_ahead(flow.received.next, seg.ack));
    let of_the_connection = own && known;
    if !answers && !of_the_connection {
        report.breaks(&table::RESET_ACKS_SEGMENT, "other numbers");
    }
}

/// In SYN-RECEIVED a reset that refuses an ACK does not end the connection (RFC9293#3.10.7.4, fifth): giving up may send
/// another one later.
fn may_end_by_the_clock(flow: &Flow, context: Context) -> bool {
    let in_handshake = flow.iss == Some(flow.una_for_sure);
    flow.last.resets == 1 && in_handshake && flow.last.reset_at < context.at && !context.live
}

/// A reset of the target: what comes next may be another connection.
pub(super) fn note(flow: &mut Flow, at: Time) {
    flow.last.resets = flow.last.resets.saturating_add(1);
    flow.last.reset_at = at;
    (flow.may_restart, flow.broken) = (true, true);
    (flow.owes_ack, flow.full_sized, flow.unanswered) = (None, 0, false);
}
