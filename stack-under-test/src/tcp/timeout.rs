//! Timeouts (RFC9293#3.10.8): the user timeout, the retransmission timeout, the time-wait timeout; and
//! the timers that chapter leaves to others: zero-window probe, delayed ACK, keep-alive.
//!
//! Called by [`super::Tcp::handle_timeout`] for a connection whose deadline has come; what may leave
//! then is sent by [`super::output`] afterwards.

use super::connection::{Connection, Context};
use super::output;
use super::retransmit::Sent;
use super::state::State;
use super::timer::Timer;
use crate::event::Notice;
use crate::rule::{Rule, Rules};
use crate::wire::tcp::Flags;

/// Runs every timer that is due. Each may end the connection, then the rest is moot.
pub(crate) fn expire(conn: &mut Connection, cx: &mut Context<'_>) {
    let timers: [fn(&mut Connection, &mut Context<'_>); 7] = [
        user_timeout,
        retransmission_timeout,
        time_wait_timeout,
        persist_timeout,
        delayed_ack,
        keepalive_timeout,
        ecn_hold,
    ];
    for timer in timers {
        if conn.state() != State::Closed {
            timer(conn, cx);
        }
    }
}

/// The user's patience is over: the connection ends without a segment.
fn user_timeout(conn: &mut Connection, cx: &mut Context<'_>) {
    if conn.user_timeout.is_due(cx.now) {
        conn.time_out(Rule::UserTimeout, cx);
    }
}

/// The oldest segment in flight goes out again and the timer starts anew (RFC6298#5.4 to #5.6), until R1
/// and R2 (MUST-20).
fn retransmission_timeout(conn: &mut Connection, cx: &mut Context<'_>) {
    if !conn.retransmission.timer().is_due(cx.now) {
        return;
    }
    let Some(&front) = conn.retransmission.front() else {
        return conn.retransmission.stop_timer();
    };
    if let Some(rule) = gives_up(conn, &front, cx) {
        return conn.time_out(rule, cx);
    }
    if front.timeouts.saturating_add(1) == cx.profile.r1 {
        cx.out.notify(conn.socket(), Notice::R1Reached);
    }
    if conn.state() == State::SynSent && cx.profile.ecn_fallback {
        conn.ecn.fall_back();
    }
    conn.confirm_path_mtu(front.timeouts.saturating_add(1), cx);
    let closed_window = !front.syn && conn.tcb.snd.wnd == 0;
    let rule = if closed_window { Rule::ZeroWindowProbe } else { Rule::RetransmissionTimeout };
    if closed_window {
        conn.probed_in_vain_since.get_or_insert(cx.now);
    } else if !front.syn {
        conn.congestion.on_timeout(conn.tcb.snd.una, conn.tcb.snd.nxt, front.timeouts == 0);
    }
    conn.sack_recovery.on_timeout();
    conn.retransmission.time_out(rule, cx.profile.congestion_control);
    conn.rto.back_off();
    conn.retransmission.restart(cx.now, conn.rto.rto());
}

/// R2 (MUST-20, MUST-23), or the user's own (MUST-21); with a long RTO it is still beyond R1. While the
/// window is closed only probes without an answer count, not the refusal (MUST-37, SHLD-17).
fn gives_up(conn: &Connection, front: &Sent, cx: &Context<'_>) -> Option<Rule> {
    let (r2, rule) = if front.syn { (cx.profile.r2_syn, Rule::R2SynReached) } else { (cx.profile.r2, Rule::R2Reached) };
    let r2 = conn.options.user_timeout.or(conn.adopted_user_timeout(cx.profile)).unwrap_or(r2);
    let closed_window = !front.syn && conn.tcb.snd.wnd == 0;
    let since = if closed_window { conn.probed_in_vain_since } else { Some(conn.retransmission.stuck_since()) };
    let expired = since.is_some_and(|since| cx.now.saturating_since(since) >= r2);
    (front.timeouts > cx.profile.r1 && expired).then_some(rule)
}

/// 2 MSL have passed, the connection is forgotten (MUST-13).
fn time_wait_timeout(conn: &mut Connection, cx: &mut Context<'_>) {
    if conn.time_wait.is_due(cx.now) {
        conn.enter(State::Closed, Rule::TimeWaitTimeout, cx.out);
    }
}

/// Probes the closed window (MUST-36), or overrides the silly window avoidance.
fn persist_timeout(conn: &mut Connection, cx: &mut Context<'_>) {
    if !conn.persist.timer().is_due(cx.now) {
        return;
    }
    if conn.tcb.snd.wnd > 0 {
        return conn.persist.override_expired();
    }
    let r2 = conn.options.user_timeout.or(conn.adopted_user_timeout(cx.profile)).unwrap_or(cx.profile.r2);
    let expired = conn.probed_in_vain_since.is_some_and(|since| cx.now.saturating_since(since) >= r2);
    if conn.persist.probes() > cx.profile.r1 && expired {
        return conn.time_out(Rule::R2Reached, cx);
    }
    conn.probed_in_vain_since.get_or_insert(cx.now);
    output::probe_window(conn, cx);
}

/// The one segment that the window allows has waited long enough (RFC3168#6.1.2).
fn ecn_hold(conn: &mut Connection, cx: &mut Context<'_>) {
    if conn.ecn.hold.is_due(cx.now) {
        conn.ecn.hold = Timer::STOPPED;
    }
}

/// The ACK has waited long enough (MUST-40).
fn delayed_ack(conn: &mut Connection, cx: &mut Context<'_>) {
    if conn.acknowledgment.timer().is_due(cx.now) {
        conn.acknowledgment.now(Rule::DelayedAck);
    }
}

/// Probes an idle connection with `<SEQ=SND.NXT-1><CTL=ACK>` and no text (SHLD-12), never while data is
/// outstanding (MUST-26); only a whole row of unanswered probes counts (MUST-29).
fn keepalive_timeout(conn: &mut Connection, cx: &mut Context<'_>) {
    if !conn.keepalive.timer().is_due(cx.now) {
        return;
    }
    let Some(keepalive) = conn.options.keepalive else {
        return conn.keepalive.stop();
    };
    if conn.tcb.in_flight() > 0 || conn.has_unsent() {
        return conn.restart_keepalive(cx);
    }
    if conn.keepalive.probes >= keepalive.count {
        return conn.time_out(Rule::KeepaliveTimeout, cx);
    }
    conn.transmit(conn.tcb.snd.nxt - 1, Flags::ACK, 0, Rules::one(Rule::KeepaliveProbe), cx);
    conn.keepalive.probed(cx.now + keepalive.interval);
}

#[cfg(test)]
mod tests;
