use super::{ClauseId, Level, UnknownClause, requirements};

fn error(id: &str) -> String {
    id.parse::<ClauseId>().expect_err("an unknown id").to_string()
}

#[test]
fn the_table_holds_every_requirement_once_and_each_reads_back() {
    let ids: Vec<&str> = requirements().map(|requirement| requirement.id).collect();
    assert_eq!(ids.len(), 119 + 11);
    assert_eq!(ids.len(), include_str!("requirements.tsv").lines().count(), "every row parses");
    for (prefix, count) in [("MUST-", 69), ("SHLD-", 31), ("MAY-", 18), ("REC-", 1), ("U-", 11)] {
        for number in 1..=count {
            let id: ClauseId = format!("{prefix}{number}").parse().expect("in the table");
            assert!(id.summary().is_some_and(|summary| summary.len() > 10 && !summary.ends_with('.')), "{id}");
            for section in id.requirement().expect("a label").section.split(',') {
                assert!(format!("RFC9293#{section}").parse::<ClauseId>().is_ok(), "{id} stands in {section}");
            }
        }
    }
}

#[test]
fn levels_follow_the_words_of_the_rfc() {
    let level = |id: &str| id.parse::<ClauseId>().expect("a clause").level();
    assert_eq!(level("MUST-13"), Some(Level::Must));
    assert_eq!(level("MUST-9"), Some(Level::Must));
    assert_eq!(level("SHLD-14"), Some(Level::Should));
    assert_eq!(level("REC-1"), Some(Level::Should));
    assert_eq!(level("MAY-13"), Some(Level::May));
    assert_eq!(level("U-3"), Some(Level::Should));
    assert_eq!(level("RFC5961#3.2"), None);
    assert!(Level::Must > Level::Should && Level::Should > Level::May);
}

#[test]
fn sections_are_checked() {
    for known in ["RFC5961#3.2", "RFC9293#3.10.7.4", "RFC1122#4.2.2.13", "RFC793#3.9", "RFC7323#B.2", "RFC826"] {
        assert!(known.parse::<ClauseId>().is_ok(), "{known}");
    }
    for unknown in ["RFC5961#99", "RFC5961", "RFC5961#", "RFC05961#3.2", "RFC1#1", "RFC826#", "RFC826#1", "RFC", ""] {
        assert!(unknown.parse::<ClauseId>().is_err(), "{unknown}");
    }
    assert_eq!("RFC5961#99".parse::<ClauseId>(), Err(UnknownClause::Section { rfc: 5961, section: "99".to_owned() }));
}

#[test]
fn an_error_names_what_is_near() {
    assert_eq!(error("MUST-70"), "unknown clause `MUST-70`\ndid you mean `MUST-7`, `MUST-10` or `MUST-20`?");
    assert_eq!(error("SHOULD-4").lines().next(), Some("unknown clause `SHOULD-4`"));
    assert_eq!(error("RFC5961#3.9"), "RFC 5961 has no section `3.9`\nit has `3.1` to `3.2`");
    assert_eq!(error("RFC826#2"), "RFC 826 has no section `2`\nits sections have no numbers: write `RFC826`");
    assert!(error("RFC9999#1").contains("793"), "{}", error("RFC9999#1"));
}

#[test]
fn a_clause_names_its_section() {
    let section = |id: &str| id.parse::<ClauseId>().expect("a clause").section();
    assert_eq!(section("MUST-13"), "RFC9293#3.6.1");
    assert_eq!(section("MUST-14"), "RFC9293#3.7.1");
    assert_eq!(section("RFC5961#3.2"), "RFC5961#3.2");
}
