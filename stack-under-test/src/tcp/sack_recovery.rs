//! Loss recovery with SACK (RFC6675#5), in place of NewReno's where both sides speak SACK.
//!
//! The fifth step of SEGMENT ARRIVES calls [`on_ack`] with every acceptable ACK; [`super::output`] asks [`next`] what
//! to send again; [`super::congestion`] holds cwnd, ssthresh and RecoveryPoint (its `recover`).
//!
//! The retransmission timer is RFC 6298's; RFC6675#6 also allows to restart it with each retransmission.

use super::connection::Connection;
use super::scoreboard::{NextSeg, Scoreboard};
use super::segment::Segment;
use super::seq::Seq;
use crate::rule::Rule;

/// A sender's part of RFC 6675.
#[derive(Clone, Debug)]
pub(crate) struct SackRecovery {
    pub scoreboard: Scoreboard,
    /// The number after HighRxt.
    rxt: Seq,
    /// The number after RescueRxt; `None` outside recovery.
    rescue: Option<Seq>,
}

/// A range to send again, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Resend {
    pub left: Seq,
    pub right: Seq,
    pub rule: Rule,
}

impl SackRecovery {
    pub(crate) fn new(max_ranges: usize) -> Self {
        Self { scoreboard: Scoreboard::new(max_ranges), rxt: Seq(0), rescue: None }
    }

    /// A timeout: what the receiver has said no longer counts (RFC2018#8), and recovery is over (RFC6675#5.1).
    pub(crate) fn on_timeout(&mut self) {
        self.scoreboard.clear();
        self.rescue = None;
    }

    /// (4.3): the first segment leaves again whatever the window says; `end` is the number after it.
    fn begin(&mut self, end: Seq) {
        self.rxt = end;
        self.rescue = Some(end);
    }

    /// A range left again (C.2): HighRxt moves, but not with a rescue.
    pub(crate) fn sent(&mut self, resend: &Resend, end: Seq, recovery_point: Seq) {
        if resend.rule == Rule::SackRescue {
            self.rescue = Some(recovery_point);
        } else {
            self.rxt = end;
        }
    }
}

/// An ACK arrived and SND.UNA is what it says: Update, and enter recovery if the numbers call for it (RFC6675#5).
pub(crate) fn on_ack(conn: &mut Connection, seg: &Segment<'_>) {
    if !conn.sack.ok {
        return;
    }
    let (una, nxt) = (conn.tcb.snd.una, conn.tcb.snd.nxt);
    let sack = &mut conn.sack_recovery;
    sack.scoreboard.advance(una);
    if sack.rxt.lt(una) {
        sack.rxt = una;
    }
    let mut news = Vec::new();
    for &block in seg.options.sack.as_slice() {
        sack.scoreboard.add(una, nxt, block, |left, right| news.push((left, right)));
    }
    if conn.retransmission.any_lost() {
        for &(left, right) in &news {
            conn.retransmission.arrived(left, right, |left, right| sack.scoreboard.covers(left, right));
        }
    }
    if news.is_empty() || !conn.congestion.uses_sack() {
        return;
    }
    let lost = conn.sack_recovery.scoreboard.lost_below(conn.congestion.smss()).is_some();
    if conn.congestion.on_sack(una, nxt, lost)
        && let Some(end) = conn.retransmission.front().map(|sent| sent.end())
    {
        conn.sack_recovery.begin(end);
        conn.retransmission.mark_front_lost(Rule::FastRetransmit);
    }
}

/// What is to be sent again now. `sure`: only what is lost (NextSeg's rule 1); otherwise also what may be lost (rules 3
/// and 4), for when there is no new text (rule 2).
pub(crate) fn next(conn: &Connection, sure: bool) -> Option<Resend> {
    if !conn.congestion.in_sack_recovery() || !has_room(conn) {
        return None;
    }
    let (una, nxt) = (conn.tcb.snd.una, conn.tcb.snd.nxt);
    let sack = &conn.sack_recovery;
    match sack.scoreboard.next_seg(una, sack.rxt, conn.congestion.smss()) {
        Some(NextSeg::Lost(left, right)) => return Some(Resend { left, right, rule: Rule::SackRetransmit }),
        Some(NextSeg::Perhaps(..)) | None if sure => return None,
        Some(NextSeg::Perhaps(left, right)) => return Some(Resend { left, right, rule: Rule::SackPerhapsLost }),
        None => {}
    }
    // Rule 4, once per recovery.
    if sack.rescue.is_some_and(|rescue| una.le(rescue)) {
        return None;
    }
    let (left, right) = sack.scoreboard.last_gap(una, nxt)?;
    let left = left.max(right - conn.congestion.smss().min(right.since(left)));
    Some(Resend { left, right, rule: Rule::SackRescue })
}

/// (C): cwnd - pipe >= 1 SMSS.
fn has_room(conn: &Connection) -> bool {
    conn.in_network().saturating_add(conn.congestion.smss()) <= conn.congestion.window()
}

impl Connection {
    /// Octets believed to be in the network: pipe in recovery with SACK (RFC6675#4), else what is in flight and neither
    /// marked lost nor SACKed.
    pub(crate) fn in_network(&self) -> u32 {
        let (una, nxt) = (self.tcb.snd.una, self.tcb.snd.nxt);
        let sack = &self.sack_recovery;
        if self.congestion.in_sack_recovery() {
            // What is marked lost is the first segment, before it has left again.
            let pipe = sack.scoreboard.pipe(una, nxt, sack.rxt, self.congestion.smss());
            return pipe.saturating_sub(self.retransmission.lost_octets());
        }
        let in_network = self.retransmission.in_network(self.tcb.in_flight());
        // Before recovery this is what limited transmit goes by (RFC6675#5, 3).
        let counts =
            self.congestion.uses_sack() && (self.congestion.transmits_limited() || self.retransmission.any_lost());
        if counts { in_network.saturating_sub(sack.scoreboard.octets()) } else { in_network }
    }
}

#[cfg(test)]
mod tests;
