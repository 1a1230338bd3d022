//! Every file under `cases/` is one test on the reference stack, so that `cargo test NAME` and nextest can pick it.
//!
//! A file passes when each of its concrete cases passes on `reference`. `rfc793 run` shows far more of a failure.

use std::{collections::BTreeMap, path::PathBuf, sync::Arc};

use harness::{
    case::{format::ConcreteCase, load::discover},
    run::{Mode, run_case},
    target::spec::{TargetOptions, TargetSpec},
    trace::event::Verdict,
};
use libtest_mimic::{Arguments, Failed, Trial};

fn main() {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../cases");
    let discovery = discover(&[root]);
    let mut files: BTreeMap<String, Vec<Arc<ConcreteCase>>> = BTreeMap::new();
    for case in discovery.cases {
        let file = case.id.split('#').next().unwrap_or_default().to_owned();
        files.entry(file).or_default().push(Arc::new(case));
    }
    let mut trials: Vec<Trial> =
        files.into_iter().map(|(file, cases)| Trial::test(file, move || run_file(&cases))).collect();
    trials.extend(discovery.errors.into_iter().map(|error| {
        let name = error.to_string();
        Trial::test(name.clone(), move || Err(Failed::from(name.clone())))
    }));
    assert!(trials.len() > 1, "no cases found: the suite has moved");
    libtest_mimic::run(&Arguments::from_args(), trials).exit();
}

fn run_file(cases: &[Arc<ConcreteCase>]) -> Result<(), Failed> {
    let mut target = TargetSpec::Reference("rfc9293").open(TargetOptions::default())?;
    for case in cases {
        let run = run_case(target.as_mut(), case, Mode::Judge);
        match &run.verdict {
            Verdict::Pass | Verdict::Skip(_) => {}
            verdict => {
                let remarks = run.findings.iter().map(|finding| {
                    format!(
                        "\n  step {:?}: expected {}, got {}",
                        case.step_number(finding.step),
                        finding.expected,
                        finding.observed
                    )
                });
                return Err(format!("{}: {verdict:?}{}", case.id, remarks.collect::<String>()).into());
            }
        }
    }
    Ok(())
}
