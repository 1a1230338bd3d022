//! `expect`: collect until the judge is satisfied, or nothing more can help.

use std::time::Duration;

use super::{Mode, NOTHING, Run, Stop, Waiting, is_nothing};
use crate::{
    case::{
        format::{Expect, Step},
        time::Span,
    },
    clause::ClauseId,
    judge::{
        expect::{Breach, Context, Judgement, Moment, Pending, judge, scale},
        segment::is_allowed,
    },
    peer::View,
    trace::event::{CaseSegment, FindingKind},
};

impl<'a> Run<'a> {
    pub(super) fn expect(&mut self, step: &'a Step, expect: &Expect) -> Result<(), Stop> {
        self.in_hand = first_connection(expect).map_or(self.in_hand, |name| self.peer.resolve(name, None));
        // Everything that acts has taken in what came; there is nothing to look for until time passes.
        if self.step == 0 {
            self.collect()?;
        }
        if is_nothing(expect) && self.silent() {
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
        if self.pending.is_empty() {
            return true;
        }
        if self.mode != Mode::Compare || self.pending_segments().any(|(segment, _)| is_no_segment(segment)) {
            return false;
        }
        let allowed = |(segment, before): (&CaseSegment, &View)| is_allowed(&self.case.allow, segment, before);
        if !self.pending_segments().all(allowed) {
            self.wordless(FindingKind::Unexpected);
        }
        self.settle(NOTHING, &[]);
        true
    }

    /// What nobody has judged yet, each with the view just before it left.
    fn pending_segments(&self) -> impl Iterator<Item = (&CaseSegment, &View)> {
        self.pending.iter().filter_map(|waiting| Some((self.segment(waiting)?, &waiting.before)))
    }

    fn judge_now(&self, expect: &Expect, spans: &[(Span, Duration)]) -> Result<Judgement, Stop> {
        let pending: Vec<_> = self.pending_segments().map(|(segment, before)| Pending { segment, before }).collect();
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
        let last = self.pending.last().and_then(|waiting| self.segment(waiting)).map(|segment| segment.at);
        if let Some(at) = last.filter(|at| *at >= self.since.earliest) {
            // On a live target the reading may be late: the chain of lower bounds keeps later intervals honest.
            let at_least: Duration = if self.target.capabilities().live {
                lower_bounds(expect, spans).min(at.saturating_sub(self.since.earliest))
            } else {
                at - self.since.earliest
            };
            self.since = Moment { earliest: self.since.earliest + at_least, latest: at.max(self.since.latest) };
        }
        self.pending.clear();
    }

    fn segment(&self, waiting: &Waiting) -> Option<&CaseSegment> {
        self.emitted_segment(waiting.event)
    }

    /// What is no segment at all. Whatever else is wrong with one whatever the case expects is an invariant's business.
    fn report_faults(&mut self, step: &Step) {
        let faulty: Vec<CaseSegment> = self
            .pending
            .iter()
            .filter_map(|waiting| self.segment(waiting).filter(|segment| is_no_segment(segment)).cloned())
            .collect();
        for segment in faulty {
            for (fault, clause) in segment.faults.clone() {
                let clauses: Vec<ClauseId> = clause.parse().into_iter().collect();
                let expected = "a well-formed segment".to_owned();
                let whole = Some(segment.clone());
                self.remark_all(step, FindingKind::Malformed, &clauses, expected, fault, Vec::new(), whole);
            }
        }
    }

    fn report_breach(&mut self, step: &Step, breach: Breach) {
        let segment =
            breach.segment.and_then(|index| self.pending.get(index)).and_then(|waiting| self.segment(waiting)).cloned();
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

/// What did not parse has no connection, no numbers and nothing but its fault.
fn is_no_segment(segment: &CaseSegment) -> bool {
    if segment.faults.is_empty() {
        return false;
    }
    let nothing = CaseSegment { at: segment.at, faults: segment.faults.clone(), ..CaseSegment::default() };
    CaseSegment { rules: Vec::new(), ..segment.clone() } == nothing
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
