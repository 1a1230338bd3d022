//! What the user interface may decide: which errno it gives, what it says of readiness, how connections are accepted.
//!
//! Predicates of the table in [`super`]; a call has led to what most of them look at.

use super::{CallClass, EventClass, Parted, Side, is_over};
use crate::{
    case::{flags::Flags, format::Errno},
    trace::event::CaseSegment,
};

pub(super) fn local_error(parted: &Parted<'_>) -> bool {
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
    let is_local = |outcome: &str| LOCAL.iter().any(|errno| outcome == errno.name());
    // After the end any error tells of it, and one that was told may not be told again.
    let over = parted.is_reset || parted.sides().iter().all(|side| is_over(side));
    let is_one = |side: &&Side| {
        let outcome = side.outcome.as_deref().unwrap_or_default();
        outcome == "no such socket" || is_local(outcome) || (over && outcome.starts_with('E'))
    };
    let not_there = |side: &&Side| matches!(side.outcome.as_deref(), Some("EOPNOTSUPP" | "ENOPROTOOPT"));
    let all_there = over || parted.sides().iter().filter(|side| not_there(side)).count() != 1;
    parted.only(&["returns"])
        && parted.left.state == parted.right.state
        && all_there
        && parted.sides().iter().all(is_one)
}

pub(super) fn readiness(parted: &Parted<'_>) -> bool {
    let words = |side: &Side| -> Option<Vec<String>> {
        Some(side.outcome.as_deref()?.strip_prefix("ready ")?.split(", ").map(str::to_owned).collect())
    };
    // Where both tell of the end and of an error, to read is to be told of these.
    let tells_of_the_end = |side: &&Side| {
        words(side).is_some_and(|words| ["hangup", "error"].iter().all(|end| words.iter().any(|word| word == end)))
    };
    let is_over = parted.sides().iter().all(tells_of_the_end);
    let ready = |side: &Side| -> Option<Vec<String>> {
        let counts = |word: &String| word.ends_with("urgent") || (word.ends_with("readable") && !is_over);
        words(side).map(|words| words.into_iter().filter(counts).collect())
    };
    let alike = match (ready(parted.left), ready(parted.right)) {
        (Some(left), Some(right)) => left == right,
        (None, _) | (_, None) => false,
    };
    parted.only(&["returns"]) && parted.left.state == parted.right.state && alike
}

pub(super) fn used_socket(parted: &Parted<'_>) -> bool {
    let refuses = |side: &&Side| side.outcome.as_deref().is_some_and(|outcome| outcome.starts_with('E'));
    let is_open = matches!(parted.event, EventClass::Call(CallClass::Connect));
    is_open && parted.only(&["returns"]) && parted.sides().iter().filter(|side| refuses(side)).count() == 1
}

/// A SYN is taken by one side; the other drops or refuses it, as the one whose queue is full.
pub(super) fn backlog(parted: &Parted<'_>) -> bool {
    let EventClass::Segment(segment) = parted.event else { return false };
    let is_syn = segment.flags.flags().contains(Flags::SYN) && !segment.flags.flags().contains(Flags::ACK);
    let takes = |segment: &CaseSegment| segment.flags.contains(Flags::SYN);
    let refuses = |side: &&Side| side.emitted.last().is_none_or(|last| last.flags.contains(Flags::RST));
    let overflows =
        parted.sides().iter().any(|side| side.rules.iter().any(|rule| rule.name == "listen-syn-overflow-drop"));
    let both_refuse = overflows && parted.sides().iter().all(refuses);
    let one_takes =
        parted.sides().iter().any(|side| side.emitted.last().is_some_and(takes)) && parted.sides().iter().any(refuses);
    is_syn && parted.has_backlog && parted.only(&["emitted", "flags", "state"]) && (both_refuse || one_takes)
}

/// Both hand over a connection or have none that was asked for; the states tell whether it is there.
pub(super) fn accept_order(parted: &Parted<'_>) -> bool {
    let told = |side: &&Side| matches!(side.outcome.as_deref(), Some("a connection" | "would-block"));
    let hands_over = |side: &&Side| side.outcome.as_deref() == Some("a connection");
    let is_accept = matches!(parted.event, EventClass::Call(CallClass::Accept));
    let sides = parted.sides();
    let alike = parted.left.state == parted.right.state && parted.only(&["returns", "verdict"]);
    is_accept && parted.has_others && alike && sides.iter().all(told) && sides.iter().any(hands_over)
}
