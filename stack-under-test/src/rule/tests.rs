use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::*;

/// The table as reports show it. A rule that is renamed or changes its clause shows in review.
#[test]
fn table() {
    let mut table = String::new();
    for rule in Rule::ALL {
        writeln!(table, "{:<32} {:<20} {}", rule.name(), rule.clause(), rule.text()).expect("a string takes it");
    }
    insta::assert_snapshot!(table);
}

#[test]
fn names_are_unique_kebab_case() {
    let names: BTreeSet<_> = Rule::ALL.iter().map(|rule| rule.name()).collect();
    assert_eq!(names.len(), Rule::ALL.len());
    for name in names {
        assert!(name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-'), "{name}");
    }
}

/// `MUST-13`, `U-6`, `RFC9293#3.10.7.4`, or an RFC whose sections have no numbers.
#[test]
fn clauses_are_well_formed() {
    for rule in Rule::ALL {
        let clause = rule.clause();
        let label = ["MUST-", "SHLD-", "MAY-", "U-"].iter().find_map(|prefix| clause.strip_prefix(prefix));
        let section = clause.strip_prefix("RFC").and_then(|rest| rest.split_once('#')).map(|(rfc, section)| {
            rfc.parse::<u16>().is_ok() && section.split('.').all(|part| part.parse::<u8>().is_ok())
        });
        let unnumbered = ["RFC768", "RFC826", "RFC894"].contains(&clause);
        let well_formed =
            unnumbered || label.is_some_and(|number| number.parse::<u8>().is_ok()) || section == Some(true);
        assert!(well_formed, "{rule}: {clause}");
    }
}

#[test]
fn a_packet_names_a_few_rules_once() {
    let mut rules = Rules::one(Rule::OutputData);
    for rule in [Rule::OutputPush, Rule::OutputPush, Rule::DelayedAck, Rule::OutputFin, Rule::OutputUrgent] {
        rules.and(rule);
    }
    let names: Vec<_> = rules.iter().collect();
    assert_eq!(names, [Rule::OutputData, Rule::OutputPush, Rule::DelayedAck, Rule::OutputFin]);
    assert_eq!(rules.first(), Rule::OutputData);
}
