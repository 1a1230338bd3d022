use std::collections::{BTreeSet, HashSet};

use super::*;
use crate::campaign::{discovery::Standing, engine};

fn noise(seed: u64) -> Vec<u8> {
    let mut rng = fastrand::Rng::with_seed(seed);
    (0..160).map(|_| rng.u8(..)).collect()
}

#[test]
fn each_new_way_to_part_comes_back_once_and_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let mut fuzzed = Fuzzed::against(&TargetSpec::Smoltcp, folder.path(), folder.path()).unwrap();
    let mut triples = HashSet::new();
    let mut run = |triples: &mut HashSet<Triple>| -> Vec<Discovery> {
        (0..200)
            .flat_map(|seed| {
                fuzzed.execute(&noise(seed), &mut |triple| {
                    triples.insert(triple);
                })
            })
            .collect()
    };
    let first = run(&mut triples);
    assert!(first.len() > 1, "{first:?}");
    for found in &first {
        assert!(found.standing == Standing::New && found.file.as_ref().unwrap().exists());
    }
    let seen = triples.len();
    assert!(seen > 100, "{seen} triples");
    assert_eq!(run(&mut triples).len(), 0, "seen before");
    assert_eq!(triples.len(), seen, "the same inputs do the same");
}

/// The suite of this project.
fn cases() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../cases")
}

#[test]
fn a_fuzzer_s_inputs_are_judged_as_a_campaign_judges_them() {
    let folder = tempfile::tempdir().unwrap();
    let scripts: Vec<Vec<u8>> = (0..150).map(noise).collect();
    let new = |found: &[Discovery]| -> BTreeSet<String> {
        found.iter().filter(|found| found.standing == Standing::New).map(|found| found.key.to_string()).collect()
    };
    let fuzzed_at = |suite: &Path| {
        let mut fuzzed = Fuzzed::against(&TargetSpec::Smoltcp, suite, folder.path()).unwrap();
        let found: Vec<_> = scripts.iter().flat_map(|bytes| fuzzed.execute(bytes, &mut |_| {})).collect();
        new(&found)
    };
    let [left, right] = [TargetSpec::Reference("rfc9293"), TargetSpec::Smoltcp];
    let ledger =
        |target: &TargetSpec| Ledger::read(&cases().join("ledger").join(format!("{}.yaml", target.ledger_name()))).0;
    let suite: Vec<_> = discover(&[cases()]).cases.into_iter().map(Arc::new).collect();
    let usual = Plan::between(&left, &right, TargetOptions::default(), folder.path());
    let plan = Plan {
        seeds: scripts.iter().map(|bytes| Script::decode(bytes)).collect(),
        executions: Some(scripts.len() as u64),
        ..usual.knowing(&suite, [Ledger::default(), ledger(&right)])
    };
    let ended = engine::run(&plan, &AtomicBool::new(false), &mut |_| {}).unwrap();

    let (knowing, ignorant) = (fuzzed_at(&cases()), fuzzed_at(folder.path()));
    assert_eq!(knowing, new(&ended.discoveries));
    assert!(ignorant.len() > knowing.len() + 10, "{} without the suite, {} with it", ignorant.len(), knowing.len());
}
