//! SEGMENT ARRIVES in LISTEN (RFC9293#3.10.7.2).
//!
//! The listener itself never changes state (MUST-41): a SYN makes a new connection in SYN-RECEIVED,
//! so the port goes on listening.

use core::ops::ControlFlow;

use super::{Stop, other_states, time_wait};
use crate::event::Event;
use crate::profile::{IllegalOption, Overflow};
use crate::rule::Rule;
use crate::tcp::connection::{Connection, Context, OpenedBy, Owner};
use crate::tcp::segment::Segment;
use crate::tcp::state::State;
use crate::tcp::{options, output, reply, syn_cookie};
use crate::wire::tcp::Flags;

/// The connection a SYN opens, or why it opens none. `previous` is the incarnation in TIME-WAIT that
/// the SYN replaces; `has_room` says whether the table takes another connection.
///
/// # Errors
/// What became of a segment that opened nothing; `previous` stays then.
pub(crate) fn segment_arrives(
    seg: &Segment<'_>,
    previous: &mut Option<Box<Connection>>,
    has_room: bool,
    cx: &mut Context<'_>,
) -> Result<Box<Connection>, Stop> {
    if let Some(done) = check_cookie(seg, has_room, cx) {
        return done;
    }
    match first_checks(seg, cx) {
        ControlFlow::Break(stop) => Err(stop),
        ControlFlow::Continue(()) => check_syn(seg, previous, has_room, cx),
    }
}

fn first_checks(seg: &Segment<'_>, cx: &mut Context<'_>) -> ControlFlow<Stop> {
    check_rst(seg)?;
    check_ack(seg, cx)?;
    check_options(seg, cx)
}

/// Before the steps: an ACK may complete a handshake that only its cookie remembers. It is processed as in SYN-RECEIVED.
fn check_cookie(seg: &Segment<'_>, has_room: bool, cx: &mut Context<'_>) -> Option<Result<Box<Connection>, Stop>> {
    let size = syn_cookie::verify(seg, cx)?;
    if !has_room {
        return Some(Err(Stop::Dropped(Rule::ListenSynOverflowDrop)));
    }
    let mut conn = syn_cookie::accept(seg, size, cx)?;
    if let ControlFlow::Break(Stop::Dropped(rule)) = other_states::segment_arrives(&mut conn, &mut { *seg }, cx) {
        cx.out.dropped(rule);
    }
    if conn.state() == State::SynReceived {
        // Nothing would ever repeat its SYN,ACK. The peer may send its ACK again.
        conn.return_to_listen(Rule::SynCookieSent, cx.out);
    }
    Some(Ok(conn))
}

/// First: nothing we sent could have caused a RST.
fn check_rst(seg: &Segment<'_>) -> ControlFlow<Stop> {
    if seg.rst() { ControlFlow::Break(Stop::Dropped(Rule::ListenRst)) } else { ControlFlow::Continue(()) }
}

/// Second: in LISTEN there is nothing that an ACK could be for, unless its peer was given a cookie.
fn check_ack(seg: &Segment<'_>, cx: &mut Context<'_>) -> ControlFlow<Stop> {
    if syn_cookie::may_follow_a_lost_ack(seg, cx) {
        return ControlFlow::Break(Stop::Dropped(Rule::SynCookieUnverified));
    }
    if seg.ack_bit() {
        reply::reset(seg, Rule::ListenAck, cx);
        return ControlFlow::Break(Stop::Dropped(Rule::ListenAck));
    }
    ControlFlow::Continue(())
}

/// An option of impossible length may be answered by a reset (MUST-7).
fn check_options(seg: &Segment<'_>, cx: &mut Context<'_>) -> ControlFlow<Stop> {
    if seg.illegal_option && cx.profile.illegal_option == IllegalOption::Reset {
        reply::reset(seg, Rule::TcpIllegalOptionReset, cx);
        return ControlFlow::Break(Stop::Dropped(Rule::TcpIllegalOptionReset));
    }
    ControlFlow::Continue(())
}

/// Third: a SYN opens a connection in SYN-RECEIVED. Fourth: nothing else can be here.
fn check_syn(
    seg: &Segment<'_>,
    previous: &mut Option<Box<Connection>>,
    has_room: bool,
    cx: &mut Context<'_>,
) -> Result<Box<Connection>, Stop> {
    let Some(listener) = cx.listeners.get(seg.pair.local.port()).filter(|_| seg.syn()) else {
        return Err(Stop::Dropped(Rule::ListenOther));
    };
    let (socket, options) = (listener.socket, listener.options.clone());
    let has_room = has_room && listener.has_room_for_syn(cx.profile);
    if previous.is_none() && listener.has_room_to_accept(cx.profile) && syn_cookie::wanted(seg, has_room, cx) {
        syn_cookie::answer(seg, cx);
        return Err(Stop::Done);
    }
    if !has_room {
        return Err(overflow(seg, cx));
    }
    let pair = seg.pair;
    let conn = Connection::new(pair, OpenedBy::Passive(socket), Owner::Listener, options, cx);
    let mut conn = cx.spare.hold(conn);
    if let Some(old) = previous.take() {
        conn.set_iss(time_wait::larger_iss(conn.tcb.snd.iss, &old));
        let (local_port, remote) = (pair.local.port(), pair.remote);
        let rule = time_wait::is_newer(&old, seg, cx.profile).unwrap_or(Rule::TimeWaitReopen);
        let (from, to) = (State::TimeWait, State::Closed);
        cx.out.event(Event::StateChanged { local_port, remote, from, to, rule });
        conn.previous = Some(old);
    }
    take_syn(&mut conn, seg, cx);

    // The record that was in LISTEN is the listener; this one begins there.
    conn.tcb.state = State::Listen;
    cx.listeners.handshake_began(seg.pair.local.port(), socket);
    output::send_syn(&mut conn, Flags::SYN | Flags::ACK, Rule::ListenSyn, cx);
    conn.enter(State::SynReceived, Rule::ListenSyn, cx.out);
    Ok(conn)
}

/// RCV.NXT, IRS and what the options agree on, from a SYN; its text and its FIN wait until the handshake is over.
/// SYN-SENT does the same with a SYN of a simultaneous open.
pub(crate) fn take_syn(conn: &mut Connection, seg: &Segment<'_>, cx: &Context<'_>) {
    conn.send_mss = options::send_mss(seg.pair.remote.ip(), &seg.options, cx.profile);
    conn.negotiate(seg, cx);
    conn.take_user_timeout(seg, cx.profile);
    conn.tcb.rcv.irs = seg.seq;
    conn.tcb.rcv.nxt = seg.seq + 1;
    conn.tcb.rcv.up = seg.seq + 1;
    conn.tcb.set_send_window(seg);
    let mut rest = seg.without_syn();
    rest.trim_to(conn.tcb.rcv.nxt, conn.tcb.rcv.wnd);
    if !rest.text.is_empty() {
        conn.reassembly.insert(conn.tcb.rcv.nxt, rest.seq, rest.text, conn.tcb.rcv.wnd);
    }
    if rest.fin() {
        conn.reassembly.note_fin(rest.seq + rest.text_len());
    }
}

fn overflow(seg: &Segment<'_>, cx: &mut Context<'_>) -> Stop {
    match cx.profile.syn_overflow {
        Overflow::Drop => Stop::Dropped(Rule::ListenSynOverflowDrop),
        Overflow::Reset => {
            reply::reset(seg, Rule::ListenSynOverflowReset, cx);
            Stop::Dropped(Rule::ListenSynOverflowReset)
        }
    }
}

#[cfg(test)]
mod tests;
