use fastrand::Rng;

use super::*;

fn noise(seed: u64, len: usize) -> Vec<u8> {
    let mut rng = Rng::with_seed(seed);
    (0..len).map(|_| rng.u8(..)).collect()
}

#[test]
fn whatever_the_link_does_bytes_arrive_or_somebody_is_told() {
    let (mut whole, mut cut_short, mut arrived, mut faults) = (0, 0, 0, 0);
    for seed in 0..3000 {
        let outcome = stack_pair(&noise(seed, 60 + 80 * (seed as usize % 4)));
        *(if outcome.cut_short { &mut cut_short } else { &mut whole }) += 1;
        arrived += outcome.arrived;
        faults += outcome.faults;
    }
    println!("{whole} whole, {cut_short} cut short, {arrived} bytes arrived, {faults} faults of the link");
    assert!(whole > 300 && cut_short > 300, "{whole} whole, {cut_short} cut short");
    assert!(arrived > 1_000_000 && faults > 10_000, "{arrived} bytes, {faults} faults");
}

#[test]
fn a_sound_link_carries_everything() {
    // Both send, everything is delivered, again and again.
    let outcome = stack_pair(&[0, 0, 0x12, 0x13, 0x12, 0x13, 0, 200, 1, 100, 0x12, 0x13, 0x12, 0x13, 0, 9, 1, 9]);
    assert_eq!(outcome, Outcome { arrived: 3201 + 1601 + 145 + 145, cut_short: false, faults: 0 });
}

#[test]
fn the_same_bytes_do_the_same() {
    for seed in 0..50 {
        assert_eq!(stack_pair(&noise(seed, 400)), stack_pair(&noise(seed, 400)));
    }
}

/// Of `examples/pair_seeds`: the listening side aborts, and a SYN that was late opens another connection.
#[test]
fn nobody_is_left_for_a_late_syn() {
    let mut random = Rng::with_seed(25_490);
    let len = random.usize(100..2000);
    let script: Vec<u8> = std::iter::repeat_with(|| random.u8(..)).take(len).collect();
    assert!(stack_pair(&script).cut_short);
}
