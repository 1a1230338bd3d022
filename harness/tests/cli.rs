//! The program from outside: exit codes, streams, signals.

use std::{
    fs,
    io::{BufRead, BufReader, Read},
    os::unix::process::ExitStatusExt,
    path::Path,
    process::{Command, Output, Stdio},
    time::{Duration, Instant},
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use serde_json::Value;

#[path = "cli/findings.rs"]
mod findings;
#[path = "cli/fuzz.rs"]
mod fuzz;
#[path = "cli/host.rs"]
mod host;
#[path = "cli/promote.rs"]
mod promote;
#[path = "cli/shrink.rs"]
mod shrink;

const GOOD: &str = "\
title: a RST inside the window but not at RCV.NXT draws a challenge ACK
clauses: [U-6]
given: ESTABLISHED
steps:
  - inject: { flags: RST, seq: RCV.NXT+1 }
  - expect: { flags: ACK, seq: SND.NXT, ack: RCV.NXT }
  - state: ESTABLISHED
";

/// Wrong on purpose.
const WRONG: &str = "\
title: a listener answers a SYN with a RST
clauses: [MUST-13]
steps:
  - call: listen
  - inject: { flags: SYN, seq: 0 }
  - expect: { flags: RST, seq: 5 }
";

/// A suite in a folder of its own.
struct Suite(tempfile::TempDir);

impl Suite {
    fn of(files: &[(&str, &str)]) -> Self {
        let suite = Self(tempfile::tempdir().expect("a folder"));
        files.iter().for_each(|(name, text)| suite.write(name, text));
        suite
    }

    fn write(&self, name: &str, text: impl AsRef<[u8]>) {
        let file = self.0.path().join("cases").join(name);
        fs::create_dir_all(file.parent().expect("it lies in a folder")).expect("a folder");
        fs::write(file, text).expect("a file");
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.0.path().join("cases").join(name)).expect("a file")
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_rfc793"));
        command.current_dir(self.path()).args(arguments);
        command
    }

    fn rfc793(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().expect("it starts")
    }
}

#[track_caller]
fn assert_exit(output: &Output, code: i32) {
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.status.code(), Some(code), "stdout:\n{out}\nstderr:\n{err}");
    assert!(!err.contains("panicked"), "{err}");
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("UTF-8")
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).expect("UTF-8")
}

fn lines(output: &Output) -> Vec<Value> {
    stdout(output).lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

/// Whether the kernel target works here; its own tests say why if it does not.
fn kernel_works(suite: &Suite) -> bool {
    suite.rfc793(&["run", "--target", "kernel", "--filter", "good", "cases"]).status.success()
}

#[test]
fn all_well_is_0() {
    let output = Suite::of(&[("tcp/good.yaml", GOOD)]).rfc793(&["run", "cases"]);
    assert_exit(&output, 0);
    assert!(stdout(&output).starts_with("reference "), "{}", stdout(&output));
    assert!(stdout(&output).contains(": 1 case, 1 pass in "));
    assert!(stderr(&output).is_empty());
}

#[test]
fn a_failure_is_1_and_its_command_runs_just_that_case() {
    let suite = Suite::of(&[("tcp/good.yaml", GOOD), ("tcp/wrong.yaml", WRONG)]);
    let output = suite.rfc793(&["run", "cases"]);
    assert_exit(&output, 1);
    let text = stdout(&output);
    assert!(!text.contains('\x1b'), "no colour in a pipe");
    let again = text.lines().find_map(|line| line.trim().strip_prefix("run again")).expect("the command is told");
    let words: Vec<_> = again.split_whitespace().skip(1).collect();
    let second = suite.rfc793(&words);
    assert_exit(&second, 1);
    assert!(stdout(&second).contains(": 1 case, 1 fail"), "{again}: {}", stdout(&second));
}

#[test]
fn jsonl_has_a_line_for_each_case_and_the_sum() {
    let suite = Suite::of(&[("tcp/good.yaml", GOOD), ("tcp/wrong.yaml", WRONG)]);
    let output = suite.rfc793(&["run", "--format", "jsonl", "cases"]);
    assert_exit(&output, 1);
    let lines = lines(&output);
    let kinds: Vec<_> = lines.iter().map(|line| line["type"].as_str().expect("a type")).collect();
    assert_eq!(kinds, ["case", "case", "summary"]);
    assert_eq!((&lines[0]["id"], &lines[0]["verdict"]), (&"tcp/good".into(), &"pass".into()));
    assert_eq!((&lines[1]["id"], &lines[1]["verdict"]), (&"tcp/wrong".into(), &"fail".into()));
    assert_eq!((&lines[2]["cases"], &lines[2]["pass"], &lines[2]["fail"]), (&2.into(), &1.into(), &1.into()));
}

#[test]
fn bad_usage_is_2() {
    let suite = Suite::of(&[("good.yaml", GOOD)]);
    for arguments in [
        &["run", "--bogus"][..],
        &["run", "--target", "windows", "cases"],
        &["run", "-j", "0", "cases"],
        &["run", "--max-wait", "soon", "cases"],
        &["run", "--format", "xml", "cases"],
        &["run", "--ledger", "x.yaml", "--no-ledger", "cases"],
        &["run", "nowhere"],
        &["diff", "reference"],
        &["frobnicate"],
        &[],
    ] {
        assert_exit(&suite.rfc793(arguments), 2);
    }
    assert_exit(&suite.rfc793(&["--help"]), 0);
    assert_exit(&suite.rfc793(&["--version"]), 0);
}

#[test]
fn nothing_selected_is_4() {
    let suite = Suite::of(&[("good.yaml", GOOD)]);
    for arguments in
        [&["run", "--filter", "nope", "cases"][..], &["list", "--filter", "nope", "cases"], &["show", "nope"]]
    {
        assert_exit(&suite.rfc793(arguments), 4);
    }
    fs::create_dir(suite.path().join("empty")).expect("a folder");
    assert_exit(&suite.rfc793(&["run", "empty"]), 4);
}

#[test]
fn each_bad_file_is_one_error_with_its_place_and_the_others_still_run() {
    let bomb = "a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n".to_owned() + GOOD;
    let bad: [(&str, String, &str); 13] = [
        ("not YAML", "title: [\n".to_owned(), "bad.yaml:"),
        ("not UTF-8", String::new(), "bad.yaml"),
        ("empty", String::new(), "bad.yaml"),
        ("unknown field", GOOD.replace("given:", "gibben:"), "bad.yaml:3"),
        ("unknown step", GOOD.replace("- inject:", "- injekt:"), "bad.yaml:5"),
        ("duplicate key", format!("{GOOD}title: again\n"), "bad.yaml:8"),
        ("impossible number", GOOD.replace("RCV.NXT+1", "banana"), "bad.yaml:5"),
        ("number too large", GOOD.replace("seq: RCV.NXT+1", "win: 65536"), "bad.yaml:5"),
        ("unknown clause", GOOD.replace("U-6", "MUST-999"), "bad.yaml:2"),
        ("unknown flag", GOOD.replace("flags: RST", "flags: RTS"), "bad.yaml:5"),
        ("checks nothing", "title: x\nclauses: [U-6]\nsteps:\n  - call: listen\n".to_owned(), "bad.yaml"),
        ("alias bomb", bomb, "bad.yaml:"),
        ("deep nesting", "[".repeat(10_000), "bad.yaml"),
    ];
    for (what, text, place) in bad {
        let suite = Suite::of(&[("good.yaml", GOOD)]);
        suite.write("bad.yaml", text);
        if what == "not UTF-8" {
            suite.write("bad.yaml", b"title: \xff\xfe\n");
        }
        let output = suite.rfc793(&["run", "--format", "jsonl", "cases"]);
        assert_exit(&output, 2);
        let told = stderr(&output);
        assert!(told.contains(place), "{what}: {told}");
        assert_eq!(told.matches('×').count(), 1, "{what}: one error, not {told}");
        assert_eq!(told.matches("bad.yaml:").count(), 1, "{what}: the place stands there once: {told}");
        let lines = lines(&output);
        assert_eq!((&lines[0]["id"], &lines[0]["verdict"]), (&"good".into(), &"pass".into()), "{what}");
    }
}

#[test]
fn a_file_of_100_mb_is_refused_without_reading_it() {
    let suite = Suite::of(&[("good.yaml", GOOD)]);
    let huge = fs::File::create(suite.path().join("cases/huge.yaml")).expect("a file");
    huge.set_len(100 << 20).expect("a sparse file");
    let began = Instant::now();
    let output = suite.rfc793(&["run", "cases"]);
    assert_exit(&output, 2);
    assert!(began.elapsed() < Duration::from_secs(5));
    assert!(stderr(&output).contains("huge.yaml:1: "));
    assert!(stdout(&output).contains("1 pass"));
}

#[test]
fn what_is_no_file_is_an_error_and_nothing_is_waited_for() {
    let suite = Suite::of(&[("good.yaml", GOOD)]);
    let pipe = suite.path().join("cases/pipe.yaml");
    nix::unistd::mkfifo(&pipe, nix::sys::stat::Mode::S_IRWXU).expect("a named pipe");
    std::os::unix::fs::symlink("nowhere", suite.path().join("cases/dangling.yaml")).expect("a link");
    let output = suite.rfc793(&["run", "cases"]);
    assert_exit(&output, 2);
    let told = stderr(&output);
    assert!(told.contains("pipe.yaml:1: not a regular file"), "{told}");
    assert!(told.contains("dangling.yaml:1: cannot be read: no such file"), "{told}");
    assert!(stdout(&output).contains("1 pass"));
    let ledger = suite.rfc793(&["run", "--ledger", pipe.to_str().expect("UTF-8"), "cases/good.yaml"]);
    assert_exit(&ledger, 2);
    assert!(stderr(&ledger).contains("pipe.yaml:1: the ledger is not a regular file"), "{}", stderr(&ledger));
}

#[test]
fn a_closed_pipe_ends_it_quietly() {
    let suite = Suite::of(&[]);
    for number in 0..300 {
        suite.write(&format!("wrong-{number}.yaml"), WRONG);
    }
    for arguments in [&["run", "cases"][..], &["list", "cases"], &["run", "--format", "jsonl", "cases"]] {
        let mut child =
            suite.command(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
        let mut reader = BufReader::new(child.stdout.take().expect("a pipe"));
        let mut first = String::new();
        reader.read_line(&mut first).expect("one line");
        assert!(!first.is_empty());
        drop(reader);
        let output = child.wait_with_output().expect("it ends");
        assert!(output.status.code().is_some_and(|code| code <= 1), "{arguments:?}: {:?}", output.status);
        assert_eq!(stderr(&output), "", "{arguments:?}");
    }
}

#[test]
fn a_ledger_makes_a_failure_known_and_a_stale_entry_an_error() {
    let suite = Suite::of(&[("tcp/good.yaml", GOOD), ("tcp/wrong.yaml", WRONG)]);
    let entry = |case: &str, step: u8, observed: &str| {
        format!("- {{ case: {case}, step: {step}, clause: MUST-13, observed: \"{observed}\", reason: because }}\n")
    };
    let known = entry("tcp/wrong", 3, "SYN+ACK seq=0 ack=1");
    suite.write("ledger/reference.yaml", &known);
    let output = suite.rfc793(&["run", "cases"]);
    assert_exit(&output, 0);
    assert!(stdout(&output).contains("known        tcp/wrong: because"), "{}", stdout(&output));
    // One file alone finds the ledger of its suite, too.
    assert_exit(&suite.rfc793(&["run", "cases/tcp/wrong.yaml"]), 0);
    assert_exit(&suite.rfc793(&["run", "cases/tcp/good.yaml"]), 0);
    assert_exit(&suite.rfc793(&["run", "--no-ledger", "cases"]), 1);

    suite.write("ledger/reference.yaml", known.clone() + &entry("tcp/good", 2, "nothing"));
    let output = suite.rfc793(&["run", "cases"]);
    assert_exit(&output, 1);
    assert!(stdout(&output).contains("fixed        tcp/good"), "{}", stdout(&output));

    suite.write("ledger/reference.yaml", known + &entry("tcp/gone", 2, "nothing"));
    let output = suite.rfc793(&["run", "cases"]);
    assert_exit(&output, 2);
    assert!(stderr(&output).contains("reference.yaml:2"), "{}", stderr(&output));
    assert!(stdout(&output).contains("1 known"), "the good entries still count: {}", stdout(&output));
}

#[test]
fn diff_tells_where_two_profiles_part() {
    let suite = Suite::of(&[("tcp/good.yaml", GOOD)]);
    assert_exit(&suite.rfc793(&["diff", "reference", "reference", "cases"]), 0);
    let output = suite.rfc793(&["diff", "reference", "reference:rfc793", "--format", "jsonl", "cases"]);
    assert_exit(&output, 1);
    let lines = lines(&output);
    assert_eq!(lines.len(), 2);
    assert_eq!((&lines[0]["type"], &lines[0]["step"]), (&"divergence".into(), &2.into()));
    assert_eq!((&lines[1]["divergent"], &lines[1]["poisoned"]), (&1.into(), &1.into()));
    let ledger = "- { case: tcp/good, step: 2, clause: U-6, observed: nothing, reason: the old rules }\n";
    suite.write("ledger/reference-rfc793.yaml", ledger);
    assert_exit(&suite.rfc793(&["diff", "reference", "reference:rfc793", "cases"]), 0);
}

#[test]
fn captures_are_written_for_each_case_and_target() {
    let suite = Suite::of(&[("tcp/good.yaml", GOOD)]);
    assert_exit(&suite.rfc793(&["diff", "reference", "reference:rfc793", "--pcap", "out", "cases"]), 1);
    for name in ["good.reference.pcapng", "good.reference-rfc793.pcapng"] {
        let bytes = fs::read(suite.path().join("out/tcp").join(name)).expect("a capture");
        assert_eq!(bytes[..4], [0x0a, 0x0d, 0x0d, 0x0a]);
    }
    fs::write(suite.path().join("blocked"), "").expect("a file");
    let output = suite.rfc793(&["run", "--pcap", "blocked", "cases"]);
    assert_exit(&output, 3);
    assert!(stderr(&output).contains("failed to write the capture"), "{}", stderr(&output));
}

#[test]
fn list_and_show_know_files_ids_and_parts() {
    let suite = Suite::of(&[("tcp/good.yaml", GOOD), ("tcp/wrong.yaml", WRONG)]);
    let output = suite.rfc793(&["list", "--ids", "cases"]);
    assert_exit(&output, 0);
    assert_eq!(stdout(&output), "tcp/good\ntcp/wrong\n");
    for case in ["cases/tcp/good.yaml", "tcp/good", "good"] {
        let output = suite.rfc793(&["show", case]);
        assert_exit(&output, 0);
        let text = stdout(&output);
        assert!(text.contains("RST seq=RCV.NXT+1") && !text.contains("wrong"), "{case}: {text}");
    }
    let output = suite.rfc793(&["show", "tcp/good", "--target", "reference"]);
    assert!(stdout(&output).contains("check-rst-challenge-ack"), "{}", stdout(&output));
    assert_exit(&suite.rfc793(&["show", "tcp/good", "--target", "kernel"]), 2);
}

#[test]
fn fmt_rewrites_what_is_not_canonical_and_check_only_names_it() {
    let suite =
        Suite::of(&[("odd.yaml", &GOOD.replace("{ flags: RST, seq: RCV.NXT+1 }", "{flags:   RST,seq: RCV.NXT+1}"))]);
    let before = suite.read("odd.yaml");
    let output = suite.rfc793(&["fmt", "--check", "cases"]);
    assert_exit(&output, 1);
    assert_eq!(stdout(&output), "cases/odd.yaml\n");
    assert_eq!(suite.read("odd.yaml"), before);
    assert_exit(&suite.rfc793(&["fmt", "cases"]), 0);
    assert_ne!(suite.read("odd.yaml"), before);
    assert_exit(&suite.rfc793(&["fmt", "--check", "cases"]), 0);
    suite.write("bad.yaml", "title: [\n");
    assert_exit(&suite.rfc793(&["fmt", "cases"]), 2);
}

#[test]
fn the_schema_is_json() {
    let output = Suite::of(&[]).rfc793(&["schema"]);
    assert_exit(&output, 0);
    let schema: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert!(schema["properties"]["steps"].is_object(), "{schema}");
}

#[test]
fn an_environment_that_cannot_open_the_kernel_is_3_with_one_sentence() {
    let suite = Suite::of(&[("good.yaml", GOOD)]);
    // Too few descriptors for a TUN device: whoever runs this, the kernel target cannot be opened.
    let command = format!("ulimit -n 5; exec {} run --target kernel cases", env!("CARGO_BIN_EXE_rfc793"));
    let output = Command::new("sh").current_dir(suite.path()).args(["-c", &command]).output().expect("it starts");
    assert_exit(&output, 3);
    assert_eq!(stderr(&output).lines().count(), 1, "{}", stderr(&output));
    assert!(stderr(&output).starts_with("rfc793: "), "{}", stderr(&output));
}

#[test]
fn ctrl_c_tells_what_ran_so_far() {
    let waiting = "title: x\nclauses: [MUST-13]\nsteps:\n  - call: listen\n  - wait: 1m\n  - state: LISTEN\n";
    let suite = Suite::of(&[("good.yaml", GOOD), ("waits.yaml", waiting)]);
    if !kernel_works(&suite) {
        return;
    }
    let mut child = suite
        .command(&["run", "--target", "kernel", "--format", "jsonl", "cases"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts");
    let mut reader = BufReader::new(child.stdout.take().expect("a pipe"));
    let mut first = String::new();
    reader.read_line(&mut first).expect("the case that does not wait");
    let began = Instant::now();
    kill(Pid::from_raw(i32::try_from(child.id()).expect("a process id")), Signal::SIGINT).expect("it is there");
    let mut rest = String::new();
    reader.read_to_string(&mut rest).expect("the end");
    let status = child.wait().expect("it ends");
    assert!(began.elapsed() < Duration::from_secs(10), "it does not wait for the case");
    assert_eq!((status.code(), status.signal()), (Some(130), None));
    let summary: Value = serde_json::from_str(rest.trim()).expect("the summary");
    assert_eq!((&summary["cases"], &summary["pass"], &summary["not_run"]), (&1.into(), &1.into(), &1.into()));
}
