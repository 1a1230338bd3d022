//! A SYN that finds the old connection in TIME-WAIT (MAY-2, RFC1122#4.2.2.13, RFC6191#2).
//!
//! [`crate::tcp::Tcp`] asks [`reopens`] before the steps of §3.10.7.4, as RFC 9293's first step
//! allows. The new incarnation remembers the old one: if its SYN was only an old duplicate,
//! [`return_to_time_wait`] puts things back.

use crate::profile::Profile;
use crate::rule::Rule;
use crate::tcp::connection::{Connection, Context, OpenedBy};
use crate::tcp::segment::Segment;
use crate::tcp::seq::Seq;
use crate::tcp::state::State;

/// The SYN begins a new incarnation: it is newer than the old one, and somebody listens.
pub(crate) fn reopens(old: &Connection, seg: &Segment<'_>, cx: &Context<'_>) -> bool {
    let listens = || cx.listeners.get(seg.pair.local.port()).is_some_and(|l| l.has_room_for_syn(cx.profile));
    old.state() == State::TimeWait
        && cx.profile.time_wait_reopen
        && seg.syn()
        && !seg.ack_bit()
        && !seg.rst()
        && is_newer(old, seg, cx.profile).is_some()
        && listens()
}

/// Whether the SYN is newer than the old incarnation, and by which rule: by its number, which is beyond that of the FIN
/// (MAY-2), or by its timestamp (SHLD-4).
pub(crate) fn is_newer(old: &Connection, seg: &Segment<'_>, profile: &Profile) -> Option<Rule> {
    let by_number = seg.seq.ge(old.tcb.rcv.nxt).then_some(Rule::TimeWaitReopen);
    let Some((value, _)) = seg.options.timestamps.filter(|_| profile.timestamps && profile.time_wait_timestamps) else {
        return by_number;
    };
    if !old.timestamps.ok {
        return by_number.or(Some(Rule::TimeWaitReopenTimestamp));
    }
    match old.timestamps.is_later(value) {
        Some(true) => Some(Rule::TimeWaitReopenTimestamp),
        Some(false) => by_number,
        None => None,
    }
}

/// An ISS above every number the old incarnation used (MAY-2).
pub(crate) fn larger_iss(chosen: Seq, old: &Connection) -> Seq {
    if chosen.gt(old.tcb.snd.nxt) { chosen } else { old.tcb.snd.nxt + 1 }
}

/// The SYN was an old duplicate: the new incarnation gives way to the old one, which starts its 2 MSL
/// anew. `false` if there is no old one.
#[cold]
pub(crate) fn return_to_time_wait(conn: &mut Connection, cx: &mut Context<'_>) -> bool {
    let Some(old) = conn.previous.take() else { return false };
    if let OpenedBy::Passive(listener) = conn.opened_by {
        cx.listeners.handshake_ended(conn.tcb.local.port(), listener);
    }
    conn.enter(State::TimeWait, Rule::TimeWaitReturn, cx.out);
    let (scheduled, timer) = (conn.scheduled, conn.timer);
    *conn = *old;
    (conn.scheduled, conn.timer) = (scheduled, timer);
    conn.start_time_wait(cx);
    true
}

#[cfg(test)]
mod tests;
