//! Allowances: divergences both sides of which the RFCs allow, each with the clause that leaves the choice.
//!
//! A table of named predicates on a divergence ([`ALLOWANCES`]); a campaign asks [`allowed`] before it calls a
//! divergence a discovery. Conservative: an entry fits only what its clause really leaves open, and every entry is
//! tested both ways. When a pure ACK leaves (SHLD-18) is not here: cases say so themselves with `allow`.

use super::{
    diff::{Divergence, Side},
    event_class::{AckPosition, CallClass, EventClass},
};
use crate::{
    case::{flags::Flags, format::Errno, state::State},
    target::ConnState,
    trace::event::CaseSegment,
};

/// A choice that the RFCs leave to a TCP.
pub struct Allowance {
    /// Its name in reports.
    pub name: &'static str,
    /// The clause that leaves the choice.
    pub clause: &'static str,
    /// What may differ, in one line.
    pub why: &'static str,
    fits: fn(&Parted<'_>) -> bool,
}

/// A divergence and what led to it.
struct Parted<'a> {
    left: &'a Side,
    right: &'a Side,
    fields: &'a [&'static str],
    event: &'a EventClass,
}

/// All allowances.
pub static ALLOWANCES: [Allowance; 8] = [
    Allowance {
        name: "push-in-between",
        clause: "MAY-16",
        why: "text sent without PUSH may be collected: only the last segment of the queue has to carry PSH",
        fits: push_in_between,
    },
    Allowance {
        name: "reset-with-ack",
        clause: "RFC9293#3.1",
        why: "once a connection is established an acknowledgement may stand in every segment, in an ABORT's RST too",
        fits: reset_with_ack,
    },
    Allowance {
        name: "repackaging",
        clause: "RFC9293#3.8.6",
        why: "the same text may be cut into other segments, first sent or sent again",
        fits: repackaging,
    },
    Allowance {
        name: "taken-by-send",
        clause: "RFC9293#3.9.1.2",
        why: "how much a SEND takes at once depends on the room for it",
        fits: taken_by_send,
    },
    Allowance {
        name: "reopen-from-time-wait",
        clause: "MAY-2",
        why: "a new SYN may reopen a connection from TIME-WAIT, or be challenged",
        fits: reopen_from_time_wait,
    },
    Allowance {
        name: "blind-data-check",
        clause: "MAY-12",
        why: "an acknowledgement older than the largest window may be refused as blind data injection, or be ignored",
        fits: blind_data_check,
    },
    Allowance {
        name: "local-error",
        clause: "RFC9293#3.9.1",
        why: "which errno stands for a call that makes no sense here is the interface's; what came from the peer is not",
        fits: local_error,
    },
    Allowance {
        name: "close-again",
        clause: "RFC9293#3.10.4",
        why: "a second CLOSE in FIN-WAIT-1 or FIN-WAIT-2 is an error, but may succeed as long as no second FIN is sent",
        fits: close_again,
    },
];

/// The allowance that covers a divergence that `event` led to.
#[must_use]
pub fn allowed(divergence: &Divergence, event: &EventClass) -> Option<&'static Allowance> {
    let Divergence { left, right, fields, .. } = divergence;
    let parted = Parted { left, right, fields, event };
    ALLOWANCES.iter().find(|allowance| (allowance.fits)(&parted))
}

impl Parted<'_> {
    fn only(&self, fields: &[&str]) -> bool {
        self.fields.iter().all(|field| fields.contains(field))
    }

    /// The segments of both sides, one by one; `None` if one side has more.
    fn pairs(&self) -> Option<impl Iterator<Item = (&CaseSegment, &CaseSegment)>> {
        let same = self.left.emitted.len() == self.right.emitted.len();
        same.then(|| self.left.emitted.iter().zip(&self.right.emitted))
    }

    fn sides(&self) -> [&Side; 2] {
        [self.left, self.right]
    }
}

fn push_in_between(parted: &Parted<'_>) -> bool {
    let Some(pairs) = parted.pairs().filter(|_| parted.only(&["flags"])) else { return false };
    let last = parted.left.emitted.len().saturating_sub(1);
    pairs.enumerate().all(|(index, (left, right))| {
        let differing = left.flags.0 ^ right.flags.0;
        differing == 0 || (differing == Flags::PSH.0 && index < last && !left.data.is_empty())
    })
}

fn reset_with_ack(parted: &Parted<'_>) -> bool {
    let is_end = matches!(parted.event, EventClass::Call(CallClass::Abort | CallClass::Close));
    let Some(pairs) = parted.pairs().filter(|_| is_end && parted.only(&["flags"])) else { return false };
    let without_ack = |segment: &CaseSegment| segment.flags.0 & !Flags::ACK.0;
    pairs.into_iter().all(|(left, right)| {
        let reset = without_ack(left) == Flags::RST.0 && without_ack(right) == Flags::RST.0;
        left.flags == right.flags || reset
    })
}

fn repackaging(parted: &Parted<'_>) -> bool {
    if !parted.only(&["emitted", "seq", "data", "flags"]) || parted.left.state != parted.right.state {
        return false;
    }
    match (stream(&parted.left.emitted), stream(&parted.right.emitted)) {
        (Some(left), Some(right)) => left == right,
        _ => false,
    }
}

/// A run of text on one connection, however it was cut.
#[derive(PartialEq, Eq)]
struct Stream {
    on: Option<u8>,
    seq: u32,
    ack: u32,
    bytes: Vec<u8>,
    /// The flags at its end: PSH and FIN stand there.
    end: Flags,
}

/// Segments that follow each other with nothing but text in them.
fn stream(segments: &[CaseSegment]) -> Option<Stream> {
    const PLAIN: u16 = Flags::ACK.0 | Flags::PSH.0 | Flags::FIN.0;
    let first = segments.first()?;
    let (mut bytes, mut fin) = (Vec::new(), false);
    for segment in segments {
        let at = first.seq.wrapping_add(u32::try_from(bytes.len()).ok()?);
        let plain = segment.flags.0 & !PLAIN == 0 && segment.flags.contains(Flags::ACK);
        if fin || !plain || segment.on != first.on || segment.ack != first.ack || segment.seq != at {
            return None;
        }
        bytes.extend(&segment.data);
        fin = segment.flags.contains(Flags::FIN);
    }
    let end = segments.last()?.flags;
    (!bytes.is_empty()).then_some(Stream { on: first.on, seq: first.seq, ack: first.ack, bytes, end })
}

fn taken_by_send(parted: &Parted<'_>) -> bool {
    let sent = |side: &&Side| {
        side.outcome.as_deref().is_some_and(|outcome| outcome == "would-block" || outcome.starts_with("sent "))
    };
    let is_send = matches!(parted.event, EventClass::Call(CallClass::Send | CallClass::SendUrgent));
    is_send && parted.only(&["returns"]) && parted.sides().iter().all(sent)
}

fn reopen_from_time_wait(parted: &Parted<'_>) -> bool {
    let reopens = |side: &Side| {
        side.rules.iter().any(|rule| rule.name == "time-wait-reopen")
            || matches!(&side.emitted[..], [segment] if segment.flags == Flags::SYN | Flags::ACK)
    };
    let challenges = |side: &Side| {
        let stays = side.state == Some(ConnState::Is(State::TimeWait));
        stays && side.emitted.iter().all(|segment| segment.flags == Flags::ACK)
    };
    let [left, right] = parted.sides();
    let is_syn = match parted.event {
        EventClass::Segment(segment) => segment.flags.flags().contains(Flags::SYN),
        EventClass::Start
        | EventClass::Fragment
        | EventClass::Icmp { .. }
        | EventClass::NotTcp
        | EventClass::Call(_)
        | EventClass::Wait => false,
    };
    is_syn && ((reopens(left) && challenges(right)) || (challenges(left) && reopens(right)))
}

fn blind_data_check(parted: &Parted<'_>) -> bool {
    let refuses = |side: &&Side| side.rules.iter().any(|rule| rule.name == "check-ack-range");
    let is_old = matches!(parted.event, EventClass::Segment(segment) if segment.ack == AckPosition::Old);
    is_old && parted.sides().iter().any(refuses)
}

fn local_error(parsed: &Parted<'_>) -> bool {
    /// Errors that tell of the call, not of what the peer or the network did.
    const LOCAL: [Errno; 10] = [
        Errno::EPIPE,
        Errno::ENOTCONN,
        Errno::EISCONN,
        Errno::EALREADY,
        Errno::EADDRINUSE,
        Errno::EADDRNOTAVAIL,
        Errno::EINVAL,
        Errno::EBADF,
        Errno::EOPNOTSUPP,
        Errno::ENOPROTOOPT,
    ];
    let is_local = |side: &&Side| {
        let outcome = side.outcome.as_deref();
        outcome == Some("no such socket") || LOCAL.iter().any(|errno| outcome == Some(errno.name()))
    };
    parsed.only(&["returns"]) && parsed.left.state == parsed.right.state && parsed.sides().iter().all(is_local)
}

fn close_again(parsed: &Parted<'_>) -> bool {
    const CLOSING: [Option<ConnState>; 2] =
        [Some(ConnState::Is(State::FinWait1)), Some(ConnState::Is(State::FinWait2))];
    let is_close = matches!(parsed.event, EventClass::Call(CallClass::Shutdown | CallClass::Close));
    let same_state = parsed.left.state == parsed.right.state && CLOSING.contains(&parsed.left.state);
    let told = |side: &&Side| matches!(side.outcome.as_deref(), Some("ok" | "EPIPE" | "ENOTCONN" | "EALREADY"));
    is_close && same_state && parsed.only(&["returns"]) && parsed.sides().iter().all(told)
}

#[cfg(test)]
mod tests;
