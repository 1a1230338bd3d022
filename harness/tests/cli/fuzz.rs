//! `rfc793 fuzz` from outside.

use super::*;

/// A suite of one case that shows where RFC 793 and RFC 9293 part.
fn suite() -> Suite {
    Suite::of(&[("good.yaml", GOOD)])
}

/// The profiles part soon, whatever the seed. This way round nobody asks which switch of the profile is why.
const PROFILES: [&str; 7] = ["fuzz", "--left", "reference:rfc793", "--right", "reference", "--seed", "1"];

fn with<'a>(more: &[&'a str]) -> Vec<&'a str> {
    [&PROFILES[..], more].concat()
}

#[test]
fn what_is_new_is_written_told_and_1() {
    let suite = suite();
    let output = suite.rfc793(&with(&["--executions", "300"]));
    assert_exit(&output, 1);
    let text = stdout(&output);
    assert!(text.starts_with("reference:rfc793 and reference, seed 1\n"), "{text}");
    assert!(text.contains("reference:rfc793 and reference: 300 executions, "), "{text}");
    let summary = ["compared ", "triples of state, event and rule", "divergences: ", "violations: ", "failures: "];
    assert!(summary.iter().all(|part| text.contains(part)), "{text}");
    let (mut cases, mut captures) = (Vec::new(), 0);
    for entry in fs::read_dir(suite.path().join("findings")).expect("the folder of the findings") {
        let file = entry.expect("an entry").path();
        match file.extension().and_then(|extension| extension.to_str()) {
            Some("yaml") => cases.push(file),
            Some("pcapng") => captures += 1,
            _ => panic!("{}", file.display()),
        }
    }
    assert!(!cases.is_empty() && captures == cases.len());
    assert_eq!(text.lines().filter(|line| line.starts_with("new ")).count(), cases.len());
    for file in cases {
        let name = file.to_str().expect("UTF-8");
        let case = fs::read_to_string(&file).expect("a case");
        assert!(
            case.starts_with("# In ") && case.contains("# again: rfc793 diff reference:rfc793 reference "),
            "{case}"
        );
        let again = suite.rfc793(&["diff", "reference:rfc793", "reference", name]);
        assert_exit(&again, 1);
    }
    // Its standard error is no terminal here: no bar, only how fast it was.
    assert!(!stderr(&output).contains('\u{1b}') && stderr(&output).contains("executions/s"), "{}", stderr(&output));
}

#[test]
fn a_target_against_itself_is_0_and_leaves_nothing() {
    let suite = suite();
    let output = suite.rfc793(&["fuzz", "--right", "reference", "--executions", "200", "--seed", "3"]);
    assert_exit(&output, 0);
    assert!(!suite.path().join("findings").exists());
}

#[test]
fn what_a_switch_of_the_profile_explains_is_told_and_0() {
    let suite = suite();
    let output = suite.rfc793(&[
        "fuzz",
        "--left",
        "reference",
        "--right",
        "reference:rfc793",
        "--executions",
        "300",
        "--seed",
        "1",
    ]);
    assert_exit(&output, 0);
    let text = stdout(&output);
    assert!(text.contains("  follows from the profile's challenge_ack_rst (U-6), "), "{text}");
    assert!(text.contains("divergences: 0 new") && !suite.path().join("findings").exists(), "{text}");
}

#[test]
fn the_same_seed_prints_the_same_also_with_two_workers() {
    let suite = suite();
    for jobs in ["1", "2"] {
        let run = |out| {
            let output = suite.rfc793(&with(&["--executions", "300", "-j", jobs, "--out", out]));
            stdout(&output).replace(out, "folder")
        };
        assert_eq!(run("folder-1"), run("folder-2"));
    }
}

#[test]
fn each_line_of_jsonl_is_an_object_and_the_last_is_the_sum() {
    let suite = suite();
    let output = suite.rfc793(&with(&["--executions", "200", "--format", "jsonl"]));
    let lines = lines(&output);
    let (sum, discoveries) = lines.split_last().expect("a line");
    assert_eq!((&sum["kind"], &sum["executions"], &sum["seed"]), (&"campaign".into(), &200.into(), &1.into()));
    let new = discoveries.iter().filter(|line| line["standing"] == "new").count();
    assert!(new > 0 && sum["new"] == new, "{sum}");
}

#[test]
fn what_a_regression_shows_is_known_to_the_next_campaign() {
    let suite = suite();
    let first = lines(&suite.rfc793(&with(&["--executions", "300", "--format", "jsonl"])));
    let found = &first[0];
    let file = suite.path().join(found["file"].as_str().expect("a file"));
    suite.write("regressions/it.yaml", fs::read(file).expect("a case"));
    let again = lines(&suite.rfc793(&with(&["--executions", "300", "--format", "jsonl", "--out", "again"])));
    let known: Vec<_> = again.iter().filter(|line| line["standing"] == "known").collect();
    assert_eq!(known.len(), 1, "{known:?}");
    assert_eq!((&known[0]["key"], &known[0]["case"]), (&found["key"], &"regressions/it".into()));
    assert!(again.iter().all(|line| line["key"] != found["key"] || line["standing"] == "known"));
}

#[test]
fn wrong_usage_is_2() {
    let suite = suite();
    for arguments in [
        &["fuzz"][..],
        &["fuzz", "--right", "no-such-target"],
        &["fuzz", "--right", "reference", "--executions", "many"],
        &["fuzz", "--right", "reference", "--seconds", "0"],
        &["fuzz", "--right", "reference", "--executions", "1", "no-such-folder"],
    ] {
        assert_exit(&suite.rfc793(arguments), 2);
    }
    suite.write("bad.yaml", "title: [");
    assert_exit(&suite.rfc793(&["fuzz", "--right", "reference", "--executions", "1"]), 2);
}

#[test]
fn a_folder_that_cannot_be_written_and_a_driver_that_is_not_there_are_3() {
    let suite = suite();
    suite.write("a-file", "");
    let output = suite.rfc793(&with(&["--executions", "300", "--out", "cases/a-file/findings"]));
    assert_exit(&output, 3);
    assert!(stderr(&output).contains("failed to write findings in cases/a-file/findings"), "{}", stderr(&output));
    assert_exit(&suite.rfc793(&["fuzz", "--right", "external:./no-such-driver", "--executions", "1"]), 3);
}

#[test]
fn interrupted_it_tells_what_it_has_and_is_130() {
    let suite = suite();
    let mut command = suite.command(&with(&["--seconds", "600"]));
    let child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("it starts");
    let began = Instant::now();
    // Once there is a finding there is something to keep.
    let findings = suite.path().join("findings");
    while fs::read_dir(&findings).map_or(0, Iterator::count) < 2 {
        assert!(began.elapsed() < Duration::from_secs(60), "no finding");
        std::thread::sleep(Duration::from_millis(20));
    }
    kill(Pid::from_raw(i32::try_from(child.id()).expect("a process id")), Signal::SIGINT).expect("it is there");
    let output = child.wait_with_output().expect("it ends");
    assert!(began.elapsed() < Duration::from_secs(90), "it does not wait for its time");
    assert_eq!((output.status.code(), output.status.signal()), (Some(130), None));
    let text = stdout(&output);
    assert!(text.contains(" execution") && text.contains("divergences: "), "{text}");
    assert!(text.lines().filter(|line| line.starts_with("new ")).count() > 0, "{text}");
}
