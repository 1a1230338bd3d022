//! Cases written in a test, and their runs on the reference stack.

use std::sync::Arc;

use smallvec::smallvec;

use crate::{
    case::{
        flags::Flags,
        format::{Action, Allow, At, Call, CallStep, Case, ConcreteCase, Data, Inject, Step, Via},
        load::load_str,
        position::{Position, Symbol},
        state::State,
    },
    generate::look::look,
    run::{Mode, run_case},
    target::{
        Explanation, Traced,
        spec::{TargetOptions, TargetSpec},
    },
    trace::event::{CaseRun, Event, EventKind},
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

/// A run as if the target's own tracing had told something during a step (counted from 0).
pub(crate) fn with_traced(mut run: CaseRun, step: usize, traced: &[Traced]) -> CaseRun {
    let behind = run.trace.events.partition_point(|event| event.step <= step);
    let at = run.trace.events[behind - 1].at;
    let events = traced.iter().map(|traced| {
        let kind = EventKind::Explained(Explanation::Traced(*traced));
        Event { at, step, kind, frame: None }
    });
    run.trace.events.splice(behind..behind, events);
    run
}

pub(crate) fn step(action: Action) -> At<Step> {
    At { line: 0, value: Step { action, clauses: vec![], continues: true, note: None } }
}

pub(crate) fn inject(inject: Inject) -> At<Step> {
    step(Action::Inject(Box::new(inject)))
}

/// So many steps that look random and are the same for the same seed, each with a look behind it.
pub(crate) fn random_steps(count: usize, seed: u64) -> Case {
    let mut state = seed;
    let mut next = |below: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % below
    };
    let offset = |next: &mut dyn FnMut(u64) -> u64| [0, 0, 0, 1, -1, 2, 100, 1 << 31][next(8) as usize];
    let mut one = || {
        if next(5) == 0 {
            let data = Data::Pattern(1 + next(60) as u32);
            let calls = [Call::Send { data, urgent: false }, Call::Recv { max: None }, Call::Shutdown, Call::Accept];
            return step(Action::Call(CallStep { on: None, call: calls[next(4) as usize].clone(), returns: None }));
        }
        let edge = if next(2) == 0 {
            smallvec![(false, Symbol::RcvNxt), (false, Symbol::RcvWnd)]
        } else {
            smallvec![(false, Symbol::RcvNxt)]
        };
        inject(Inject {
            flags: Flags([0x10, 0x10, 0x02, 0x04, 0x11, 0x18, 0x14, 0x00][next(8) as usize]),
            seq: Some(Position { symbols: edge, offset: offset(&mut next) }),
            ack: Some(Position::symbol(Symbol::SndUna, offset(&mut next))),
            data: (next(3) == 0).then(|| Data::Pattern(1 + next(60) as u32)),
            ..Inject::default()
        })
    };
    Case {
        title: "random steps".to_owned(),
        clauses: "RFC9293#3.10.7".parse().into_iter().collect(),
        given: Some(State::Established),
        via: Some(Via::Passive),
        allow: vec![Allow::Ack, Allow::WindowUpdate],
        steps: (0..count).flat_map(|_| [one(), look()]).take(count).collect(),
        ..Case::default()
    }
}
