//! The fifth step of RFC9293#3.10.7.4: check the ACK field.
//!
//! [`take_acknowledgment`] and [`establish`] also serve SYN-SENT, which does the same with its ACK.

use core::ops::ControlFlow;

use super::Stop;
use crate::event::Notice;
use crate::profile::{Overflow, PartialAckTimer, Rttm};
use crate::rule::Rule;
use crate::tcp::congestion::Advance;
use crate::tcp::connection::{Connection, Context, OpenedBy, Owner};
use crate::tcp::ecn;
use crate::tcp::reply;
use crate::tcp::sack_recovery;
use crate::tcp::segment::Segment;
use crate::tcp::sockets::Socket;
use crate::tcp::state::State;
use crate::tcp::timer::Timer;

pub(crate) fn check_ack(conn: &mut Connection, seg: &Segment<'_>, cx: &mut Context<'_>) -> ControlFlow<Stop> {
    if !seg.ack_bit() {
        return ControlFlow::Break(Stop::Dropped(Rule::CheckAckMissing));
    }
    match conn.state() {
        State::SynReceived => syn_received(conn, seg, cx),
        State::Established | State::FinWait2 | State::CloseWait => established(conn, seg, cx),
        State::FinWait1 => fin_wait_1(conn, seg, cx),
        State::Closing => closing(conn, seg, cx),
        State::LastAck => last_ack(conn, seg, cx),
        // Only a retransmission of the remote FIN can arrive; the first step has answered it.
        State::TimeWait => check_range(conn, seg, cx),
        State::Closed | State::Listen | State::SynSent => ControlFlow::Continue(()),
    }
}

/// SND.UNA - MAX.SND.WND =< SEG.ACK =< SND.NXT (U-10, U-11, MAY-12), or as RFC 793 had it only
/// SEG.ACK =< SND.NXT. Anything else is answered and dropped.
fn check_range(conn: &mut Connection, seg: &Segment<'_>, cx: &mut Context<'_>) -> ControlFlow<Stop> {
    let rule = if cx.profile.ack_validation {
        (!conn.tcb.ack_in_range(seg.ack)).then_some(Rule::CheckAckRange)
    } else {
        seg.ack.gt(conn.tcb.snd.nxt).then_some(Rule::CheckAckUnsent)
    };
    match rule {
        None => ControlFlow::Continue(()),
        Some(rule) => {
            reply::acknowledge(conn, rule, cx);
            ControlFlow::Break(Stop::Dropped(rule))
        }
    }
}

/// SYN-RECEIVED: an ACK of our SYN establishes the connection, any other is reset.
fn syn_received(conn: &mut Connection, seg: &Segment<'_>, cx: &mut Context<'_>) -> ControlFlow<Stop> {
    if !conn.tcb.acks_something_new(seg.ack) {
        reply::reset(seg, Rule::CheckAckReset, cx);
        return ControlFlow::Break(Stop::Dropped(Rule::CheckAckReset));
    }
    check_accept_queue(conn, seg, cx)?;
    let syn_lost = take_acknowledgment(conn, seg, cx);
    conn.tcb.set_send_window(seg);
    establish(conn, syn_lost, Rule::CheckAckEstablished, cx);
    ControlFlow::Continue(())
}

/// A connection nobody has room to accept does not become one.
fn check_accept_queue(conn: &mut Connection, seg: &Segment<'_>, cx: &mut Context<'_>) -> ControlFlow<Stop> {
    let OpenedBy::Passive(listener) = conn.opened_by else { return ControlFlow::Continue(()) };
    let port = conn.tcb.local.port();
    if cx.listeners.has_room_to_accept(port, listener, cx.profile) && cx.sockets.has_room(cx.profile.limits.sockets) {
        return ControlFlow::Continue(());
    }
    match cx.profile.backlog_overflow {
        Overflow::Drop => ControlFlow::Break(Stop::Dropped(Rule::AcceptOverflowDrop)),
        Overflow::Reset => {
            reply::reset(seg, Rule::AcceptOverflowReset, cx);
            conn.return_to_listen(Rule::AcceptOverflowReset, cx.out);
            ControlFlow::Break(Stop::Dropped(Rule::AcceptOverflowReset))
        }
    }
}

/// Our SYN is acknowledged: ESTABLISHED, and on to the accept queue or to a CLOSE that waited.
pub(crate) fn establish(conn: &mut Connection, syn_lost: bool, rule: Rule, cx: &mut Context<'_>) {
    conn.enter(State::Established, rule, cx.out);
    conn.previous = None;
    conn.user_timeout_option.announce();
    conn.congestion.start(conn.effective_send_mss(cx), syn_lost, conn.tcb.snd.iss, conn.sack.ok);
    conn.restart_keepalive(cx);
    if let (OpenedBy::Passive(listener), Owner::Listener) = (conn.opened_by, conn.owner) {
        let port = conn.tcb.local.port();
        cx.listeners.handshake_ended(port, listener);
        if let Some(socket) = cx.sockets.allocate(cx.profile.limits.sockets) {
            cx.sockets.insert(socket, Socket::Connection { pair: conn.pair(), error: None });
            cx.listeners.offer(port, listener, socket);
            conn.owner = Owner::Socket(socket);
        }
    }
    if conn.urgent_left() > 0 {
        cx.out.notify(conn.socket(), Notice::Urgent);
    }
    if conn.user_has_closed() {
        conn.enter(State::FinWait1, Rule::CallClose, cx.out);
    }
}

/// ESTABLISHED, FIN-WAIT-2 and CLOSE-WAIT.
fn established(conn: &mut Connection, seg: &Segment<'_>, cx: &mut Context<'_>) -> ControlFlow<Stop> {
    check_range(conn, seg, cx)?;
    conn.probed_in_vain_since = None;
    conn.soft_error = None;
    if conn.tcb.acks_something_new(seg.ack) {
        take_acknowledgment(conn, seg, cx);
    } else if is_duplicate(conn, seg) && conn.congestion.on_duplicate_ack(conn.tcb.snd.una, conn.tcb.snd.nxt) {
        conn.retransmission.mark_front_lost(Rule::FastRetransmit);
    }
    ecn::on_echo(conn, seg, cx);
    sack_recovery::on_ack(conn, seg);
    update_send_window(conn, seg);
    ControlFlow::Continue(())
}

/// FIN-WAIT-1: also, our FIN may be acknowledged.
fn fin_wait_1(conn: &mut Connection, seg: &Segment<'_>, cx: &mut Context<'_>) -> ControlFlow<Stop> {
    established(conn, seg, cx)?;
    if conn.fin_acked() {
        conn.enter(State::FinWait2, Rule::CheckAckFinWait2, cx.out);
    }
    ControlFlow::Continue(())
}

/// CLOSING: the ACK of our FIN leads to TIME-WAIT, all else is ignored.
fn closing(conn: &mut Connection, seg: &Segment<'_>, cx: &mut Context<'_>) -> ControlFlow<Stop> {
    established(conn, seg, cx)?;
    if !conn.fin_acked() {
        return ControlFlow::Break(Stop::Dropped(Rule::CheckAckClosing));
    }
    conn.enter(State::TimeWait, Rule::CheckAckTimeWait, cx.out);
    conn.start_time_wait(cx);
    ControlFlow::Continue(())
}

/// LAST-ACK: the ACK of our FIN ends it.
fn last_ack(conn: &mut Connection, seg: &Segment<'_>, cx: &mut Context<'_>) -> ControlFlow<Stop> {
    established(conn, seg, cx)?;
    if conn.fin_acked() {
        conn.enter(State::Closed, Rule::CheckAckLastAck, cx.out);
        return ControlFlow::Break(Stop::Done);
    }
    ControlFlow::Continue(())
}

/// SND.UNA <- SEG.ACK: forgets what is acknowledged, measures the round trip, opens the congestion
/// window and restarts the timer (RFC6298#5.2, #5.3). `true` if the SYN had to be sent twice.
pub(crate) fn take_acknowledgment(conn: &mut Connection, seg: &Segment<'_>, cx: &Context<'_>) -> bool {
    let ack = seg.ack;
    let acked = ack.since(conn.tcb.snd.una);
    let samples = expected_samples(conn, cx);
    let handshake = !conn.tcb.syn_acked();
    conn.tcb.snd.una = ack;
    conn.probed_in_vain_since = None;
    let removed = conn.retransmission.acknowledge(ack, cx.now);
    if let Some(rtt) = conn.timestamps.round_trip(seg, cx.now, cx.profile).or(removed.rtt) {
        conn.rto.sample_one_of(samples, rtt);
    }
    if removed.largest > 0 {
        let len = conn.packet_len(removed.largest, cx);
        conn.path_mtu.acknowledged(ack, len);
    }
    if removed.syn_timed_out {
        conn.rto.after_syn_timeout();
    }
    conn.send.acknowledge(ack);
    // An echo of congestion is no reason to send more (RFC3168#6.1.2).
    let grows = !(conn.ecn.ok && seg.ece());
    let advance = if handshake { Advance::Whole } else { conn.congestion.on_ack(acked, ack, conn.tcb.snd.nxt, grows) };
    let restarts = match advance {
        Advance::Whole => true,
        Advance::Partial { first } => {
            conn.retransmission.mark_front_lost(Rule::PartialAck);
            first || cx.profile.partial_ack_timer == PartialAckTimer::Every
        }
    };
    if restarts {
        conn.retransmission.restart(cx.now, conn.rto.rto());
    }
    conn.user_timeout = Timer::STOPPED;
    conn.age_urgent_pointers();
    removed.syn_timed_out
}

/// How many round-trip times the segments in flight will give (RFC7323#G); one without timestamps.
fn expected_samples(conn: &Connection, cx: &Context<'_>) -> u32 {
    match cx.profile.rttm {
        Rttm::Weighted if conn.timestamps.ok => {
            conn.tcb.in_flight().div_ceil(conn.effective_send_mss(cx).saturating_mul(2)).max(1)
        }
        Rttm::Weighted | Rttm::EverySample | Rttm::Queue => 1,
    }
}

/// A duplicate acknowledgment in the sense of RFC5681#2.
fn is_duplicate(conn: &Connection, seg: &Segment<'_>) -> bool {
    seg.ack == conn.tcb.snd.una
        && conn.tcb.in_flight() > 0
        && seg.len() == 0
        && seg.wnd == conn.tcb.snd.wnd
        && seg.wnd > 0
}

/// SND.WND from a segment not older than the one that set it last, by SND.WL1 and SND.WL2.
fn update_send_window(conn: &mut Connection, seg: &Segment<'_>) {
    let snd = &conn.tcb.snd;
    let current = seg.ack == snd.una && (snd.wl1.lt(seg.seq) || (snd.wl1 == seg.seq && snd.wl2.le(seg.ack)));
    if !current {
        return;
    }
    let was_closed = snd.wnd == 0;
    conn.tcb.set_send_window(seg);
    let probed = conn.retransmission.front().is_some_and(|sent| sent.probe);
    if was_closed && seg.wnd > 0 && probed {
        conn.retransmission.mark_front_lost(Rule::WindowReopened);
    }
}

#[cfg(test)]
mod tests;
