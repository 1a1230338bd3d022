//! The loop on a target made for the test: it answers what it is told to, so that each kind of finding can be seen.

use std::{collections::VecDeque, net::Ipv4Addr, path::PathBuf};

use super::*;
use crate::{
    case::{
        flags::Flags,
        format::{At, Call, CallStep, Config, Errno, Expect, ExpectSegment, Inject, IpVersion, Quantity, Returns},
        position::{Bounds, Position, Symbol},
        state::State,
    },
    segment::build::{WireSegment, build},
    target::{Capabilities, Endpoints, Handle, Outcome, Pair, SocketCall},
};

const TARGET: (Ipv4Addr, u16) = (Ipv4Addr::new(192, 0, 2, 1), 80);
const PEER: (Ipv4Addr, u16) = (Ipv4Addr::new(192, 0, 2, 2), 40_000);

/// Answers each injected packet with the next of its replies, `delay` later.
struct Scripted {
    capabilities: Capabilities,
    replies: VecDeque<Vec<u8>>,
    delay: Duration,
    queue: Vec<(Time, Vec<u8>)>,
    now: Time,
    state: ConnState,
    outcome: Outcome,
    refuses: Option<String>,
    /// Breaks down when a packet comes, with these words.
    crashes: Option<String>,
}

impl Scripted {
    fn new(replies: Vec<Vec<u8>>) -> Self {
        Self {
            capabilities: Capabilities {
                version: "1".into(),
                live: false,
                state_is_dear: false,
                granularity: Duration::ZERO,
                wheel: false,
                msl: Duration::from_secs(30),
                host: false,
            },
            replies: replies.into(),
            delay: Duration::ZERO,
            queue: Vec::new(),
            now: Time::ZERO,
            state: ConnState::None { listening: true },
            outcome: Outcome::Ok,
            refuses: None,
            crashes: None,
        }
    }
}

impl Target for Scripted {
    fn name(&self) -> &str {
        "scripted"
    }
    fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }
    fn begin(&mut self, _: &Config) -> Result<Endpoints, Refusal> {
        match &self.refuses {
            Some(reason) => Err(Refusal::Unsupported(reason.clone())),
            None => Ok(Endpoints {
                target: TARGET.into_socket(),
                peer: PEER.into_socket(),
                ..Endpoints::documentation(IpVersion::V4)
            }),
        }
    }
    fn now(&self) -> Time {
        self.now
    }
    fn call(&mut self, _: Handle, _: Pair, _: &SocketCall<'_>) -> Result<Outcome, TargetError> {
        Ok(self.outcome.clone())
    }
    fn inject(&mut self, _: &[u8]) -> Result<(), TargetError> {
        if let Some(words) = self.crashes.clone() {
            return Err(TargetError::Crashed(words));
        }
        if let Some(reply) = self.replies.pop_front() {
            self.queue.push((self.now + self.delay, reply));
        }
        Ok(())
    }
    fn capture(&mut self, into: &mut Vec<Emission>) -> Result<(), TargetError> {
        let now = self.now;
        let due = self.queue.extract_if(.., |(at, _)| *at <= now);
        into.extend(due.map(|(at, packet)| Emission { at, packet, rules: RuleNames::new() }));
        Ok(())
    }
    fn advance(&mut self, until: Time) -> Result<(), TargetError> {
        let next = self.queue.iter().map(|(at, _)| *at).min();
        self.now = next.map_or(until, |next| next.min(until));
        Ok(())
    }
    fn state(&mut self, _: Handle, _: Pair) -> Result<ConnState, TargetError> {
        Ok(self.state)
    }
    fn rto(&mut self, _: Handle, _: Pair) -> Result<Option<Duration>, TargetError> {
        Ok(Some(Duration::from_secs(1)))
    }
    fn end(&mut self) -> Result<(), TargetError> {
        Ok(())
    }
}

trait IntoSocket {
    fn into_socket(self) -> std::net::SocketAddr;
}

impl IntoSocket for (Ipv4Addr, u16) {
    fn into_socket(self) -> std::net::SocketAddr {
        std::net::SocketAddr::new(self.0.into(), self.1)
    }
}

fn reply(flags: Flags, seq: u32, ack: u32, checksum: Option<crate::case::format::Checksum>) -> Vec<u8> {
    build(&WireSegment { flags, seq, ack, checksum, ..wire_reply() })
}

fn wire_reply() -> WireSegment<'static> {
    WireSegment { win: 100, ..WireSegment::empty(TARGET.into_socket(), PEER.into_socket()) }
}

fn case(actions: Vec<Action>) -> Arc<ConcreteCase> {
    let step = |action| Step { action, clauses: Vec::new(), continues: false, note: None };
    let steps = actions.into_iter().map(|action| At { line: 1, value: step(action) }).collect();
    let case = Case { clauses: vec!["MUST-13".parse().unwrap()], steps, ..Case::default() };
    Arc::new(ConcreteCase { id: "t".into(), file: PathBuf::new(), source: "".into(), case, prelude: 0 })
}

/// A packet that no step expects breaks the case, whatever it is.
#[test]
fn what_is_no_tcp_has_to_be_expected_too() {
    let ip = crate::case::format::Ip { protocol: Some(1), ..crate::segment::build::USUAL_IP };
    let echo = crate::segment::icmp::WireIcmp {
        ends: [TARGET.0.into(), PEER.0.into()],
        message: "echo-reply".parse().unwrap(),
        rest: [0, 7, 0, 1],
        body: b"ping",
        checksum: None,
    };
    let message = crate::segment::icmp::build_icmp(&echo);
    let answer = || build(&WireSegment { raw: Some(&message), ip: &ip, ..wire_reply() });
    let expect = |expect| vec![inject(Flags::SYN), Action::Expect(expect)];
    let nothing = run(&mut Scripted::new(vec![answer()]), expect(Expect::InOrder(Vec::new())));
    let (_, finding) = (&nothing.verdict, &nothing.findings[0]);
    assert_eq!((nothing.verdict.clone(), finding.kind), (Verdict::Fail, FindingKind::Unexpected));
    assert_eq!(finding.observed, "ICMP echo-reply id=7 seq=1 len=4");
    let wanted = crate::case::format::ExpectIcmp { id: Some(7), ..Default::default() };
    let wanted = ExpectSegment { icmp: Some(Box::new(wanted)), ..ExpectSegment::default() };
    let host = || {
        let mut target = Scripted::new(vec![answer()]);
        target.capabilities.host = true;
        target
    };
    let met = run(&mut host(), expect(Expect::InOrder(vec![wanted.clone()])));
    assert_eq!(met.verdict, Verdict::Pass);
    let on_no_host = run(&mut Scripted::new(vec![answer()]), expect(Expect::InOrder(vec![wanted])));
    assert!(matches!(on_no_host.verdict, Verdict::Skip(_)), "{:?}", on_no_host.verdict);
}

fn inject(flags: Flags) -> Action {
    Action::Inject(Box::new(Inject { flags, ..Inject::default() }))
}

fn expect(flags: &str) -> Action {
    Action::Expect(Expect::InOrder(vec![segment(flags)]))
}

fn segment(flags: &str) -> ExpectSegment {
    ExpectSegment { flags: Some(flags.parse().unwrap()), ..ExpectSegment::default() }
}

fn run(target: &mut Scripted, actions: Vec<Action>) -> CaseRun {
    run_case(target, &case(actions), Mode::Judge)
}

fn kinds(run: &CaseRun) -> Vec<FindingKind> {
    run.findings.iter().map(|finding| finding.kind).collect()
}

const RST: Flags = Flags::RST;

#[test]
fn what_is_expected_passes() {
    let mut target = Scripted::new(vec![reply(RST, 0, 0, None)]);
    let run = run(&mut target, vec![inject(Flags::ACK), expect("RST")]);
    assert_eq!(run.verdict, Verdict::Pass);
    assert_eq!(run.trace.steps.len(), 2);
    let of_the_first = |event: &&Event| event.step == 0 && matches!(event.kind, EventKind::Emitted { .. });
    let drawn = run.trace.events.iter().filter(of_the_first).count();
    assert_eq!(drawn, 1, "the reply is charged to the step that drew it");
}

#[test]
fn a_crash_is_a_finding_in_its_step_and_ends_the_case() {
    for mode in [Mode::Judge, Mode::Record, Mode::Compare] {
        let mut target = Scripted { crashes: Some("odd\nwords".to_owned()), ..Scripted::new(vec![]) };
        let run = run_case(&mut target, &case(vec![Action::Wait(Span::default()), inject(Flags::ACK)]), mode);
        assert_eq!((run.verdict.clone(), kinds(&run)), (Verdict::Fail, vec![FindingKind::Crash]));
        let crash = run.crash().expect("it crashed");
        assert_eq!((crash.step, crash.level, crash.observed.as_str()), (1, Level::Must, "crash: odd words"));
        assert_eq!(crash.clauses, ["RFC1122#1.2.2".parse().unwrap()]);
        assert_eq!(run.trace.steps.len(), 1, "the step is not over");
        let injected = |event: &Event| matches!(event.kind, EventKind::Injected { .. });
        assert!(run.trace.events.iter().any(injected), "the packet that broke it is in the trace");
    }
}

#[test]
fn silence_where_an_answer_is_due_fails() {
    let run = run(&mut Scripted::new(vec![]), vec![inject(Flags::ACK), expect("RST")]);
    assert_eq!((run.verdict.clone(), kinds(&run)), (Verdict::Fail, vec![FindingKind::Missing]));
}

#[test]
fn what_no_step_spoke_of_fails_at_the_end() {
    let mut target = Scripted::new(vec![reply(RST, 0, 0, None)]);
    let run = run(&mut target, vec![inject(Flags::ACK)]);
    assert_eq!(kinds(&run), [FindingKind::Unexpected]);
}

#[test]
fn a_bad_checksum_is_found_unasked() {
    let mut target = Scripted::new(vec![reply(RST, 0, 0, Some(crate::case::format::Checksum::Bad))]);
    let run = run(&mut target, vec![inject(Flags::ACK), expect("RST")]);
    assert_eq!(kinds(&run), [FindingKind::Invariant]);
    assert_eq!(run.findings[0].clauses[0].as_str(), "MUST-2");
    assert_eq!(run.findings[0].observed, "breaks checksum-right: another TCP checksum");
}

#[test]
fn a_wrong_state_and_a_wrong_outcome_fail() {
    let check = StateCheck { on: None, any_of: vec![State::Established] };
    let run_state = run(&mut Scripted::new(vec![]), vec![Action::State(check)]);
    assert_eq!(kinds(&run_state), [FindingKind::State]);
    assert_eq!(run_state.findings[0].observed, "state LISTEN");
    let mut target = Scripted::new(vec![]);
    target.outcome = Outcome::Error(Errno::EPIPE);
    let call = CallStep { on: None, call: Call::Recv { max: None }, returns: Some(Returns::Eof) };
    let run_call = run(&mut target, vec![Action::Call(call)]);
    assert_eq!(kinds(&run_call), [FindingKind::Outcome]);
    assert_eq!(run_call.findings[0].observed, "returns EPIPE");
}

#[test]
fn a_failed_step_ends_the_case_but_not_the_recording() {
    let actions = || vec![inject(Flags::ACK), expect("RST"), inject(Flags::ACK), expect("RST")];
    let judged = run(&mut Scripted::new(vec![]), actions());
    assert_eq!((judged.trace.steps.len(), judged.findings.len()), (2, 1));
    let recorded = run_case(&mut Scripted::new(vec![]), &case(actions()), Mode::Record);
    assert_eq!((recorded.trace.steps.len(), recorded.findings.len()), (4, 2));
}

#[test]
fn continue_goes_on() {
    let mut going = (*case(vec![expect("RST"), expect("RST")])).clone();
    going.case.steps[0].value.continues = true;
    let run = run_case(&mut Scripted::new(vec![]), &Arc::new(going), Mode::Judge);
    assert_eq!(run.findings.len(), 2);
}

#[test]
fn a_broken_prelude_is_inconclusive() {
    let mut broken = (*case(vec![expect("RST"), expect("RST")])).clone();
    broken.prelude = 1;
    broken.case.given = Some(State::Established);
    let run = run_case(&mut Scripted::new(vec![]), &Arc::new(broken), Mode::Judge);
    assert!(matches!(run.verdict, Verdict::Inconclusive(reason) if reason.contains("ESTABLISHED")));
}

#[test]
fn a_symbol_nobody_knows_is_inconclusive() {
    let seq = Some(Bounds::Exactly(Position::symbol(Symbol::RcvWnd, 0)));
    let mut target = Scripted::new(vec![reply(RST, 0, 0, None)]);
    let expected = ExpectSegment { seq, ..segment("RST") };
    let run = run(&mut target, vec![inject(Flags::ACK), Action::Expect(Expect::InOrder(vec![expected]))]);
    assert!(matches!(run.verdict, Verdict::Inconclusive(_)));
}

#[test]
fn a_switch_the_target_lacks_is_a_skip() {
    let mut target = Scripted::new(vec![]);
    target.refuses = Some("no such thing".into());
    assert_eq!(run(&mut target, vec![]).verdict, Verdict::Skip("no such thing".into()));
}

#[test]
fn time_passes_only_as_far_as_needed() {
    let mut target = Scripted::new(vec![reply(RST, 0, 0, None)]);
    target.delay = Duration::from_millis(200);
    let within = Some(Span { nanos: 500_000_000, ..Span::default() });
    let late = ExpectSegment { within, ..segment("RST") };
    let run = run(&mut target, vec![inject(Flags::ACK), Action::Expect(Expect::InOrder(vec![late]))]);
    assert_eq!(run.verdict, Verdict::Pass);
    assert_eq!(target.now, Duration::from_millis(200));
}

#[test]
fn spans_are_the_targets_own() {
    let span = Span { two_msl: 1, rto: -2, nanos: 5 };
    assert_eq!(resolve(span, Duration::from_secs(60), Duration::from_secs(1)), Duration::new(58, 5));
    assert_eq!(resolve(Span { nanos: -1, ..span }, Duration::ZERO, Duration::ZERO), Duration::ZERO);
    let mut target = Scripted::new(vec![]);
    run(&mut target, vec![Action::Wait(Span { two_msl: 1, rto: 1, nanos: 0 })]);
    assert_eq!(target.now, Duration::from_secs(61));
}

#[test]
fn kept_quantities_are_compared() {
    let save = |name: &str| Action::Save([(name.to_owned(), Quantity::Time)].into());
    let check = |low, high| {
        Action::Check(crate::case::format::Comparison { left: "b".into(), right: Some("a".into()), low, high })
    };
    let wait = Action::Wait(Span { nanos: 1_000_000, ..Span::default() });
    let good = run(&mut Scripted::new(vec![]), vec![save("a"), wait.clone(), save("b"), check(1000, 1000)]);
    assert_eq!(good.verdict, Verdict::Pass);
    let bad = run(&mut Scripted::new(vec![]), vec![save("a"), wait, save("b"), check(1001, 2000)]);
    assert_eq!(kinds(&bad), [FindingKind::Comparison]);
}

#[test]
fn an_answer_to_a_source_no_host_can_have_is_told_in_relative_numbers() {
    let mut answer = WireSegment { flags: Flags::SYN, seq: 7777, ..wire_reply() };
    (answer.destination, answer.destination_port) = (Ipv4Addr::new(192, 0, 2, 255).into(), PEER.1 + 1);
    let mut target = Scripted::new(vec![build(&answer)]);
    let from = Some(crate::case::format::AddressName::SubnetBroadcast);
    let impostor = Inject { on: Some("impostor".into()), from, flags: Flags::SYN, ..Inject::default() };
    let run = run(&mut target, vec![Action::Inject(Box::new(impostor))]);
    let unexpected = run.findings.iter().find(|finding| finding.kind == FindingKind::Unexpected);
    assert_eq!(unexpected.map(|finding| finding.observed.as_str()), Some("SYN seq=0"));
    // No host has that address: whatever is sent there breaks an invariant, too.
    assert_eq!(kinds(&run).iter().filter(|kind| **kind == FindingKind::Invariant).count(), 1);
}

#[test]
fn a_dear_state_is_asked_for_only_where_it_is_looked_at() {
    let check = StateCheck { on: None, any_of: vec![State::Closed] };
    let actions = || vec![inject(Flags::ACK), Action::State(check.clone()), inject(Flags::ACK), inject(Flags::ACK)];
    let known = |dear: bool, mode: Mode| -> Vec<bool> {
        let mut target = Scripted::new(vec![]);
        target.capabilities.state_is_dear = dear;
        let run = run_case(&mut target, &case(actions()), mode);
        run.trace.steps.iter().map(|record| record.state.is_some()).collect()
    };
    assert_eq!(known(true, Mode::Compare), [false, true, false, true]);
    assert_eq!(known(false, Mode::Compare), [true; 4]);
    assert_eq!(known(true, Mode::CompareStates), [true; 4]);
    assert_eq!(known(true, Mode::Record), [true; 4]);
}

/// What a campaign finds is recorded again: there the words are.
#[test]
fn a_comparing_run_asks_once_for_each_moment_and_makes_no_words() {
    let silence = || Action::Expect(Expect::InOrder(Vec::new()));
    let recv = || Action::Call(CallStep { on: None, call: Call::Recv { max: None }, returns: None });
    let actions = || vec![inject(Flags::ACK), silence(), recv(), inject(Flags::ACK)];
    let run = |mode: Mode| {
        let mut target = Scripted::new(vec![build(&WireSegment { flags: RST, ..wire_reply() })]);
        run_case(&mut target, &case(actions()), mode)
    };
    for compared in [Mode::Compare, Mode::CompareStates].map(run) {
        asks_once_and_makes_no_words(&run(Mode::Record), &compared);
    }
}

fn asks_once_and_makes_no_words(recorded: &CaseRun, compared: &CaseRun) {
    let known = |run: &CaseRun| run.trace.steps.iter().map(|record| record.state.is_some()).collect::<Vec<_>>();
    assert_eq!((known(recorded), known(compared)), (vec![true; 4], vec![false, true, true, true]));
    let told = |run: &CaseRun| run.findings.iter().map(|finding| (finding.step, finding.kind)).collect::<Vec<_>>();
    assert_eq!(told(recorded), told(compared));
    assert!(recorded.findings.iter().all(|finding| !finding.observed.is_empty()));
    let of_the_case = |finding: &&Finding| finding.kind != FindingKind::Invariant;
    assert!(compared.findings.iter().filter(of_the_case).all(|finding| finding.observed.is_empty()));
    assert!(compared.findings.iter().any(|finding| finding.kind == FindingKind::Unexpected));
}
