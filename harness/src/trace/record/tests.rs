use std::{path::PathBuf, sync::Arc};

use super::Record;
use crate::{
    case::load::discover,
    run::{Mode, run_case},
    sample,
    target::spec::{TargetOptions, TargetSpec},
    trace::event::CaseRun,
};

fn there_and_back(run: &CaseRun) -> Option<CaseRun> {
    let line = serde_json::to_string(&Record::from(run.clone())).expect("it can be written");
    assert!(!line.contains('\n'), "more than a line");
    serde_json::from_str::<Record>(&line).expect("it can be read").of(&run.case)
}

/// Text, calls, other protocols, frames and fragments, rules, findings: whatever a run can hold.
#[test]
fn a_run_is_the_same_after_it() {
    let suite = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../cases"));
    let found = discover(&["arp", "udp", "ip", "tcp/user-calls", "regressions"].map(|part| suite.join(part)));
    assert!(found.cases.len() > 300, "only {} cases", found.cases.len());
    for name in ["reference", "reference:rfc793"] {
        let spec: TargetSpec = name.parse().expect("a target");
        let mut target = spec.open(TargetOptions::default()).expect("it opens");
        for case in &found.cases {
            let run = run_case(target.as_mut(), &Arc::new(case.clone()), Mode::Record);
            let again = there_and_back(&run).expect("it is of this case");
            assert_eq!(format!("{again:?}"), format!("{run:?}"));
        }
    }
}

#[test]
fn a_run_of_another_case_is_none() {
    let run = sample::run(sample::WRONG);
    let line = serde_json::to_string(&Record::from(run.clone())).expect("it can be written");
    let record: Record = serde_json::from_str(&line).expect("it can be read");
    let mut other = (*run.case).clone();
    other.id = "another".to_owned();
    assert!(record.clone().of(&run.case).is_some());
    assert!(record.of(&Arc::new(other)).is_none());
}
