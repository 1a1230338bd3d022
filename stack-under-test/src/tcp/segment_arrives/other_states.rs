//! SEGMENT ARRIVES in SYN-RECEIVED and the synchronized states (RFC9293#3.10.7.4).
//!
//! The fifth step is in [`super::check_ack`], the sixth to eighth are in [`super::text`]. The third,
//! the security check, does not apply to this host.

use core::ops::ControlFlow;

use super::{Stop, check_ack, text, time_wait};
use crate::call::CallError;
use crate::event::Notice;
use crate::profile::IllegalOption;
use crate::rule::Rule;
use crate::tcp::connection::{Connection, Context, OpenedBy};
use crate::tcp::segment::Segment;
use crate::tcp::state::State;
use crate::tcp::{ecn, reply, sack, timestamps};

pub(crate) fn segment_arrives(conn: &mut Connection, seg: &mut Segment<'_>, cx: &mut Context<'_>) -> ControlFlow<Stop> {
    conn.window_scale.rescale(seg);
    sack::note_duplicate(conn, seg, cx);
    ecn::note_repeated_syn(conn, seg);
    timestamps::check(conn, seg, cx)?;
    check_sequence(conn, seg, cx)?;
    timestamps::take(conn, seg, cx.now);
    ecn::take(conn, seg);
    conn.take_user_timeout(seg, cx.profile);
    conn.restart_keepalive(cx);
    check_rst(conn, seg, cx)?;
    check_options(conn, seg, cx)?;
    check_syn(conn, seg, cx)?;
    check_ack::check_ack(conn, seg, cx)?;
    text::check_urg(conn, seg, cx);
    text::process_text(conn, seg, cx)?;
    text::check_fin(conn, seg, cx)
}

/// First: a segment that lies outside the window is acknowledged and dropped. What lies inside goes
/// on, trimmed to the window.
fn check_sequence(conn: &mut Connection, seg: &mut Segment<'_>, cx: &mut Context<'_>) -> ControlFlow<Stop> {
    if conn.tcb.acceptable(seg) {
        seg.trim_to(conn.tcb.rcv.nxt, conn.tcb.rcv.wnd);
        return ControlFlow::Continue(());
    }
    // A closed window refuses text, but ACK, URG and RST of the segment count (MUST-66).
    if conn.tcb.rcv.wnd == 0 && seg.seq == conn.tcb.rcv.nxt && !seg.syn() {
        if !seg.rst() {
            reply::acknowledge(conn, Rule::CheckSequenceZeroWindow, cx);
        }
        *seg = seg.without_text();
        return ControlFlow::Continue(());
    }
    if seg.rst() {
        return ControlFlow::Break(Stop::Dropped(Rule::CheckSequenceRst));
    }
    if cx.profile.crossing_syn_ack && is_crossing_syn_ack(conn, seg) {
        reply::acknowledge(conn, Rule::CheckSequenceCrossingSyn, cx);
        seg.trim_to(conn.tcb.rcv.nxt, conn.tcb.rcv.wnd);
        return ControlFlow::Continue(());
    }
    ControlFlow::Break(Stop::Dropped(answer_unacceptable(conn, seg, cx)))
}

/// The SYN,ACK of figure 7 (RFC9293#3.5, line 6): it repeats the SYN of a simultaneous open and
/// acknowledges ours.
fn is_crossing_syn_ack(conn: &Connection, seg: &Segment<'_>) -> bool {
    conn.state() == State::SynReceived
        && conn.opened_by == OpenedBy::Active
        && seg.syn()
        && seg.ack_bit()
        && seg.seq == conn.tcb.rcv.irs
        && conn.tcb.acks_something_new(seg.ack)
}

#[cold]
fn answer_unacceptable(conn: &mut Connection, seg: &Segment<'_>, cx: &mut Context<'_>) -> Rule {
    if conn.state() == State::TimeWait && seg.fin() && seg.end() == conn.tcb.rcv.nxt {
        conn.start_time_wait(cx);
        reply::acknowledge(conn, Rule::TimeWaitFin, cx);
        Rule::TimeWaitFin
    } else if seg.syn() && conn.state().is_synchronized() && cx.profile.challenge_ack_syn {
        reply::challenge(conn, Rule::CheckSynChallenge, cx);
        Rule::CheckSynChallenge
    } else {
        reply::acknowledge_unacceptable(conn, seg, Rule::CheckSequence, cx);
        Rule::CheckSequence
    }
}

/// Second: a RST exactly at RCV.NXT resets, elsewhere in the window it draws a challenge ACK (U-5,
/// U-6). Text in a RST does no harm (SHLD-2).
fn check_rst(conn: &mut Connection, seg: &Segment<'_>, cx: &mut Context<'_>) -> ControlFlow<Stop> {
    if !seg.rst() {
        return ControlFlow::Continue(());
    }
    if conn.state() == State::TimeWait && cx.profile.time_wait_rst_ignored {
        return ControlFlow::Break(Stop::Dropped(Rule::TimeWaitRst));
    }
    if cx.profile.challenge_ack_rst && seg.original_seq != conn.tcb.rcv.nxt {
        if !seg.original_seq.in_window(conn.tcb.rcv.nxt, conn.tcb.rcv.wnd) {
            // Its text reaches into the window, but the RST itself lies before it.
            return ControlFlow::Break(Stop::Dropped(Rule::CheckSequenceRst));
        }
        reply::challenge(conn, Rule::CheckRstChallenge, cx);
        return ControlFlow::Break(Stop::Dropped(Rule::CheckRstChallenge));
    }
    match conn.state() {
        State::SynReceived => match conn.opened_by {
            OpenedBy::Passive(_) => {
                if !time_wait::return_to_time_wait(conn, cx) {
                    conn.return_to_listen(Rule::CheckRstListen, cx.out);
                }
            }
            OpenedBy::Active => conn.fail(CallError::Refused, Notice::Refused, Rule::CheckRstRefused, cx),
        },
        State::Established | State::FinWait1 | State::FinWait2 | State::CloseWait => {
            conn.fail(CallError::Reset, Notice::Reset, Rule::CheckRst, cx);
        }
        State::Closing | State::LastAck | State::TimeWait => {
            conn.enter(State::Closed, Rule::CheckRstClosed, cx.out);
        }
        State::Closed | State::Listen | State::SynSent => {}
    }
    ControlFlow::Break(Stop::Done)
}

/// An option of impossible length may reset the connection (MUST-7).
fn check_options(conn: &mut Connection, seg: &Segment<'_>, cx: &mut Context<'_>) -> ControlFlow<Stop> {
    if !seg.illegal_option || cx.profile.illegal_option != IllegalOption::Reset {
        return ControlFlow::Continue(());
    }
    reply::abort(conn, Rule::TcpIllegalOptionReset, cx);
    conn.fail(CallError::Reset, Notice::Reset, Rule::TcpIllegalOptionReset, cx);
    ControlFlow::Break(Stop::Dropped(Rule::TcpIllegalOptionReset))
}

/// Fourth: a SYN on a synchronized connection draws a challenge ACK, whatever its number (U-8, U-9), or
/// resets it as RFC 793 had it.
fn check_syn(conn: &mut Connection, seg: &Segment<'_>, cx: &mut Context<'_>) -> ControlFlow<Stop> {
    if conn.state() == State::SynReceived && conn.opened_by != OpenedBy::Active {
        if !seg.syn() {
            return ControlFlow::Continue(());
        }
        conn.return_to_listen(Rule::CheckSynListen, cx.out);
        return ControlFlow::Break(Stop::Dropped(Rule::CheckSynListen));
    }
    // The crossing SYN,ACK has had its SYN trimmed; its ACK is what counts.
    let came_with_syn = seg.syn() || (seg.came_with_syn && conn.state().is_synchronized());
    if came_with_syn && cx.profile.challenge_ack_syn {
        reply::challenge(conn, Rule::CheckSynChallenge, cx);
        return ControlFlow::Break(Stop::Dropped(Rule::CheckSynChallenge));
    }
    if seg.syn() {
        reply::reset(seg, Rule::CheckSynReset, cx);
        conn.fail(CallError::Reset, Notice::Reset, Rule::CheckSynReset, cx);
        return ControlFlow::Break(Stop::Dropped(Rule::CheckSynReset));
    }
    ControlFlow::Continue(())
}

#[cfg(test)]
mod tests;
