//! One pair of sockets as the wire and the application's calls show it: what the peer sent, what the target sent.
//!
//! Kept by the [`Monitor`](super::Monitor), read by the groups of invariants before a new segment is entered. Where the
//! wire leaves doubt it keeps the wider truth: everything the peer might rightly think was accepted counts as sent.

use super::received::{Received, ahead, at_or_ahead};
use crate::{
    case::{flags::Flags, format::IpVersion},
    segment::parse::Parsed,
    target::{Pair, Time},
};

/// More SYNs or timestamps than this are not kept apart.
const MOST_SYNS: usize = 16;
const MOST_STAMPS: usize = 256;
/// A queue below TCP holds at least so many packets.
const CROWD: u32 = 400;
/// More text than this is not compared again.
const MOST_SENT: usize = 4 << 20;

/// A SYN of the peer.
#[derive(Clone, Copy, Debug)]
pub(super) struct PeerSyn {
    pub isn: u32,
    pub win: u16,
    pub mss: Option<u16>,
    pub wscale: Option<u8>,
    pub sack_ok: bool,
    pub ts: bool,
    /// ECE is set: ECN is offered, or agreed on in a SYN,ACK.
    pub ecn: bool,
}

/// The SYN of the target.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct OwnSyn {
    pub wscale: Option<u8>,
    pub ts: bool,
    pub ecn: bool,
    pub mss: Option<u16>,
}

/// What happened last on a connection, other than an emission.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct LastEvent {
    pub at: Time,
    /// It was a reset of the peer.
    pub reset: bool,
    /// It was a segment with text: its first number and its length.
    pub text: Option<(u32, u32)>,
    /// Resets that have left since, and when the last one did.
    pub resets: u8,
    pub reset_at: Time,
}

/// The last segment of the peer, as a reset may answer it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct PeerNumbers {
    /// SEG.ACK, if it had ACK.
    pub ack: Option<u32>,
    /// SEG.SEQ
    pub seq: u32,
    /// SEG.SEQ + SEG.LEN
    pub end: u32,
    /// SEG.WND, unscaled
    win: u16,
}

/// Retransmissions by the clock alone.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Series {
    /// When the oldest outstanding segment left last; `None` once something happened since.
    pub last: Option<Time>,
    /// The interval before that.
    pub interval: Option<Time>,
}

/// One pair of sockets.
#[derive(Clone, Debug)]
pub(super) struct Flow {
    pub pair: Pair,
    pub last: LastEvent,
    // The peer.
    pub syns: Vec<PeerSyn>,
    pub received: Received,
    pub numbers: Vec<PeerNumbers>,
    pub stamps: Vec<u32>,
    pub stamps_lost: bool,
    pub latest_stamp: Option<u32>,
    /// The peer sent FIN, anywhere.
    pub peer_fin: bool,
    /// A RST went in either direction, or an error was reported: what the application sees may be cut off.
    pub broken: bool,
    /// The peer sent urgent data: the target may keep a byte out of the stream (RFC6093#3.1).
    pub peer_urgent: bool,
    /// Something happened that lets the target forget the connection and begin another one.
    pub may_restart: bool,
    /// The peer sent SYN since the target's last one.
    pub syn_since: bool,
    /// A RST that must have ended the connection.
    pub reset_for_sure: bool,
    // The target.
    pub incarnations: u32,
    /// It began anew while the one before was in TIME-WAIT, and may return there (MAY-2).
    pub reopened: bool,
    pub iss: Option<u32>,
    pub own_syn: OwnSyn,
    /// The target sent a SYN without ACK: it made offers of its own.
    pub offered: bool,
    /// Behind the highest number sent.
    pub nxt: u32,
    /// The highest number the peer acknowledged among those sent.
    pub una: u32,
    /// The same, by segments that the target must have accepted.
    pub una_for_sure: u32,
    /// The peer's right window edge, relative to ISS: the farthest it ever allowed.
    pub edge: i64,
    /// The peer's last window was too small for what is to be sent.
    pub window_closed: bool,
    pub sent: Vec<u8>,
    pub sent_lost: bool,
    /// Segments since something happened, and whether there were so many that a queue below TCP may have lost some.
    burst: u32,
    pub crowded: bool,
    pub fin_at: Option<u32>,
    pub last_emitted: Time,
    /// When its last SYN left.
    pub last_syn: Time,
    pub last_tsval: Option<u32>,
    pub series: Series,
    // The target as a receiver.
    /// The number behind the peer's SYN is known and [`Flow::received`] counts from it.
    pub irs: Option<u32>,
    pub acked: Option<u32>,
    pub right_edge: Option<u32>,
    /// Text in order came and nothing acknowledged it since; when it came.
    pub owes_ack: Option<Time>,
    pub full_sized: u32,
    /// Anything came that may still have to be acknowledged.
    pub unanswered: bool,
    // The application.
    pub connected: bool,
    pub given: Vec<u8>,
    pub delivered: u32,
    pub urgent_given: bool,
    pub close_called: bool,
    pub aborted: bool,
    pub keepalive: bool,
    pub app_in_doubt: bool,
    // States.
    pub state: u8,
    pub causes: u16,
}

impl Flow {
    pub(super) fn new(pair: Pair) -> Self {
        Self {
            pair,
            last: LastEvent::default(),
            syns: Vec::new(),
            received: Received::default(),
            numbers: Vec::new(),
            stamps: Vec::new(),
            stamps_lost: false,
            latest_stamp: None,
            peer_fin: false,
            broken: false,
            peer_urgent: false,
            may_restart: false,
            syn_since: false,
            reset_for_sure: false,
            incarnations: 0,
            reopened: false,
            iss: None,
            own_syn: OwnSyn::default(),
            offered: false,
            nxt: 0,
            una: 0,
            una_for_sure: 0,
            edge: 0,
            window_closed: false,
            sent: Vec::new(),
            sent_lost: false,
            burst: 0,
            crowded: false,
            fin_at: None,
            last_emitted: Time::ZERO,
            last_syn: Time::ZERO,
            last_tsval: None,
            series: Series::default(),
            irs: None,
            acked: None,
            right_edge: None,
            owes_ack: None,
            full_sized: 0,
            unanswered: false,
            connected: false,
            given: Vec::new(),
            delivered: 0,
            urgent_given: false,
            close_called: false,
            aborted: false,
            keepalive: false,
            app_in_doubt: false,
            state: 0,
            causes: 0,
        }
    }

    /// Another pair, nothing known of it yet, in the memory of this one.
    pub(super) fn again(self, pair: Pair) -> Self {
        let Self { mut syns, received, mut numbers, mut stamps, mut sent, mut given, .. } = self;
        syns.clear();
        numbers.clear();
        stamps.clear();
        sent.clear();
        given.clear();
        Self { syns, received: received.again(), numbers, stamps, sent, given, ..Self::new(pair) }
    }

    /// Relative to ISS; what was never sent lies far ahead or far behind.
    #[allow(clippy::cast_possible_wrap, reason = "a distance in sequence space has a sign")]
    pub(super) fn relative(&self, number: u32) -> i64 {
        i64::from(number.wrapping_sub(self.iss.unwrap_or(0)) as i32)
    }

    /// Both SYNs carried timestamps.
    pub(super) fn timestamps(&self) -> Option<bool> {
        self.iss?;
        let syn = self.peer_syn()?;
        Some(self.own_syn.ts && syn.ts)
    }

    /// The peer's SYN of this connection; `None` while it is not known or several differ.
    pub(super) fn peer_syn(&self) -> Option<&PeerSyn> {
        let irs = self.irs?;
        let mut fitting = self.syns.iter().filter(|syn| syn.isn == irs);
        let first = fitting.next()?;
        // A SYN sent twice with other options: which of them counts is the target's business.
        fitting.next().is_none().then_some(first)
    }

    /// The shift of the target's window; `None` if it cannot be known.
    pub(super) fn own_shift(&self) -> Option<u8> {
        let Some(own) = self.own_syn.wscale else { return Some(0) };
        Some(if self.peer_syn()?.wscale.is_some() { own.min(14) } else { 0 })
    }

    /// The largest shift the peer's window may have.
    pub(super) fn peer_shift(&self) -> u8 {
        match self.own_syn.wscale {
            Some(_) => self.syns.iter().filter_map(|syn| syn.wscale).max().unwrap_or(0).min(14),
            None => 0,
        }
    }

    /// Something happened: no reset has answered it yet, and timers may have been set anew.
    pub(super) fn happened(&mut self, at: Time) {
        self.last = LastEvent { at, ..LastEvent::default() };
        self.series = Series::default();
        self.burst = 0;
    }

    /// A sound segment of the peer. What the target may do with it is wider than what it must do.
    pub(super) fn note_injected(&mut self, seg: &Parsed, at: Time, live: bool) {
        self.happened(at);
        let len = u32::try_from(seg.text.len()).unwrap_or(u32::MAX);
        let end = seg.seq.wrapping_add(seg.flags.seq_len()).wrapping_add(len);
        let ack = seg.flags.contains(Flags::ACK).then_some(seg.ack);
        if self.numbers.len() >= MOST_STAMPS {
            self.numbers.remove(0);
        }
        self.numbers.push(PeerNumbers { ack, seq: seg.seq, end, win: seg.win });
        self.last.reset = seg.flags.contains(Flags::RST);
        if self.last.reset {
            self.reset_for_sure |= self.must_end(seg);
            (self.may_restart, self.broken) = (true, true);
            return;
        }
        let sure = self.must_accept(seg);
        self.peer_urgent |= seg.flags.contains(Flags::URG);
        if seg.flags.contains(Flags::SYN) {
            self.note_peer_syn(seg);
        }
        // In a connection that stands RFC 793 cuts SYN off before the window: the ACK and the window behind it count.
        if !seg.flags.contains(Flags::SYN) || self.irs.is_some() {
            self.note_peer_window(seg, live);
        }
        self.note_stamp(seg);
        if let Some(ack) =
            ack.filter(|ack| self.iss.is_some() && at_or_ahead(*ack, self.una) && at_or_ahead(self.nxt, *ack))
        {
            self.una = ack;
            self.una_for_sure = if sure { ack } else { self.una_for_sure };
        }
        self.note_text(seg, len, at, sure);
    }

    fn note_text(&mut self, seg: &Parsed, len: u32, at: Time, sure: bool) {
        let fin = seg.flags.contains(Flags::FIN);
        if len == 0 && !fin {
            return;
        }
        self.unanswered = true;
        let first = seg.seq.wrapping_add(u32::from(seg.flags.contains(Flags::SYN)));
        if len > 0 && sure && !self.received.fin {
            self.owes_ack = self.owes_ack.or(Some(at));
            self.full_sized += u32::from(len >= self.own_syn.mss.map_or(self.default_mss(), u32::from));
        }
        // SYN, or an ACK of what was not sent: the segment is dropped with its text (RFC9293#3.10.7.4).
        let odd = seg.flags.contains(Flags::SYN) || seg.flags.contains(Flags::URG) || seg.ack != self.una;
        if len > 0 && !fin && seg.faults.is_empty() && !odd && seg.flags.contains(Flags::ACK) {
            self.last.text = Some((first, len));
        }
        self.peer_fin |= fin;
        self.received.note(first, &seg.text, fin);
        if self.received.fin && self.fin_at.is_some() {
            self.may_restart = true;
        }
    }

    fn note_peer_syn(&mut self, seg: &Parsed) {
        let syn = PeerSyn {
            isn: seg.seq,
            win: seg.win,
            mss: seg.options.mss,
            wscale: seg.options.wscale,
            sack_ok: seg.options.sack_ok,
            ts: seg.options.ts.is_some(),
            ecn: seg.flags.contains(Flags::ECE),
        };
        self.syn_since = true;
        // Whichever of them the connection has, one of the others begins another.
        self.may_restart |= self.syns.iter().any(|known| known.isn != seg.seq);
        let same = |known: &PeerSyn| {
            (known.isn, known.mss, known.wscale, known.sack_ok, known.ts, known.ecn)
                == (syn.isn, syn.mss, syn.wscale, syn.sack_ok, syn.ts, syn.ecn)
        };
        match self.syns.iter_mut().find(|known| same(known)) {
            Some(known) => known.win = known.win.max(syn.win),
            None => {
                if self.syns.len() >= MOST_SYNS {
                    self.syns.remove(0);
                    self.received.lost = true;
                }
                self.syns.push(syn);
            }
        }
        self.edge = self.edge.max(1 + i64::from(seg.win));
        if self.edge > 1 {
            self.window_closed = false;
        }
    }

    fn note_peer_window(&mut self, seg: &Parsed, live: bool) {
        if !seg.flags.contains(Flags::ACK) || self.iss.is_none() {
            return;
        }
        // An acknowledgement of what was never sent opens no window. On a live target something may be on its way.
        let slack = if live { 1 << 20 } else { 0 };
        let ack = self.relative(seg.ack);
        if ack > self.relative(self.nxt) + slack {
            return;
        }
        let window = i64::from(seg.win) << self.peer_shift();
        // SND.WL1 keeps the window of a newer segment, and the ACK of this one moves it (RFC9293#3.10.7.4).
        let newer = self.numbers.iter().filter(|other| ahead(other.seq, seg.seq)).map(|other| other.win).max();
        let kept = i64::from(newer.unwrap_or(0)) << self.peer_shift();
        self.edge = self.edge.max(ack + window.max(kept));
        self.window_closed = window == 0 || seg.win == 0;
    }

    fn note_stamp(&mut self, seg: &Parsed) {
        let Some((value, _)) = seg.options.ts else { return };
        if self.latest_stamp.is_none_or(|latest| ahead(value, latest)) {
            self.latest_stamp = Some(value);
        }
        if !self.stamps.contains(&value) {
            if self.stamps.len() >= MOST_STAMPS {
                self.stamps_lost = true;
                return;
            }
            self.stamps.push(value);
        }
    }

    /// Whether an established connection has to accept the segment, whatever choices it has: nothing is odd about it,
    /// it begins just where everything before it ended, and it fits the window.
    fn must_accept(&self, seg: &Parsed) -> bool {
        let odd = seg.flags.0 & !(Flags::ACK | Flags::PSH | Flags::FIN).0 != 0;
        if odd || !seg.flags.contains(Flags::ACK) || !seg.faults.is_empty() || !self.alive() {
            return false;
        }
        let stamps_fit = match (self.timestamps(), seg.options.ts) {
            (Some(true), Some((value, _))) => self.latest_stamp.is_none_or(|latest| at_or_ahead(value, latest)),
            (Some(true), None) | (None, _) => false,
            (Some(false), _) => true,
        };
        let len = u32::try_from(seg.text.len()).unwrap_or(u32::MAX);
        let in_window =
            self.right_edge.is_some_and(|edge| at_or_ahead(edge, seg.seq.wrapping_add(len)) && edge != seg.seq);
        stamps_fit
            && !self.received.lost
            && seg.seq == self.received.next
            && self.acked.is_some_and(|acked| at_or_ahead(seg.seq, acked))
            && in_window
            && at_or_ahead(seg.ack, self.una)
            && at_or_ahead(self.nxt, seg.ack)
    }

    /// Whether the segment is a RST that must end the connection: exactly at RCV.NXT (U-5). With text on its way to be
    /// acknowledged RCV.NXT is not known to the peer; in TIME-WAIT a RST may be ignored (RFC1337#3).
    fn must_end(&self, seg: &Parsed) -> bool {
        self.alive()
            && seg.faults.is_empty()
            && seg.options.ts.is_none()
            && seg.text.is_empty()
            && !seg.flags.contains(Flags::SYN)
            && !self.received.lost
            && !(self.received.fin && self.fin_at.is_some())
            && self.acked == Some(seg.seq)
            && self.received.next == seg.seq
            && self.right_edge.is_some_and(|edge| edge != seg.seq)
    }

    /// Past the handshake for sure, and not ended as far as anybody can tell.
    fn alive(&self) -> bool {
        let synchronized = super::states::is_synchronized(self.state) || !self.sent.is_empty();
        synchronized && !self.may_restart && !self.aborted && !self.reset_for_sure && self.irs.is_some()
    }

    /// The target begins a connection: another ISS, or the first one.
    pub(super) fn begin(&mut self, iss: u32) {
        self.incarnations += 1;
        self.reopened |= self.received.fin && self.fin_at.is_some();
        self.iss = Some(iss);
        (self.nxt, self.una, self.una_for_sure) = (iss, iss, iss);
        self.edge = self.syns.iter().map(|syn| 1 + i64::from(syn.win)).max().unwrap_or(0);
        self.window_closed = false;
        self.sent.clear();
        (self.sent_lost, self.fin_at, self.last_tsval) = (false, None, None);
        (self.irs, self.acked, self.right_edge) = (None, None, None);
        (self.owes_ack, self.full_sized, self.reset_for_sure, self.aborted) = (None, 0, false, false);
        (self.may_restart, self.series) = (false, Series::default());
    }

    /// Finds the peer's SYN that this acknowledgement speaks of.
    pub(super) fn bind(&mut self, ack: u32) {
        let fits = |isn: u32| {
            let first = isn.wrapping_add(1);
            at_or_ahead(ack, first) && at_or_ahead(self.received.contiguous_from(first), ack)
        };
        let found = self.syns.iter().rev().map(|syn| syn.isn).find(|isn| fits(*isn));
        if let Some(isn) = found {
            self.irs = Some(isn);
            self.received.begin(isn.wrapping_add(1));
        }
    }

    /// Whether this is a keep-alive with its octet of garbage (MAY-6): one byte below SND.NXT with nothing outstanding.
    pub(super) fn is_probe_with_octet(&self, seg: &Parsed) -> bool {
        let below = seg.seq.wrapping_add(1) == self.nxt && self.una == self.nxt;
        self.keepalive && below && seg.text.len() == 1 && seg.flags == Flags::ACK
    }

    /// Enters what the target sent, after it has been judged.
    pub(super) fn note_emitted(&mut self, seg: &Parsed, at: Time) {
        if seg.flags.contains(Flags::SYN) {
            self.own_syn = OwnSyn {
                wscale: seg.options.wscale,
                ts: seg.options.ts.is_some(),
                ecn: seg.flags.contains(Flags::ECE),
                mss: seg.options.mss,
            };
            self.offered |= !seg.flags.contains(Flags::ACK);
            self.syn_since = false;
        }
        let len = u32::try_from(seg.text.len()).unwrap_or(u32::MAX);
        let text_at = seg.seq.wrapping_add(u32::from(seg.flags.contains(Flags::SYN)));
        let text_end = text_at.wrapping_add(len);
        if len > 0 && !self.is_probe_with_octet(seg) {
            self.note_sent(text_at, &seg.text);
            self.handshake_is_whole();
        }
        if seg.flags.contains(Flags::FIN) && self.fin_at.is_none() {
            self.fin_at = Some(text_end);
            self.may_restart |= self.received.fin;
        }
        let end = text_end.wrapping_add(u32::from(seg.flags.contains(Flags::FIN)));
        if ahead(end, self.nxt) {
            self.nxt = end;
        }
        if seg.flags.contains(Flags::ACK) {
            if self.acked.is_none_or(|acked| ahead(seg.ack, acked)) {
                self.acked = Some(seg.ack);
            }
            let shift = if seg.flags.contains(Flags::SYN) { Some(0) } else { self.own_shift() };
            let edge = shift.map(|shift| seg.ack.wrapping_add(u32::from(seg.win) << shift));
            self.right_edge = match (edge, self.right_edge) {
                (Some(new), Some(old)) => Some(if ahead(new, old) { new } else { old }),
                (new, old) => new.or(old),
            };
            (self.owes_ack, self.full_sized, self.unanswered) = (None, 0, false);
        }
        self.last_tsval = seg.options.ts.map(|(value, _)| value).or(self.last_tsval);
        self.last_emitted = at;
        self.burst += 1;
        self.crowded |= self.burst >= CROWD;
    }

    /// The target's SYN is acknowledged for sure: the state or its text shows it.
    pub(super) fn handshake_is_whole(&mut self) {
        if let Some(iss) = self.iss.filter(|iss| self.una_for_sure == *iss && ahead(self.una, *iss)) {
            self.una_for_sure = iss.wrapping_add(1);
        }
    }

    fn note_sent(&mut self, at: u32, text: &[u8]) {
        let offset = self.relative(at) - 1;
        let Ok(offset) = usize::try_from(offset) else { return };
        if offset > self.sent.len() || offset + text.len() > MOST_SENT {
            self.sent_lost = true;
            return;
        }
        let known = (self.sent.len() - offset).min(text.len());
        self.sent.extend_from_slice(&text[known..]);
    }

    /// MUST-15: the MSS of a peer that announced none.
    fn default_mss(&self) -> u32 {
        let version = if self.pair.target.is_ipv4() { IpVersion::V4 } else { IpVersion::V6 };
        version.default_mss().into()
    }

    /// The peer's largest MSS that can count, 0 if it announced 0 in any SYN, which means nothing.
    pub(super) fn peer_mss(&self) -> u32 {
        let of = |syn: &PeerSyn| syn.mss.map_or(self.default_mss(), u32::from);
        let all = || self.syns.iter().map(of);
        if all().any(|mss| mss == 0) { 0 } else { all().max().unwrap_or(self.default_mss()) }
    }
}
