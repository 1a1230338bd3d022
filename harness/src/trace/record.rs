//! A run as a line of text, so that it can be judged by another process than the one that made it: a guest's.
//!
//! Written by [`crate::guest::serve`], read by [`crate::guest::pool`]. Both have the same case; the line only names it.

use std::{sync::Arc, time::Duration};

use serde::{Deserialize, Serialize};

use super::event::{CaseRun, EventKind, Finding, Trace, Verdict};
use crate::case::format::{Action, ConcreteCase};

/// All of a run but the case.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Record {
    /// The case's id.
    pub case: String,
    target: String,
    version: String,
    trace: Trace,
    findings: Vec<Finding>,
    verdict: Verdict,
    wall: Duration,
}

impl From<CaseRun> for Record {
    fn from(run: CaseRun) -> Self {
        let CaseRun { case, target, version, trace, findings, verdict, wall } = run;
        Self { case: case.id.clone(), target, version, trace, findings, verdict, wall }
    }
}

impl Record {
    /// The run; `None` if it is not one of this case.
    #[must_use]
    pub fn of(self, case: &Arc<ConcreteCase>) -> Option<CaseRun> {
        let Self { case: id, target, version, mut trace, findings, verdict, wall } = self;
        if id != case.id {
            return None;
        }
        for event in &mut trace.events {
            if let EventKind::Called { call, .. } = &mut event.kind {
                let Action::Call(step) = &case.case.steps.get(event.step)?.value.action else { return None };
                *call = step.call.clone();
            }
        }
        Some(CaseRun { case: Arc::clone(case), target, version, trace, findings, verdict, wall })
    }
}

#[cfg(test)]
mod tests;
