use std::sync::atomic::{AtomicBool, Ordering};

use super::*;
use crate::{
    campaign::engine::{Plan, run},
    fiber::tests::Plain,
    generate::script::Script,
    target::spec::{TargetOptions, TargetSpec},
};

fn turns(workers: usize) -> TakingTurns {
    TakingTurns { workers, maker: Arc::new(|| Ok(Box::new(Plain::new().0))) }
}

fn plan(folder: &std::path::Path) -> Plan {
    let [left, right] = ["rfc9293", "rfc793"].map(TargetSpec::Reference);
    Plan::between(&left, &right, TargetOptions::default(), folder)
}

/// They share what is tried and what was seen.
#[test]
fn workers_that_take_turns_try_each_input_once() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut rng = fastrand::Rng::with_seed(7);
    let bytes = std::iter::repeat_with(|| std::iter::repeat_with(|| rng.u8(..)).take(80).collect::<Vec<_>>());
    let seeds: Vec<Script> = bytes.take(30).map(|bytes| Script::decode(&bytes)).collect();
    let tried = |turns: Option<TakingTurns>| {
        let plan = Plan { turns, executions: Some(30), seeds: seeds.clone(), ..plan(folder.path()) };
        let ended = run(&plan, &AtomicBool::new(false), &mut |_| {}).expect("it runs");
        (ended.counts.executions, ended.counts.compared, ended.counts.equal, ended.counts.steps, ended.triples)
    };
    let one = tried(None);
    assert_eq!(one.0, 30);
    assert_eq!(tried(Some(turns(3))), one);
    // There is always one.
    assert_eq!(tried(Some(turns(0))), one);
}

#[test]
fn a_worker_that_cannot_begin_ends_all() {
    let folder = tempfile::tempdir().expect("a folder");
    let usual = plan(folder.path());
    let opened: &'static AtomicBool = Box::leak(Box::default());
    let [left, right] = usual.targets.clone();
    // The first can, the second cannot, though the first is done before the second begins: nothing stops it.
    let right = Arc::new(move || {
        if opened.swap(true, Ordering::Relaxed) { Err(TargetError::Broken("no more".to_owned())) } else { right() }
    });
    let plan = Plan { targets: [left, right], turns: Some(turns(3)), executions: Some(30), ..usual };
    let error = run(&plan, &AtomicBool::new(false), &mut |_| {}).err().map(|error| error.to_string());
    assert!(error.as_ref().is_some_and(|error| error.contains("no more")), "{error:?}");
}
