//! SEGMENT ARRIVES in SYN-SENT (RFC9293#3.10.7.3).

use core::ops::ControlFlow;

use super::Stop;
use super::listen::take_syn;
use super::{check_ack, text};
use crate::call::CallError;
use crate::event::Notice;
use crate::profile::IllegalOption;
use crate::rule::Rule;
use crate::tcp::connection::{Connection, Context};
use crate::tcp::reply;
use crate::tcp::segment::Segment;
use crate::tcp::state::State;

pub(crate) fn segment_arrives(conn: &mut Connection, seg: &Segment<'_>, cx: &mut Context<'_>) -> ControlFlow<Stop> {
    check_ack(conn, seg, cx)?;
    check_rst(conn, seg, cx)?;
    check_options(seg, cx)?;
    check_syn(conn, seg, cx)
}

/// First: an ACK must be for our SYN, ISS < SEG.ACK =< SND.NXT.
fn check_ack(conn: &Connection, seg: &Segment<'_>, cx: &mut Context<'_>) -> ControlFlow<Stop> {
    if !seg.ack_bit() || seg.ack.between_left_open(conn.tcb.snd.iss, conn.tcb.snd.nxt) {
        return ControlFlow::Continue(());
    }
    if seg.rst() {
        return ControlFlow::Break(Stop::Dropped(Rule::SynSentBadAckRst));
    }
    reply::reset(seg, Rule::SynSentBadAck, cx);
    ControlFlow::Break(Stop::Dropped(Rule::SynSentBadAck))
}

/// Second: a RST with an acceptable ACK refuses the connection; without one it means nothing.
fn check_rst(conn: &mut Connection, seg: &Segment<'_>, cx: &mut Context<'_>) -> ControlFlow<Stop> {
    if !seg.rst() {
        return ControlFlow::Continue(());
    }
    if cx.profile.syn_sent_rst_exact && seg.seq != conn.tcb.rcv.nxt {
        return ControlFlow::Break(Stop::Dropped(Rule::SynSentRstSequence));
    }
    if !seg.ack_bit() {
        return ControlFlow::Break(Stop::Dropped(Rule::SynSentRst));
    }
    conn.fail(CallError::Refused, Notice::Refused, Rule::SynSentRefused, cx);
    ControlFlow::Break(Stop::Done)
}

/// An option of impossible length may be answered by a reset (MUST-7); the open goes on.
fn check_options(seg: &Segment<'_>, cx: &mut Context<'_>) -> ControlFlow<Stop> {
    if seg.illegal_option && cx.profile.illegal_option == IllegalOption::Reset {
        reply::reset(seg, Rule::TcpIllegalOptionReset, cx);
        return ControlFlow::Break(Stop::Dropped(Rule::TcpIllegalOptionReset));
    }
    ControlFlow::Continue(())
}

/// Fourth: with our SYN acknowledged the connection is established, else this is a simultaneous open.
/// Fifth: without a SYN the segment is dropped.
fn check_syn(conn: &mut Connection, seg: &Segment<'_>, cx: &mut Context<'_>) -> ControlFlow<Stop> {
    if !seg.syn() {
        return ControlFlow::Break(Stop::Dropped(Rule::SynSentOther));
    }
    take_syn(conn, seg, cx);
    if !seg.ack_bit() {
        conn.enter(State::SynReceived, Rule::SynSentSyn, cx.out);
        // <SEQ=ISS><ACK=RCV.NXT><CTL=SYN,ACK>: the SYN in the queue, now with its ACK.
        conn.retransmission.mark_front_lost(Rule::SynSentSyn);
        return ControlFlow::Break(Stop::Done);
    }
    let syn_lost = check_ack::take_acknowledgment(conn, seg, cx);
    conn.acknowledgment.now(Rule::SynSentSynAck);
    check_ack::establish(conn, syn_lost, Rule::SynSentSynAck, cx);

    // On to the sixth step: the SYN is dealt with, and its text and FIN are queued.
    let rest = seg.without_syn();
    text::check_urg(conn, &rest, cx);
    text::process_text(conn, &rest.without_text(), cx)?;
    text::check_fin(conn, &rest.without_text(), cx)
}

#[cfg(test)]
mod tests;
