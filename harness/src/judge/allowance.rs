//! Allowances: divergences both sides of which the RFCs allow, each with the clause that leaves the choice.
//!
//! A table of named predicates on a divergence ([`ALLOWANCES`]); a campaign asks [`allowed`] before it calls a
//! divergence a discovery. Conservative: an entry fits only what its clause really leaves open, and every entry is
//! tested both ways. When a pure ACK leaves (SHLD-18) is not here: cases say so themselves with `allow`.

use std::time::Duration;

use super::{
    diff::{Divergence, Side},
    event_class::{AckPosition, Broken, CallClass, EventClass, acting_step},
};
use crate::{
    case::{
        flags::Flags,
        format::{Action, AddressName, Call, Inject, MssChoice, Order},
        state::State,
    },
    target::ConnState,
    trace::event::CaseSegment,
};

mod clock;
mod closing;
mod interface;
mod numbers;
mod sender;
mod text;

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
#[derive(Clone, Copy)]
struct Parted<'a> {
    left: &'a Side,
    right: &'a Side,
    fields: &'a [&'static str],
    event: &'a EventClass,
    /// The step that led to it, if it injected something.
    inject: Option<&'a Inject>,
    /// The step that led to it.
    acted: Option<&'a Action>,
    /// Whether time passed before that step.
    waited: bool,
    /// How long all waits up to that step are, as far as the case alone says it.
    elapsed: Duration,
    /// Whether the peer closed its window before or with that step.
    window_closed: bool,
    /// Whether the peer announced an MSS of 0 before or with that step.
    zero_mss: bool,
    /// Whether the peer offered a window scale before or with that step.
    scaled: bool,
    /// Whether the case sets a backlog.
    has_backlog: bool,
    /// Whether another connection than the first was spoken of up to that step.
    has_others: bool,
    /// Whether the peer had opened a connection before that step.
    is_reopened: bool,
    /// Whether that step is about a connection whose peer has the target's own address.
    is_own: bool,
    /// Whether a connection to the target's own address was opened before that step, in the name that the step uses.
    goes_on_to_itself: bool,
    /// Whether a connection to another peer than the case's was opened before that step.
    opened_elsewhere: bool,
    /// Whether the peer had reset a connection before that step, and opened another one since.
    is_reset: bool,
}

/// All allowances.
pub static ALLOWANCES: [Allowance; 37] = [
    Allowance {
        name: "push-in-between",
        clause: "MAY-16",
        why: "only the last segment of the queue has to carry PSH, and any text may",
        fits: text::push_in_between,
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
        fits: text::repackaging,
    },
    Allowance {
        name: "taken-by-send",
        clause: "RFC9293#3.9.1.2",
        why: "how much a SEND takes at once depends on the room for it",
        fits: text::taken_by_send,
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
        fits: interface::local_error,
    },
    Allowance {
        name: "close-again",
        clause: "RFC9293#3.10.4",
        why: "a second CLOSE in FIN-WAIT-1 or FIN-WAIT-2 is an error, but may succeed as long as no second FIN is sent",
        fits: closing::close_again,
    },
    Allowance {
        name: "readiness",
        clause: "RFC9293#3.9.1",
        why: "what poll says of room, hang-up and errors is the interface's; of text and urgent data it is not",
        fits: interface::readiness,
    },
    Allowance {
        name: "used-socket",
        clause: "RFC9293#3.9.1",
        why: "whether a socket that had a connection opens another one is the interface's; the TCB would be a new one",
        fits: interface::used_socket,
    },
    Allowance {
        name: "giving-up",
        clause: "RFC9293#3.8.3",
        why: "how long above R2 it is tried, and whether a RST tells the peer of the end, is left to the TCP",
        fits: clock::giving_up,
    },
    Allowance {
        name: "keepalive-octet",
        clause: "MAY-6",
        why: "a keep-alive may carry one garbage octet",
        fits: keepalive_octet,
    },
    Allowance {
        name: "bad-options",
        clause: "MUST-7",
        why: "a segment with options that end beyond the header may be dropped, be reset, or be taken without them",
        fits: bad_options,
    },
    Allowance {
        name: "msl",
        clause: "RFC9293#3.4.2",
        why: "the MSL is an engineering choice, so TIME-WAIT may end at another time",
        fits: clock::msl,
    },
    Allowance {
        name: "overlapping-fragments",
        clause: "RFC791#3.2",
        why: "the procedure that says what becomes of octets that come twice is an example, not a demand",
        fits: overlapping_fragments,
    },
    Allowance {
        name: "to-itself",
        clause: "RFC9293#3.9.2",
        why: "whether a datagram to one's own address comes back or leaves is the matter of the layer below",
        fits: to_itself,
    },
    Allowance {
        name: "keepalive-pace",
        clause: "MAY-5",
        why: "how often an idle connection is probed, and whether a RST ends it, is left to a TCP that offers keep-alives",
        fits: clock::keepalive_pace,
    },
    Allowance {
        name: "queued-fin",
        clause: "RFC9293#3.10.4",
        why: "a CLOSE that waits behind text shows nothing on the wire: whether LAST-ACK begins with it or with its FIN",
        fits: closing::queued_fin,
    },
    Allowance {
        name: "backlog",
        clause: "RFC9293#3.9.1.1",
        why: "how many connections wait to be accepted, and whether more are refused or left to try again, is the interface's",
        fits: interface::backlog,
    },
    Allowance {
        name: "accept-order",
        clause: "RFC9293#3.9.1.1",
        why: "which of several connections an accept hands over, and whether it can be asked for one, is the interface's",
        fits: interface::accept_order,
    },
    Allowance {
        name: "rto-bound",
        clause: "RFC6298#2.5",
        why: "a retransmission timeout may have an upper bound of 60 s or more, so a long wait may hold more of them",
        fits: clock::rto_bound,
    },
    Allowance {
        name: "crossing-syn-ack",
        clause: "RFC9293#3.5",
        why: "a crossing SYN,ACK may complete the handshake, as the figure shows, or be acknowledged as an old number",
        fits: crossing_syn_ack,
    },
    Allowance {
        name: "beyond-shrunk-window",
        clause: "MAY-7",
        why: "old text that lies beyond a window that shrank may be retransmitted",
        fits: text::beyond_shrunk_window,
    },
    Allowance {
        name: "third-duplicate",
        clause: "RFC5681#2",
        why: "duplicates are those of outstanding text; whether they count across a timeout, or for a FIN alone, is not said",
        fits: text::third_duplicate,
    },
    Allowance {
        name: "fin-at-closed-window",
        clause: "RFC9293#3.1",
        why: "the window counts octets of text, so a FIN behind the last one may leave or wait for room",
        fits: text::fin_at_closed_window,
    },
    Allowance {
        name: "window-size",
        clause: "RFC9293#3.8.6",
        why: "how large a window is offered is the receiver's choice, so a number may lie in one and outside the other",
        fits: numbers::window_size,
    },
    Allowance {
        name: "fin-behind-window",
        clause: "RFC9293#3.1",
        why: "the window counts octets of text, so a FIN right behind text that fills it may be taken or be cut off",
        fits: numbers::fin_behind_window,
    },
    Allowance {
        name: "reset-number",
        clause: "RFC9293#3.5.2",
        why: "a RST for text after a CLOSE may take SND.NXT, as an ABORT's, or the number that the text acknowledges",
        fits: numbers::reset_number,
    },
    Allowance {
        name: "initial-number",
        clause: "MUST-8",
        why: "a clock stands behind initial numbers, so another incarnation has the same one or another",
        fits: numbers::initial_number,
    },
    Allowance {
        name: "nothing-asked",
        clause: "RFC9293#3.10.3",
        why: "what a RECEIVE into a buffer of no size returns is the interface's",
        fits: closing::nothing_asked,
    },
    Allowance {
        name: "never-accepted",
        clause: "RFC9293#3.10.4",
        why: "whether a CLOSE of the listener resets the connections that nobody accepted, or forgets them, is left open",
        fits: closing::never_accepted,
    },
    Allowance {
        name: "close-pushes",
        clause: "RFC9293#3.9.1.4",
        why: "a CLOSE implies a push, so text that Nagle held back may leave with the FIN, or wait as a push has it wait",
        fits: closing::close_pushes,
    },
    Allowance {
        name: "smaller-segments",
        clause: "RFC9293#3.7.1",
        why: "a sender may cut text into smaller segments than it has to; what Nagle's algorithm then holds back is another part",
        fits: sender::smaller_segments,
    },
    Allowance {
        name: "switched-later",
        clause: "MUST-17",
        why: "an application can turn Nagle's algorithm off; what it holds back already may leave at once or with the next event",
        fits: sender::switched_later,
    },
    Allowance {
        name: "mss-of-zero",
        clause: "RFC9293#3.7.1",
        why: "an MSS of 0 leaves no room for any text: a sender takes another one, or sends single octets",
        fits: sender::mss_of_zero,
    },
    Allowance {
        name: "window-scale",
        clause: "RFC7323#2.2",
        why: "where the peer offers a window scale, whoever takes the offer has another window than who does not",
        fits: sender::window_scale,
    },
    Allowance {
        name: "self-contradiction",
        clause: "SHLD-31",
        why: "where a peer says two things of one number and the first is held for a gap, either may be kept",
        fits: numbers::self_contradiction,
    },
];

/// The allowance that covers a divergence that `event` led to.
#[must_use]
pub fn allowed(divergence: &Divergence, event: &EventClass) -> Option<&'static Allowance> {
    let Divergence { left, right, fields, case, step, .. } = divergence;
    let acting = acting_step(&case.case, *step);
    let acted = acting.map(|step| &case.case.steps[step].value.action);
    let before = || case.case.steps[..acting.unwrap_or(0)].iter().map(|step| &step.value.action);
    let sets_backlog = |action: &Action| matches!(action, Action::Call(call) if matches!(call.call, Call::Listen { backlog: Some(_) }));
    let up_to = || case.case.steps.iter().take(acting.map_or(0, |acting| acting + 1)).map(|step| &step.value.action);
    let elapsed = up_to().filter_map(fixed_wait).sum();
    let closes = |action: &Action| matches!(action, Action::Inject(inject) if inject.win == Some(0));
    let window_closed = case.case.peer.win == Some(0) || up_to().any(closes);
    let announces_zero = |action: &Action| matches!(action, Action::Inject(inject) if inject.options.mss == Some(0));
    let zero_mss = case.case.peer.mss == Some(MssChoice::Value(0)) || up_to().any(announces_zero);
    let offers_scale = |action: &Action| matches!(action, Action::Inject(inject) if inject.options.wscale.is_some());
    let scaled = case.case.peer.wscale.is_some() || up_to().any(offers_scale);
    let waited = before().any(|action| matches!(action, Action::Wait(_)));
    let has_backlog = case.case.config.backlog.is_some() || before().any(sets_backlog);
    let names_another = |action: &Action| match action {
        Action::Inject(inject) => inject.on.is_some(),
        Action::Call(call) => call.on.is_some() || opens_elsewhere(action),
        Action::Expect(_) | Action::State(_) | Action::Wait(_) | Action::Save(_) | Action::Check(_) => false,
    };
    let has_others = up_to().any(names_another);
    let syn = |action: &Action| matches!(action, Action::Inject(inject) if inject.flags.contains(Flags::SYN));
    let is_reopened = before().any(syn);
    let is_own =
        acted.is_some_and(|acted| leads_to_itself(acted) || before().any(|earlier| is_from_itself(earlier, acted)));
    let goes_on_to_itself =
        acted.is_some_and(|acted| before().any(|earlier| leads_to_itself(earlier) && is_on_same(earlier, acted)));
    let opened_elsewhere = before().any(opens_elsewhere);
    let rst = |action: &Action| matches!(action, Action::Inject(inject) if inject.flags.contains(Flags::RST));
    let is_reset = before().skip_while(|action| !rst(action)).any(syn);
    let inject = match acted {
        Some(Action::Inject(inject)) => Some(&**inject),
        Some(
            Action::Expect(_)
            | Action::State(_)
            | Action::Call(_)
            | Action::Wait(_)
            | Action::Save(_)
            | Action::Check(_),
        )
        | None => None,
    };
    let parted = Parted {
        left,
        right,
        fields,
        event,
        inject,
        acted,
        waited,
        elapsed,
        window_closed,
        zero_mss,
        scaled,
        has_backlog,
        has_others,
        is_reopened,
        is_own,
        goes_on_to_itself,
        opened_elsewhere,
        is_reset,
    };
    fitting(&parted).or_else(|| on_the_one_that_differs(&parted))
}

fn fitting(parted: &Parted<'_>) -> Option<&'static Allowance> {
    ALLOWANCES.iter().find(|allowance| (allowance.fits)(parted))
}

/// In a wait several connections may send: where all but one do the same, that one decides.
fn on_the_one_that_differs(parted: &Parted<'_>) -> Option<&'static Allowance> {
    let mut all: Vec<_> = parted.sides().iter().flat_map(|side| &side.emitted).map(|segment| segment.on).collect();
    all.sort_unstable();
    all.dedup();
    if *parted.event != EventClass::Wait || all.len() < 2 {
        return None;
    }
    let of = |side: &Side, on: Option<u8>| -> Vec<CaseSegment> {
        side.emitted.iter().filter(|segment| segment.on == on).cloned().collect()
    };
    let key = |segment: &CaseSegment| (segment.flags, segment.seq, segment.ack, segment.data.clone());
    let same = |on: &Option<u8>| {
        let [left, right] = parted.sides().map(|side| of(side, *on));
        left.iter().map(key).eq(right.iter().map(key))
    };
    all.retain(|on| !same(on));
    let &[on] = &all[..] else { return None };
    let [left, right] = parted.sides().map(|side| {
        let emitted = of(side, on);
        Side { resent: side.resent.saturating_sub(side.emitted.len() - emitted.len()), emitted, ..side.clone() }
    });
    let fields: Vec<_> = parted.fields.iter().copied().filter(|field| *field != "on").collect();
    fitting(&Parted { left: &left, right: &right, fields: &fields, ..*parted })
}

/// Whether it connects to the target's own address.
fn leads_to_itself(action: &Action) -> bool {
    matches!(action, Action::Call(call) if matches!(call.call, Call::Connect { to: Some(AddressName::Target) }))
}

/// Whether it connects to an address that it names.
fn opens_elsewhere(action: &Action) -> bool {
    matches!(action, Action::Call(call) if matches!(call.call, Call::Connect { to: Some(to) } if to != AddressName::Peer))
}

/// Whether a call or a segment is on the connection of an earlier call.
fn is_on_same(earlier: &Action, acted: &Action) -> bool {
    let on = |action: &Action| match action {
        Action::Inject(inject) => Some(inject.on.clone()),
        Action::Call(call) => Some(call.on.clone()),
        Action::Expect(_) | Action::State(_) | Action::Wait(_) | Action::Save(_) | Action::Check(_) => None,
    };
    on(earlier).is_some() && on(earlier) == on(acted)
}

/// Whether a segment from the target's own address has named the connection that `acted` connects.
fn is_from_itself(earlier: &Action, acted: &Action) -> bool {
    match (earlier, acted) {
        (Action::Inject(inject), Action::Call(call)) => {
            let connects = matches!(call.call, Call::Connect { to: None });
            connects && inject.from == Some(AddressName::Target) && inject.on.is_some() && inject.on == call.on
        }
        _ => false,
    }
}

/// The length of a wait for a fixed time.
fn fixed_wait(action: &Action) -> Option<Duration> {
    match action {
        Action::Wait(span) if span.two_msl == 0 && span.rto == 0 => {
            u64::try_from(span.nanos).ok().map(Duration::from_nanos)
        }
        Action::Wait(_)
        | Action::Inject(_)
        | Action::Expect(_)
        | Action::Call(_)
        | Action::State(_)
        | Action::Save(_)
        | Action::Check(_) => None,
    }
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

fn reset_with_ack(parted: &Parted<'_>) -> bool {
    let is_end = matches!(parted.event, EventClass::Call(CallClass::Abort | CallClass::Close));
    let Some(pairs) = parted.pairs().filter(|_| is_end && parted.only(&["flags"])) else { return false };
    let without_ack = |segment: &CaseSegment| segment.flags.0 & !Flags::ACK.0;
    pairs.into_iter().all(|(left, right)| {
        let reset = without_ack(left) == Flags::RST.0 && without_ack(right) == Flags::RST.0;
        left.flags == right.flags || reset
    })
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
    // Of fragments the key does not say what they make; what was done says it.
    let segment = parted.event.segment().or(parted.left.met.segment());
    let is_syn = segment.is_some_and(|segment| segment.flags.flags().contains(Flags::SYN));
    is_syn && ((reopens(left) && challenges(right)) || (challenges(left) && reopens(right)))
}

fn blind_data_check(parted: &Parted<'_>) -> bool {
    let refuses = |side: &&Side| side.rules.iter().any(|rule| rule.name == "check-ack-range");
    let is_old = matches!(parted.event, EventClass::Segment(segment) if segment.ack == AckPosition::Old);
    is_old && parted.sides().iter().any(refuses)
}

/// Whether a target has no connection (any more).
fn is_over(side: &Side) -> bool {
    matches!(side.state, Some(ConnState::None { .. } | ConnState::Is(State::Closed | State::Listen)))
}

fn keepalive_octet(parted: &Parted<'_>) -> bool {
    let Some(mut pairs) = parted.pairs().filter(|_| parted.only(&["data", "len"])) else { return false };
    let probes = parted.sides().iter().any(|side| side.rules.iter().any(|rule| rule.name == "keepalive-probe"));
    probes && pairs.all(|(left, right)| left.data == right.data || left.data.len().max(right.data.len()) == 1)
}

fn bad_options(parted: &Parted<'_>) -> bool {
    let EventClass::Segment(segment) = parted.event else { return false };
    let drops = |side: &&Side| side.emitted.iter().all(|answer| answer.flags.contains(Flags::RST));
    segment.broken == Some(Broken::Options) && parted.sides().iter().any(drops)
}

fn overlapping_fragments(parted: &Parted<'_>) -> bool {
    let Some(fragments) = parted.inject.and_then(|inject| inject.fragments.as_ref()) else { return false };
    let twice = match &fragments.order {
        Order::InOrder | Order::Reversed => false,
        Order::Listed(pieces) => pieces.iter().enumerate().any(|(index, piece)| pieces[..index].contains(piece)),
    };
    matches!(parted.event, EventClass::Fragment(_)) && (fragments.overlap > 0 || twice)
}

/// One side is left with its SYN to its own address (which it may drop itself), the other has it back at once; what is
/// done to such a connection later follows from that.
fn to_itself(parted: &Parted<'_>) -> bool {
    let opens = |side: &&Side| {
        let is_syn = |segment: &CaseSegment| segment.flags == Flags::SYN;
        side.state == Some(ConnState::Is(State::SynSent)) && side.emitted.iter().all(is_syn)
    };
    let [left, right] = parted.sides();
    parted.goes_on_to_itself || (parted.is_own && left.outcome == right.outcome && parted.sides().iter().any(opens))
}

/// The SYN,ACK repeats a SYN that is known: one side takes its ACK, the other answers as to any segment left of the window.
fn crossing_syn_ack(parted: &Parted<'_>) -> bool {
    const DECIDES: u16 = Flags::SYN.0 | Flags::ACK.0 | Flags::FIN.0 | Flags::RST.0;
    let is_syn_ack = parted.inject.is_some_and(|inject| inject.flags.0 & DECIDES == (Flags::SYN | Flags::ACK).0);
    let [taken, waits] = [State::Established, State::SynReceived].map(|state| Some(ConnState::Is(state)));
    let states = parted.sides().map(|side| side.state);
    // What is sent is ACKs, which a case may allow, or text that had waited for the connection.
    let acks = |side: &&Side| side.emitted.iter().all(|segment| segment.flags == Flags::ACK && segment.data.is_empty());
    let part = states == [taken, waits] || states == [waits, taken];
    is_syn_ack && part && parted.only(&["state", "emitted"]) && parted.sides().iter().all(acks)
}

#[cfg(test)]
mod tests;
