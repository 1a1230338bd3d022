use std::{sync::Arc, time::Instant};

use proptest::prelude::*;

use super::*;
use crate::{
    case::{
        flags::Flags,
        format::{Action, Allow, At, Call, CallStep, ConcreteCase, Config, Data, Inject, Ip, Peer, Via},
        load::load_str,
        position::{Position, Symbol},
        print::{tests::any_case::any_case, to_yaml},
        state::State,
        time::Span,
    },
    generate::look::look,
    judge::{
        diff::{Comparison, Strictness, compare},
        ledger::Ledger,
    },
    run::{Mode, run_case},
    sample::{self, inject, random_steps, step},
    target::spec::{TargetOptions, TargetSpec},
};

/// Enough for any case of these tests to come to its end.
const PLENTY: usize = 100_000;

fn injections(case: &Case) -> impl Iterator<Item = &Inject> {
    case.steps.iter().filter_map(|step| match &step.value.action {
        Action::Inject(inject) => Some(&**inject),
        _ => None,
    })
}

fn counted(case: &Case, limit: usize, same: impl Fn(&Case) -> bool) -> (Case, usize) {
    let mut calls = 0;
    let smallest = shrink(case, limit, &mut |candidate| {
        calls += 1;
        same(candidate)
    });
    (smallest, calls)
}

fn loads_as_it_is(case: &Case) {
    let text = to_yaml(case).expect("it has a text");
    let loaded = load_str(&text, "shrunk.yaml").unwrap_or_else(|error| panic!("{error}\n{text}"));
    assert_eq!(loaded.len(), 1);
}

/// Something arbitrary about a case that making it smaller may or may not destroy.
fn odd(case: &Case, salt: u64) -> bool {
    let text = to_yaml(case).unwrap_or_default();
    let hash = text.bytes().fold(salt | 1, |hash, byte| hash.wrapping_mul(0x0100_0000_01b3) ^ u64::from(byte));
    hash.rotate_left(17) % 3 == 0
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn what_comes_out_still_shows_it_is_valid_and_is_not_made_smaller_again(case in any_case(), salt in any::<u64>()) {
        let same = |candidate: &Case| *candidate == case || odd(candidate, salt);
        let (smallest, calls) = counted(&case, PLENTY, same);
        prop_assert!(same(&smallest));
        prop_assert!(calls < PLENTY, "it came to its end");
        loads_as_it_is(&smallest);
        let (again, _) = counted(&smallest, PLENTY, same);
        prop_assert_eq!(again, smallest);
    }

    #[test]
    fn the_same_question_gets_the_same_answer_within_the_limit(case in any_case(), salt in any::<u64>(), limit in 0..60_usize) {
        let (one, calls) = counted(&case, limit, |candidate| odd(candidate, salt));
        prop_assert!(calls <= limit);
        let (other, again) = counted(&case, limit, |candidate| odd(candidate, salt));
        prop_assert_eq!(one, other);
        prop_assert_eq!(calls, again);
    }

    #[test]
    fn a_planted_cause_of_two_steps_comes_out_alone(seed in any::<u64>(), first in 0..50_usize, gap in 0..50_usize) {
        let mut case = random_steps(98, seed);
        let cause = Inject { flags: Flags::URG | Flags::ACK, win: Some(77), data: Some(Data::Pattern(40)), ..Inject::default() };
        case.steps.insert(first, inject(cause));
        case.steps.insert(first + 1 + gap.min(98 - first), step(Action::Call(CallStep { on: None, call: Call::Abort, returns: None })));
        prop_assert_eq!(case.steps.len(), 100);
        let urgent = |at: &At<Step>| matches!(&at.value.action, Action::Inject(inject) if inject.win == Some(77) && inject.flags.contains(Flags::URG));
        let aborts = |at: &At<Step>| matches!(&at.value.action, Action::Call(call) if call.call == Call::Abort);
        let same = |case: &Case| {
            let first = case.steps.iter().position(urgent);
            first.is_some_and(|first| case.steps[first..].iter().any(aborts))
        };
        let (smallest, calls) = counted(&case, PLENTY, same);
        // A look stays: a case has to check something.
        let left: Vec<_> = smallest.steps.iter().filter(|step| !matches!(step.value.action, Action::Expect(_))).collect();
        prop_assert_eq!(left.len(), 2);
        prop_assert_eq!(smallest.steps.len(), 3);
        prop_assert!(urgent(left[0]) && aborts(left[1]));
        let expected = Inject { flags: Flags::URG, win: Some(77), ..Inject::default() };
        prop_assert_eq!(injections(&smallest).next(), Some(&expected));
        prop_assert!(calls < 400, "{} calls", calls);
    }
}

#[test]
fn numbers_come_down_to_the_edge_that_matters() {
    let far = Position { symbols: smallvec::smallvec![(false, Symbol::RcvNxt)], offset: 70_000 };
    let segment = Inject { flags: Flags::ACK, seq: Some(far), data: Some(Data::Pattern(1400)), ..Inject::default() };
    let wait = Span { two_msl: 1, rto: 2, nanos: 61_234_567_890 };
    let case = Case {
        given: Some(State::TimeWait),
        via: Some(Via::Active),
        steps: vec![inject(segment), step(Action::Wait(wait)), look()],
        ..Case::default()
    };
    let same = |case: &Case| {
        let beyond = injections(case).any(|inject| {
            let window = inject.seq.as_ref().is_some_and(|seq| seq.symbols.len() == 2 || seq.offset > 65_535);
            window && matches!(inject.data, Some(Data::Pattern(len)) if len >= 1000)
        });
        let long = case
            .steps
            .iter()
            .any(|step| matches!(step.value.action, Action::Wait(span) if span.nanos >= 1_190_000_000));
        beyond && long && case.given.is_some_and(|state| state >= State::Established)
    };
    let (smallest, calls) = counted(&case, PLENTY, same);
    assert_eq!((smallest.given, smallest.via), (Some(State::Established), None));
    let segment = injections(&smallest).next().expect("it stays");
    assert_eq!(segment.seq.as_ref().map(ToString::to_string).as_deref(), Some("RCV.NXT+RCV.WND"));
    assert_eq!(segment.data, Some(Data::Pattern(1000)));
    assert_eq!(segment.flags, Flags(0));
    let wait = smallest.steps.iter().find_map(|step| match step.value.action {
        Action::Wait(span) => Some(span.to_string()),
        _ => None,
    });
    assert_eq!(wait.as_deref(), Some("1.19s"));
    assert!(calls < 150, "{calls} calls");
}

#[test]
fn what_is_not_needed_goes_from_the_header_and_from_other_connections() {
    let on = |name: &str| Some(name.to_owned());
    let ip = Ip { ttl: Some(1), tos: Some(4), ..Ip::default() };
    let case = Case {
        config: Config { nagle: Some(false), recv_buffer: Some(9), ..Config::default() },
        peer: Peer { isn: Some(5), ts: true, ..Peer::default() },
        allow: vec![Allow::Ack, Allow::Retransmission],
        steps: vec![
            inject(Inject { on: on("a"), flags: Flags::SYN, ..Inject::default() }),
            inject(Inject { on: on("b"), flags: Flags::RST, ip, ..Inject::default() }),
            inject(Inject { on: on("c"), flags: Flags::FIN, ..Inject::default() }),
            look(),
        ],
        ..Case::default()
    };
    let same = |case: &Case| {
        case.config.recv_buffer == Some(9)
            && case.allow.contains(&Allow::Retransmission)
            && injections(case).any(|inject| inject.flags == Flags::RST && inject.ip.ttl == Some(1))
    };
    let (smallest, _) = counted(&case, PLENTY, same);
    assert_eq!(smallest.config, Config { recv_buffer: Some(9), ..Config::default() });
    assert_eq!(smallest.peer, Peer::default());
    assert_eq!(smallest.allow, [Allow::Retransmission]);
    let left: Vec<_> = injections(&smallest).collect();
    let expected = Inject { flags: Flags::RST, ip: Ip { ttl: Some(1), ..Ip::default() }, ..Inject::default() };
    assert_eq!(left, [&expected]);
}

#[test]
fn nothing_is_tried_that_is_no_case() {
    let case = sample::case(
        "title: kept numbers\nclauses: [MUST-8]\nsteps:\n  - call: connect\n  - expect: { flags: SYN }\n  \
         - save: { one: ISS }\n  - save: { two: ISS }\n  - check: \"two - one in 0..5\"\n",
    );
    shrink(&case.authored(), PLENTY, &mut |candidate| {
        loads_as_it_is(candidate);
        false
    });
    shrink(&case.authored(), PLENTY, &mut |candidate| {
        loads_as_it_is(candidate);
        true
    });
}

/// What two profiles do differently, in a word.
fn difference(
    case: &Case,
    left: &mut dyn crate::target::Target,
    right: &mut dyn crate::target::Target,
) -> Option<String> {
    let case = Arc::new(ConcreteCase::from_case("shrunk", case.clone()).ok()?);
    let (one, other) = (run_case(left, &case, Mode::Record), run_case(right, &case, Mode::Record));
    let none = Ledger::default();
    match compare(&one, &other, Strictness::Key, [&none, &none]) {
        Comparison::Divergent(found) => {
            let rule = found.left.rules.first().map(|rule| rule.name).unwrap_or_default();
            Some(format!("{rule} {:?} {:?} {:?}", found.fields, found.left.state, found.right.state))
        }
        Comparison::Equal | Comparison::Skipped(_) | Comparison::Failed(_) => None,
    }
}

#[test]
fn a_finding_of_100_steps_on_two_stacks_becomes_a_few() {
    let open = |name| TargetSpec::Reference(name).open(TargetOptions::default()).expect("it opens");
    let (mut left, mut right) = (open("rfc9293"), open("rfc793"));
    let mut shrunk = 0;
    for seed in 0..12 {
        let case = random_steps(100, seed);
        let Some(shown) = difference(&case, left.as_mut(), right.as_mut()) else { continue };
        let began = Instant::now();
        let smallest = shrink(&case, PLENTY, &mut |candidate| {
            difference(candidate, left.as_mut(), right.as_mut()).as_ref() == Some(&shown)
        });
        assert_eq!(difference(&smallest, left.as_mut(), right.as_mut()), Some(shown));
        assert!(smallest.steps.len() <= 8, "{}", to_yaml(&smallest).expect("it has a text"));
        // The limit is a second in a release build; this is no release build, and not alone on the machine.
        assert!(began.elapsed().as_secs() < 20);
        shrunk += 1;
    }
    assert!(shrunk > 3, "{shrunk} of 12 differ");
}
