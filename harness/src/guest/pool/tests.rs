use std::{fs, ops::ControlFlow, os::unix::fs::PermissionsExt};

use super::*;
use crate::{pool::Review, sample, trace::record::Record};

/// A "kernel" that is a shell script in the folder that both sides see.
fn pool(script: &str) -> (tempfile::TempDir, GuestPool) {
    let folder = tempfile::tempdir().expect("a folder");
    let kernel = Kernel { name: "script".to_owned(), version: "0".to_owned(), folder: folder.path().to_owned() };
    fs::write(kernel.program(), format!("#!/bin/sh\n{script}\n")).expect("a script");
    fs::set_permissions(kernel.program(), fs::Permissions::from_mode(0o755)).expect("executable");
    (folder, GuestPool { kernel, options: TargetOptions::default(), mode: Mode::Judge })
}

const THREE: &str = "\
title: a row of cases
clauses: [MUST-13]
matrix: { n: [1, 2, 3] }
steps:
  - inject: { flags: SYN, seq: $n }
  - expect: { flags: RST+ACK, seq: 0, ack: 1 }
";

fn told(pool: &GuestPool, cases: &[Arc<ConcreteCase>]) -> (Result<Ended, BootError>, Vec<CaseRun>) {
    let mut runs = Vec::new();
    let ended = pool.run(cases, &AtomicBool::new(false), &mut |_, _| Review::Settled, &mut |run| {
        runs.push(run);
        ControlFlow::Continue(())
    });
    (ended, runs)
}

/// The lines that a guest writes for these runs, in a file that a script can copy.
fn lines(folder: &std::path::Path, name: &str, runs: &[CaseRun]) -> String {
    let mut text = serde_json::to_string(&serve::Line::Opened("1.2.3".to_owned())).expect("a line") + "\n";
    for run in runs {
        let line = serve::Line::Ran(Box::new(Record::from(run.clone())));
        text += &(serde_json::to_string(&line).expect("a line") + "\n");
    }
    let path = folder.join(name);
    fs::write(&path, text).expect("written");
    path.display().to_string()
}

/// The kernel breaks down in the second of three cases: that is its finding, and a fresh guest runs the third.
#[test]
fn a_kernel_that_breaks_down() {
    let cases = sample::cases(THREE);
    let runs: Vec<CaseRun> =
        cases.iter().map(|case| CaseRun::never_began(case, "linux:script", "1.2.3", Verdict::Pass)).collect();
    let (folder, pool) = pool("");
    let (first, third) = (lines(folder.path(), "first", &runs[..1]), lines(folder.path(), "third", &runs[2..]));
    let script = format!(
        "#!/bin/sh\nif mkdir {0}/again 2>/dev/null; then cat {first} > records; \
         echo '[ 1.5] Kernel panic - not syncing: on purpose' > console; exit 134; fi\ncat {third} > records; echo 0 > status\n",
        folder.path().display()
    );
    fs::write(pool.kernel.program(), script).expect("written");
    let (ended, told) = told(&pool, &cases);
    assert_eq!(ended.expect("it goes on"), Ended { version: Some("1.2.3".to_owned()), not_run: 0 });
    let verdicts: Vec<_> = told.iter().map(|run| run.verdict.clone()).collect();
    assert_eq!(verdicts, [Verdict::Pass, Verdict::Fail, Verdict::Pass]);
    let crash = told[1].crash().expect("a crash");
    assert_eq!(crash.observed, "crash: Kernel panic - not syncing: on purpose");
    assert_eq!(told[1].trace.console.as_deref(), Some("Kernel panic - not syncing: on purpose"));
}

#[test]
fn a_guest_that_never_ran_a_case_is_no_finding() {
    let cases = sample::cases(THREE);
    let (_folder, pool) = pool("echo no memory; exit 1");
    let (ended, runs) = told(&pool, &cases);
    let error = ended.expect_err("nothing was run").to_string();
    assert!(error.contains("linux:script ended without a result") && error.contains("no memory"), "{error}");
    assert!(runs.is_empty());
}

#[test]
fn words_without_sense_are_an_error() {
    let cases = sample::cases(THREE);
    let (_folder, pool) = pool("echo nonsense > records; echo 0 > status");
    let error = told(&pool, &cases).0.expect_err("it is confused").to_string();
    assert!(error.starts_with("the guest linux:script cannot run cases: its words make no sense"), "{error}");
}

#[test]
fn a_guest_that_ends_too_soon() {
    let cases = sample::cases(THREE);
    let (_folder, pool) = pool("echo 3 > status");
    let error = told(&pool, &cases).0.expect_err("nothing was run").to_string();
    assert!(error.ends_with("it ended too soon, with exit code 3"), "{error}");
}

/// The kernel breaks down when all is told: no case is to blame.
#[test]
fn a_kernel_that_breaks_down_at_the_end() {
    let cases = sample::cases(THREE);
    let runs: Vec<CaseRun> =
        cases.iter().map(|case| CaseRun::never_began(case, "linux:script", "1.2.3", Verdict::Pass)).collect();
    let (folder, pool) = pool("");
    let all = lines(folder.path(), "all", &runs);
    let script =
        format!("#!/bin/sh\ncat {all} > records; echo 'Kernel panic - not syncing: late' > console; exit 134\n");
    fs::write(pool.kernel.program(), script).expect("written");
    let (ended, told) = told(&pool, &cases);
    let error = ended.expect_err("it died").to_string();
    assert!(error.contains("ended without a result") && error.contains("not syncing: late"), "{error}");
    assert_eq!(told.len(), cases.len());
}
