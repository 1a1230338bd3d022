use std::path::Path;

use super::*;
use crate::sample::cases as sample_cases;

fn suite() -> Vec<Arc<ConcreteCase>> {
    let one = |id: &str, title: &str, clauses: &str, more: &str| {
        let yaml =
            format!("title: \"{title}\"\nclauses: [{clauses}]\n{more}steps:\n  - call: listen\n    returns: ok\n");
        let mut case = (*sample_cases(&yaml).remove(0)).clone();
        (case.id, case.file) = (id.to_owned(), format!("cases/{}.yaml", id.split('#').next().unwrap_or(id)).into());
        Arc::new(case)
    };
    vec![
        one("tcp/plain", "a plain case", "U-6", ""),
        one("tcp/odd", "odd | title *with* [marks] <b>", "MUST-13", ""),
        one("tcp/rows#a", "row a", "RFC5961#3.2", "level: SHOULD\n"),
        one("tcp/rows#b", "row b", "RFC5961#3.2", "level: SHOULD\n"),
        one("regressions/kernel/found", "a found one", "SHLD-4", ""),
        one("regressions/kernel/mended", "a mended one", "SHLD-4", ""),
    ]
}

fn ledger(text: &str) -> Ledger {
    let (ledger, errors) = Ledger::parse(Path::new("cases/ledger/x.yaml"), text);
    assert!(errors.is_empty(), "{errors:?}");
    ledger
}

fn ledgers() -> Vec<(String, Ledger)> {
    let kernel = "\
- { case: tcp/odd, step: 3, clause: MUST-13, observed: \"RST seq=1 | `x`\", reason: \"one\\n two\", versions: \">=5.10\" }
- { case: tcp/plain, step: 2, clause: U-6, observed: nothing, reason: it limits them, versions: \"6.1..6.18\" }
- { case: [tcp/rows#b, tcp/rows#a], step: 1, clause: RFC5961#3.2, observed: nothing, reason: both }
- { case: regressions/kernel/found, step: 1, clause: SHLD-4, observed: state CLOSED, reason: \"tcp_input.c\" }
";
    vec![("kernel".to_owned(), ledger(kernel)), ("lwip".to_owned(), ledger(""))]
}

#[test]
fn the_document() {
    insta::assert_snapshot!(markdown(&suite(), &ledgers()));
}

#[test]
fn the_order_of_what_is_read_does_not_matter() {
    let mut other = suite();
    other.reverse();
    assert_eq!(markdown(&other, &ledgers()), markdown(&suite(), &ledgers()));
}

#[test]
fn every_row_has_four_cells_whatever_stands_in_them() {
    let text = markdown(&suite(), &ledgers());
    let rows: Vec<&str> = text.lines().filter(|line| line.starts_with("| [") && line.contains(", step ")).collect();
    assert_eq!(rows.len(), 4, "{text}");
    for row in rows {
        let bars = row.replace("\\|", "").matches('|').count();
        assert_eq!(bars, 5, "{row}");
    }
}
