//! SYN cookies (RFC4987#3.6): a handshake without a connection record until its last ACK comes back.
//!
//! [`super::segment_arrives::listen`] answers a SYN with [`answer`] when the profile says so, and tries [`accept`] on an
//! ACK that finds no connection. Text or a FIN that cannot be verified may follow an ACK that was lost
//! ([`may_follow_a_lost_ack`]): only the peer's first segment shows its ISN, and the peer sends it again unless it is reset.
//!
//! The ISS of the SYN,ACK is the cookie: 5 bits of a counter of 64 s, 3 bits that name a segment size of [`SIZES`], 24
//! bits of a keyed hash of both sockets, the peer's ISN, counter and size. A cookie is good for the interval it was made
//! in and the next one. Options have room only beside timestamps: the low 6 bits of TSval hold the peer's window shift
//! (15: none), SACK-permitted and ECN; without timestamps the connection has none of them.
//!
//! Left out: user text in the SYN, which the peer will send again.

use super::connection::{Connection, Context, OpenedBy, Owner};
use super::options::{receive_mss, send_mss, wants_ecn};
use super::segment::Segment;
use super::seq::Seq;
use super::state::State;
use super::tcb::SendSequence;
use super::window_scale::{self, WindowScale};
use super::{Pair, listen_queue::Listener};
use crate::outbox::IpFields;
use crate::profile::SynCookies;
use crate::rule::{Rule, Rules};
use crate::time::Instant;
use crate::wire::tcp::{Flags, TcpRepr};
use crate::wire::tcp_options::TcpOptions;

/// The segment sizes that a cookie can name; the largest that the peer takes is used.
const SIZES: [u16; 8] = [64, 536, 1024, 1220, 1360, 1440, 1460, 8960];

/// One interval of the counter.
const NANOS_PER_COUNT: u64 = 64_000_000_000;
/// Intervals a cookie is good for, after its own.
const LIFETIME: u64 = 1;

/// Bits of TSval that hold options.
const STAMP_BITS: u32 = 6;
const STAMP_MASK: u32 = (1 << STAMP_BITS) - 1;
const NO_SHIFT: u32 = 15;
const STAMP_SACK: u32 = 1 << 4;
const STAMP_ECN: u32 = 1 << 5;

fn counter(now: Instant) -> u64 {
    now.as_nanos() / NANOS_PER_COUNT
}

fn cookie(pair: Pair, peer_isn: Seq, count: u64, size: u32, cx: &Context<'_>) -> Seq {
    let hash = cx.isn.cookie_hash(pair.local, pair.remote, peer_isn, count, size);
    Seq(((count as u32 & 31) << 27) | (size << 24) | (hash & 0x00ff_ffff))
}

/// Whether this SYN is to be answered with a cookie; `has_room` is whether a record could be made for it.
pub(crate) fn wanted(seg: &Segment<'_>, has_room: bool, cx: &Context<'_>) -> bool {
    let wanted = match cx.profile.syn_cookies {
        SynCookies::Off => false,
        SynCookies::WhenFull => !has_room,
        SynCookies::Always => true,
    };
    wanted && send_mss(seg.pair.remote.ip(), &seg.options, cx.profile) >= SIZES[0]
}

/// What the SYN,ACK agrees to, and where it is kept meanwhile.
struct Agreed {
    /// The peer's shift, if windows are scaled.
    shift: Option<u8>,
    sack: bool,
    ecn: bool,
}

impl Agreed {
    fn of_syn(seg: &Segment<'_>, listener: &Listener, cx: &Context<'_>) -> Self {
        let kept = cx.profile.timestamps && seg.options.timestamps.is_some();
        let ours = window_scale::offered(cx.profile.window_scale, listener.options.recv_buffer);
        Self {
            shift: seg.options.window_scale.filter(|_| kept && ours.is_some()).map(|shift| shift.min(14)),
            sack: kept && cx.profile.sack && seg.options.sack_permitted,
            ecn: kept && wants_ecn(cx.profile) && seg.ece() && seg.cwr(),
        }
    }

    fn bits(&self) -> u32 {
        let shift = self.shift.map_or(NO_SHIFT, u32::from);
        let sack = if self.sack { STAMP_SACK } else { 0 };
        let ecn = if self.ecn { STAMP_ECN } else { 0 };
        shift | sack | ecn
    }

    fn of_bits(bits: u32) -> Self {
        let shift = bits & NO_SHIFT;
        Self {
            // Below 15, so it fits.
            shift: (shift != NO_SHIFT).then_some(shift as u8),
            sack: bits & STAMP_SACK != 0,
            ecn: bits & STAMP_ECN != 0,
        }
    }
}

/// The latest timestamp with these low bits that our clock has passed.
fn stamp(clock: u32, bits: u32) -> u32 {
    let value = (clock & !STAMP_MASK) | bits;
    if Seq(value).gt(Seq(clock)) { value.wrapping_sub(STAMP_MASK + 1) } else { value }
}

/// Answers a SYN with a SYN,ACK whose number is a cookie, and remembers nothing.
#[cold]
pub(crate) fn answer(seg: &Segment<'_>, cx: &mut Context<'_>) {
    let Some(listener) = cx.listeners.get(seg.pair.local.port()) else { return };
    let pair = seg.pair;
    let peer_mss = send_mss(seg.pair.remote.ip(), &seg.options, cx.profile);
    let size = SIZES.iter().rposition(|&size| size <= peer_mss).unwrap_or(0) as u32;
    let agreed = Agreed::of_syn(seg, listener, cx);
    let stamps = super::timestamps::Timestamps::of(pair, cx);
    let timestamps = seg
        .options
        .timestamps
        .filter(|_| cx.profile.timestamps)
        .map(|(value, _)| (stamp(stamps.clock(cx.now, cx.profile), agreed.bits()), value));
    let ours = window_scale::offered(cx.profile.window_scale, listener.options.recv_buffer);
    let repr = TcpRepr {
        src_port: seg.pair.local.port(),
        dst_port: seg.pair.remote.port(),
        seq: cookie(pair, seg.seq, counter(cx.now), size, cx),
        ack: seg.seq + 1,
        flags: if agreed.ecn { Flags::SYN | Flags::ACK | Flags::ECE } else { Flags::SYN | Flags::ACK },
        window: u16::try_from(listener.options.recv_buffer.min(cx.profile.limits.recv_buffer)).unwrap_or(u16::MAX),
        urgent: 0,
        options: TcpOptions {
            mss: Some(receive_mss(seg.pair.remote.ip(), &listener.options, cx.host)),
            window_scale: ours.filter(|_| agreed.shift.is_some()),
            sack_permitted: agreed.sack,
            timestamps,
            ..TcpOptions::default()
        },
        text: &[],
    };
    let ip = IpFields { ttl: listener.options.ttl, tos: listener.options.tos & !0b11, dont_fragment: true };
    cx.out.send(seg.pair.local.ip(), seg.pair.remote.ip(), ip, &repr, Rules::one(Rule::SynCookieSent));
    cx.listeners.cookie_sent(seg.pair.local.port(), counter(cx.now));
}

/// The segment size that the cookie in this ACK names; `None` if it is none of ours, or too old.
pub(crate) fn verify(seg: &Segment<'_>, cx: &Context<'_>) -> Option<u16> {
    if cx.profile.syn_cookies == SynCookies::Off || !seg.ack_bit() || seg.syn() || seg.rst() {
        return None;
    }
    let pair = seg.pair;
    let given = seg.ack - 1;
    let size = (given.0 >> 24) & 7;
    let good = intervals(seg, cx).any(|count| cookie(pair, seg.seq - 1, count, size, cx) == given);
    SIZES.get(size as usize).copied().filter(|_| good)
}

/// The intervals whose cookies would still be good, if this listener has sent any since.
fn intervals(seg: &Segment<'_>, cx: &Context<'_>) -> impl Iterator<Item = u64> {
    let last = cx.listeners.get(seg.pair.local.port()).and_then(Listener::last_cookie);
    let now = counter(cx.now);
    (now.saturating_sub(LIFETIME)..=now).filter(move |&count| last.is_some_and(|last| count <= last))
}

/// Whether this segment, whose cookie does not verify, may come from a peer that has one: its ACK was lost, and this is
/// what it sent next. What it acknowledges must then look like a cookie that is still good.
pub(crate) fn may_follow_a_lost_ack(seg: &Segment<'_>, cx: &Context<'_>) -> bool {
    let interval = u64::from((seg.ack - 1).0 >> 27);
    seg.ack_bit() && !seg.syn() && seg.len() > 0 && intervals(seg, cx).any(|count| count & 31 == interval)
}

/// The connection in SYN-RECEIVED that the cookie in this ACK stands for; `mss` is what [`verify`] said. The ACK itself
/// is still to be processed. `None` if nobody listens.
#[cold]
pub(crate) fn accept(seg: &Segment<'_>, mss: u16, cx: &mut Context<'_>) -> Option<Box<Connection>> {
    let listener = cx.listeners.get(seg.pair.local.port())?;
    let (socket, options) = (listener.socket, listener.options.clone());
    let pair = seg.pair;
    let conn = Connection::new(pair, OpenedBy::Passive(socket), Owner::Listener, options, cx);
    let mut conn = cx.spare.hold(conn);
    conn.set_iss(seg.ack - 1);
    conn.tcb.snd = SendSequence { nxt: seg.ack, ..conn.tcb.snd };
    conn.tcb.rcv.irs = seg.seq - 1;
    conn.tcb.rcv.nxt = seg.seq;
    conn.tcb.rcv.up = seg.seq;
    conn.send_mss = mss;
    if let Some((value, echo)) = seg.options.timestamps.filter(|_| cx.profile.timestamps) {
        let agreed = Agreed::of_bits(echo & STAMP_MASK);
        let ours = window_scale::offered(cx.profile.window_scale, conn.options.recv_buffer);
        conn.timestamps.negotiate(true, Some((value, echo)), cx.now);
        conn.timestamps.acknowledged(seg.seq);
        conn.window_scale = WindowScale::negotiate(ours, agreed.shift);
        conn.sack.ok = cx.profile.sack && agreed.sack;
        conn.ecn.ok = wants_ecn(cx.profile) && agreed.ecn;
    }
    conn.tcb.state = State::Listen;
    cx.listeners.handshake_began(seg.pair.local.port(), socket);
    conn.enter(State::SynReceived, Rule::SynCookieAccepted, cx.out);
    Some(conn)
}

#[cfg(test)]
mod tests;
