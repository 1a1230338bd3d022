//! A record as a call of the application, or as a time to let pass.

use super::{Field, Record, segment::row, tables::TEXT};
use crate::case::{
    format::{AddressName, Call, Data, SocketSwitch},
    time::Span,
};

/// The calls, by how often they are worth making: five bits of [`Field::What`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::generate) enum CallKind {
    Send,
    SendUrgent,
    Recv,
    RecvSome,
    Shutdown,
    Close,
    Abort,
    Accept,
    Poll,
    Listen,
    Connect,
    ConnectElsewhere,
    CloseListener,
    Nagle,
    Keepalive,
    Tos,
    UserTimeout,
}

/// Five bits of [`Field::What`].
pub(in crate::generate) const CALL: [CallKind; 32] = [
    CallKind::Send,
    CallKind::SendUrgent,
    CallKind::Recv,
    CallKind::RecvSome,
    CallKind::Shutdown,
    CallKind::Close,
    CallKind::Abort,
    CallKind::Accept,
    CallKind::Poll,
    CallKind::Listen,
    CallKind::Connect,
    CallKind::ConnectElsewhere,
    CallKind::CloseListener,
    CallKind::Nagle,
    CallKind::Keepalive,
    CallKind::Tos,
    CallKind::UserTimeout,
    CallKind::Send,
    CallKind::Send,
    CallKind::Send,
    CallKind::Send,
    CallKind::Send,
    CallKind::Send,
    CallKind::Recv,
    CallKind::Recv,
    CallKind::Recv,
    CallKind::Shutdown,
    CallKind::Shutdown,
    CallKind::Close,
    CallKind::Accept,
    CallKind::Accept,
    CallKind::Listen,
];

/// [`Field::Mode`]: from here on the length is the two bytes of [`Field::SeqNear`].
pub(in crate::generate) const EXACT_LENGTH: u8 = 0xf0;
/// [`Field::Mode`] of a wait: from here on those two bytes are milliseconds.
pub(in crate::generate) const EXACT_SPAN: u8 = 0xc0;

const US: i64 = 1000;
const MS: i64 = 1000 * US;
const SECOND: i64 = 1000 * MS;

const fn fixed(nanos: i64) -> Span {
    Span { two_msl: 0, rto: 0, nanos }
}

const fn rto(times: i32) -> Span {
    Span { two_msl: 0, rto: times, nanos: 0 }
}

/// The timers of a TCP: delayed ACK, RTO and its back-off, persist, keep-alive, 2MSL, user timeout.
pub(in crate::generate) const SPAN: [Span; 32] = [
    fixed(500 * MS),
    fixed(200 * MS),
    fixed(40 * MS),
    fixed(MS),
    rto(1),
    rto(2),
    rto(4),
    rto(8),
    fixed(SECOND),
    fixed(2 * SECOND),
    fixed(3 * SECOND),
    fixed(5 * SECOND),
    fixed(7 * SECOND),
    fixed(15 * SECOND),
    fixed(20 * SECOND),
    fixed(31 * SECOND),
    fixed(44 * SECOND),
    fixed(60 * SECOND),
    Span { two_msl: 1, rto: 0, nanos: 0 },
    Span { two_msl: 1, rto: 0, nanos: -SECOND },
    fixed(100 * SECOND),
    fixed(300 * SECOND),
    fixed(7200 * SECOND),
    fixed(7275 * SECOND),
    fixed(500 * MS),
    fixed(200 * MS),
    rto(1),
    rto(1),
    rto(2),
    fixed(SECOND),
    fixed(3 * SECOND),
    Span { two_msl: 1, rto: 0, nanos: 0 },
];

/// Just before and just after. Targets count microseconds at best: of anything less their clocks are early or late.
pub(in crate::generate) const NUDGE: [i64; 8] = [0, 0, 0, 0, -MS, MS, -US, US];

/// The number in the two bytes of [`Field::SeqNear`].
pub(super) const fn plain_number(record: &Record) -> u16 {
    u16::from_le_bytes([record.get(Field::SeqNear), record.get(Field::SeqFar)])
}

/// The length a call speaks of, in bytes.
fn length(record: &Record) -> u32 {
    if record.get(Field::Mode) >= EXACT_LENGTH {
        u32::from(plain_number(record))
    } else {
        u32::from(row(&TEXT, record.get(Field::Text)))
    }
}

/// The kind of call.
pub(super) fn call_kind(record: &Record) -> CallKind {
    row(&CALL, record.get(Field::What))
}

/// The call.
pub(super) fn call(record: &Record) -> Call {
    let value = record.get(Field::OptionValue);
    let send = |urgent| Call::Send { data: Data::Pattern(length(record)), urgent };
    match call_kind(record) {
        CallKind::Send => send(false),
        CallKind::SendUrgent => send(true),
        CallKind::Recv => Call::Recv { max: None },
        CallKind::RecvSome => Call::Recv { max: Some(length(record)) },
        CallKind::Shutdown => Call::Shutdown,
        CallKind::Close | CallKind::CloseListener => Call::Close,
        CallKind::Abort => Call::Abort,
        CallKind::Accept => Call::Accept,
        CallKind::Poll => Call::Poll,
        CallKind::Listen => Call::Listen { backlog: if value & 0x80 == 0 { None } else { Some(u32::from(value & 7)) } },
        CallKind::Connect => Call::Connect { to: None },
        CallKind::ConnectElsewhere => {
            Call::Connect { to: Some(if value & 1 == 0 { AddressName::OtherPeer } else { AddressName::Target }) }
        }
        CallKind::Nagle => Call::Set(SocketSwitch::Nagle(value & 1 != 0)),
        CallKind::Keepalive => Call::Set(SocketSwitch::Keepalive(value & 1 != 0)),
        CallKind::Tos => Call::Set(SocketSwitch::Tos(value)),
        CallKind::UserTimeout => Call::Set(SocketSwitch::UserTimeout(fixed(i64::from(value & 15) * SECOND + SECOND))),
    }
}

/// How long to wait. `knows_rto`: the connection in hand certainly shows one; else RFC6298#2's first one is meant.
pub(super) fn span(record: &Record, knows_rto: bool) -> Span {
    let mode = record.get(Field::Mode);
    if mode >= EXACT_SPAN {
        return fixed(i64::from(plain_number(record)) * MS);
    }
    let mut span = row(&SPAN, record.get(Field::What));
    if !knows_rto {
        span = Span { rto: 0, nanos: span.nanos + i64::from(span.rto) * SECOND, ..span };
    }
    span.nanos += row(&NUDGE, mode);
    span
}
