use super::*;

fn generated(bytes: &[u8]) -> Case {
    case(&mut Unstructured::new(bytes)).unwrap()
}

#[test]
fn the_same_bytes_give_the_same_case() {
    let bytes: Vec<u8> = (0..=255).collect();
    assert_eq!(generated(&bytes), generated(&bytes));
}

#[test]
fn different_bytes_reach_every_state_and_both_kinds_of_steps() {
    let mut states = std::collections::BTreeSet::new();
    let (mut injects, mut calls) = (0, 0);
    for seed in 0..=255u8 {
        let bytes: Vec<u8> =
            (0..200u8).map(|i| i.wrapping_mul(31).wrapping_add(seed).rotate_left(u32::from(seed) % 7)).collect();
        let case = generated(&bytes);
        states.extend(case.given);
        assert!((1..=MOST_STEPS).contains(&case.steps.len()));
        injects += case.steps.iter().filter(|step| matches!(step.value.action, Action::Inject(_))).count();
        calls += case.steps.iter().filter(|step| matches!(step.value.action, Action::Call(_))).count();
    }
    assert_eq!(states.len(), 11);
    assert!(injects > calls && calls > 0, "{injects} injects, {calls} calls");
}
