//! Timestamps (RFC7323#3 to #5): the clock, TS.Recent, protection against wrapped sequence numbers (PAWS) and the
//! round trip they measure (RTTM).
//!
//! SYNs agree on them ([`super::options`]). [`super::segment_arrives`] calls [`check`] before its first step and
//! [`take`] after it; [`super::output`] asks for the option of what leaves; the fifth step asks for the round trip.
//!
//! Left out: stricter acceptance of RSTs by SEG.TSecr (a MAY of RFC7323#5.2).

use core::ops::ControlFlow;
use core::time::Duration;

use super::Pair;
use super::connection::{Connection, Context};
use super::reply;
use super::segment::Segment;
use super::segment_arrives::Stop;
use super::seq::Seq;
use crate::profile::{MissingTimestamp, Profile, Rttm};
use crate::rule::Rule;
use crate::time::Instant;

/// One connection's part of RFC7323#3 to #5.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Timestamps {
    /// Snd.TS.OK: both SYNs had the option.
    pub ok: bool,
    /// What is added to the host's clock.
    offset: u32,
    /// TS.Recent: what the next TSecr says.
    recent: u32,
    /// When TS.Recent was last updated (RFC7323#5.5).
    updated: Instant,
    /// Last.ACK.sent.
    last_ack_sent: Seq,
    /// When the connection began: no echo can be older.
    began: Instant,
}

impl Timestamps {
    /// The clock of this pair of sockets, before anything is agreed on. Without timestamps nobody reads it.
    pub(crate) fn of(pair: Pair, cx: &Context<'_>) -> Self {
        let wanted = cx.profile.timestamps && cx.profile.timestamp_offset;
        let offset = if wanted { cx.isn.timestamp_offset(pair.local, pair.remote) } else { 0 };
        Self { offset, began: cx.now, ..Self::default() }
    }

    /// Snd.TSclock.
    pub(crate) fn clock(&self, now: Instant, profile: &Profile) -> u32 {
        let tick = profile.timestamp_tick.as_nanos().max(1);
        // The clock goes round (RFC7323#5.4).
        ((u128::from(now.as_nanos()) / tick) as u32).wrapping_add(self.offset)
    }

    /// The remote SYN came with this option; `ours` is whether our SYN has it.
    pub(crate) fn negotiate(&mut self, ours: bool, theirs: Option<(u32, u32)>, now: Instant) {
        self.ok = ours && theirs.is_some();
        if let (true, Some((value, _))) = (self.ok, theirs) {
            self.set_recent(value, now);
        }
    }

    fn set_recent(&mut self, value: u32, now: Instant) {
        self.recent = value;
        self.updated = now;
    }

    /// TSval and TSecr of a segment that leaves. Without the ACK bit TSecr says nothing (RFC7323#3.2).
    pub(crate) fn option(&self, acks: bool, now: Instant, profile: &Profile) -> (u32, u32) {
        (self.clock(now, profile), if acks { self.recent } else { 0 })
    }

    /// A segment with the ACK bit has left.
    pub(crate) fn acknowledged(&mut self, ack: Seq) {
        self.last_ack_sent = ack;
    }

    /// SEG.TSval against TS.Recent in a new SYN: `Some(true)` if it is later, `Some(false)` if it is the same
    /// (RFC6191#2).
    pub(crate) fn is_later(&self, value: u32) -> Option<bool> {
        if value == self.recent { Some(false) } else { Seq(value).gt(Seq(self.recent)).then_some(true) }
    }

    /// The round trip an ACK of something new measures: our clock less SEG.TSecr (RFC7323#4). `None`: the echo is of
    /// nothing this connection can have sent.
    pub(crate) fn round_trip(&self, seg: &Segment<'_>, now: Instant, profile: &Profile) -> Option<Duration> {
        let (_, echo) = seg.options.timestamps.filter(|_| self.ok && seg.ack_bit())?;
        let ticks = self.clock(now, profile).wrapping_sub(echo);
        let rtt = profile.timestamp_tick.saturating_mul(ticks);
        let most = now.saturating_since(self.began).saturating_add(profile.timestamp_tick);
        (profile.rttm != Rttm::Queue && rtt <= most).then_some(rtt)
    }
}

/// Before the acceptability test: a segment without the timestamp it must have, or with an old one, goes no further
/// (RFC7323#3.2, #5.3 R1). RSTs are exempt.
pub(crate) fn check(conn: &mut Connection, seg: &Segment<'_>, cx: &mut Context<'_>) -> ControlFlow<Stop> {
    if !conn.timestamps.ok || seg.rst() {
        return ControlFlow::Continue(());
    }
    let Some((value, _)) = seg.options.timestamps else {
        return match cx.profile.missing_timestamp {
            MissingTimestamp::Drop => ControlFlow::Break(Stop::Dropped(Rule::TimestampMissing)),
            MissingTimestamp::Accept => ControlFlow::Continue(()),
        };
    };
    if !cx.profile.paws || Seq(value).ge(Seq(conn.timestamps.recent)) {
        return ControlFlow::Continue(());
    }
    if cx.now.saturating_since(conn.timestamps.updated) > cx.profile.paws_valid {
        conn.timestamps.set_recent(value, cx.now);
        return ControlFlow::Continue(());
    }
    reply::acknowledge_unacceptable(conn, seg, Rule::TimestampOld, cx);
    ControlFlow::Break(Stop::Dropped(Rule::TimestampOld))
}

/// After it: the timestamp of a segment that holds the oldest octet not yet acknowledged becomes TS.Recent
/// (RFC7323#4.3, #5.3 R3). A RST's says nothing (RFC7323#5.2).
pub(crate) fn take(conn: &mut Connection, seg: &Segment<'_>, now: Instant) {
    let stamps = &mut conn.timestamps;
    if let Some((value, _)) = seg.options.timestamps
        && stamps.ok
        && !seg.rst()
        && Seq(value).ge(Seq(stamps.recent))
        && seg.original_seq.le(stamps.last_ack_sent)
    {
        stamps.set_recent(value, now);
    }
}

#[cfg(test)]
mod tests;
