//! Answers that leave at once: resets (RFC9293#3.5.2) and acknowledgments that state where we are.

use super::challenge;
use super::connection::{Connection, Context};
use super::segment::Segment;
use super::seq::Seq;
use crate::outbox::IpFields;
use crate::profile::Profile;
use crate::rule::{Rule, Rules};
use crate::wire::tcp::{Flags, TcpRepr};
use crate::wire::tcp_options::TcpOptions;

/// The reset that answers a segment not intended for a connection (RFC9293#3.5.2, groups 1 and 2):
/// at the number it acknowledges, or else at zero and acknowledging all of it.
#[cold]
pub(crate) fn reset(seg: &Segment<'_>, rule: Rule, cx: &mut Context<'_>) {
    let (seq, ack, flags) =
        if seg.ack_bit() { (seg.ack, Seq(0), Flags::RST) } else { (Seq(0), seg.end(), Flags::RST | Flags::ACK) };
    let repr = TcpRepr {
        src_port: seg.pair.local.port(),
        dst_port: seg.pair.remote.port(),
        seq,
        ack,
        flags,
        window: 0,
        urgent: 0,
        options: TcpOptions { timestamps: echo_in_reset(seg, cx.profile), ..TcpOptions::default() },
        text: &[],
    };
    cx.out.send(seg.pair.local.ip(), seg.pair.remote.ip(), IpFields::default(), &repr, Rules::one(rule));
}

/// A reset echoes the timestamp of what caused it, and has none of its own (RFC7323#5.2).
fn echo_in_reset(seg: &Segment<'_>, profile: &Profile) -> Option<(u32, u32)> {
    let (value, _) = seg.options.timestamps.filter(|_| profile.timestamps && profile.timestamps_in_rst)?;
    Some((0, value))
}

/// `<SEQ=SND.NXT><CTL=RST>`: we give the connection up (RFC9293#3.10.5).
#[cold]
pub(crate) fn abort(conn: &Connection, rule: Rule, cx: &mut Context<'_>) {
    let repr = TcpRepr {
        src_port: conn.tcb.local.port(),
        dst_port: conn.tcb.remote.port(),
        seq: conn.tcb.snd.nxt,
        ack: Seq(0),
        flags: Flags::RST,
        window: 0,
        urgent: 0,
        options: conn.options_of(Flags::RST, cx),
        text: &[],
    };
    cx.out.send(conn.tcb.local.ip(), conn.tcb.remote.ip(), conn.ip_fields(), &repr, Rules::one(rule));
}

/// `<SEQ=SND.NXT><ACK=RCV.NXT><CTL=ACK>`.
pub(crate) fn acknowledge(conn: &mut Connection, rule: Rule, cx: &mut Context<'_>) {
    conn.transmit(conn.tcb.snd.nxt, Flags::ACK, 0, Rules::one(rule), cx);
}

/// The same to an unacceptable segment, unless the last one came too short a time ago (RFC5961#7).
#[cold]
pub(crate) fn acknowledge_unacceptable(conn: &mut Connection, seg: &Segment<'_>, rule: Rule, cx: &mut Context<'_>) {
    if challenge::answers_unacceptable(conn, seg, cx) {
        acknowledge(conn, rule, cx);
    } else {
        cx.out.dropped(Rule::UnacceptableLimit);
    }
}

/// The same as a challenge to whoever sent a suspicious segment (RFC5961#3.2, #4.2), unless there
/// were too many (RFC5961#7).
#[cold]
pub(crate) fn challenge(conn: &mut Connection, rule: Rule, cx: &mut Context<'_>) {
    if cx.throttle.admit(cx.now, cx.profile) {
        acknowledge(conn, rule, cx);
    } else {
        cx.out.dropped(Rule::ChallengeLimit);
    }
}
