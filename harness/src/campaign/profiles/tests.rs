use std::collections::BTreeMap;

use super::*;

fn noise(seed: u64) -> Vec<u8> {
    let mut rng = fastrand::Rng::with_seed(seed);
    (0..rng.usize(32..320)).map(|_| rng.u8(..)).collect()
}

#[test]
fn the_list_names_every_switch_that_differs_and_no_other() {
    let (old, mut new) = (Profile::rfc793(), Profile::rfc9293());
    for difference in DIFFERENCES {
        let before = new.clone();
        (difference.set)(&mut new, &old);
        assert_ne!(before, new, "{} is the same in both", difference.switch);
    }
    assert_eq!(Profile { name: "rfc793", ..new }, old);
}

#[test]
fn the_profiles_part_only_where_a_listed_switch_parts_them() {
    let mut profiles = Profiles::open().unwrap();
    let mut times = BTreeMap::<_, usize>::new();
    for seed in 0..1000 {
        if let Parted::By(difference) = profiles.execute(&noise(seed), &mut |_| ()) {
            *times.entry(difference.switch).or_default() += 1;
        }
    }
    println!("{times:?}");
    assert!(times.len() > 6 && times.values().sum::<usize>() > 200, "{times:?}");
}

#[test]
#[should_panic(expected = "the profiles part for no reason listed")]
fn a_difference_that_is_not_listed_is_found() {
    let patient = Profile { initial_rto: std::time::Duration::from_secs(2), ..Profile::rfc793() };
    let mut profiles = Profiles::of(&patient, DIFFERENCES).unwrap();
    for seed in 0..1000 {
        profiles.execute(&noise(seed), &mut |_| ());
    }
}
