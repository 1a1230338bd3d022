use std::path::Path;

use super::*;
use crate::sample::cases as sample_cases;

fn suite() -> Vec<Arc<ConcreteCase>> {
    let one = |id: &str, clauses: &str| {
        let yaml = format!("title: \"{id}\"\nclauses: [{clauses}]\nsteps:\n  - call: listen\n    returns: ok\n");
        let mut case = (*sample_cases(&yaml).remove(0)).clone();
        (case.id, case.file) = (id.to_owned(), format!("cases/{}.yaml", id.split('#').next().unwrap_or(id)).into());
        Arc::new(case)
    };
    vec![one("tcp/older", "U-6"), one("tcp/both", "MUST-13"), one("tcp/rows#a", "SHLD-4"), one("tcp/plain", "MAY-3")]
}

fn table(versions: &[&str]) -> String {
    let text = "\
- { case: tcp/older, step: 2, clause: U-6, observed: nothing, reason: mended, versions: \"<6.6\" }
- { case: tcp/both, step: 3, clause: MUST-13, observed: RST seq=1, reason: at first so, versions: \"<6.6\" }
- { case: tcp/both, step: 3, clause: MUST-13, observed: \"a | b\", reason: then so, versions: \"6.1.91..6.1, >=6.6\" }
- { case: tcp/rows#a, step: 1, clause: SHLD-4, observed: nothing, reason: everywhere }
";
    let (ledger, errors) = Ledger::parse(Path::new("cases/ledger/kernel.yaml"), text);
    assert!(errors.is_empty(), "{errors:?}");
    let versions: Vec<String> = versions.iter().map(ToString::to_string).collect();
    by_version(&suite(), "kernel", &ledger, &versions)
}

#[test]
fn the_document() {
    insta::assert_snapshot!(table(&["6.1.90", "6.12.117"]));
}

/// What two versions do alike is no row: 6.10 and 6.12 show the same.
#[test]
fn only_what_parts_the_versions_is_shown() {
    let rows = |text: &str| text.lines().filter(|line| line.contains("[why]")).count();
    assert_eq!(rows(&table(&["6.1.90", "6.12.117"])), 3);
    assert_eq!(rows(&table(&["6.10", "6.12.117"])), 0);
    assert_eq!(rows(&table(&["6.1.90"])), 0);
}

#[test]
fn every_row_has_a_cell_for_each_version() {
    for line in table(&["6.1.90", "6.6", "6.12.117"]).lines().filter(|line| line.contains("[why]")) {
        assert_eq!(line.replace("\\|", "").matches('|').count(), 7, "{line}");
    }
}
