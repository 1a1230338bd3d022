//! One step of two runs, field by field.

use std::borrow::Cow;

use super::Strictness;
use crate::{
    case::{
        flags::Flags,
        format::{Action, Expect, ExpectSegment, Readiness, Returns},
        position::Bounds,
    },
    target::Outcome,
    trace::event::CaseSegment,
};

/// What has to be known of a step to compare it.
#[derive(Clone, Copy)]
pub(super) struct Compared<'a> {
    /// What the case says.
    pub(super) action: &'a Action,
    /// Both runs are as the case demands.
    pub(super) satisfied: bool,
    /// How much counts.
    pub(super) strictness: Strictness,
}

impl Compared<'_> {
    /// Whether the outcomes of a call differ in more than the case leaves open.
    pub(super) fn outcomes_differ(&self, left: Option<&Outcome>, right: Option<&Outcome>) -> bool {
        let returns = match self.action {
            Action::Call(call) => call.returns.as_ref(),
            Action::Inject(_)
            | Action::Expect(_)
            | Action::State(_)
            | Action::Wait(_)
            | Action::Save(_)
            | Action::Check(_) => None,
        };
        match (left, right) {
            // The remote port is the harness's own business.
            (Some(Outcome::Accepted(_)), Some(Outcome::Accepted(_))) => false,
            _ if self.strictness == Strictness::Strict => left != right,
            (Some(Outcome::Ready(left)), Some(Outcome::Ready(right))) => match returns {
                Some(Returns::Ready(named)) => readiness(*left, *named) != readiness(*right, *named),
                _ => left != right,
            },
            (Some(Outcome::Sent(left)), Some(Outcome::Sent(right))) => {
                let named = matches!(returns, Some(Returns::Sent(_)));
                left != right && !(named && self.satisfied)
            }
            // How much there is to read depends on the window; what it is does not.
            (Some(Outcome::Data(left)), Some(Outcome::Data(right))) if returns.is_none() => {
                !left.starts_with(right) && !right.starts_with(left)
            }
            _ => left != right,
        }
    }

    /// What differs between all that was emitted.
    pub(super) fn emissions(&self, left: &[&CaseSegment], right: &[&CaseSegment]) -> Vec<&'static str> {
        if left.len() != right.len() {
            return vec!["emitted"];
        }
        if left.is_empty() {
            return Vec::new();
        }
        let (mut left, mut right) = (Cow::from(left), Cow::from(right));
        if matches!(self.action, Action::Expect(Expect::AnyOrder(_))) {
            let order = |segment: &&CaseSegment| (segment.on, segment.flags.0, segment.seq, segment.ack);
            left.to_mut().sort_by_key(order);
            right.to_mut().sort_by_key(order);
        }
        let mut expected = self.expected(left.len());
        // Two connections send when each of them has to: how they take turns is no difference.
        if left.iter().zip(right.iter()).any(|(left, right)| left.on != right.on) {
            left.to_mut().sort_by_key(|segment| segment.on);
            right.to_mut().sort_by_key(|segment| segment.on);
            expected.clear();
        }
        let mut fields = Vec::new();
        for (index, (one, other)) in left.iter().zip(right.iter()).enumerate() {
            self.segment(one, other, expected.get(index).copied(), &mut fields);
        }
        fields
    }

    /// The expected segment behind each emitted one, if the case lists as many in order.
    fn expected(&self, count: usize) -> Vec<&ExpectSegment> {
        let Action::Expect(Expect::InOrder(segments)) = self.action else { return Vec::new() };
        let unrolled: Vec<_> = segments
            .iter()
            .flat_map(|segment| {
                let times = usize::try_from(segment.repeat.unwrap_or(1)).unwrap_or(usize::MAX);
                std::iter::repeat_n(segment, times.min(count + 1))
            })
            .collect();
        if unrolled.len() == count { unrolled } else { Vec::new() }
    }

    /// Adds what differs between two segments.
    fn segment(
        &self,
        left: &CaseSegment,
        right: &CaseSegment,
        expected: Option<&ExpectSegment>,
        fields: &mut Vec<&'static str>,
    ) {
        let expected = expected.filter(|_| self.satisfied);
        let optional = expected.and_then(|expected| expected.flags).map_or(0, |pattern| pattern.optional.0);
        let open = |pick: fn(&ExpectSegment) -> Option<&Bounds>| expected.and_then(pick).is_some_and(is_open);
        let open_data = expected.is_some_and(|expected| expected.len.is_some() || expected.data.is_some());
        let has_ack = left.flags.contains(Flags::ACK) && right.flags.contains(Flags::ACK);
        let mut differ = |name, differs: bool| {
            if differs {
                fields.push(name);
            }
        };
        differ("on", left.on != right.on);
        differ("flags", (left.flags.0 ^ right.flags.0) & !optional != 0);
        // Of a connection that the peer has no part in, nobody knows what the ISS is relative to.
        let strange_iss = left.on.is_none() && right.on.is_none() && left.flags.contains(Flags::SYN);
        differ("seq", left.seq != right.seq && !strange_iss && !open(|expected| expected.seq.as_ref()));
        differ("ack", has_ack && left.ack != right.ack && !open(|expected| expected.ack.as_ref()));
        differ("data", left.data != right.data && !open_data);
        if self.strictness == Strictness::Strict {
            differ("win", left.win != right.win);
            differ("urg", left.urg != right.urg);
            differ("mss", left.mss != right.mss);
            differ("wscale", left.wscale != right.wscale);
            differ("sack-ok", left.sack_ok != right.sack_ok);
            differ("sack", left.sack != right.sack);
            differ("ts", left.ts.is_some() != right.ts.is_some());
            differ("options", left.other_options != right.other_options);
            differ("ttl", left.ttl != right.ttl);
            differ("tos", left.tos != right.tos);
            differ("df", left.df != right.df);
        }
    }
}

/// Whether right answers may have different numbers here: a range, or something of the target's own.
fn is_open(bounds: &Bounds) -> bool {
    match bounds {
        Bounds::Exactly(position) => !position.symbols.is_empty(),
        Bounds::Within(..) => true,
    }
}

/// Only what the case names.
fn readiness(ready: Readiness, named: Readiness) -> Readiness {
    let only = |is: Option<bool>, named: Option<bool>| is.filter(|_| named.is_some());
    Readiness {
        readable: only(ready.readable, named.readable),
        writable: only(ready.writable, named.writable),
        urgent: only(ready.urgent, named.urgent),
        hangup: only(ready.hangup, named.hangup),
        error: only(ready.error, named.error),
    }
}

#[cfg(test)]
mod tests;
