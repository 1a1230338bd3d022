//! The sixth, seventh and eighth step of RFC9293#3.10.7.4: the URG bit, the segment text, the FIN bit.
//!
//! SYN-SENT continues here too. The segment is trimmed to the window.

use core::ops::ControlFlow;

use super::Stop;
use crate::event::Notice;
use crate::profile::UrgentPointer;
use crate::rule::Rule;
use crate::tcp::connection::{Connection, Context, Owner};
use crate::tcp::segment::Segment;
use crate::tcp::state::State;
use crate::tcp::{reply, sack};

/// Sixth: RCV.UP <- max(RCV.UP,SEG.UP). The user is told when urgent data begins and when the pointer
/// moves on (MUST-32).
pub(crate) fn check_urg(conn: &mut Connection, seg: &Segment<'_>, cx: &mut Context<'_>) {
    if !seg.urg() || !conn.state().receives_text() {
        return;
    }
    let last_octet = u32::from(cx.profile.urgent_pointer == UrgentPointer::LastOctet);
    let up = seg.original_seq + u32::from(seg.urgent) + last_octet;
    conn.age_urgent_pointers();
    if up.gt(conn.tcb.rcv.up) && up.gt(conn.consumed()) {
        conn.tcb.rcv.up = up;
        cx.out.notify(conn.socket(), Notice::Urgent);
    }
}

/// Seventh: text at RCV.NXT goes to the user, text beyond waits (SHLD-31), and an ACK is owed for it.
pub(crate) fn process_text(conn: &mut Connection, seg: &Segment<'_>, cx: &mut Context<'_>) -> ControlFlow<Stop> {
    if !conn.state().receives_text() {
        if !seg.text.is_empty() {
            cx.out.dropped(Rule::TextAfterFin);
        }
        return ControlFlow::Continue(());
    }
    if !seg.text.is_empty() {
        check_user_is_there(conn, cx)?;
        if seg.seq == conn.tcb.rcv.nxt {
            text_in_order(conn, seg, cx);
        } else {
            text_out_of_order(conn, seg, cx);
        }
    } else if !conn.reassembly.is_empty() {
        // What came with the SYN waits for the handshake to end.
        deliver_queued(conn, cx);
    }
    ControlFlow::Continue(())
}

/// Text for a user who has closed is lost, and a RST says so (SHLD-3).
fn check_user_is_there(conn: &mut Connection, cx: &mut Context<'_>) -> ControlFlow<Stop> {
    if conn.owner != Owner::Nobody || !cx.profile.close_unread_rst {
        return ControlFlow::Continue(());
    }
    reply::abort(conn, Rule::TextAfterClose, cx);
    conn.enter(State::Closed, Rule::TextAfterClose, cx.out);
    ControlFlow::Break(Stop::Dropped(Rule::TextAfterClose))
}

fn text_in_order(conn: &mut Connection, seg: &Segment<'_>, cx: &mut Context<'_>) {
    if conn.reassembly.is_empty() {
        deliver(conn, seg.text);
        conn.acknowledge_text(seg.text_len(), cx);
        if conn.sack.has_duplicate() {
            conn.acknowledgment.now(Rule::TextDuplicate);
        }
    } else {
        // Octets that came first stay, so the text goes through the queue.
        conn.reassembly.insert(conn.tcb.rcv.nxt, seg.seq, seg.text, conn.tcb.rcv.wnd);
        deliver_queued(conn, cx);
        conn.acknowledgment.now(Rule::TextGapFilled);
    }
}

#[cold]
fn text_out_of_order(conn: &mut Connection, seg: &Segment<'_>, cx: &mut Context<'_>) {
    if cx.profile.out_of_order_queue {
        conn.reassembly.insert(conn.tcb.rcv.nxt, seg.seq, seg.text, conn.tcb.rcv.wnd);
        sack::note_out_of_order(conn, seg);
    } else {
        cx.out.dropped(Rule::TextNotQueued);
    }
    if cx.profile.ack_out_of_order {
        // At once and one for each: the sender counts them (RFC5681#4.2).
        reply::acknowledge(conn, Rule::TextOutOfOrder, cx);
    }
}

#[cold]
fn deliver_queued(conn: &mut Connection, cx: &Context<'_>) {
    let mut text = Vec::new();
    let len = conn.reassembly.take_in_order(conn.tcb.rcv.nxt, &mut text);
    if len > 0 {
        deliver(conn, &text);
        conn.acknowledge_text(len, cx);
    }
}

/// Hands text to the user and advances RCV.NXT over it; the right window edge stays.
fn deliver(conn: &mut Connection, text: &[u8]) {
    let len = text.len() as u32;
    conn.tcb.rcv.nxt += len;
    conn.tcb.rcv.wnd = conn.tcb.rcv.wnd.saturating_sub(len);
    if conn.owner != Owner::Nobody {
        conn.unread.extend(text);
    }
    conn.age_urgent_pointers();
}

/// Eighth: a FIN at RCV.NXT is processed, one beyond waits for the text before it.
pub(crate) fn check_fin(conn: &mut Connection, seg: &Segment<'_>, cx: &mut Context<'_>) -> ControlFlow<Stop> {
    if conn.state().remote_has_closed() {
        if seg.fin() {
            cx.out.dropped(Rule::TextAfterFin);
        }
        return ControlFlow::Continue(());
    }
    let nxt = conn.tcb.rcv.nxt;
    if seg.fin() {
        let fin = seg.seq + seg.text_len();
        if fin == nxt {
            remote_closes(conn, cx);
            return ControlFlow::Continue(());
        }
        if fin.gt(nxt) {
            if cx.profile.out_of_order_queue {
                conn.reassembly.note_fin(fin);
            }
            if seg.text.is_empty() && cx.profile.ack_out_of_order {
                reply::acknowledge(conn, Rule::TextOutOfOrder, cx);
            }
        }
    }
    if conn.reassembly.fin_at() == Some(nxt) {
        remote_closes(conn, cx);
    }
    ControlFlow::Continue(())
}

/// The FIN counts: the user is told, RCV.NXT moves over it, and it is acknowledged.
fn remote_closes(conn: &mut Connection, cx: &mut Context<'_>) {
    conn.tcb.rcv.nxt += 1;
    conn.tcb.rcv.wnd = conn.tcb.rcv.wnd.saturating_sub(1);
    conn.reassembly.clear();
    cx.out.notify(conn.socket(), Notice::Closing);
    let (next, rule) = match conn.state() {
        State::SynReceived | State::Established => (State::CloseWait, Rule::CheckFinCloseWait),
        // An ACK of our FIN has moved FIN-WAIT-1 on to FIN-WAIT-2 in the fifth step.
        State::FinWait1 => (State::Closing, Rule::CheckFinClosing),
        State::FinWait2 => (State::TimeWait, Rule::CheckFinTimeWait),
        State::Closed
        | State::Listen
        | State::SynSent
        | State::CloseWait
        | State::Closing
        | State::LastAck
        | State::TimeWait => return,
    };
    conn.acknowledgment.now(rule);
    conn.enter(next, rule, cx.out);
    if next == State::TimeWait {
        conn.start_time_wait(cx);
    }
}

#[cfg(test)]
mod tests;
