use std::collections::HashSet;

use super::*;
use crate::campaign::discovery::Standing;

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
