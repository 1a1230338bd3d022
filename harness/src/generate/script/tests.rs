use proptest::prelude::*;

use super::*;
use crate::{
    case::{
        format::{Action, Case, ConcreteCase, Config},
        load::load_str,
        print::to_yaml,
    },
    generate::look::is_look,
    run::{Mode, run_case},
    target::spec::{TargetOptions, TargetSpec},
    trace::event::Verdict,
};

fn bytes() -> impl Strategy<Value = Vec<u8>> {
    proptest::collection::vec(any::<u8>(), 0..40 * RECORD)
}

/// Any scope, also one that can do nothing.
fn scope() -> impl Strategy<Value = Scope> {
    (any::<[bool; 5]>(), 0..5_u8, any::<u32>(), 0..80_usize).prop_map(
        |([waits, rto, options, fragments, icmp], connections, switches, steps)| Scope {
            waits,
            rto,
            options,
            fragments,
            icmp,
            connections,
            switches: Switches(switches),
            steps,
        },
    )
}

/// The same case as if it had come from no file.
fn without_lines(mut case: Case) -> Case {
    case.steps.iter_mut().for_each(|step| step.line = 0);
    case
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]
    #[test]
    fn any_bytes_are_a_script_and_its_bytes_are_the_same_script(bytes in bytes()) {
        let script = Script::decode(&bytes);
        prop_assert_eq!(Script::decode(&script.encode()), script.clone());
        let whole = bytes.len().div_ceil(RECORD).max(1) * RECORD;
        prop_assert_eq!(script.encode().len(), whole);
        prop_assert_eq!(&script.encode()[..bytes.len()], &bytes[..]);
    }

    #[test]
    fn arbitrary_reads_the_same(bytes in bytes()) {
        let script = Unstructured::new(&bytes).arbitrary::<Script>();
        prop_assert_eq!(script, Ok(Script::decode(&bytes)));
    }

    #[test]
    fn any_script_is_a_case_that_can_be_written_down_and_read_again(bytes in bytes(), scope in scope()) {
        let case = Script::decode(&bytes).to_case(&scope);
        let text = to_yaml(&case).map_err(|error| TestCaseError::fail(error.to_string()))?;
        let loaded = load_str(&text, "generated.yaml").map_err(|error| TestCaseError::fail(format!("{error}\n{text}")))?;
        prop_assert_eq!(loaded.len(), 1);
        prop_assert_eq!(without_lines(loaded[0].authored()), case.clone(), "{}", text);
        prop_assert!(ConcreteCase::from_case("generated", case).is_ok());
    }

    #[test]
    fn a_scope_keeps_out_what_it_does_not_have(bytes in bytes()) {
        let nothing = Scope {
            waits: false,
            rto: false,
            options: false,
            fragments: false,
            icmp: false,
            connections: 1,
            switches: Switches::NONE,
            steps: 3,
        };
        let case = Script::decode(&bytes).to_case(&nothing);
        // Where no time passes, no acknowledgement waits for it.
        prop_assert_eq!(&case.config, &Config { delayed_ack: Some(false), ..Config::default() });
        for step in &case.steps {
            match &step.value.action {
                Action::Inject(inject) => {
                    prop_assert_eq!(&inject.on, &None);
                    prop_assert_eq!((inject.ip.mf, inject.ip.fragment_offset), (None, None));
                    prop_assert!(inject.fragments.is_none() && inject.icmp.is_none());
                }
                Action::Wait(_) => prop_assert!(false, "a wait"),
                Action::Call(_) | Action::Expect(_) | Action::State(_) | Action::Save(_) | Action::Check(_) => {}
            }
        }
    }

    #[test]
    fn every_act_is_followed_by_one_look(bytes in bytes()) {
        let case = Script::decode(&bytes).to_case(&Scope::VIRTUAL);
        let looks: Vec<bool> = case.steps.iter().map(|step| is_look(&step.value)).collect();
        let alternates = looks.len() == 1 || looks.iter().enumerate().all(|(index, look)| *look == (index % 2 == 1));
        prop_assert!(alternates, "{looks:?}");
    }
}

/// Bytes that look random and are the same in every run.
fn random_bytes(seed: u64, len: usize) -> Vec<u8> {
    let mut state = seed.wrapping_mul(2).wrapping_add(1);
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        u8::try_from(state >> 56).unwrap_or(0)
    };
    (0..len).map(|_| next()).collect()
}

#[test]
fn no_script_asks_for_what_the_wire_has_not_shown_and_every_prelude_passes() {
    let mut target = "reference".parse::<TargetSpec>().unwrap().open(TargetOptions::default()).unwrap();
    for seed in 0..3000 {
        let case = Script::decode(&random_bytes(seed, RECORD * 11)).to_case(&Scope::VIRTUAL);
        let concrete = ConcreteCase::from_case("generated", case).unwrap();
        let run = run_case(target.as_mut(), &concrete.into(), Mode::Judge);
        let ran = !matches!(run.verdict, Verdict::Inconclusive(_) | Verdict::Skip(_) | Verdict::Error(_));
        assert!(ran, "seed {seed}: {:?}\n{}", run.verdict, to_yaml(&run.case.authored()).unwrap());
    }
}
