//! Cases written in a test, and their runs on the reference stack.

use std::sync::Arc;

use crate::{
    case::{format::ConcreteCase, load::load_str},
    run::{Mode, run_case},
    target::spec::{TargetOptions, TargetSpec},
    trace::event::CaseRun,
};

/// A RST inside the window: RFC 793 resets, RFC 9293 challenges.
pub(crate) const RST_IN_WINDOW: &str = "\
title: a RST inside the window but not at RCV.NXT draws a challenge ACK
clauses: [U-6]
given: ESTABLISHED
steps:
  - inject: { flags: RST, seq: RCV.NXT+1 }
  - expect: { flags: ACK, seq: SND.NXT, ack: RCV.NXT }
  - state: ESTABLISHED
";

/// Wrong on purpose: a listener does not answer a SYN with a RST.
pub(crate) const WRONG: &str = "\
title: a listener answers a SYN with a RST
clauses: [MUST-13]
steps:
  - call: listen
  - inject: { flags: SYN, seq: 0 }
  - expect: { flags: RST, seq: 5 }
  - state: ESTABLISHED
";

/// All cases of a text.
#[track_caller]
pub(crate) fn cases(yaml: &str) -> Vec<Arc<ConcreteCase>> {
    match load_str(yaml, "tcp/sample.yaml") {
        Ok(cases) => cases.into_iter().map(Arc::new).collect(),
        Err(error) => panic!("the sample is no case: {error}"),
    }
}

/// The first case of a text.
#[track_caller]
pub(crate) fn case(yaml: &str) -> Arc<ConcreteCase> {
    cases(yaml).remove(0)
}

/// Judges the first case of a text on the reference stack.
#[track_caller]
pub(crate) fn run(yaml: &str) -> CaseRun {
    run_on("reference", yaml, Mode::Judge)
}

/// Runs the first case of a text on a target in virtual time.
#[track_caller]
pub(crate) fn run_on(target: &str, yaml: &str, mode: Mode) -> CaseRun {
    let spec: TargetSpec = target.parse().expect("a target");
    let mut target = spec.open(TargetOptions::default()).expect("a target in virtual time");
    run_case(target.as_mut(), &case(yaml), mode)
}
