//! `expect`: collect until the judge is satisfied, or nothing more can help.

use std::time::Duration;

use smallvec::SmallVec;

use super::{NOTHING, Run, Stop, Waiting, is_nothing};
use crate::{
    case::{
        format::{Expect, Step},
        time::Span,
    },
    clause::ClauseId,
    judge::{
        expect::{Breach, Context, Judgement, Moment, Pending, judge, scale},
        packet::{Seen, What, is_allowed},
    },
    target::RuleNames,
    trace::event::{CaseSegment, EventKind, FindingKind},
};

impl<'a> Run<'a> {
    pub(super) fn expect(&mut self, step: &'a Step, expect: &Expect) -> Result<(), Stop> {
        self.in_hand = first_connection(expect).map_or(self.in_hand, |name| self.peer.resolve(name, None));
        // Everything that acts has taken in what came; there is nothing to look for until time passes.
        if self.step == 0 {
            self.collect()?;
        }
        if is_nothing(expect) && self.silent() {
            // No time has passed: the step before ended here.
            self.taken_in = self.trace.steps.last().map(|last| last.ended);
            return Ok(());
        }
        let spans = self.spans_of(expect)?;
        let judgement = loop {
            match self.judge_now(expect, &spans)? {
                Judgement::Waiting(until) => {
                    self.target.advance(until)?;
                    self.collect()?;
                }
                ended @ (Judgement::Satisfied(_) | Judgement::Broken(_)) => break ended,
            }
        };
        self.report_faults(step);
        match judgement {
            Judgement::Satisfied(alternative) => self.alternative = alternative,
            Judgement::Broken(breach) => self.report_breach(step, *breach),
            Judgement::Waiting(_) => {}
        }
        self.settle(expect, &spans);
        Ok(())
    }

    /// Takes a look at nothing the short way: where nothing came, and where what came needs no words. Whether it did.
    fn silent(&mut self) -> bool {
        if self.scratch.pending.is_empty() {
            return true;
        }
        if !self.mode.is_terse() || self.pending_packets().any(|pending| is_no_segment(pending.seen)) {
            return false;
        }
        let allowed = |pending: Pending<'_>| is_allowed(&self.case.allow, pending.seen, pending.before);
        if !self.pending_packets().all(allowed) {
            self.wordless(FindingKind::Unexpected);
        }
        self.settle(NOTHING, &[]);
        true
    }

    /// What nobody has judged yet, each with the view just before it left.
    fn pending_packets(&self) -> impl Iterator<Item = Pending<'_>> {
        let pending = self.scratch.pending.iter();
        pending.filter_map(|waiting| Some(Pending { seen: self.seen(waiting)?, before: &waiting.before }))
    }

    fn judge_now(&self, expect: &Expect, spans: &[(Span, Duration)]) -> Result<Judgement, Stop> {
        let pending: SmallVec<[_; 4]> = self.pending_packets().collect();
        let context = Context {
            since: self.since,
            now: self.target.now(),
            live: self.target.capabilities().live,
            granularity: self.target.capabilities().granularity,
            span: &|span| spans.iter().find(|(known, _)| *known == span).map_or(Duration::ZERO, |(_, length)| *length),
            connection: &|name| self.peer.number_of(name),
            allow: &self.case.allow,
        };
        Ok(judge(expect, &pending, &context)?)
    }

    /// The pending segments are dealt with. Bounds of the next step count from the last one of them.
    fn settle(&mut self, expect: &Expect, spans: &[(Span, Duration)]) {
        let last = self.scratch.pending.last().and_then(|waiting| self.seen(waiting)).map(|seen| seen.at());
        if let Some(at) = last.filter(|at| *at >= self.since.earliest) {
            // On a live target the reading may be late: the chain of lower bounds keeps later intervals honest.
            let at_least: Duration = if self.target.capabilities().live {
                lower_bounds(expect, spans).min(at.saturating_sub(self.since.earliest))
            } else {
                at - self.since.earliest
            };
            self.since = Moment { earliest: self.since.earliest + at_least, latest: at.max(self.since.latest) };
        }
        self.scratch.pending.clear();
    }

    fn segment(&self, waiting: &Waiting) -> Option<&CaseSegment> {
        self.emitted_segment(waiting.event)
    }

    /// The packet of an event that is an emission.
    fn seen(&self, waiting: &Waiting) -> Option<Seen<'_>> {
        let event = self.trace.events.get(waiting.event)?;
        let what = match &event.kind {
            EventKind::Emitted { segment, .. } => What::Segment(segment),
            EventKind::EmittedOther { seen, .. } => What::Packet(seen),
            EventKind::Injected { .. } | EventKind::Called { .. } | EventKind::Explained(_) | EventKind::Waited(_) => {
                return None;
            }
        };
        Some(Seen { what, frame: event.frame.as_ref() })
    }

    /// What is no segment at all, and what is wrong with a packet that is none. Whatever else is wrong with one whatever the case expects is an invariant's business.
    fn report_faults(&mut self, step: &Step) {
        let mut faults = Vec::new();
        for waiting in &self.scratch.pending {
            match self.seen(waiting).map(|seen| seen.what) {
                Some(What::Segment(segment)) if is_empty(segment) => {
                    faults.extend(segment.faults.iter().cloned().map(|fault| (fault, Some(segment.clone()))));
                }
                Some(What::Packet(packet)) => faults.extend(packet.faults.iter().cloned().map(|fault| (fault, None))),
                Some(What::Segment(_)) | None => {}
            }
        }
        for ((fault, clause), segment) in faults {
            let clauses: Vec<ClauseId> = clause.parse().into_iter().collect();
            let expected = if segment.is_some() { "a well-formed segment" } else { "a well-formed packet" };
            self.remark_all(step, FindingKind::Malformed, &clauses, expected.to_owned(), fault, Vec::new(), segment);
        }
    }

    fn report_breach(&mut self, step: &Step, breach: Breach) {
        let segment = breach
            .segment
            .and_then(|index| self.scratch.pending.get(index))
            .and_then(|waiting| self.segment(waiting))
            .cloned();
        let Breach { kind, expected, observed, differences, clauses, .. } = breach;
        self.remark_all(step, kind, &clauses, expected, observed, differences, segment);
    }

    /// Resolves every span of the step once: RTO changes while we wait, the demand does not.
    fn spans_of(&mut self, expect: &Expect) -> Result<Vec<(Span, Duration)>, Stop> {
        let mut spans = Vec::new();
        for segment in expect.segments() {
            for span in [segment.after, segment.within].into_iter().flatten() {
                let length = self.duration(span)?;
                spans.push((span, length));
            }
        }
        Ok(spans)
    }
}

/// What has a fault to report.
fn is_no_segment(seen: Seen<'_>) -> bool {
    match seen.what {
        What::Segment(segment) => is_empty(segment),
        What::Packet(packet) => !packet.faults.is_empty(),
    }
}

/// What did not parse has no connection, no numbers and nothing but its fault.
fn is_empty(segment: &CaseSegment) -> bool {
    if segment.faults.is_empty() {
        return false;
    }
    let nothing = CaseSegment { at: segment.at, faults: segment.faults.clone(), ..CaseSegment::default() };
    CaseSegment { rules: RuleNames::new(), ..segment.clone() } == nothing
}

/// The name in the first segment: the connection in hand. `None`: the step names no segment.
fn first_connection(expect: &Expect) -> Option<Option<&str>> {
    expect.segments().next().map(|segment| segment.on.as_deref())
}

/// How much time has passed at least when all of these have come.
fn lower_bounds(expect: &Expect, spans: &[(Span, Duration)]) -> Duration {
    let Expect::InOrder(segments) = expect else { return Duration::ZERO };
    let mut sum = Duration::ZERO;
    for segment in segments {
        let Some(after) = segment.after else { continue };
        let length = spans.iter().find(|(span, _)| *span == after).map_or(Duration::ZERO, |(_, length)| *length);
        let mut factor = 1.0;
        for _ in 0..segment.repeat.unwrap_or(1) {
            sum += scale(length, factor);
            factor *= segment.backoff.unwrap_or(1.0);
        }
    }
    sum
}
