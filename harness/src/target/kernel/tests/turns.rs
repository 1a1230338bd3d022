//! Several targets on one thread, each in a fiber.

use std::{
    cell::Cell,
    path::Path,
    sync::{Arc, PoisonError},
};

use super::*;
use crate::{
    case::load::load_file,
    fiber::{self, tests::Plain},
    run::{Mode, run_case},
    trace::event::Verdict,
};

/// Cases of the suite that a kernel passes without waiting: active and passive opens, notices of urgent data, datagrams, a
/// device of another kind.
const CASES: [&str; 8] = [
    "tcp/handshake/active-open.yaml",
    "tcp/handshake/passive-open.yaml",
    "tcp/handshake/two-connections.yaml",
    "tcp/handshake/on-ethernet.yaml",
    "tcp/urgent/notified-before-text.yaml",
    "tcp/urgent/send.yaml",
    "udp/closed-port.yaml",
    "udp/echo.yaml",
];

/// Each has a namespace of its own, though all share one thread.
#[test]
fn cases_go_as_they_do_alone_when_targets_take_turns() {
    // One more, which says whether the system allows any.
    with_target(KernelConfig::Conformance, |_| {
        let suite = Path::new(env!("CARGO_MANIFEST_DIR")).join("../cases");
        let load = |file: &&str| load_file(&suite.join(file), &suite).expect("cases");
        let cases: Vec<_> = CASES.iter().flat_map(load).map(Arc::new).collect();
        let (maker, lists) = Plain::new();
        let runs = Cell::new(0);
        let worker = || {
            let open = || KernelTarget::open(KernelOptions::default()).expect("as the first");
            let mut kernel = fiber::alone(open);
            for case in &cases {
                let run = run_case(&mut kernel, case, Mode::Judge);
                assert_eq!(run.verdict, Verdict::Pass, "{}: {:?}", case.id, run.findings);
                runs.set(runs.get() + 1);
            }
        };
        let workers = (0..4).map(|_| Box::new(worker) as Box<dyn FnOnce() + '_>);
        fiber::run(workers.collect(), Box::new(maker)).expect("calls can be made");
        assert_eq!(runs.get(), 4 * cases.len());
        let lists = lists.lock().unwrap_or_else(PoisonError::into_inner);
        let full = lists.iter().filter(|&&calls| calls >= 4).count();
        assert!(full > lists.len() / 2, "{full} of {} lists had a call of each", lists.len());
    });
}
