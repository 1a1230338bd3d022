use std::sync::Arc;

use super::*;
use crate::{
    case::{format::Config, load::load_str, print::to_yaml},
    generate::look::look,
    judge::{
        diff::{Comparison, Strictness, compare},
        ledger::Ledger,
    },
    run::{Mode, run_case},
    sample::{case, random_steps, run_on},
    target::{
        Target,
        spec::{TargetOptions, TargetSpec},
    },
    trace::event::Verdict,
};

fn open(name: &str) -> Box<dyn Target> {
    let spec: TargetSpec = name.parse().expect("a target");
    spec.open(TargetOptions::default()).expect("a target in virtual time")
}

fn run(target: &mut dyn Target, case: &Case, mode: Mode) -> CaseRun {
    run_case(target, &Arc::new(ConcreteCase::from_case("told", case.clone()).expect("a case")), mode)
}

/// What the reference does with the steps of a case, up to its end.
fn told_by_reference(yaml: &str) -> Case {
    let mut case = case(yaml).authored();
    case.steps = case.steps.into_iter().flat_map(|step| [step, look()]).collect();
    let recorded = run(open("reference").as_mut(), &case, Mode::Record);
    told(&recorded, recorded.trace.steps.len() - 1, None)
}

/// Loads the text of a case and judges it on a target.
fn judged(target: &str, case: &Case) -> CaseRun {
    let text = to_yaml(case).expect("it has a text");
    let loaded = load_str(&text, "told.yaml").unwrap_or_else(|error| panic!("{error}\n{text}"));
    run_case(open(target).as_mut(), &Arc::new(loaded.into_iter().next().expect("one case")), Mode::Judge)
}

#[test]
fn what_the_reference_did_passes_there_and_shows_where_another_parts() {
    let (mut left, mut right) = (open("reference"), open("reference:rfc793"));
    let none = Ledger::default();
    let (mut parted, mut agreed) = (0, 0);
    for seed in 0..60 {
        let case = random_steps(if seed % 2 == 0 { 12 } else { 40 }, seed);
        let one = run(left.as_mut(), &case, Mode::Record);
        let other = run(right.as_mut(), &case, Mode::Record);
        let (step, state) = match compare(&one, &other, Strictness::Key, [&none, &none]) {
            Comparison::Divergent(found) => (found.step, found.right.state),
            Comparison::Equal | Comparison::Skipped(_) | Comparison::Failed(_) => (case.steps.len(), None),
        };
        let differ = state.is_some();
        let told = told(&one, step, state);
        let text = to_yaml(&told).expect("it has a text");
        let here = judged("reference", &told);
        assert_eq!(here.verdict, Verdict::Pass, "seed {seed}: {:#?}\n{text}", here.findings);
        if differ {
            assert_eq!(judged("reference:rfc793", &told).verdict, Verdict::Fail, "seed {seed}\n{text}");
            parted += 1;
        } else {
            agreed += 1;
        }
    }
    assert!(parted > 10 && agreed > 10, "{parted} parted, {agreed} agreed");
}

#[test]
fn numbers_move_with_the_connection() {
    let told = told_by_reference(
        "\
title: all around the window
clauses: [MUST-3]
given: ESTABLISHED
steps:
  - inject: { flags: ACK, seq: RCV.NXT+RCV.WND, ack: SND.NXT, data: 1 }
  - inject: { flags: ACK, seq: RCV.NXT+RCV.WND-1, ack: SND.NXT, data: 1 }
  - inject: { flags: ACK, ack: SND.NXT+5 }
  - call: { send: \"hello\" }
  - inject: { flags: PSH+ACK, ack: SND.NXT, data: \"world\" }
  - call: recv
  - inject: { flags: RST, seq: RCV.NXT }
  - inject: { flags: ACK, seq: RCV.NXT+RCV.WND, ack: SND.NXT+7 }
  - inject: { flags: FIN, seq: RCV.NXT+RCV.WND, ack: SND.NXT+7 }
  - expect: nothing
",
    );
    insta::assert_snapshot!(to_yaml(&told).expect("it has a text"));
    for window in [1000, 8192, 60_000] {
        let config = Config { recv_buffer: Some(window), ..Config::default() };
        let run = judged("reference", &Case { config, ..told.clone() });
        assert_eq!(run.verdict, Verdict::Pass, "window {window}: {:#?}", run.findings);
    }
}

#[test]
fn what_shows_in_the_prelude_is_told_from_the_very_start() {
    let yaml = "title: x\nclauses: [MUST-3]\ngiven: SYN-RECEIVED\nsteps:\n  - inject: { flags: RST, seq: 1 }\n  - expect: nothing\n";
    let recorded = run_on("reference", yaml, Mode::Record);
    let told = told(&recorded, 1, None);
    assert_eq!((told.given, told.via), (None, None));
    assert_eq!(judged("reference", &told).verdict, Verdict::Pass);
    assert_eq!(told.steps.len(), 4, "listen, SYN, its answer, the state: {told:#?}");
}

#[test]
fn times_and_names_are_kept() {
    let yaml = "\
title: two connections
clauses: [MUST-3]
steps:
  - call: listen
  - inject: { flags: SYN, seq: 0 }
  - inject: { on: b, flags: SYN, seq: 0 }
  - expect: [{ flags: SYN+ACK }, { on: b, flags: SYN+ACK, seq: 0 }]
  - expect: { on: b, flags: SYN+ACK, within: 2s }
";
    let recorded = run_on("reference", yaml, Mode::Record);
    let told = told(&recorded, recorded.trace.steps.len() - 1, None);
    let run = judged("reference", &told);
    assert_eq!(run.verdict, Verdict::Pass, "{:#?}", run.findings);
    let last = told.steps.iter().rev().find_map(|step| match &step.value.action {
        Action::Expect(Expect::InOrder(segments)) => segments.iter().find(|segment| segment.on.is_some()).cloned(),
        _ => None,
    });
    let last = last.expect("b's");
    assert_eq!(last.on.as_deref(), Some("b"));
    assert_eq!(last.within.map(|span| span.to_string()).as_deref(), Some("1s"));
}

#[test]
fn a_run_that_never_began_gives_its_case() {
    let yaml = "title: x\nclauses: [MUST-3]\nsteps:\n  - call: listen\n  - expect: nothing\n";
    let mut recorded = run_on("reference", yaml, Mode::Record);
    recorded.trace = crate::trace::event::Trace::default();
    assert_eq!(told(&recorded, 1, None), case(yaml).authored());
}
