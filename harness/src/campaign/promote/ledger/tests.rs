use std::path::Path;

use super::*;
use crate::{judge::ledger::Ledger, run::Mode, sample::run_on};

fn entry(case: &str, observed: &str) -> Missing {
    Missing { case: case.to_owned(), step: 2, clause: "U-6".to_owned(), observed: observed.to_owned() }
}

fn parsed(text: &str) -> Ledger {
    let (ledger, errors) = Ledger::parse(Path::new("x.yaml"), text);
    assert!(errors.is_empty(), "{errors:?}\n{text}");
    ledger
}

#[test]
fn what_is_written_is_read_again() {
    let reason = "one: two # three\n - four \"five\" ".to_owned() + &"word ".repeat(60);
    for observed in ["nothing", "RST seq=1", "data \"a\\b\" (3 bytes)", "é: [x] # y", "yes"] {
        let text = written(&entry("regressions/kernel/a#b,c", observed), Some(&reason), Some(">=5.10"));
        let ledger = parsed(&text);
        let [read] = ledger.entries() else { panic!("one entry: {text}") };
        assert_eq!((read.case.as_str(), read.step), ("regressions/kernel/a#b,c", 2));
        assert_eq!(read.observed, observed);
        assert_eq!(read.reason, reason.split_whitespace().collect::<Vec<_>>().join(" "));
        assert_eq!(read.versions.to_string(), ">=5.10");
        assert!(text.lines().all(|line| line.chars().count() <= WIDTH), "{text}");
    }
}

#[test]
fn an_entry_goes_to_its_block_and_nothing_else_changes() {
    let old = "# heading\n\n# --- a\n\n- { case: a/x, step: 1, clause: U-6, observed: x, reason: y }  # kept\n\n# --- b\n\n- { case: b/x, step: 1, clause: U-6, observed: x, reason: y }\n";
    for (folder, place) in [("a", 1), ("b", 2), ("c", 2)] {
        let case = format!("{folder}/new");
        let new = with_entries(old, "kernel", folder, &[written(&entry(&case, "nothing"), Some("why"), None)]);
        let ledger = parsed(&new);
        assert_eq!(ledger.entries()[place].case, case, "{new}");
        let before: Vec<&str> = old.lines().collect();
        let mut kept = new.lines().filter(|line| before.contains(line));
        assert!(before.iter().all(|line| kept.any(|other| other == *line)), "{new}");
        assert!(!new.contains("\n\n\n") && new.ends_with('\n'), "{new}");
    }
}

#[test]
fn a_new_ledger_gets_a_heading() {
    let new = with_entries(
        "",
        "lwip",
        "regressions/lwip",
        &[written(&entry("regressions/lwip/x", "nothing"), Some("why"), None)],
    );
    insta::assert_snapshot!(new);
    parsed(&new);
}

#[test]
fn every_observation_of_a_run_is_an_entry_and_makes_it_known() {
    let mut run = run_on("reference:rfc793", crate::sample::RST_IN_WINDOW, Mode::Judge);
    let missing = entries(&run);
    assert_eq!(missing, [entry(&run.case.id, "nothing")]);
    let texts: Vec<String> = missing.iter().map(|entry| written(entry, Some("why"), None)).collect();
    parsed(&with_entries("", "x", "tcp", &texts)).apply(&mut run);
    assert_eq!(run.verdict, crate::trace::event::Verdict::Known("why".to_owned()));
}

#[test]
fn without_a_reason_there_is_a_place_for_one() {
    let text = written(&entry("a/x", "nothing"), None, None);
    assert!(text.contains("\n  reason:  # why the target does so\n"), "{text}");
    let (_, errors) = Ledger::parse(Path::new("x.yaml"), &text);
    assert!(!errors.is_empty(), "an entry without a reason is no entry");
}
