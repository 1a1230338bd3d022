//! Every file under `cases/` is one test on each target in process, so that `cargo test NAME` and nextest can pick it.
//!
//! A file passes when each of its concrete cases passes on `reference`, and on `smoltcp` and `lwip` (where they are
//! compiled in) but for what that target's ledger knows. `rfc793 run` shows far more of a failure.

use std::{collections::BTreeMap, path::PathBuf, sync::Arc};

use harness::{
    case::{format::ConcreteCase, load::discover},
    judge::ledger::Ledger,
    run::{Mode, run_case},
    target::spec::{TargetOptions, TargetSpec},
    trace::event::Verdict,
};
use libtest_mimic::{Arguments, Failed, Trial};

fn main() {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../cases");
    let discovery = discover(std::slice::from_ref(&root));
    let mut files: BTreeMap<String, Vec<Arc<ConcreteCase>>> = BTreeMap::new();
    for case in discovery.cases {
        let file = case.id.split('#').next().unwrap_or_default().to_owned();
        files.entry(file).or_default().push(Arc::new(case));
    }
    let reference = Arc::new(Tested { spec: TargetSpec::Reference("rfc9293"), ledger: Ledger::default() });
    let mut targets = vec![(String::new(), reference)];
    let others = [
        ("smoltcp", TargetSpec::Smoltcp, cfg!(feature = "smoltcp")),
        ("lwip", TargetSpec::Lwip, cfg!(feature = "lwip")),
    ];
    for (name, spec, _) in others.into_iter().filter(|(.., compiled)| *compiled) {
        let (ledger, errors) = Ledger::read(&root.join(format!("ledger/{name}.yaml")));
        assert!(errors.is_empty(), "{errors:?}");
        targets.push((format!("{name}:"), Arc::new(Tested { spec, ledger })));
    }
    let mut trials = Vec::new();
    for (file, cases) in files {
        for (prefix, target) in &targets {
            let (target, cases) = (Arc::clone(target), cases.clone());
            trials.push(Trial::test(format!("{prefix}{file}"), move || target.run_file(&cases)));
        }
    }
    trials.extend(discovery.errors.into_iter().map(|error| {
        let name = error.to_string();
        Trial::test(name.clone(), move || Err(Failed::from(name.clone())))
    }));
    assert!(trials.len() > 1, "no cases found: the suite has moved");
    libtest_mimic::run(&Arguments::from_args(), trials).exit();
}

/// A target and what is known of it.
struct Tested {
    spec: TargetSpec,
    ledger: Ledger,
}

impl Tested {
    fn run_file(&self, cases: &[Arc<ConcreteCase>]) -> Result<(), Failed> {
        let mut target = self.spec.open(TargetOptions::default())?;
        for case in cases {
            let mut run = run_case(target.as_mut(), case, Mode::Judge);
            self.ledger.apply(&mut run);
            match &run.verdict {
                Verdict::Pass | Verdict::Known(_) | Verdict::Skip(_) => {}
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
}
