use std::{
    collections::HashMap,
    ops::ControlFlow,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use super::{Ended, LOOK_UP, Opener, Pool, Review};
use crate::{
    case::format::{ConcreteCase, Config},
    run::Mode,
    sample,
    target::{
        Capabilities, ConnState, Emission, Endpoints, Handle, Outcome, Pair, Refusal, SocketCall, Target, TargetError,
        Time,
        spec::{TargetOptions, TargetSpec},
    },
    trace::event::{CaseRun, Verdict},
};

/// What a scripted target does wrong, and what it was asked.
#[derive(Default)]
struct Script {
    /// Claims to be live.
    live: bool,
    /// Its clock runs so much too fast after the first `advance` of a case, so many times.
    late: Mutex<usize>,
    /// Its clock jumps by so much with every packet: the machine stood still.
    jumps: Duration,
    /// Every case takes at least this long in real time.
    takes: Duration,
    /// Panics in `begin` of cases with this backlog.
    panics_at: Option<u32>,
    /// Crashes at the first packet of cases with this backlog.
    crashes_at: Option<u32>,
    /// So many opens succeed.
    opens_left: Option<AtomicUsize>,
    opened: AtomicUsize,
    began: AtomicUsize,
}

/// The reference stack in the clothes of a live target.
struct Scripted {
    inner: Box<dyn Target>,
    script: Arc<Script>,
    capabilities: Capabilities,
    swallow: bool,
    jumped: Duration,
    crashes: bool,
}

impl Target for Scripted {
    fn name(&self) -> &str {
        "scripted"
    }
    fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }
    fn begin(&mut self, config: &Config) -> Result<Endpoints, Refusal> {
        self.script.began.fetch_add(1, Ordering::Relaxed);
        self.crashes = self.script.crashes_at.is_some() && config.backlog == self.script.crashes_at;
        std::thread::sleep(self.script.takes);
        assert!(self.script.panics_at.is_none() || config.backlog != self.script.panics_at, "scripted panic");
        let mut late = self.script.late.lock().expect("no panic holds it");
        self.swallow = *late > 0;
        *late = late.saturating_sub(1);
        self.inner.begin(config)
    }
    fn now(&self) -> Time {
        self.inner.now() + self.jumped
    }
    fn call(&mut self, on: Handle, pair: Pair, call: &SocketCall<'_>) -> Result<Outcome, TargetError> {
        self.inner.call(on, pair, call)
    }
    fn inject(&mut self, packet: &[u8]) -> Result<(), TargetError> {
        self.jumped += self.script.jumps;
        if self.crashes { Err(TargetError::Crashed("scripted".to_owned())) } else { self.inner.inject(packet) }
    }
    fn capture(&mut self, into: &mut Vec<Emission>) -> Result<(), TargetError> {
        let before = into.len();
        self.inner.capture(into)?;
        if self.swallow {
            into.truncate(before);
        }
        Ok(())
    }
    fn advance(&mut self, until: Time) -> Result<(), TargetError> {
        self.inner.advance(until)
    }
    fn state(&mut self, on: Handle, pair: Pair) -> Result<ConnState, TargetError> {
        self.inner.state(on, pair)
    }
    fn rto(&mut self, on: Handle, pair: Pair) -> Result<Option<Duration>, TargetError> {
        self.inner.rto(on, pair)
    }
    fn end(&mut self) -> Result<(), TargetError> {
        self.inner.end()
    }
}

fn opener(script: &Arc<Script>) -> Arc<Opener> {
    let script = Arc::clone(script);
    Arc::new(move || {
        if let Some(left) = &script.opens_left
            && left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_err()
        {
            return Err(TargetError::Permission("not allowed; ask somebody".to_owned()));
        }
        script.opened.fetch_add(1, Ordering::Relaxed);
        let inner = TargetSpec::Reference("rfc9293").open(TargetOptions::default())?;
        let capabilities = Capabilities { live: script.live, ..inner.capabilities().clone() };
        Ok(Box::new(Scripted {
            inner,
            script: Arc::clone(&script),
            capabilities,
            swallow: false,
            jumped: Duration::ZERO,
            crashes: false,
        }))
    })
}

fn pool(script: &Arc<Script>, jobs: Option<usize>) -> Pool {
    Pool { open: opener(script), jobs, max_wait: None, mode: Mode::Judge, look_up: LOOK_UP }
}

/// A case per value of `$n` that answers at once.
fn quick(count: usize) -> Vec<Arc<ConcreteCase>> {
    many(count, "  - expect: { flags: SYN+ACK }\n")
}

/// A case per value that waits for its answer.
fn waiting(count: usize) -> Vec<Arc<ConcreteCase>> {
    many(count, "  - expect: { flags: SYN+ACK, within: 10ms }\n")
}

fn many(count: usize, expect: &str) -> Vec<Arc<ConcreteCase>> {
    let numbers: Vec<_> = (1..=count).map(|number| number.to_string()).collect();
    let text = format!(
        "title: a listener answers\nclauses: [MUST-13]\nmatrix: {{ n: [{}] }}\nconfig: {{ backlog: $n }}\nsteps:\n  - call: listen\n  - inject: {{ flags: SYN, seq: 0 }}\n{expect}",
        numbers.join(", ")
    );
    sample::cases(&text)
}

/// Runs and gives the verdicts in the order they were reported.
fn verdicts(pool: &Pool, cases: &[Arc<ConcreteCase>]) -> (Vec<(String, Verdict)>, Result<Ended, TargetError>) {
    let mut seen = Vec::new();
    let ended = pool.run(cases, &AtomicBool::new(false), &mut |_, run| judge(run), &mut |run| {
        seen.push((run.case.id.clone(), run.verdict));
        ControlFlow::Continue(())
    });
    (seen, ended)
}

fn judge(run: &CaseRun) -> Review {
    if run.verdict == Verdict::Pass { Review::Settled } else { Review::Bad }
}

#[track_caller]
fn all_pass(pool: &Pool, cases: &[Arc<ConcreteCase>]) {
    let (seen, ended) = verdicts(pool, cases);
    let ids: Vec<_> = cases.iter().map(|case| case.id.clone()).collect();
    assert_eq!(seen.iter().map(|(id, _)| id.clone()).collect::<Vec<_>>(), ids, "the order of the cases");
    assert!(seen.iter().all(|(_, verdict)| *verdict == Verdict::Pass), "{seen:?}");
    assert_eq!(ended.expect("a target").not_run, 0);
}

#[test]
fn results_come_in_the_order_of_the_cases() {
    for (live, jobs) in [(false, None), (false, Some(3)), (true, None), (true, Some(4)), (true, Some(1))] {
        let script = Arc::new(Script { live, ..Script::default() });
        let mut cases = quick(5);
        cases.extend(waiting(5));
        all_pass(&pool(&script, jobs), &cases);
    }
}

#[test]
fn one_worker_is_enough_in_virtual_time() {
    let script = Arc::new(Script::default());
    all_pass(&pool(&script, None), &waiting(9));
    assert_eq!(script.opened.load(Ordering::Relaxed), 1);
}

#[test]
fn no_more_targets_are_opened_than_there_are_waiting_cases() {
    let script = Arc::new(Script { live: true, ..Script::default() });
    all_pass(&pool(&script, Some(50)), &waiting(3));
    assert_eq!(script.opened.load(Ordering::Relaxed), 3);
}

#[test]
fn nothing_to_run_opens_nothing() {
    let script = Arc::new(Script::default());
    all_pass(&pool(&script, None), &[]);
    assert_eq!(script.opened.load(Ordering::Relaxed), 0);
}

#[test]
fn a_late_machine_gets_a_second_chance_alone() {
    let script = Arc::new(Script { live: true, late: Mutex::new(1), ..Script::default() });
    all_pass(&pool(&script, Some(1)), &waiting(3));
    assert_eq!(script.began.load(Ordering::Relaxed), 4, "three cases, one of them twice");
}

#[test]
fn the_second_chance_is_the_last() {
    let script = Arc::new(Script { live: true, late: Mutex::new(usize::MAX), ..Script::default() });
    let (seen, _) = verdicts(&pool(&script, Some(1)), &waiting(2));
    assert!(seen.iter().all(|(_, verdict)| *verdict == Verdict::Fail), "{seen:?}");
    // More where the machine on which this runs was late itself.
    assert!(script.began.load(Ordering::Relaxed) >= 4);
}

#[test]
fn while_the_machine_is_late_nothing_is_decided() {
    let jumps = Duration::from_millis(9);
    let script = Arc::new(Script { live: true, late: Mutex::new(5), jumps, ..Script::default() });
    all_pass(&pool(&script, Some(1)), &waiting(1));
    assert_eq!(script.began.load(Ordering::Relaxed), 6);

    let script = Arc::new(Script { live: true, late: Mutex::new(usize::MAX), jumps, ..Script::default() });
    let (seen, _) = verdicts(&pool(&script, Some(1)), &waiting(1));
    assert!(matches!(&seen[0].1, Verdict::Inconclusive(why) if why.contains("too busy")), "{seen:?}");
    assert_eq!(script.began.load(Ordering::Relaxed), 1 + super::ROUNDS);
}

#[test]
fn a_case_that_does_not_wait_counts_at_once_and_so_does_virtual_time() {
    for (live, cases) in [(true, quick(2)), (false, waiting(2))] {
        let script = Arc::new(Script { live, late: Mutex::new(usize::MAX), ..Script::default() });
        let (seen, _) = verdicts(&pool(&script, Some(1)), &cases);
        assert!(seen.iter().all(|(_, verdict)| *verdict == Verdict::Fail), "{seen:?}");
        assert_eq!(script.began.load(Ordering::Relaxed), 2, "live: {live}");
    }
}

#[test]
fn a_machine_that_stood_still_gives_a_second_chance_to_a_case_that_does_not_wait() {
    let takes = Duration::from_millis(40);
    let script = Arc::new(Script { live: true, late: Mutex::new(1), takes, ..Script::default() });
    all_pass(&pool(&script, Some(1)), &quick(2));
    assert_eq!(script.began.load(Ordering::Relaxed), 3);
}

#[test]
fn an_early_timer_counts_at_once() {
    // The answer comes at once, so a case that wants it later has an early finding.
    let script = Arc::new(Script { live: true, ..Script::default() });
    let cases = many(2, "  - expect: { flags: SYN+ACK, after: 10ms }\n");
    let (seen, _) = verdicts(&pool(&script, Some(1)), &cases);
    assert!(seen.iter().all(|(_, verdict)| *verdict == Verdict::Fail), "{seen:?}");
    assert_eq!(script.began.load(Ordering::Relaxed), 2);
}

#[test]
fn what_is_settled_is_not_run_again() {
    let script = Arc::new(Script { live: true, late: Mutex::new(usize::MAX), ..Script::default() });
    let mut reported = HashMap::new();
    let ended = pool(&script, Some(1)).run(
        &waiting(2),
        &AtomicBool::new(false),
        &mut |_, run| {
            run.verdict = Verdict::Known("in the ledger".to_owned());
            Review::Settled
        },
        &mut |run| {
            reported.insert(run.case.id.clone(), run.verdict);
            ControlFlow::Continue(())
        },
    );
    assert_eq!(ended.expect("a target").not_run, 0);
    assert!(reported.values().all(|verdict| matches!(verdict, Verdict::Known(_))), "{reported:?}");
    assert_eq!(script.began.load(Ordering::Relaxed), 2);
}

#[test]
fn a_panic_is_the_error_of_its_case_alone() {
    let script = Arc::new(Script { panics_at: Some(2), ..Script::default() });
    let (seen, _) = verdicts(&pool(&script, None), &quick(3));
    assert_eq!(seen[0].1, Verdict::Pass);
    assert!(matches!(&seen[1].1, Verdict::Error(reason) if reason.contains("scripted panic")), "{seen:?}");
    assert_eq!(seen[2].1, Verdict::Pass);
    assert_eq!(script.opened.load(Ordering::Relaxed), 2, "the next case gets a fresh target");
}

#[test]
fn a_crash_is_the_finding_of_its_case_alone() {
    let script = Arc::new(Script { crashes_at: Some(2), ..Script::default() });
    let (seen, _) = verdicts(&pool(&script, None), &quick(3));
    let verdicts: Vec<_> = seen.into_iter().map(|(_, verdict)| verdict).collect();
    assert_eq!(verdicts, [Verdict::Pass, Verdict::Fail, Verdict::Pass]);
    assert_eq!(script.opened.load(Ordering::Relaxed), 2, "the next case gets a fresh target");
}

#[test]
fn a_target_that_cannot_be_opened_is_the_error() {
    let script = Arc::new(Script { opens_left: Some(AtomicUsize::new(0)), ..Script::default() });
    let (seen, ended) = verdicts(&pool(&script, None), &quick(3));
    assert!(seen.is_empty());
    assert!(matches!(ended, Err(TargetError::Permission(text)) if text.contains("ask somebody")));
}

#[test]
fn when_the_last_worker_is_lost_the_rest_are_errors() {
    let script = Arc::new(Script { panics_at: Some(1), opens_left: Some(AtomicUsize::new(1)), ..Script::default() });
    let (seen, ended) = verdicts(&pool(&script, None), &quick(3));
    assert_eq!(seen.len(), 3);
    assert!(matches!(&seen[2].1, Verdict::Error(reason) if reason.contains("ask somebody")), "{seen:?}");
    assert_eq!(ended.expect("it began").not_run, 0);
}

#[test]
fn a_wait_that_is_too_long_is_skipped_on_a_live_target_only() {
    let cases = many(1, "  - expect: { flags: SYN+ACK, within: 2m }\n");
    let script = Arc::new(Script { live: true, ..Script::default() });
    let (seen, _) = verdicts(&pool(&script, None), &cases);
    assert!(matches!(&seen[0].1, Verdict::Skip(reason) if reason.contains("120 s")), "{seen:?}");
    let patient = Pool { max_wait: Some(Duration::from_secs(120)), ..pool(&script, None) };
    all_pass(&patient, &cases);
    all_pass(&pool(&Arc::new(Script::default()), None), &cases);
}

#[test]
fn a_run_that_is_stopped_reports_what_it_has() {
    let script = Arc::new(Script::default());
    let stop = AtomicBool::new(false);
    let mut reported = 0;
    let ended = pool(&script, None)
        .run(
            &quick(20),
            &stop,
            &mut |index, run| {
                stop.fetch_or(index == 4, Ordering::Relaxed);
                judge(run)
            },
            &mut |_| {
                reported += 1;
                ControlFlow::Continue(())
            },
        )
        .expect("a target");
    assert_eq!((reported, ended.not_run), (5, 15));
}

#[test]
fn a_report_that_breaks_off_ends_the_run() {
    let script = Arc::new(Script { takes: Duration::from_millis(10), ..Script::default() });
    let mut reported = 0;
    let ended = pool(&script, None)
        .run(&quick(20), &AtomicBool::new(false), &mut |_, run| judge(run), &mut |_| {
            reported += 1;
            if reported == 3 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })
        .expect("a target");
    assert_eq!((reported, ended.not_run), (3, 17));
    assert!(script.began.load(Ordering::Relaxed) < 20, "what nobody waits for is not run");
}
