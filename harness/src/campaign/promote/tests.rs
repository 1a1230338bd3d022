use super::*;
use crate::{
    run::run_case,
    sample::{RST_IN_WINDOW, case, random_steps},
    target::spec::{TargetOptions, TargetSpec},
};

fn pair() -> Pair {
    let spec = |name: &str| name.parse::<TargetSpec>().expect("a target");
    Pair::open(&spec("reference"), &spec("reference:rfc793"), TargetOptions::default()).expect("in process")
}

fn promoted(finding: &Arc<ConcreteCase>, words: &Words) -> Result<Promoted, Refusal> {
    promote(&mut pair(), finding, None, words, "regressions/x/y").expect("it runs")
}

#[test]
fn a_promoted_case_demands_what_the_reference_does_by_its_clause() {
    // What it allows it could not demand: the challenge ACK is demanded all the same.
    let found = "\
title: generated
clauses: [RFC9293#3.10.7]
origin: rfc793 fuzz --left reference --right reference:rfc793 --seed 7, execution 123
given: FIN-WAIT-1
via: passive
allow: [ack, window-update]
steps:
  - inject: { flags: RST, seq: RCV.NXT+1 }
    continue: true
  - expect: nothing
    continue: true
  - inject: { flags: SYN, seq: RCV.NXT+1 }
";
    let promoted = promoted(&case(found), &Words::default()).expect("it is fit");
    insta::assert_snapshot!(promoted.text);
    assert_eq!(ledger::entries(&promoted.run).len(), 1);
}

#[test]
fn what_a_person_says_wins() {
    let words = Words { title: Some("my words".to_owned()), clauses: vec!["RFC5961#3.2".parse().expect("a clause")] };
    let promoted = promoted(&case(RST_IN_WINDOW), &words).expect("it is fit");
    assert_eq!((promoted.case.title.as_str(), promoted.case.clauses), ("my words", words.clauses));
}

#[test]
fn whatever_is_promoted_passes_here_and_fails_there() {
    let mut done = 0;
    for seed in 0..20 {
        let finding = Arc::new(ConcreteCase::from_case("found", random_steps(20, seed)).expect("a case"));
        let Ok(promoted) = promoted(&finding, &Words::default()) else { continue };
        let loaded = Arc::new(load_str(&promoted.text, "again.yaml").expect("a case").remove(0));
        let judged = |name: &str| {
            let target = name.parse::<TargetSpec>().expect("a target").open(TargetOptions::default());
            run_case(target.expect("in process").as_mut(), &loaded, Mode::Judge).verdict
        };
        assert_eq!(judged("reference"), Verdict::Pass, "{}", promoted.text);
        assert_eq!(judged("reference:rfc793"), Verdict::Fail, "{}", promoted.text);
        done += 1;
    }
    assert!(done > 5, "{done} of 20");
}

#[test]
fn what_both_do_alike_is_refused() {
    let yaml =
        "title: x\nclauses: [MUST-3]\ngiven: ESTABLISHED\nsteps:\n  - inject: { flags: RST }\n  - state: CLOSED\n";
    let refused = promoted(&case(yaml), &Words::default()).expect_err("nothing to see");
    assert!(matches!(refused, Refusal::ShowsNothing { .. }), "{refused}");
}

#[test]
fn ids_are_relative_to_the_suite() {
    let id = |file: &str, root: &str| id_of(Path::new(file), Path::new(root));
    assert_eq!(id("cases/regressions/kernel/x.yaml", "cases"), "regressions/kernel/x");
    assert_eq!(id("./cases/x.yaml", "./cases"), "x");
    assert_eq!(id("/a/cases/b/x.yaml", "/a/cases"), "b/x");
}
