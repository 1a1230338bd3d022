use std::collections::BTreeSet;

use fastrand::Rng;
use proptest::prelude::*;

use super::*;

fn script(records: usize) -> Script {
    let mut rng = Rng::with_seed(records as u64);
    let records = (0..records).map(|_| new_record(&mut rng)).collect();
    Script { header: Header::default(), records }
}

proptest! {
    #[test]
    fn the_mutator_stays_in_its_room_and_repeats_itself(
        bytes in proptest::collection::vec(any::<u8>(), 0..1200),
        max in 0..1200_usize,
        seed: u32,
    ) {
        let mutated = |()| {
            let mut data = bytes.clone();
            data.resize(max.max(bytes.len()), 0);
            let len = fuzz_mutate(&mut data, bytes.len(), max, seed);
            data.truncate(len);
            data
        };
        let once = mutated(());
        prop_assert!(once.len() <= max);
        prop_assert_eq!(&once, &mutated(()));
        let mut child = vec![0; max];
        let len = fuzz_crossover(&bytes, &once, &mut child, seed);
        prop_assert!(len <= max);
    }
}

#[test]
fn every_kind_of_change_comes_up() {
    let before = script(6);
    let mut seen = BTreeSet::new();
    for seed in 0..2000 {
        let mut after = before.clone();
        change(&mut after, &mut Rng::with_seed(seed));
        let multiset = |script: &Script| {
            let mut records: Vec<_> = script.records.iter().map(|record| record.0).collect();
            records.sort_unstable();
            records
        };
        let differing = || before.records.iter().zip(&after.records).filter(|(a, b)| a != b).count();
        seen.insert(match after.records.len() {
            5 => "drop",
            7 if multiset(&after).windows(2).any(|pair| pair[0] == pair[1]) => "repeat",
            7 => "insert",
            _ if after.header != before.header => "header",
            _ if after.records == before.records => "nothing",
            _ if multiset(&after) == multiset(&before) => {
                if differing() == 2 {
                    "swap"
                } else {
                    "move"
                }
            }
            _ => "tweak",
        });
    }
    let all = ["drop", "header", "insert", "move", "nothing", "repeat", "swap", "tweak"];
    assert_eq!(seen.into_iter().collect::<Vec<_>>(), all);
}

#[test]
fn a_tweak_changes_one_byte_that_the_step_reads() {
    let wait = Record::new(Kind::Wait);
    for seed in 0..500 {
        let mut tweaked = wait;
        tweak(&mut tweaked, &mut Rng::with_seed(seed));
        let changed: Vec<_> = (0..RECORD).filter(|&at| tweaked.0[at] != wait.0[at]).collect();
        assert!(changed.len() <= 1, "{changed:?}");
        assert!(changed.iter().all(|&at| fields(Kind::Wait).iter().any(|field| *field as usize == at)), "{changed:?}");
    }
}

#[test]
fn a_child_has_steps_of_both() {
    let (one, other) = (script(4), script(5));
    let mixed = (0..50).filter(|&seed| {
        let child = cross(&one, &other, &mut Rng::with_seed(seed));
        let of = |parent: &Script| child.records.iter().any(|record| parent.records.contains(record));
        of(&one) && of(&other)
    });
    assert!(mixed.count() > 25);
    let long = cross(&script(64), &script(63), &mut Rng::with_seed(3));
    assert!(long.records.len() <= MOST_STEPS);
}
