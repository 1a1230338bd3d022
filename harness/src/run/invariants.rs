//! Feeds the [`Monitor`](crate::judge::invariant::Monitor) and turns what it finds into findings.
//!
//! A violation never ends a case: it is judged beside the steps.

use super::Run;
use crate::{
    case::format::Step,
    clause::ClauseId,
    judge::invariant::Violation,
    trace::event::{CaseSegment, EventKind, Finding, FindingKind},
};

/// A violation, and the event of the segment that broke the rule.
pub(super) struct Broken {
    violation: Violation,
    event: Option<usize>,
}

impl Run<'_> {
    /// Takes what the monitor has found so far.
    pub(super) fn note_violations(&mut self, event: Option<usize>) {
        if !self.monitor.has_violations() {
            return;
        }
        self.violations.extend(self.monitor.violations().map(|violation| Broken { violation, event }));
    }

    /// Writes what was found during the step as findings, each once.
    pub(super) fn report_violations(&mut self, step: &Step) {
        self.note_violations(None);
        if self.violations.is_empty() {
            return;
        }
        for Broken { violation, event } in std::mem::take(&mut self.violations) {
            let observed = violation.to_string();
            let told = self.findings.iter().any(|known| known.step == self.step && known.observed == observed);
            if !told {
                let finding = self.violation_finding(step, &violation, event, observed);
                self.findings.push(finding);
            }
        }
    }

    fn violation_finding(&self, step: &Step, violation: &Violation, event: Option<usize>, observed: String) -> Finding {
        let own: Vec<ClauseId> = violation.invariant.clause.parse().into_iter().collect();
        Finding {
            step: self.step,
            kind: FindingKind::Invariant,
            level: violation.invariant.level,
            clauses: if own.is_empty() { step.clauses.clone() } else { own },
            expected: violation.invariant.rule.to_owned(),
            observed,
            differences: Vec::new(),
            segment: event.and_then(|event| self.emitted_segment(event)).cloned(),
        }
    }

    /// The segment of an event that is an emission.
    pub(super) fn emitted_segment(&self, event: usize) -> Option<&CaseSegment> {
        match &self.trace.events.get(event)?.kind {
            EventKind::Emitted { segment, .. } => Some(segment),
            EventKind::Injected { .. }
            | EventKind::EmittedOther { .. }
            | EventKind::Called { .. }
            | EventKind::Explained(_)
            | EventKind::Waited(_) => None,
        }
    }
}
